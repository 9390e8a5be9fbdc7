"""One turn at a connection: a few pages of the provider's list, under a lease, outside any transaction.

A turn that dies is taken up by the next one at the page where it was. The cursor
moves at the end of a window, when every page of it was compared.
"""

import time
import uuid
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db.models import F, Q
from django.utils import timezone

from apps.catalog.errors import CallError, NeedsHuman, Retryable, from_transport
from apps.catalog.spec import App, ListContext, LookContext, Reconcile
from apps.catalog.transport import TransportError
from apps.common.errors import ServiceError
from apps.connections import health
from apps.connections.accounts import account_of
from apps.connections.oauth import refreshing
from apps.connections.senders import sender_for
from apps.webhooks.reconciliation import alarm
from apps.webhooks.reconciliation.comparing import Compared, Comparison, close_arrived
from apps.webhooks.reconciliation.models import Gap, Proof, Reconciliation
from apps.webhooks.reconciliation.watching import Watched, reconcile_of, watched

PAGES = 10
SECONDS = 20.0
LEASE = timedelta(seconds=90)
"""Longer than a turn's time and the calls of its last page."""

OVERLAP = timedelta(hours=1)
"""A window begins so much before the cursor, since events appear in the list late."""

UNDELIVERED_BACK = timedelta(days=4)
"""How far back the undelivered are asked for: providers try for three days."""

AGAIN = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(hours=1)
RETRIED_GAPS = 20

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Turn:
    row: Reconciliation
    token: uuid.UUID
    app: App
    own_list: Reconcile
    watch: Watched
    at: datetime


def take(pk: int) -> bool:
    """Take one turn at the reconciliation; False where somebody else has it. No transaction may be open."""
    at, token = timezone.now(), uuid.uuid4()
    free = Q(lease_until=None) | Q(lease_until__lt=at)
    if not Reconciliation.objects.filter(free, pk=pk).update(lease_token=token, lease_until=at + LEASE):
        return False
    row = Reconciliation.objects.select_related("connection__workspace").get(pk=pk)
    try:
        _take(row, token, at)
    finally:
        Reconciliation.objects.filter(pk=pk, lease_token=token).update(lease_token=None, lease_until=None)
    return True


def _take(row: Reconciliation, token: uuid.UUID, at: datetime) -> None:
    known = reconcile_of(row.connection)
    if known is None:
        return
    app, own_list = known
    watch = watched(row.connection, own_list=own_list)
    turn = _Turn(row, token, app, own_list, watch, at)
    if not watch.types:
        _write(turn, next_at=at + every(), error="", remedy="", failures=0)
        return
    try:
        _look(turn)
    except NeedsHuman as error:
        health.confirm_broken(row.connection, reason=error.message)
        _failed(turn, error, pause=every())
    except Retryable as error:
        _failed(turn, error, pause=_pause(row, error.after))
    except CallError as error:
        _failed(turn, error, pause=every())
    except TransportError as error:
        _failed(turn, from_transport(error), pause=_pause(row, None))
    except ServiceError as error:
        _failed(turn, error, pause=every())


def _look(turn: _Turn) -> None:
    row, connection = turn.row, turn.row.connection
    refreshing.freshen(connection)
    look = LookContext(account=account_of(connection), send=sender_for(connection).send)
    comparison = Comparison(
        connection, turn.app, turn.own_list, look, turn.watch.types, counted_until=row.cursor
    )
    if row.window_until is None and not _open_window(turn):
        return
    close_arrived(comparison, at=turn.at)
    retry_open(comparison, at=turn.at)
    ends_at = time.monotonic() + SECONDS
    for _ in range(PAGES):
        over = _page(turn, comparison)
        if over or time.monotonic() >= ends_at:
            break
    else:
        over = False
    if not over:
        _write(turn, next_at=turn.at + AGAIN)


def _open_window(turn: _Turn) -> bool:
    """Begin a window behind the cursor; False where there is nothing to look at yet."""
    row, keeps = turn.row, timedelta(days=turn.own_list.keeps_days)
    earliest = min(turn.watch.types.values())
    since = max(earliest, turn.at - keeps, *([row.cursor - OVERLAP] if row.cursor else []))
    until = turn.at - timedelta(seconds=turn.own_list.settle_seconds)
    if since >= until:
        _write(turn, next_at=turn.at + min(every(), since - until + AGAIN))
        return False
    _write(
        turn,
        window_since=since,
        window_until=until,
        window_types=sorted(turn.watch.types),
        stage=Reconciliation.Stage.LISTED,
        position="",
        expected=0,
        received=0,
        recovered=0,
        missing=0,
    )
    return True


def _page(turn: _Turn, comparison: Comparison) -> bool:
    """Compare the next page; tell whether the window is over."""
    row = turn.row
    if row.window_since is None or row.window_until is None:
        return True
    undelivered = row.stage == Reconciliation.Stage.UNDELIVERED
    since = row.window_since
    if undelivered:
        earliest = min(turn.watch.types.values())
        since = max(min(since, turn.at - UNDELIVERED_BACK), earliest)
        comparison = replace(comparison, counted_until=row.window_until)  # All of these were counted.
    context = ListContext(
        account=comparison.look.account,
        send=comparison.look.send,
        event_types=tuple(row.window_types),
        since=int(since.timestamp()),
        until=int(row.window_until.timestamp()),
        position=row.position,
        undelivered=undelivered,
    )
    page = turn.own_list.list_page(context)
    found = comparison.page(page.events, at=turn.at)
    _count(turn, found, position=page.next)
    if page.next:
        return False
    if not undelivered and turn.own_list.lists_undelivered:
        _write(turn, stage=Reconciliation.Stage.UNDELIVERED, position="")
        return False
    _close_window(turn)
    return True


def _count(turn: _Turn, found: Compared, *, position: str) -> None:
    row = turn.row
    _write(
        turn,
        position=position,
        checked_at=timezone.now(),
        expected=row.expected + found.expected,
        received=row.received + found.received,
        recovered=row.recovered + found.recovered,
        missing=row.missing + found.missing,
        lease_until=timezone.now() + LEASE,
    )


def _close_window(turn: _Turn) -> None:
    row = turn.row
    if row.window_since is None or row.window_until is None:
        return
    since, until = row.window_since, row.window_until
    closed = _write(
        turn,
        cursor=until,
        window_since=None,
        window_until=None,
        position="",
        stage=Reconciliation.Stage.LISTED,
        next_at=turn.at + every(),
        failures=0,
        error="",
        remedy="",
        error_at=None,
    )
    if not closed:
        return
    Proof.objects.create(
        connection=row.connection,
        since=since,
        until=until,
        at=timezone.now(),
        expected=row.expected,
        received=row.received,
        recovered=row.recovered,
        missing=row.missing,
    )
    alarm.look_at(row)
    log.info(
        "reconciliation.proved",
        connection=str(row.connection.code),
        expected=row.expected,
        recovered=row.recovered,
        missing=row.missing,
    )


def retry_open(comparison: Comparison, *, at: datetime, pk: int | None = None) -> int:
    """Look at open gaps once more, all or one; returns how many are closed. Raises as the calls do."""
    find = comparison.own_list.find
    if find is None:
        return 0
    gaps = Gap.objects.filter(connection=comparison.connection, status=Gap.Status.OPEN)
    rows = gaps.filter(pk=pk) if pk else gaps.order_by("?")[:RETRIED_GAPS]
    done = 0
    for gap in rows:
        listed = find(comparison.look, gap.event_id)
        if listed is not None:
            done += comparison.recover(listed, at=at)
    return done


def _failed(turn: _Turn, error: CallError | ServiceError, *, pause: timedelta) -> None:
    """Note what went wrong; the cursor and the page stay where they are."""
    _write(
        turn,
        error=error.message,
        remedy=error.remedy,
        error_at=turn.at,
        failures=F("failures") + 1,
        next_at=turn.at + pause,
    )
    log.warning("reconciliation.failed", connection=str(turn.row.connection.code), code=error.code)


def _pause(row: Reconciliation, after: float | None) -> timedelta:
    growing = timedelta(seconds=30 * 2 ** min(row.failures, 7))
    return min(max(growing, timedelta(seconds=after or 0)), LONGEST_PAUSE)


def every() -> timedelta:
    """Return the pause between two looks; a hundred years where only people ask for them."""
    return timedelta(seconds=settings.RECONCILE_SECONDS) or timedelta(days=36_500)


def _write(turn: _Turn, **columns: object) -> int:
    """Write columns while the lease is held; returns how many rows, 0 where it was lost."""
    rows = Reconciliation.objects.filter(pk=turn.row.pk, lease_token=turn.token)
    written = rows.update(**columns)
    turn.row.refresh_from_db()
    if not written:
        raise LeaseLostError
    return written


class LeaseLostError(Exception):
    """Somebody else has taken over, since this turn took too long; nothing more is written."""
