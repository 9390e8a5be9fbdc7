"""What must be looked at from time to time, whoever is busy: every sweep is a few UPDATEs."""

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

import structlog
from django.conf import settings
from django.utils.module_loading import import_string

from apps.runs import resuming
from apps.runs.models import Run
from apps.runs.record import CONNECTION_ERRORS
from apps.runs.worker import heartbeats
from apps.runs.worker.sharing import every
from apps.runs.worker.wakeup import notify_sleepers

__all__ = ["Sweep", "every", "sweep"]

log = structlog.get_logger(__name__)


class Sweep(Protocol):
    """A look of another room's, named in WORKER_SWEEPS: cheap, and safe to make in many processes."""

    def __call__(self, *, at: datetime) -> int:
        """Look at the database's time `at`; return how much was moved."""
        ...


def sweep(*, at: datetime) -> int:
    """Return abandoned, mended and resumed runs to the queue; returns how many rows moved.

    Safe to run anywhere, any number of times at once. `at` is the database's time.
    """
    moved = {
        "reaped": Run.objects.reap(at=at),
        "unparked": Run.objects.unpark(at=at),
        "released": resuming.let_go(at=at),
        "orphaned": Run.objects.fail_orphaned(at=at),
    }
    heartbeats.forget_dead(at=at)
    moved |= _others(at=at)
    total = sum(moved.values())
    if total:
        log.info("sweep.moved", **{name: count for name, count in moved.items() if count})
        notify_sleepers()
    return total


def _others(*, at: datetime) -> dict[str, int]:
    """Make the looks of the rooms above; one that fails keeps nobody from the others."""
    moved: dict[str, int] = {}
    for name, look in _named():
        try:
            moved[name] = look(at=at)
        except CONNECTION_ERRORS:
            raise
        except Exception:
            log.exception("sweep.failed", sweep=name)
    return moved


def _named() -> Iterator[tuple[str, Sweep]]:
    for path in settings.WORKER_SWEEPS:
        look: Sweep = import_string(path)
        yield path.rpartition(".")[2], look
