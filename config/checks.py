"""System checks of the settings: production refuses to start on unsafe ones.

Each refusal is an Error with the remedy as its hint.  They run with every
command that runs Django's checks (so the worker refuses too), and
`refuse_unsafe_settings` repeats them where no command runs: in config.wsgi.
"""

import os
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import ImproperlyConfigured

from apps.common.egress import parse_allow
from config.env import LOG_LEVELS

KEY_LENGTH = 32
ENVIRONMENTS = ("production", "local", "test")
WEAK_MARKS = ("django-insecure", "changeme", "change-me", "secret-key", "your-secret")
# Variables by which hosts whose disks do not outlive a restart make themselves
# known: Heroku, Cloud Run, Render, Railway, Fly, App Service, Lambda.
EPHEMERAL_HOSTS = (
    "DYNO",
    "K_SERVICE",
    "RENDER",
    "RAILWAY_ENVIRONMENT",
    "FLY_APP_NAME",
    "WEBSITE_INSTANCE_ID",
    "AWS_LAMBDA_FUNCTION_NAME",
)
NEW_KEY = 'Make one with: python -c "import secrets; print(secrets.token_urlsafe(48))"'


def refuse_unsafe_settings() -> None:
    """Raise ImproperlyConfigured naming every refusal and its remedy; quiet when there is none."""
    refusals = check_settings(None)
    errors = [message for message in refusals if message.level >= 40]
    if errors:
        lines = [f"{message.id}: {message.msg} {message.hint}" for message in errors]
        raise ImproperlyConfigured("Tandem does not start on these settings.\n" + "\n".join(lines))


@register(Tags.security)
def check_settings(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Return the refusals that hold now; most of them are about production."""
    messages = [*_environment(), *_public_url(), *_worker(), *_egress(), *_body(), *_log(), *_broker()]
    if settings.ENVIRONMENT == "production":
        messages += [*_debug(), *_keys(), *_database(), *_hosts()]
    return messages


def _environment() -> Iterator[CheckMessage]:
    if settings.ENVIRONMENT not in ENVIRONMENTS:
        yield Error(
            f"ENVIRONMENT is “{settings.ENVIRONMENT}”, which Tandem does not know.",
            hint=f"Set ENVIRONMENT to one of {', '.join(ENVIRONMENTS)}.",
            id="tandem.E001",
        )


def _debug() -> Iterator[CheckMessage]:
    if settings.DEBUG:
        yield Error(
            "DEBUG is on in production, where error pages would show secrets.",
            hint="Unset DEBUG.",
            id="tandem.E002",
        )


def _keys() -> Iterator[CheckMessage]:
    named = [("SECRET_KEY", _secret_key())]
    named += [("FIELD_KEYS", settings.FIELD_KEYS), ("SEARCH_KEYS", settings.SEARCH_KEYS)]
    for number, (name, keys) in enumerate(named, start=3):
        if not keys:
            yield Error(f"{name} is not set.", hint=f"Set {name}. {NEW_KEY}", id=f"tandem.E00{number}")
        elif any(_is_weak(key) for key in keys):
            yield Error(
                f"{name} has a key that is shorter than {KEY_LENGTH} characters or a known default.",
                hint=f"Replace it. {NEW_KEY}",
                id=f"tandem.E00{number}",
            )


def _secret_key() -> list[str]:
    try:
        return [settings.SECRET_KEY]
    except ImproperlyConfigured:  # Django's own way to say that it is empty
        return []


def _is_weak(key: str) -> bool:
    return len(key) < KEY_LENGTH or len(set(key)) < 8 or any(mark in key.lower() for mark in WEAK_MARKS)


def _database() -> Iterator[CheckMessage]:
    host = next((name for name in EPHEMERAL_HOSTS if os.environ.get(name)), None)
    sqlite = settings.DATABASES["default"]["ENGINE"].endswith("sqlite3")
    if host and sqlite and not settings.SQLITE_ON_VOLUME:
        yield Error(
            f"The database is SQLite on a host whose disk is lost at every restart ({host} is set).",
            hint="Set DATABASE_URL to a PostgreSQL, or, where the file lies on a mounted volume, "
            "SQLITE_ON_VOLUME=true.",
            id="tandem.E006",
        )


def _hosts() -> Iterator[CheckMessage]:
    if not settings.ALLOWED_HOSTS or "*" in settings.ALLOWED_HOSTS:
        yield Error(
            "ALLOWED_HOSTS does not say which host names are ours.",
            hint="Set ALLOWED_HOSTS to the names that this installation is reached by, "
            "for example ALLOWED_HOSTS=tandem.example.com.",
            id="tandem.E007",
        )


def _public_url() -> Iterator[CheckMessage]:
    if settings.PUBLIC_URL and not settings.PUBLIC_URL.startswith(("https://", "http://")):
        yield Error(
            f"PUBLIC_URL is “{settings.PUBLIC_URL}”, which is not an address.",
            hint="Begin it with its scheme, for example PUBLIC_URL=https://tandem.example.com.",
            id="tandem.E008",
        )
    if not settings.PUBLIC_URL and settings.ENVIRONMENT == "production":
        yield Warning(
            "PUBLIC_URL is not set, so webhooks must be registered at the providers by hand.",
            hint="Set PUBLIC_URL to the address that the providers reach, "
            "for example PUBLIC_URL=https://tandem.example.com.",
            id="tandem.W001",
        )


def _worker() -> Iterator[CheckMessage]:
    for name in ("WORKER_DRAINS", "WORKER_THREADS"):
        if getattr(settings, name) < 1:
            yield Error(
                f"{name} is less than 1: no run would ever start.", hint=f"Unset {name}.", id="tandem.E009"
            )


def _egress() -> Iterator[CheckMessage]:
    try:
        parse_allow(settings.EGRESS_ALLOW)
    except ValueError as error:
        yield Error(str(error), hint="Correct EGRESS_ALLOW, or unset it.", id="tandem.E010")


def _body() -> Iterator[CheckMessage]:
    if settings.MAX_BODY_BYTES < 1:
        yield Error(
            "MAX_BODY_BYTES is less than 1: every webhook would be refused.",
            hint="Unset MAX_BODY_BYTES, or give the largest webhook in bytes, for example 1048576.",
            id="tandem.E011",
        )


def _log() -> Iterator[CheckMessage]:
    if settings.LOG_LEVEL not in LOG_LEVELS:
        yield Error(
            f"LOG_LEVEL is “{settings.LOG_LEVEL}”, which is no level.",
            hint=f"Set LOG_LEVEL to one of {', '.join(LOG_LEVELS)}.",
            id="tandem.E012",
        )


def _broker() -> Iterator[CheckMessage]:
    if settings.BROKER_URL and not _is_redis(settings.BROKER_URL):
        yield Error(
            "BROKER_URL is not the address of a Redis.",  # It may hold a password, so it is not shown.
            hint="Write redis://host:6379/0, or rediss:// for TLS. Unset it to queue in the database.",
            id="tandem.E013",
        )


def _is_redis(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return parts.scheme in ("redis", "rediss") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
