"""The product's settings, and one more app that takes the insert away."""

from config.settings import *  # noqa: F403 - all of them.
from config.settings import INSTALLED_APPS as DEPLOYED

INSTALLED_APPS = [*DEPLOYED, "tests.bench.unrecorded.apps.UnrecordedConfig"]
