"""The product's settings on an environment of the tests' own.

Whatever the developer's shell exports is dropped first, so that no test can
reach a real database or carry a real key.  A test that starts a process of the
product sets DJANGO_SETTINGS_MODULE=config.settings and DATABASE_URL itself and
inherits the rest.
"""

import os

from config.env import VAR_DIR, env

for name in env.scheme:
    os.environ.pop(name, None)

os.environ.update(
    ENVIRONMENT="test",
    ENV_FILE="",
    SECRET_KEY="a secret key of the tests, of no use elsewhere",
    FIELD_KEYS="a field key of the tests with no use elsewhere",
    SEARCH_KEYS="a search key of the tests with no use elsewhere",
    ALLOWED_HOSTS="testserver,localhost,127.0.0.1",
    DATABASE_URL=os.environ.get("TEST_DATABASE_URL", ""),
)

from config.settings import *  # noqa: E402, F403 - the environment must be set before

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# whitenoise warns of a folder that is not there.
STATIC_ROOT = VAR_DIR / "test-static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
