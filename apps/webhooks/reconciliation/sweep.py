"""The worker's look at reconciliation: it makes the rows and queues the turns that are due.

A turn calls a provider, so it is a task of its own in a child of the cluster. The task
carries a number and may be lost or doubled: the lease in the row lets one turn work.
"""

import time
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db.models import Q
from django_q.tasks import async_task

from apps.catalog import registry
from apps.connections.models import Connection, EventSubscription
from apps.webhooks.reconciliation import turn
from apps.webhooks.reconciliation.models import Proof, Reconciliation

EVERY_SECONDS = 5.0
BATCH = 20
TURN_TASK = "apps.webhooks.reconciliation.sweep.take_turn"
QUEUED_FOR = timedelta(seconds=60)
"""A task that was lost is queued again after so long."""

PROOFS_KEPT = timedelta(days=40)

log = structlog.get_logger(__name__)
_next = [0.0]


def look(*, at: datetime) -> int:
    """Look every five seconds; return how many runs that moves, which is none."""
    now = time.monotonic()
    if now < _next[0]:
        return 0
    _next[0] = now + EVERY_SECONDS
    arrange(at=at)
    for pk in due(at=at):
        async_task(TURN_TASK, pk)
    _forget(at=at)
    return 0


def arrange(*, at: datetime) -> None:
    """Give every connection that can be compared its row."""
    apps = [app.key for app in registry.APPS if app.webhook is not None and app.webhook.reconcile is not None]
    rows = Connection.objects.usable().filter(app__in=apps, reconciliation=None)
    heard = rows.filter(pk__in=EventSubscription.objects.order_by().values("connection"))
    first = at if settings.RECONCILE_SECONDS else at + turn.every()
    new = [Reconciliation(connection=connection, next_at=first) for connection in heard[:BATCH]]
    Reconciliation.objects.bulk_create(new, ignore_conflicts=True)


def due(*, at: datetime) -> list[int]:
    """Return the turns to queue now; each is put off for a minute, so that it is queued once."""
    free = Q(lease_until=None) | Q(lease_until__lt=at)
    usable = ~Q(connection__status__in=(Connection.Status.DISCONNECTED, Connection.Status.BROKEN))
    rows = Reconciliation.objects.filter(free & usable, next_at__lte=at).order_by("next_at")
    found = list(rows.values_list("pk", flat=True)[:BATCH])
    mine = Reconciliation.objects.filter(next_at__lte=at)
    return [pk for pk in found if mine.filter(pk=pk).update(next_at=at + QUEUED_FOR)]


def take_turn(pk: int) -> None:
    """Take one turn; what it could not do the next one does."""
    try:
        turn.take(pk)
    except turn.LeaseLostError:
        log.warning("reconciliation.lease_lost", reconciliation=pk)


def _forget(*, at: datetime) -> None:
    """Forget proofs that are too old to be summed, some at a time."""
    old = Proof.objects.filter(at__lt=at - PROOFS_KEPT).order_by("pk").values_list("pk", flat=True)[:500]
    numbers = list(old)
    if numbers:
        Proof.objects.filter(pk__in=numbers).delete()
