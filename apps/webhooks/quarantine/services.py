"""What becomes of the quarantined: released, mapped to an event, or discarded; one or many.

What can't be done says why and changes nothing.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from apps.catalog import registry
from apps.catalog.errors import UnreadableEventError
from apps.catalog.spec import App, Event
from apps.common import crypto
from apps.common.crypto import SealError
from apps.common.errors import Conflict, ServiceError
from apps.language import safe_json
from apps.language.errors import UnsafeJSONError
from apps.runs import services as runs
from apps.webhooks import arrivals, inbox, routing
from apps.webhooks.models import Delivery, Seen
from apps.webhooks.quarantine import alarm
from apps.webhooks.reconciliation.comparing import hash_of
from apps.webhooks.replays import unreadable_remedy
from apps.workspaces import audit
from apps.workspaces.access import Actor, require
from apps.workspaces.roles import Permission

MAX_REASON = 200


@dataclass(frozen=True, slots=True)
class Left:
    """A delivery that was left as it was, and why."""

    delivery: Delivery
    reason: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of many."""

    done: int
    left: tuple[Left, ...]


def release(delivery: Delivery, *, actor: Actor) -> Delivery:
    """Read the body again and route it, now that its reader or its workflow may know it.

    Raises `Conflict` and changes nothing where it can't be read still, or the same
    event has come by itself.
    """
    require(actor, delivery.workspace, Permission.OPERATE_RUNS)
    with transaction.atomic():
        locked = _locked(delivery)
        event = _readable(locked, _body_of(locked))
        _take(locked, event, actor=actor, verb="delivery.released")
    delivery.refresh_from_db()
    alarm.look_at(delivery.workspace)
    return delivery


def map_event(delivery: Delivery, *, actor: Actor, event_type: str, event_id: str = "") -> Delivery:
    """Take the body for an event of this type, and route it.

    Without an id the body's own is kept or, where it has none, one is derived from the
    body, so that the same body is the same event. Raises as `release` does.
    """
    require(actor, delivery.workspace, Permission.OPERATE_RUNS)
    app = registry.get_app(delivery.connection.app)
    if event_type not in known_types(app):
        said = f"{app.name} has no trigger for {event_type or 'an event without a type'}."
        raise ServiceError(said, code="unknown_type", remedy="Choose one of the list.", field="event_type")
    with transaction.atomic():
        locked = _locked(delivery)
        body = _amended(app, locked, event_type, event_id.strip())
        event = _readable(locked, body)
        said_to_be = {"event_type": event_type, "event_id": event_id.strip()}
        _take(locked, event, actor=actor, verb="delivery.mapped", body=body, after=said_to_be)
    delivery.refresh_from_db()
    alarm.look_at(delivery.workspace)
    return delivery


def discard(delivery: Delivery, *, actor: Actor, reason: str) -> Delivery:
    """Put the delivery aside for good; nothing is run, and it stays readable. Raises `ServiceError`."""
    require(actor, delivery.workspace, Permission.OPERATE_RUNS)
    said = " ".join(reason.split())[:MAX_REASON]
    if not said:
        raise ServiceError("Say why it is discarded.", code="reason_missing", field="reason")
    words = f"Discarded by {actor.label[:60]}: {said}"
    with transaction.atomic():
        locked = _locked(delivery)
        Delivery.objects.filter(pk=locked.pk).update(status=Delivery.Status.IGNORED, reason=words)
        audit.record(
            locked.workspace, actor=actor, verb="delivery.discarded", target=locked, after={"reason": said}
        )
    delivery.refresh_from_db()
    alarm.look_at(delivery.workspace)
    return delivery


def each(deliveries: Iterable[Delivery], act: Callable[[Delivery], object]) -> Outcome:
    """Do one thing with many; those that it can't be done with are left as they were."""
    done, left = 0, []
    for delivery in deliveries:
        try:
            act(delivery)
        except ServiceError as error:
            left.append(Left(delivery, error.message))
        else:
            done += 1
    return Outcome(done, tuple(left))


def obstacle(delivery: Delivery) -> str:
    """Return why the delivery can't be released now, "" where it can. Changes nothing."""
    try:
        event = _readable(delivery, _body_of(delivery))
    except ServiceError as error:
        return error.message
    twin = Seen.objects.filter(connection=delivery.connection_id, event_hash=hash_of(event.id))
    return _twin_words(event) if twin.exists() else ""


def known_types(app: App) -> tuple[str, ...]:
    """Return the event types that a trigger of the app is for."""
    return tuple(sorted({kind for trigger in app.triggers for kind in trigger.event_types if "." in kind}))


def may_be_mapped(delivery: Delivery) -> str:
    """Return why the body can't be taken for an event, "" where it can."""
    try:
        app = registry.get_app(delivery.connection.app)
    except registry.UnknownKeyError:
        return "Its app is not in the catalog any more."
    types = known_types(app)
    if not types:
        return f"{app.name} has no triggers."
    try:
        _amended(app, delivery, types[0], "")
    except ServiceError as error:
        return error.message
    return ""


def _locked(delivery: Delivery) -> Delivery:
    rows = Delivery.objects.select_related("connection__workspace", "workspace")
    locked = rows.select_for_update(of=("self",)).get(pk=delivery.pk)
    if locked.status != Delivery.Status.QUARANTINED:
        raise Conflict(
            "This request is not in quarantine any more.",
            code="not_quarantined",
            remedy="Look at its delivery.",
        )
    return locked


def _body_of(delivery: Delivery) -> bytes:
    if not delivery.body:
        raise Conflict(
            "Its body was kept for the replay window only.",
            code="body_gone",
            remedy="Resend the event from the provider, and discard this one.",
        )
    try:
        return inbox.open_body(delivery)
    except SealError as error:
        remedy = unreadable_remedy(error)
        raise Conflict("Its stored body does not open.", code="body_unreadable", remedy=remedy) from None


def _readable(delivery: Delivery, body: bytes) -> Event:
    app = registry.get_app(delivery.connection.app)
    found = arrivals.read(app, body, at=delivery.received_at, late=False, source=delivery.source)
    if found.event is None:
        raise Conflict(
            f"It can't be read as an event still: {found.problem}",
            code="unreadable",
            remedy="Say which event it is, or discard it.",
        )
    return found.event


def _amended(app: App, delivery: Delivery, event_type: str, event_id: str) -> bytes:
    amend = app.webhook.amend if app.webhook else None
    if amend is None:
        raise Conflict(
            f"A request to {app.name} can't be made an event by hand.",
            code="not_mappable",
            remedy="Let the sender send it again in a form that can be read, and discard this one.",
        )
    try:
        payload = safe_json.loads(_body_of(delivery))
        if not isinstance(payload, dict):
            raise UnreadableEventError("The body is JSON, but no object.")
        said = Event(id=event_id, type=event_type, occurred_at=int(delivery.received_at.timestamp()))
        return json.dumps(amend(payload, said), separators=(",", ":"), ensure_ascii=False).encode()
    except (UnsafeJSONError, UnreadableEventError) as error:
        words = str(error) or "The body can't be read."
        remedy = "Resend the event from the provider, and discard this one."
        raise Conflict(words, code="not_mappable", remedy=remedy) from None


def _take(
    delivery: Delivery,
    event: Event,
    *,
    actor: Actor,
    verb: str,
    body: bytes | None = None,
    after: dict[str, str] | None = None,
) -> None:
    """Turn the locked delivery into the event, once, and start its runs."""
    at = timezone.now()
    happened = _happened(event, delivery)
    _claim(delivery, event, happened)
    route = routing.route(delivery.connection, event.type, workflow=event.workflow)
    columns: dict[str, object] = {
        "status": route.status,
        "reason": route.reason[:300],
        "event_id": event.id[:255],
        "event_type": event.type[:120],
        "occurred_at": happened,
    }
    if body is not None:
        columns["body"] = crypto.pack_bytes(body, bound_to=delivery.body_binding)
        columns["body_size"] = len(body)
    before = {"reason": delivery.reason}
    Delivery.objects.filter(pk=delivery.pk).update(**columns)
    delivery.refresh_from_db()
    if route.workflows:
        runs.start_runs(delivery, route.workflows, at=at, origins=event.origins)
        runs.wake_workers()
    told = {**(after or {}), "status": delivery.status, "event": f"{event.type} {event.id}"}
    audit.record(delivery.workspace, actor=actor, verb=verb, target=delivery, before=before, after=told)


def _claim(delivery: Delivery, event: Event, happened: datetime) -> None:
    """Note the event as seen; raises `Conflict` where it was handled already."""
    identity = {"connection": delivery.connection, "event_hash": hash_of(event.id)}
    row = Seen(**identity, delivery_code=delivery.code, event_at=happened)
    Seen.objects.bulk_create([row], ignore_conflicts=True)
    if not Seen.objects.filter(**identity, delivery_code=delivery.code).exists():
        raise Conflict(_twin_words(event), code="seen_before", remedy="Discard this one.")


def _twin_words(event: Event) -> str:
    return f"Event {event.id} has come and was handled already."


def _happened(event: Event, delivery: Delivery) -> datetime:
    arrival = arrivals.Arrival(
        body=b"", at=delivery.received_at, late=False, source=delivery.source, event=event
    )
    return arrival.occurred_at
