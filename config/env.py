"""The one table of settings that are read from the environment.

Every variable is declared here with its type and default, and described in
docs/settings.md; a test holds the two together.  Nothing else in the product
reads the environment, but for the marks by which `config.checks` recognises a
host.
"""

import os
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


class Environment(environ.Env):  # type: ignore[misc] # the library has no types
    """django-environ without its two surprises, and with errors that name the variable.

    An empty value counts as unset, and a value that begins with "$" is that
    value: a key may be any text, it is never a reference to another variable.
    """

    def get_value(self, var: str, *_: Any, **__: Any) -> Any:
        """Return the variable cast to its declared type, or its declared default."""
        declared_cast, declared_default = self.scheme[var]
        text = os.environ.get(var, "")
        if not text.strip():
            return declared_default
        if declared_cast is str:
            return text
        try:
            return self.parse_value(text.strip(), declared_cast)
        except ValueError as error:
            kind = declared_cast.__name__
            message = f"{var} is not a value of type {kind}. Correct it in the environment."
            raise ImproperlyConfigured(message) from error


def comma_list(text: str) -> list[str]:
    """Split at commas; spaces around a part and empty parts do not count."""
    return [part.strip() for part in text.split(",") if part.strip()]


env = Environment(
    ENVIRONMENT=(str, "production"),
    ENV_FILE=(str, str(VAR_DIR / "local.env")),
    SECRET_KEY=(str, ""),
    FIELD_KEYS=(comma_list, []),
    SEARCH_KEYS=(comma_list, []),
    DEBUG=(bool, False),
    ALLOWED_HOSTS=(comma_list, []),
    CSRF_TRUSTED_ORIGINS=(comma_list, []),
    PUBLIC_URL=(str, ""),
    PUBLIC_PAGES=(bool, True),
    PORT=(int, 8000),
    TRUST_PROXY=(bool, False),
    SECURE_HSTS_SECONDS=(int, 3600),
    DATABASE_URL=(str, ""),
    SQLITE_ON_VOLUME=(bool, False),
    SQLITE_BUSY_SECONDS=(float, 20.0),
    BROKER_URL=(str, ""),
    EGRESS_ALLOW=(comma_list, []),
    MAX_BODY_BYTES=(int, 1024 * 1024),
    WORKER_DRAINS=(int, 2),
    WORKER_THREADS=(int, 64),
    PERSON_RUNS_PER_MINUTE=(int, 30),
    REPLAY_DAYS=(int, 30),
    RECONCILE_SECONDS=(int, 1800),
    METRICS_TOKEN=(str, ""),
    LOG_LEVEL=(str, "INFO"),
    LOG_JSON=(bool, True),
    DJANGO_SUPERUSER_USERNAME=(str, "admin"),
    DJANGO_SUPERUSER_EMAIL=(str, "admin@example.com"),
    DJANGO_SUPERUSER_PASSWORD=(str, ""),
)


def read_file() -> None:
    """Load ENV_FILE when it exists; a variable that is already set wins.

    The file is written by `make run`.  The tests name none.
    """
    path = Path(os.environ.get("ENV_FILE", env.scheme["ENV_FILE"][1]))
    if path.is_file():
        environ.Env.read_env(path)
