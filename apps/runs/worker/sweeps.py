"""What must be looked at from time to time, whoever is busy: every sweep is a few UPDATEs."""

from datetime import datetime

import structlog

from apps.runs.models import Run
from apps.runs.worker import heartbeats
from apps.runs.worker.wakeup import notify_sleepers

log = structlog.get_logger(__name__)


def sweep(*, at: datetime) -> int:
    """Return abandoned, mended and resumed runs to the queue; returns how many rows moved.

    Safe to run anywhere, any number of times at once. `at` is the database's time.
    """
    moved = {
        "reaped": Run.objects.reap(at=at),
        "unparked": Run.objects.unpark(at=at),
        "released": Run.objects.release(at=at),
        "orphaned": Run.objects.fail_orphaned(at=at),
    }
    heartbeats.forget_dead(at=at)
    total = sum(moved.values())
    if total:
        log.info("sweep.moved", **{name: count for name, count in moved.items() if count})
        notify_sleepers()
    return total
