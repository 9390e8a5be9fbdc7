"""What of a connection is compared, since when, and why something is not."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.db.models import Min

from apps.catalog import registry
from apps.catalog.spec import App, Reconcile
from apps.connections.models import Connection, Endpoint, EventSubscription


@dataclass(frozen=True, slots=True)
class Watched:
    """The event types that are compared, each from when its subscription was confirmed.

    `uncovered` are subscribed to and not in the provider's list. Without any type,
    `why_not` says why nothing is compared and `next_step` what to do.
    """

    types: dict[str, datetime] = field(default_factory=dict)
    uncovered: tuple[str, ...] = ()
    why_not: str = ""
    next_step: str = ""


def reconcile_of(connection: Connection) -> tuple[App, Reconcile] | None:
    """Return the app and its list; None where the app has none."""
    try:
        app = registry.get_app(connection.app)
    except registry.UnknownKeyError:
        return None
    if app.webhook is None or app.webhook.reconcile is None:
        return None
    return app, app.webhook.reconcile


def watched(connection: Connection, *, own_list: Reconcile) -> Watched:
    """Return what is compared: nothing earlier than its subscription was confirmed, per event type."""
    refusal = _refusal(connection)
    if refusal is not None:
        return refusal
    rows = EventSubscription.objects.filter(connection=connection).order_by()
    # A name without a dot is a setting of the webhook, no event.
    since = {
        event_type: first
        for event_type, first in rows.values_list("event_type").annotate(first=Min("since"))
        if "." in event_type
    }
    covered = {event_type: first for event_type, first in since.items() if own_list.covers(event_type)}
    uncovered = tuple(sorted(since.keys() - covered.keys()))
    if not since:
        return Watched(
            why_not="No published workflow listens to an event of this connection.",
            next_step="Publish a workflow that starts with one of its triggers.",
        )
    if not covered:
        return Watched(
            uncovered=uncovered, why_not="The provider's list has none of the events that are listened to."
        )
    return Watched(types=covered, uncovered=uncovered)


def since_of_workflows(connection: Connection, event_type: str) -> dict[str, datetime]:
    """Return since when each user, by code, listens to the event type."""
    rows = EventSubscription.objects.filter(connection=connection, event_type=event_type)
    return {str(code): since for code, since in rows.values_list("user_code", "since")}


def moment(seconds: int) -> datetime:
    """Return unix seconds as a moment."""
    return datetime.fromtimestamp(seconds, UTC)


def _refusal(connection: Connection) -> Watched | None:
    if connection.status == Connection.Status.DISCONNECTED:
        return Watched(why_not="The connection was disconnected.")
    if connection.status == Connection.Status.BROKEN:
        return Watched(
            why_not="The connection is broken, so the provider can't be asked.",
            next_step="Open the connection and press Reconnect. The comparison goes on where it stopped.",
        )
    endpoint = Endpoint.objects.filter(connection=connection).first()
    if endpoint is None or endpoint.state == Endpoint.State.NONE:
        return Watched(
            why_not="No webhook is registered, so nothing is expected to arrive.",
            next_step="Publish a workflow that starts with one of its triggers.",
        )
    if endpoint.state == Endpoint.State.WAITING_FOR_KEY:
        return Watched(
            why_not="The webhook stands disabled at the provider until its signing key is stored.",
            next_step="Open the connection and enter the signing key.",
        )
    by_hand = endpoint.state == Endpoint.State.BY_HAND
    if by_hand and endpoint.last_delivery_at is None:
        return Watched(
            why_not="The webhook was registered by hand, and no delivery has proved yet that it stands.",
            next_step="Finish the registration at the provider. The first delivery starts the comparison.",
        )
    return None
