"""One turn at a backfill, under a lease: some pages of its count, or the events of the next seconds."""

import math
import time
import uuid
from datetime import datetime, timedelta

import structlog
from django.db.models import Q
from django.utils import timezone

from apps.catalog.errors import CallError, NeedsHuman, Retryable, from_transport
from apps.catalog.registry import UnknownKeyError
from apps.catalog.spec import LookContext, Reconcile
from apps.catalog.transport import TransportError
from apps.common.errors import ServiceError
from apps.connections import health
from apps.connections.accounts import account_of
from apps.connections.models import Connection
from apps.connections.oauth import refreshing
from apps.connections.senders import sender_for
from apps.webhooks.backfill.counting import MOST, Count
from apps.webhooks.backfill.matching import listener_of
from apps.webhooks.backfill.models import Backfill, BackfillEvent
from apps.webhooks.backfill.running import Running
from apps.webhooks.reconciliation.watching import reconcile_of
from apps.workflows.engine.problems import InvalidDefinitionError
from apps.workflows.models import Workflow

SECONDS = 15.0
LEASE = timedelta(seconds=90)
BEAT_SECONDS = 5
"""The events of so many seconds are run at a turn."""

LIVE = (Workflow.Status.PUBLISHED, Workflow.Status.PAUSED)
AGAIN = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(minutes=30)
Status = Backfill.Status

log = structlog.get_logger(__name__)


def take(pk: int) -> bool:
    """Take one turn, outside any transaction; False where somebody else has it or nothing is to be done."""
    at, token = timezone.now(), uuid.uuid4()
    free = Q(lease_until=None) | Q(lease_until__lt=at)
    busy = (Status.COUNTING, Status.RUNNING)
    mine = Backfill.objects.filter(free, pk=pk, status__in=busy)
    if not mine.update(lease_token=token, lease_until=at + LEASE):
        return False
    rows = Backfill.objects.select_related("workflow", "connection__workspace", "workspace")
    try:
        _take(rows.get(pk=pk), token, at)
    finally:
        Backfill.objects.filter(pk=pk, lease_token=token).update(lease_token=None, lease_until=None)
    return True


def _take(backfill: Backfill, token: uuid.UUID, at: datetime) -> None:
    if backfill.workflow.status not in LIVE or backfill.workflow.trigger_connection_id is None:
        reason = "The workflow is not published any more."
        _halt(backfill, reason, "Publish it again, then go on with the backfill.")
        return
    try:
        if backfill.status == Status.COUNTING:
            _count(backfill, token, at)
        else:
            _run(backfill, token, at)
    except NeedsHuman as error:
        health.confirm_broken(backfill.connection, reason=error.message)
        _halt(backfill, error.message, error.remedy)
    except Retryable as error:
        _wait(backfill, token, error, after=error.after)
    except TransportError as failure:
        _wait(backfill, token, from_transport(failure), after=None)
    except (CallError, ServiceError) as error:
        _halt(backfill, error.message, error.remedy)
    except (UnknownKeyError, InvalidDefinitionError):
        _halt(backfill, "The workflow's live version can't be read.", "Publish the workflow again.")


def _count(backfill: Backfill, token: uuid.UUID, at: datetime) -> None:
    own_list, ends_at = _own_list(backfill.connection), time.monotonic() + SECONDS
    count = Count(backfill, listener_of(backfill.workflow), own_list)
    while time.monotonic() < ends_at:
        stored = backfill.stage == Backfill.Stage.STORED
        following = count.stored_page() if stored else count.listed_page(_look(backfill.connection))
        if BackfillEvent.objects.filter(backfill=backfill)[MOST : MOST + 1].exists():
            _end(
                backfill, Status.FAILED, f"The window has more than {MOST:,} events.", "Choose a shorter one."
            )
            return
        if following is not None:
            moved = _write(backfill, token, position=following)
        elif stored and own_list is not None and own_list.find is not None:
            moved = _write(backfill, token, stage=Backfill.Stage.LISTED, position="")
        else:
            _end(backfill, Status.READY, "", "")
            return
        if not moved:
            return  # Stopped meanwhile, or somebody else goes on.
    _write(backfill, token, next_at=at + AGAIN)


def _run(backfill: Backfill, token: uuid.UUID, at: datetime) -> None:
    number = max(1, backfill.per_minute * BEAT_SECONDS // 60)
    waiting = BackfillEvent.objects.filter(backfill=backfill, state=BackfillEvent.State.WAITING)
    events = list(waiting.order_by("occurred_at", "pk")[:number])
    own_list = _own_list(backfill.connection)
    fetches = any(event.delivery_code is None for event in events)
    look = _look(backfill.connection) if fetches and own_list is not None else None
    running = Running(backfill, own_list, look)
    # The pause belongs to what is begun, also where the turn dies behind it.
    pause = timedelta(seconds=math.ceil(len(events) * 60 / backfill.per_minute))
    if not _write(backfill, token, next_at=at + pause):
        return
    ends_at = time.monotonic() + SECONDS
    for event in events:
        if time.monotonic() >= ends_at or not _goes_on(backfill, token):
            return
        running.run(event, at=timezone.now())
    if not waiting.exists():
        _end(backfill, Status.FINISHED, "", "")
    elif backfill.reason:
        _write(backfill, token, reason="", remedy="", failures=0)


def _own_list(connection: Connection) -> Reconcile | None:
    known = reconcile_of(connection)
    return known[1] if known else None


def _look(connection: Connection) -> LookContext:
    refreshing.freshen(connection)
    return LookContext(account=account_of(connection), send=sender_for(connection).send)


def _goes_on(backfill: Backfill, token: uuid.UUID) -> bool:
    """Tell whether nobody has paused or stopped it, and the lease is held."""
    return Backfill.objects.filter(pk=backfill.pk, lease_token=token, status=backfill.status).exists()


def _write(backfill: Backfill, token: uuid.UUID, **columns: object) -> bool:
    rows = Backfill.objects.filter(pk=backfill.pk, lease_token=token, status=backfill.status)
    until = timezone.now() + LEASE
    written = bool(rows.update(lease_until=until, **columns))
    for name, value in columns.items():
        setattr(backfill, name, value)
    return written


def _wait(backfill: Backfill, token: uuid.UUID, error: CallError, *, after: float | None) -> None:
    pause = max(timedelta(seconds=15 * 2 ** min(backfill.failures, 7)), timedelta(seconds=after or 0))
    _write(
        backfill,
        token,
        next_at=timezone.now() + min(pause, LONGEST_PAUSE),
        failures=backfill.failures + 1,
        reason=error.message,
        remedy=f"{error.remedy} It goes on by itself.".strip(),
    )


def _halt(backfill: Backfill, reason: str, remedy: str) -> None:
    """Stop until a person has mended something: a count fails, what runs is paused."""
    counting = backfill.status == Status.COUNTING
    _end(backfill, Status.FAILED if counting else Status.PAUSED, reason, remedy)


def _end(backfill: Backfill, to: str, reason: str, remedy: str) -> None:
    over = {"finished_at": timezone.now()} if to in (Status.FINISHED, Status.FAILED) else {}
    rows = Backfill.objects.filter(pk=backfill.pk, status=backfill.status)
    rows.update(status=to, reason=reason, remedy=remedy, failures=0, **over)
    log.info("backfill.turned", backfill=str(backfill.code), status=to)
