"""What a run reads of its delivery: the provider's body, opened and checked again."""

from typing import Any

from apps.catalog import registry
from apps.common import crypto
from apps.language import safe_json
from apps.runs.models import Run


class PayloadGoneError(Exception):
    """The delivery's body was kept for the replay window only."""


def trigger_data(run: Run, trigger_ref: str) -> dict[str, Any]:
    """Return what `{{ trigger.… }}` sees.

    Raises `PayloadGoneError`, `SealError` when its key is gone, `UnknownKeyError`
    when the trigger is not in the catalog any more, and what reading an event raises.
    """
    app, trigger = registry.get_trigger(trigger_ref)
    return registry.trigger_data(app, trigger, safe_json.loads(body_of(run)))


def body_of(run: Run) -> bytes:
    """Return the request body as it was received."""
    delivery = run.delivery
    if not delivery.body:
        raise PayloadGoneError
    return crypto.unpack_bytes(bytes(delivery.body), bound_to=delivery.body_binding)
