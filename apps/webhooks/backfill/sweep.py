"""The worker's look at backfills: it queues the turns that are due, each a task of its own."""

import time
from datetime import datetime, timedelta

from django_q.tasks import async_task

from apps.webhooks.backfill import turn
from apps.webhooks.backfill.models import Backfill

EVERY_SECONDS = 2.0
BATCH = 20
TURN_TASK = "apps.webhooks.backfill.sweep.take_turn"
QUEUED_FOR = timedelta(seconds=30)
"""A task that was lost is queued again after so long."""

_next = [0.0]


def look(*, at: datetime) -> int:
    """Look every two seconds; return how many runs that moves, which is none."""
    now = time.monotonic()
    if now < _next[0]:
        return 0
    _next[0] = now + EVERY_SECONDS
    for pk in Backfill.objects.due(at=at).order_by("next_at").values_list("pk", flat=True)[:BATCH]:
        if Backfill.objects.due(at=at).filter(pk=pk).update(next_at=at + QUEUED_FOR):
            async_task(TURN_TASK, pk)
    return 0


def take_turn(pk: int) -> None:
    """Take one turn at a backfill; what it could not do the next one does."""
    turn.take(pk)
