"""What stands for outputs that nobody has: examples, in the shape that the step gives."""

import json
from collections.abc import Mapping
from typing import Any

from apps.workflows.engine.catalog import Catalog
from apps.workflows.engine.definition import AIStep, LabelsOutput, SchemaOutput, Step
from apps.workflows.engine.outputs import outputs_of

_USAGE = ("model", "input_tokens", "output_tokens", "cost")


def sample_outputs(step: Step, catalog: Catalog) -> dict[str, Any]:
    """Return an example of each field that a step gives."""
    return {field.key: field.example for field in outputs_of(step, catalog) or ()}


def answer_of_model(step: Step | None, outputs: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the model's answer that would give an AI step these outputs; None for another step."""
    if not isinstance(step, AIStep):
        return None
    if isinstance(step.output, LabelsOutput):
        text = str(outputs.get("label", ""))
    elif isinstance(step.output, SchemaOutput):
        text = json.dumps({key: value for key, value in outputs.items() if key not in _USAGE})
    else:
        text = str(outputs.get("text", ""))
    return {
        "text": text,
        "model": step.model,
        "input_tokens": outputs.get("input_tokens") or 0,
        "output_tokens": outputs.get("output_tokens") or 0,
        "cost": outputs.get("cost"),
        "stop_reason": "stop",
    }
