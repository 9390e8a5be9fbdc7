"""What every preview is asked on: a draft as it stands in the browser, an event, and a step of it."""

from typing import Any

from apps.catalog import registry
from apps.common.errors import ValidationFailed
from apps.console.editor.calling import Call
from apps.console.editor.scope import Seen, scope_before
from apps.console.editor.testing.asked import read_definition, read_event
from apps.console.preview import event_data
from apps.workflows.engine.definition import Definition, Step


def definition_of(call: Call) -> Definition:
    """Return the posted definition; raises `ValidationFailed` with every problem of its shape."""
    return read_definition(call.object("definition"))


def data_of(call: Call, definition: Definition) -> dict[str, Any]:
    """Return what `{{ trigger.… }}` sees of the chosen event, masked; empty for an unknown trigger.

    Raises `ValidationFailed` for an event that can't be used.
    """
    try:
        registry.get_trigger(definition.trigger.trigger)
    except registry.UnknownKeyError:
        return {}
    event = call.object("event", default={"source": "sample"})
    return event_data(definition.trigger, read_event(call.workflow, definition, event).payload)


def seen_by(call: Call, definition: Definition, step_id: str) -> Seen:
    """Return what the asked step sees; raises `ValidationFailed` for one that is not there."""
    outputs = call.object("outputs", default={})
    seen = scope_before(definition, step_id, data_of(call, definition), outputs)
    if seen is None:
        raise _unknown(step_id)
    return seen


def step_of(definition: Definition, step_id: str) -> Step:
    """Return the step of this id; raises `ValidationFailed`."""
    step = definition.step(step_id)
    if step is None:
        raise _unknown(step_id)
    return step


def _unknown(step_id: str) -> ValidationFailed:
    return ValidationFailed(
        f"There is no step “{step_id[:60]}” in this definition.",
        code="unknown_step",
        field="step",
        remedy="Reload the page.",
    )
