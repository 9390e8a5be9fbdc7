"""Actions that track events."""

from collections.abc import Mapping
from typing import Any

from apps.catalog.connectors.customerio import payloads, ulid
from apps.catalog.connectors.customerio.actions.calls import TRACK_DOCS, TRACK_KEYS, track
from apps.catalog.connectors.customerio.client import person_path
from apps.catalog.connectors.customerio.fields import events as fields
from apps.catalog.spec import Action, CallContext, Effect, Idempotency


def track_event(context: CallContext) -> dict[str, Any]:
    """Record an event under an id that a repeated call makes again."""
    identifier, body = payloads.track_event(context.inputs)
    _stamp(context, body)
    track(context, "POST", f"{person_path(identifier)}/events", body)
    return {"event_id": body["id"], "identifier": identifier, "timestamp": body["timestamp"]}


def track_anonymous_event(context: CallContext) -> dict[str, Any]:
    """Record an event of a visitor, likewise."""
    body = payloads.track_anonymous_event(context.inputs)
    _stamp(context, body)
    track(context, "POST", "/api/v1/events", body)
    return {
        "event_id": body["id"],
        "anonymous_id": body["anonymous_id"],
        "timestamp": body["timestamp"],
    }


def _stamp(context: CallContext, body: dict[str, Any]) -> None:
    body["id"] = ulid.derive(context.event_time, context.key)
    body.setdefault("timestamp", context.event_time)


def _check_track(inputs: Mapping[str, Any]) -> None:
    payloads.track_event(inputs)


def _check_anonymous(inputs: Mapping[str, Any]) -> None:
    payloads.track_anonymous_event(inputs)


TRACK = Action(
    key="track-event",
    name="Track Custom Event",
    description="Records that a person did something, which can start campaigns.",
    inputs=fields.TRACK_INPUTS,
    outputs=fields.TRACK_OUTPUTS,
    effect=Effect.CREATE,
    idempotency=Idempotency.EVENT_ID,
    call=track_event,
    check=_check_track,
    requires=TRACK_KEYS,
    provider_id="event_id",
    derive_id=ulid.derive,
    docs_url=f"{TRACK_DOCS}#operation/track",
)
TRACK_ANONYMOUS = Action(
    key="track-anonymous-event",
    name="Track Anonymous Event",
    description="Records what a visitor did who is not known as a person yet.",
    inputs=fields.ANONYMOUS_INPUTS,
    outputs=fields.ANONYMOUS_OUTPUTS,
    effect=Effect.CREATE,
    idempotency=Idempotency.EVENT_ID,
    call=track_anonymous_event,
    check=_check_anonymous,
    requires=TRACK_KEYS,
    provider_id="event_id",
    derive_id=ulid.derive,
    docs_url=f"{TRACK_DOCS}#operation/trackAnonymous",
)
