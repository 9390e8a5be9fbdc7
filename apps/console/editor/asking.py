"""What every preview is asked on: a draft as it stands in the browser, an event, and a step of it."""

from collections.abc import Mapping
from typing import Any

from apps.catalog import registry
from apps.common.errors import ValidationFailed
from apps.console.editor.calling import Call
from apps.console.editor.scope import Seen, scope_before
from apps.console.past_events import past_payload, sample_payload
from apps.console.preview import event_data
from apps.workflows.engine.definition import Definition, Step, parse
from apps.workflows.engine.problems import InvalidDefinitionError

BEHIND = ""
"""The step id of what stands behind the last step."""


def definition_of(call: Call) -> Definition:
    """Return the posted definition; raises `ValidationFailed` with every problem of its shape."""
    try:
        return parse(call.object("definition"))
    except InvalidDefinitionError as error:
        raise ValidationFailed(
            "The definition does not have the right form.",
            code="invalid_definition",
            remedy="Mend the fields named.",
            details=[problem.as_dict() for problem in error.problems],
        ) from None


def payload_of(call: Call, definition: Definition) -> Mapping[str, Any]:
    """Return the payload of the event that was chosen, not masked; raises `ValidationFailed`."""
    event = call.object("event", default={"source": "sample"})
    match event.get("source"):
        case "sample":
            try:
                return sample_payload(definition)
            except (registry.UnknownKeyError, OSError):
                return {}
        case "json":
            payload = event.get("payload")
            if not isinstance(payload, dict):
                raise ValidationFailed(
                    "An event must be a JSON object.", code="malformed", field="event", remedy="Begin with {."
                )
            return payload
        case "delivery":
            found = past_payload(call.workflow, str(event.get("code", "")))
            if found is None:
                raise ValidationFailed(
                    "This past event is not kept any more.",
                    code="event_gone",
                    field="event",
                    remedy="Choose another one, or the sample.",
                )
            return found
    raise ValidationFailed(
        "An event's source is “sample”, “delivery” or “json”.", code="malformed", field="event"
    )


def data_of(call: Call, definition: Definition) -> dict[str, Any]:
    """Return what `{{ trigger.… }}` sees of the chosen event, masked; empty for an unknown trigger."""
    payload = payload_of(call, definition)
    try:
        return event_data(definition.trigger, payload)
    except registry.UnknownKeyError:
        return {}
    except (AttributeError, KeyError, TypeError, ValueError):
        # Pasted JSON need not look like the provider's.
        raise ValidationFailed(
            "This JSON is not an event of the chosen trigger.",
            code="not_an_event",
            field="event",
            remedy="Paste the whole body as the provider sends it.",
        ) from None


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
