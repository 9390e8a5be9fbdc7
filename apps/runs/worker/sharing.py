"""Sweeps that one process makes for all: not more often than said, and never two at once."""

import functools
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from django.db import IntegrityError, transaction
from django.db.models import Q

from apps.runs.leases import steady
from apps.runs.models import SweepRun

log = structlog.get_logger(__name__)

GIVEN_UP_AFTER = timedelta(minutes=2)
"""A sweep that has not ended by then was cut off: any other process may make the next."""

Look = Callable[..., int]


def every(*, seconds: float) -> Callable[[Look], Look]:
    """Make a sweep one that is made every so many seconds by one process, whichever comes first.

    The function takes the database's time as keyword `at`, works for a second at
    the most, and returns how much it moved; called before its time it moves
    nothing. What it raises is kept in its `SweepRun` and raised.
    """

    def decorate(look: Look) -> Look:
        name = f"{look.__module__}.{look.__qualname__}"[-120:]
        pause = timedelta(seconds=seconds)
        next_ask = 0.0

        @functools.wraps(look)
        def once(*, at: datetime) -> int:
            nonlocal next_ask
            now = steady()
            if now < next_ask:
                return 0
            if not _begin(name, at=at, pause=pause):
                next_ask = now + min(seconds / 4, 15.0)  # Another process has made it.
                return 0
            next_ask = now + seconds
            return _make(look, name, at=at)

        return once

    return decorate


def _begin(name: str, *, at: datetime, pause: timedelta) -> bool:
    """Note that the sweep begins; False when it is not its time, or another process is at it."""
    idle = Q(ended_at__isnull=False) | Q(started_at__lte=at - max(pause, GIVEN_UP_AFTER))
    due = Q(started_at__lte=at - pause) | Q(started_at__gt=at + pause)  # The latter: a clock was put back.
    row = SweepRun.objects.filter(idle, due, name=name)
    if row.update(started_at=at, ended_at=None):
        return True
    if SweepRun.objects.filter(name=name).exists():
        return False
    try:
        with transaction.atomic():
            SweepRun.objects.create(name=name, started_at=at)
    except IntegrityError:
        return False
    return True


def _make(look: Look, name: str, *, at: datetime) -> int:
    began = steady()
    mine = SweepRun.objects.filter(name=name, started_at=at)
    try:
        moved = look(at=at)
    except Exception as error:
        mine.update(ended_at=_after(at, began), moved=0, error=f"{type(error).__name__}: {error}"[:500])
        raise
    mine.update(ended_at=_after(at, began), moved=max(moved, 0), error="")
    return moved


def _after(at: datetime, began: float) -> datetime:
    return at + timedelta(seconds=steady() - began)
