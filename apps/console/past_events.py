"""Past deliveries that a draft can be shown and tested on."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from apps.catalog import registry
from apps.catalog.spec import Trigger
from apps.common.crypto import SealError
from apps.console.preview import learns
from apps.language import safe_json
from apps.language.errors import UnsafeJSONError
from apps.webhooks import services as webhooks
from apps.webhooks.models import Delivery
from apps.workflows.engine.definition import Definition
from apps.workflows.models import Workflow


def trigger_of(definition: Definition | None) -> Trigger | None:
    """Return the declaration of the definition's trigger; None where it is not known."""
    try:
        return registry.get_trigger(definition.trigger.trigger)[1] if definition else None
    except registry.UnknownKeyError:
        return None


def past_deliveries(trigger: Trigger, connection_ids: Iterable[int]) -> QuerySet[Delivery]:
    """Return the connections' deliveries that would start the trigger, newest first."""
    rows = Delivery.objects.filter(connection__in=list(connection_ids)).exclude(event_type="")
    rows = rows.exclude(source=Delivery.Source.TEST)
    if learns(trigger):
        rows = rows.exclude(source=Delivery.Source.SAMPLE)  # Nothing is learnt from what we made up.
    if not trigger.any_event_type:
        rows = rows.filter(event_type__in=trigger.event_types)
    return rows.order_by("-pk")


def past_payload(workflow: Workflow, code: str) -> dict[str, Any] | None:
    """Return the payload of one of the workspace's deliveries; None where it can't be had any more."""
    try:
        delivery = Delivery.objects.filter(workspace=workflow.workspace_id, code=UUID(code)).first()
    except ValueError:
        return None
    return payload_of(delivery) if delivery else None


def payload_of(delivery: Delivery) -> dict[str, Any] | None:
    """Return what a delivery's body holds, not masked; None for one that is no longer kept."""
    try:
        body = webhooks.body_of(delivery)
        payload = safe_json.loads(body) if body else None
    except (ValueError, SealError, UnsafeJSONError):
        return None
    return payload if isinstance(payload, dict) else None


def sample_payload(definition: Definition) -> Mapping[str, Any]:
    """Return the trigger's sample. Raises `UnknownKeyError`."""
    app, trigger = registry.get_trigger(definition.trigger.trigger)
    return registry.sample_of(app, trigger.key)
