"""The one table of settings that are read from the environment.

Every variable is declared here with its type and default, and described in
docs/settings.md; a test holds the two together.  Nothing else in the product
reads the environment, but for the marks by which `config.checks` recognises a
host.
"""

from pathlib import Path

import environ

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

env = environ.Env(
    ENVIRONMENT=(str, "production"),
    ENV_FILE=(str, str(VAR_DIR / "local.env")),
    SECRET_KEY=(str, ""),
    FIELD_KEYS=(list, []),
    SEARCH_KEYS=(list, []),
    DEBUG=(bool, False),
    ALLOWED_HOSTS=(list, []),
    CSRF_TRUSTED_ORIGINS=(list, []),
    PUBLIC_URL=(str, ""),
    TRUST_PROXY=(bool, False),
    SECURE_HSTS_SECONDS=(int, 3600),
    DATABASE_URL=(str, ""),
    SQLITE_ON_VOLUME=(bool, False),
    SQLITE_BUSY_SECONDS=(float, 20.0),
    EGRESS_ALLOW=(list, []),
    MAX_BODY_BYTES=(int, 1024 * 1024),
    WORKER_DRAINS=(int, 2),
    WORKER_THREADS=(int, 16),
    LOG_LEVEL=(str, "INFO"),
    LOG_JSON=(bool, True),
)


def read_file() -> None:
    """Load ENV_FILE when it exists; a variable that is already set wins."""
    path = Path(env("ENV_FILE"))
    if path.is_file():
        environ.Env.read_env(path)
