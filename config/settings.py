"""Django settings, all of them from the environment (see docs/settings.md)."""

from typing import Any
from urllib.parse import urlsplit

from apps.common import logs, look_settings
from config.env import BASE_DIR, LOG_LEVELS, VAR_DIR, env, read_file

read_file()

ENVIRONMENT: str = env("ENVIRONMENT")
PRODUCTION = ENVIRONMENT == "production"
DEBUG: bool = env("DEBUG")

# Secrets

SECRET_KEY: str = env("SECRET_KEY")
FIELD_KEYS: list[str] = env("FIELD_KEYS")
SEARCH_KEYS: list[str] = env("SEARCH_KEYS")

# Addresses

PUBLIC_URL: str = env("PUBLIC_URL").rstrip("/")
# Whether strangers may read what can be connected here.
PUBLIC_PAGES: bool = env("PUBLIC_PAGES")
# Where this machine itself reaches the web process.
LOCAL_URL = f"http://localhost:{env('PORT')}"
_public = urlsplit(PUBLIC_URL)
ALLOWED_HOSTS: list[str] = env("ALLOWED_HOSTS") + [name for name in [_public.hostname] if name]
CSRF_TRUSTED_ORIGINS: list[str] = env("CSRF_TRUSTED_ORIGINS") + (
    [f"{_public.scheme}://{_public.netloc}"] if _public.scheme and _public.netloc else []
)
EGRESS_ALLOW: list[str] = env("EGRESS_ALLOW")
MAX_BODY_BYTES: int = env("MAX_BODY_BYTES")
# Django's own cap must stand above ours, so that ours is the one that answers.
DATA_UPLOAD_MAX_MEMORY_SIZE = max(2_621_440, MAX_BODY_BYTES + 1)
# The mapping form posts every field of up to 200 steps at once.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000

# Rooms

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "apps.console.admin_config.TandemAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "csp",
    "django_q",
    "config",
    "apps.common",
    "apps.workspaces",
    "apps.catalog",
    "apps.connections",
    "apps.workflows",
    "apps.runs",
    "apps.alerts",
    "apps.webhooks",
    "apps.schedules",
    "apps.console",
]

MIDDLEWARE = [
    "apps.console.health.probes.ProbeMiddleware",
    "apps.common.logs.RequestLogMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "apps.catalog.middleware.own_apps",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
APPEND_SLASH = True

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
            ],
        },
    },
]

# Database


def _database() -> dict[str, Any]:
    """Build the default database from DATABASE_URL, or SQLite under var/."""
    config: dict[str, Any] = env.db("DATABASE_URL") if env("DATABASE_URL") else {}
    if not config:
        VAR_DIR.mkdir(exist_ok=True)
        config = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(VAR_DIR / "tandem.sqlite3")}
    if config["ENGINE"] == "django.db.backends.sqlite3":
        config["OPTIONS"] = {
            # A deferred transaction that turns into a write fails at once with
            # "database is locked"; one that begins as a write waits its turn.
            "transaction_mode": "IMMEDIATE",
            "timeout": env("SQLITE_BUSY_SECONDS"),
            # Deleted rows' pages can then be given back; it holds for files made from now on.
            "init_command": (
                "PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
            ),
        }
    if config["ENGINE"] == "django.db.backends.postgresql":
        # A server that went without a word is noticed within half a minute, not after the kernel's two hours.
        patience = {"connect_timeout": 5, "tcp_user_timeout": 20_000}
        alive = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}
        config["OPTIONS"] = {**patience, **alive, **config.get("OPTIONS", {})}
    # Without a lasting connection django-q2 reconnects at every call.
    return config | {"CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True}


DATABASES = {"default": _database()}
SQLITE_ON_VOLUME: bool = env("SQLITE_ON_VOLUME")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Worker

WORKER_DRAINS: int = env("WORKER_DRAINS")
WORKER_THREADS: int = env("WORKER_THREADS")
PERSON_RUNS_PER_MINUTE: int = env("PERSON_RUNS_PER_MINUTE")
REPLAY_DAYS: int = env("REPLAY_DAYS")
RECONCILE_SECONDS: int = env("RECONCILE_SECONDS")
# What rooms above the worker's have it look at once a second: functions of `at`.
WORKER_SWEEPS = [
    "apps.schedules.services.fire_due",
    "apps.connections.oauth.sweep.look",
    "apps.runs.approvals.mailing.look",
    "apps.runs.order_sweep.heal",
    "apps.runs.dead_letters.sweep.look",
    "apps.runs.replays.advancing.look",
    "apps.runs.dead_letters.sweep.tidy",
    "apps.alerts.watching.sweep.look_at_failures",
    "apps.alerts.watching.sweep.look",
    "apps.alerts.watching.sweep.listen",
    "apps.alerts.telling.look",
    "apps.runs.retention.sweep.look",
    "apps.runs.tallies.counting.look",
    "apps.webhooks.retention.look",
    "apps.webhooks.forgetting.services.look",
    "apps.webhooks.reconciliation.sweep.look",
    "apps.webhooks.backfill.sweep.look",
    "apps.webhooks.quarantine.alarm.look",
    "apps.webhooks.confirmations.sweep.look",
]

BROKER_URL: str = env("BROKER_URL").strip()
_queue = (
    {"redis": BROKER_URL, "broker_class": "apps.runs.worker.redis_queue.RedisQueue"}
    if BROKER_URL
    else {"orm": "default"}
)
Q_CLUSTER = {
    "name": "tandem",
    **_queue,
    # One child more than drains, or the sweeps starve behind them, and one for a
    # drain that waits for a model's answer while its successor works.
    "workers": WORKER_DRAINS + 2,
    # A drain lives 20 s, and three minutes where models are asked; the queue row of a
    # killed child comes back after `retry`, which django-q2 wants longer than `timeout`.
    "timeout": 240,
    "retry": 300,
    "ack_failures": True,
    "max_attempts": 1,
    "save_limit": -1,
    "poll": 0.2,
    "catch_up": False,
}

# Who

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"

# Transport and browser. Plain HTTP is for loopback and for an operator who says
# so with an http:// PUBLIC_URL; everything else gets cookies for HTTPS alone.

HTTPS = PUBLIC_URL.startswith("https://") or (PRODUCTION and not PUBLIC_URL.startswith("http://"))
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SECURE_HSTS_SECONDS: int = env("SECURE_HSTS_SECONDS") if HTTPS else 0
if env("TRUST_PROXY"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = HTTPS
# Subdomains and the browsers' preload list belong to the owner of the domain;
# without a trusted proxy the redirect to HTTPS is the proxy's own.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W008", "security.W021"]

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        # The admin's look evaluates its Alpine expressions and styles inline.
        "script-src": ["'self'", "'unsafe-eval'"],
        "style-src": ["'self'", "'unsafe-inline'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    },
}

# Language, time, files

LANGUAGE_CODE = "en-us"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [path for path in [BASE_DIR / "static"] if path.is_dir()]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# Without one, /metrics answers superusers alone.
METRICS_TOKEN: str = env("METRICS_TOKEN")

LOG_LEVEL: str = env("LOG_LEVEL").upper()
LOG_JSON: bool = env("LOG_JSON")
# An unknown level is refused by config.checks; until they run, something must log.
LOGGING = logs.configure(LOG_LEVEL if LOG_LEVEL in LOG_LEVELS else "INFO", LOG_JSON)

UNFOLD = look_settings.UNFOLD
