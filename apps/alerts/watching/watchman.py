"""The web process's thread that notices when no worker runs, and says so itself.

It looks once a minute and holds no connection to the database in between. As
long as a worker lives it does nothing more than one read. Of several web
processes one at a time looks: the row that says when one did last is moved on
by a conditional UPDATE.
"""

import random
import threading
from datetime import datetime, timedelta

import structlog
from django import db
from django.utils import timezone

from apps.alerts import telling
from apps.alerts.watching import worker
from apps.alerts.watching.models import Watch

WATCH = "watchman"
EVERY = timedelta(seconds=60)

log = structlog.get_logger(__name__)


def start() -> threading.Thread:
    """Begin to look, in a thread that ends with the process."""
    thread = threading.Thread(target=_run, name="watchman", daemon=True)
    thread.start()
    return thread


def look(*, at: datetime) -> int:
    """Look once; where no worker runs, raise alerts and send what is due. Returns how many messages."""
    if worker.alive(at=at) or not _mine(at=at):
        return 0
    worker.look_from_outside(at=at)
    telling.plan(at=at)
    sent = telling.lease_due(at=at)
    for number, attempt in sent:
        telling.send(number, attempt)
    return len(sent)


def _mine(*, at: datetime) -> bool:
    """Tell whether this process is the one that looks now."""
    Watch.objects.get_or_create(name=WATCH, defaults={"at": at - 2 * EVERY})
    return bool(Watch.objects.filter(name=WATCH, at__lte=at - EVERY / 2).update(at=at))


def _run() -> None:
    pause = threading.Event()
    seconds = EVERY.total_seconds()
    # Not in step with other processes, and not while this one is starting.
    pause.wait(seconds * random.uniform(0.5, 1.5))  # noqa: S311 - only spreads the load.
    while True:
        try:
            look(at=timezone.now())
        except Exception:
            log.exception("watchman.failed")
        finally:
            db.connections.close_all()
        pause.wait(seconds)
