"""What a run reads of its delivery: the provider's body, opened and checked again."""

from typing import Any

from apps.catalog import registry
from apps.catalog.spec import App, Event
from apps.common import crypto
from apps.language import safe_json
from apps.runs.models import Run
from apps.runs.replays import editing


class PayloadGoneError(Exception):
    """The delivery's body was kept for the replay window only."""


def trigger_data(run: Run, trigger_ref: str) -> dict[str, Any]:
    """Return what `{{ trigger.… }}` sees: what a person edited for a replay, else the event.

    Raises `PayloadGoneError`, also for what was edited, `SealError` when its key is gone, `UnknownKeyError`
    when the trigger is not in the catalog any more, and what reading an event raises.
    """
    if run.replay and (edited := editing.trigger_of(run)) is not None:
        return edited
    if editing.is_gone(run):
        raise PayloadGoneError
    app, trigger = registry.get_trigger(trigger_ref)
    return registry.trigger_data(app, trigger, safe_json.loads(body_of(run)), event=_read_before(app, run))


def _read_before(app: App, run: Run) -> Event | None:
    """Return the event as it was received, for an app whose headers may have told it: they are not kept."""
    if app.webhook is None or app.webhook.read_request is None:
        return None
    delivery = run.delivery
    happened = delivery.occurred_at or delivery.received_at
    return Event(id=delivery.event_id, type=delivery.event_type, occurred_at=int(happened.timestamp()))


def body_of(run: Run) -> bytes:
    """Return the request body as it was received."""
    delivery = run.delivery
    if not delivery.body:
        raise PayloadGoneError
    return crypto.unpack_bytes(bytes(delivery.body), bound_to=delivery.body_binding)
