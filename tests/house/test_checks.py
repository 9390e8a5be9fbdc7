"""Production refuses unsafe settings, each with its remedy."""

import pytest
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from config.checks import EPHEMERAL_HOSTS, check_settings, refuse_unsafe_settings

GOOD_KEY = "k3Yw9-unlikely-text-of-more-than-32-characters"


@pytest.fixture
def production(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Return settings that production accepts."""
    for name in EPHEMERAL_HOSTS:
        monkeypatch.delenv(name, raising=False)
    settings.ENVIRONMENT = "production"
    settings.DEBUG = False
    settings.SECRET_KEY = GOOD_KEY
    settings.FIELD_KEYS = [GOOD_KEY]
    settings.SEARCH_KEYS = [GOOD_KEY]
    settings.ALLOWED_HOSTS = ["tandem.example.com"]
    settings.PUBLIC_URL = "https://tandem.example.com"
    return settings


def ids() -> list[str | None]:
    return [message.id for message in check_settings(None)]


def test_good_settings_are_accepted(production: Settings):
    refuse_unsafe_settings()

    assert ids() == []


@pytest.mark.parametrize(
    ("name", "value", "refusal", "remedy"),
    [
        ("ENVIRONMENT", "prod", "tandem.E001", "Set ENVIRONMENT to one of"),
        ("DEBUG", True, "tandem.E002", "Unset DEBUG"),
        ("SECRET_KEY", "", "tandem.E003", "Set SECRET_KEY"),
        ("SECRET_KEY", "short", "tandem.E003", "token_urlsafe"),
        ("SECRET_KEY", "django-insecure-" + GOOD_KEY, "tandem.E003", "token_urlsafe"),
        ("SECRET_KEY", "x" * 64, "tandem.E003", "token_urlsafe"),
        ("FIELD_KEYS", [], "tandem.E004", "Set FIELD_KEYS"),
        ("FIELD_KEYS", [GOOD_KEY, "short"], "tandem.E004", "token_urlsafe"),
        ("SEARCH_KEYS", [], "tandem.E005", "Set SEARCH_KEYS"),
        ("SEARCH_KEYS", ["changeme" * 8], "tandem.E005", "token_urlsafe"),
        ("ALLOWED_HOSTS", [], "tandem.E007", "Set ALLOWED_HOSTS"),
        ("ALLOWED_HOSTS", ["*"], "tandem.E007", "Set ALLOWED_HOSTS"),
        ("WORKER_DRAINS", 0, "tandem.E009", "Unset WORKER_DRAINS"),
        ("WORKER_THREADS", 0, "tandem.E009", "Unset WORKER_THREADS"),
        ("PUBLIC_URL", "tandem.example.com", "tandem.E008", "https://tandem.example.com"),
        ("EGRESS_ALLOW", ["localhost"], "tandem.E010", "localhost:11434"),
        ("EGRESS_ALLOW", ["127.0.0.1:8080", "http://[::1]:9"], "tandem.E010", "Correct EGRESS_ALLOW"),
        ("MAX_BODY_BYTES", 0, "tandem.E011", "Unset MAX_BODY_BYTES"),
        ("BROKER_URL", "localhost:6379", "tandem.E013", "Write redis://host:6379/0"),
        ("BROKER_URL", "redis://:secret@:bad", "tandem.E013", "Unset it"),
        ("LOG_LEVEL", "CHATTY", "tandem.E012", "Set LOG_LEVEL to one of DEBUG"),
    ],
)
def test_an_unsafe_setting_is_refused_with_its_remedy(
    production: Settings, name: str, value: object, refusal: str, remedy: str
):
    setattr(production, name, value)

    with pytest.raises(ImproperlyConfigured) as refused:
        refuse_unsafe_settings()

    assert refusal in str(refused.value)
    assert remedy in str(refused.value)


@pytest.mark.parametrize("mark", EPHEMERAL_HOSTS)
def test_sqlite_is_refused_where_the_disk_is_lost(
    production: Settings, monkeypatch: pytest.MonkeyPatch, mark: str
):
    monkeypatch.setitem(production.DATABASES["default"], "ENGINE", "django.db.backends.sqlite3")
    monkeypatch.setenv(mark, "web.1")

    assert ids() == ["tandem.E006"]

    production.SQLITE_ON_VOLUME = True

    assert ids() == []


def test_a_refusal_never_shows_a_key(production: Settings):
    production.FIELD_KEYS = ["s3cret-but-short"]

    with pytest.raises(ImproperlyConfigured) as refused:
        refuse_unsafe_settings()

    assert "s3cret" not in str(refused.value)


def test_a_missing_public_address_is_a_warning_and_no_refusal(production: Settings):
    production.PUBLIC_URL = ""

    refuse_unsafe_settings()

    assert ids() == ["tandem.W001"]


def test_the_refusals_are_found_by_the_checks_of_every_command(production: Settings):
    production.SECRET_KEY = "short"

    assert "tandem.E003" in [message.id for message in run_checks()]


def test_weak_keys_are_no_matter_outside_production(production: Settings):
    production.ENVIRONMENT = "local"
    production.SECRET_KEY = "short"

    assert ids() == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("EGRESS_ALLOW", ["localhost"]),
        ("MAX_BODY_BYTES", -1),
        ("LOG_LEVEL", "CHATTY"),
        ("WORKER_DRAINS", 0),
        ("WORKER_THREADS", -1),
    ],
)
def test_what_would_fail_at_the_first_request_is_refused_everywhere(
    production: Settings, name: str, value: object
):
    production.ENVIRONMENT = "local"
    setattr(production, name, value)

    with pytest.raises(ImproperlyConfigured, match=name):
        refuse_unsafe_settings()
