"""The product's settings, and one more app that lays the points."""

from config.settings import *  # noqa: F403 - all of them.
from config.settings import INSTALLED_APPS as DEPLOYED

INSTALLED_APPS = [*DEPLOYED, "tests.kill.points.apps.PointsConfig"]
