"""The door for gunicorn: refuses to open on settings that are unsafe in production."""

import atexit
import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django = get_wsgi_application()

from apps.alerts.watching import watchman  # noqa: E402 - needs the apps to be loaded
from apps.webhooks.door import Door  # noqa: E402 - needs the apps to be loaded
from apps.webhooks.letterbox import Letterbox  # noqa: E402 - needs the apps to be loaded
from apps.webhooks.services import receive_all  # noqa: E402 - needs the apps to be loaded
from config.checks import refuse_unsafe_settings  # noqa: E402 - needs the apps to be loaded

refuse_unsafe_settings()
letterbox = Letterbox(receive_all)
atexit.register(letterbox.stop)
application = Door(django, letterbox.hand_in)
watchman.start()

# What is loaded now stays: the collector need not walk it again and again.
gc.collect()
gc.freeze()
