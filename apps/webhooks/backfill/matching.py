"""Which past events a workflow would run for: its trigger's types, its options, and its first filters."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from apps.catalog import registry
from apps.catalog.errors import UnreadableEventError
from apps.catalog.spec import App, Event, Trigger
from apps.language.conditions import evaluate
from apps.language.errors import LanguageError
from apps.webhooks.models import Delivery
from apps.workflows.engine.options import event_types_of
from apps.workflows.engine.program import Program
from apps.workflows.engine.program.compiled import CompiledFilter
from apps.workflows.models import Workflow
from apps.workflows.versions import compiled

BY_FILTER = "The workflow's first filter leaves it out."


@dataclass(frozen=True, slots=True)
class Listener:
    """A live workflow as one that listens: `event_types` are those it runs for."""

    app: App
    trigger: Trigger
    program: Program
    event_types: tuple[str, ...]

    def reason_against(self, payload: Mapping[str, Any], *, event: Event | None = None) -> str:
        """Return why the workflow would do nothing for this event, "" where it would run.

        What can't be decided without running the workflow counts as running it. Raises
        `UnreadableEventError` where the payload is no event.
        """
        data = registry.trigger_data(self.app, self.trigger, payload, event=event)
        refusal = self.program.gate.refusal(data)
        if refusal is not None:
            return refusal.message
        for step in self.program.steps:
            if not isinstance(step, CompiledFilter):
                break
            try:
                if not evaluate(step.step.condition, {"trigger": data, "steps": {}}).result:
                    return BY_FILTER
            except LanguageError:
                break
        return ""


def listener_of(workflow: Workflow) -> Listener:
    """Return the live workflow as a listener. Raises `ValueError` where it is not live."""
    if workflow.live_version_id is None:
        raise ValueError(f"Workflow {workflow.code} is not live.")
    app, trigger = registry.get_trigger(workflow.trigger_ref)
    program = compiled(workflow.live_version_id)
    types = event_types_of(trigger, program.definition.trigger.options)
    return Listener(app, trigger, program, tuple(each for each in types if "." in each or len(types) == 1))


def event_before(app: App, delivery: Delivery) -> Event | None:
    """Return the event as it was received, for an app whose headers may have told it."""
    if app.webhook is None or app.webhook.read_request is None:
        return None
    happened = delivery.occurred_at or delivery.received_at
    return Event(id=delivery.event_id, type=delivery.event_type, occurred_at=int(happened.timestamp()))


__all__ = ["BY_FILTER", "Listener", "UnreadableEventError", "event_before", "listener_of"]
