"""The product's settings with django-q2's own defaults."""

from config.settings import *  # noqa: F403 - all of them.

Q_CLUSTER = {"name": "naive", "orm": "default"}
ROOT_URLCONF = "tests.bench.naive.urls"
