"""What people do with reconciliation: check now, try an open gap again, close it, pretend a missed event."""

import json
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from apps.catalog import registry
from apps.catalog.errors import CallError, from_transport
from apps.catalog.spec import App, LookContext
from apps.catalog.transport import TransportError
from apps.common.errors import Conflict, ServiceError
from apps.connections.accounts import account_of
from apps.connections.models import Connection
from apps.connections.oauth import refreshing
from apps.connections.senders import sender_for
from apps.webhooks.reconciliation import alarm, turn
from apps.webhooks.reconciliation.comparing import Comparison
from apps.webhooks.reconciliation.models import Gap, Reconciliation
from apps.webhooks.reconciliation.watching import Watched, reconcile_of, watched
from apps.workspaces import audit
from apps.workspaces.access import Actor, require
from apps.workspaces.roles import Permission

MAX_REASON = 300
_PRETENDED_AGE = 1_200  # Seconds: old enough to be looked for, whatever the provider.


def row_of(connection: Connection) -> Reconciliation:
    """Return the connection's row, made when first asked for."""
    row, _ = Reconciliation.objects.get_or_create(connection=connection)
    row.connection = connection
    return row


def check_now(row: Reconciliation, *, actor: Actor) -> None:
    """Have the worker compare the connection at once. Raises `Conflict` where nothing can be compared."""
    connection = row.connection
    require(actor, connection.workspace, Permission.OPERATE_RUNS)
    watch = _watch(connection)
    if not watch.types:
        raise Conflict(watch.why_not, code="nothing_to_compare", remedy=watch.next_step)
    with transaction.atomic():
        Reconciliation.objects.filter(pk=row.pk).update(next_at=datetime.now(UTC))
        audit.record(connection.workspace, actor=actor, verb="reconciliation.asked", target=connection)


def try_again(gap: Gap, *, actor: Actor) -> None:
    """Look at one open gap once more, and recover its event if that can be done now.

    Makes calls: no transaction may be open. Raises `Conflict` while it stays open.
    """
    connection = gap.connection
    require(actor, gap.workspace, Permission.OPERATE_RUNS)
    _require_open(gap)
    known, watch, at = reconcile_of(connection), _watch(connection), datetime.now(UTC)
    if known is None or known[1].find is None:
        raise Conflict(
            "The provider's list does not hold the whole event, so it can't be recovered.",
            code="not_in_list",
            remedy=gap.remedy,
        )
    try:
        refreshing.freshen(connection)
        look = LookContext(account=account_of(connection), send=sender_for(connection).send)
        comparison = Comparison(connection, known[0], known[1], look, watch.types)
        done = turn.retry_open(comparison, at=at, pk=gap.pk)
    except TransportError as failure:
        raise _told(from_transport(failure)) from None
    except CallError as error:
        raise _told(error) from None
    gap.refresh_from_db()
    audit.record(gap.workspace, actor=actor, verb="gap.tried_again", target=gap, after={"status": gap.status})
    alarm.look_at(row_of(connection))
    if not done:
        raise Conflict(
            gap.reason or "The provider does not know this event any more.", code="open", remedy=gap.remedy
        )


def close(gap: Gap, *, actor: Actor, reason: str) -> None:
    """Close an open gap that nothing more will be done about; nothing is run. Raises `ServiceError`."""
    require(actor, gap.workspace, Permission.OPERATE_RUNS)
    said = " ".join(reason.split())[:MAX_REASON]
    if not said:
        raise ServiceError("Say why nothing more is to be done.", code="reason_missing", field="reason")
    with transaction.atomic():
        rows = Gap.objects.filter(pk=gap.pk, status=Gap.Status.OPEN)
        words = f"Closed by {actor.label}: {said}"
        if not rows.update(status=Gap.Status.CLOSED, reason=words, remedy="", ended_at=datetime.now(UTC)):
            _require_open(gap)
        audit.record(gap.workspace, actor=actor, verb="gap.closed", target=gap, after={"reason": said})
    gap.refresh_from_db()
    alarm.look_at(row_of(gap.connection))


def pretend_missed(connection: Connection, *, actor: Actor) -> str:
    """Put a sample event into a sandbox's list, which no webhook brings; return its type.

    It is of the first event type that is listened to and has a sample. Raises `Conflict`.
    """
    require(actor, connection.workspace, Permission.OPERATE_RUNS)
    known, watch = reconcile_of(connection), _watch(connection)
    if not connection.sandbox or known is None or known[1].pretend is None:
        raise Conflict("Only a sandbox can pretend an event.", code="no_sandbox")
    app, own_list = known
    scheme, sample = app.webhook, _sample_of(app, tuple(sorted(watch.types)))
    if scheme is None or sample is None or own_list.pretend is None:
        raise Conflict(
            watch.why_not or "No event that is listened to has a sample.",
            code="nothing_to_compare",
            remedy=watch.next_step,
        )
    at = int(datetime.now(UTC).timestamp()) - _PRETENDED_AGE
    payload = scheme.refresh_sample(sample, scheme.new_event_id(), at)
    try:
        own_list.pretend(LookContext(account_of(connection), sender_for(connection).send), payload)
    except CallError as error:
        raise _told(error) from None
    audit.record(connection.workspace, actor=actor, verb="reconciliation.pretended", target=connection)
    return scheme.read_event(payload).type


def _sample_of(app: App, event_types: tuple[str, ...]) -> dict[str, Any] | None:
    """Return the first sample that is of one of the event types."""
    for trigger in app.triggers:
        path = app.samples / f"{trigger.key}.json"
        if app.webhook is None or not path.exists():
            continue
        sample: dict[str, Any] = json.loads(path.read_text("utf-8"))
        if app.webhook.read_event(sample).type in event_types:
            return sample
    return None


def _watch(connection: Connection) -> Watched:
    known = reconcile_of(connection)
    if known is None:
        name = connection.app
        return Watched(why_not=f"{name} has no list of events that could be compared.")
    return watched(connection, own_list=known[1])


def _require_open(gap: Gap) -> None:
    gap.refresh_from_db()
    if gap.status != Gap.Status.OPEN:
        raise Conflict(
            f"This event is not open any more: {gap.get_status_display().lower()}.",
            code="not_open",
            remedy="Look at its page.",
        )


def _told(error: CallError) -> ServiceError:
    return Conflict(error.message, code=error.code, remedy=error.remedy)


def app_name(connection: Connection) -> str:
    """Return the name of the connection's app."""
    try:
        return registry.get_app(connection.app).name
    except registry.UnknownKeyError:
        return connection.app
