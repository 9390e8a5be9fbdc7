"""Whether a model's answer is what was asked for."""

import re
from dataclasses import dataclass
from typing import Any, Final

from apps.language import safe_json
from apps.language.errors import UnsafeJSONError
from apps.workflows.engine.definition import AIStep, LabelsOutput, SchemaOutput
from apps.workflows.engine.schemas import faults_of

MAX_ANSWER: Final = 262_144
"""Bytes of an answer."""

_FENCE = re.compile(r"\A```[a-zA-Z]*\s*\n(.*)\n```\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Wrong:
    """An answer that can't be used, and why, told for the model and for people."""

    faults: tuple[str, ...]


def check(step: AIStep, text: str) -> dict[str, Any] | Wrong:
    """Return the answer's outputs (`text`, `label`, or the schema's properties), or what is wrong with it.

    A label counts whatever its case and the spaces, quotes and full stop around
    it; it is given as the step has it. JSON may stand in a code fence.
    """
    if len(text.encode("utf-8", "replace")) > MAX_ANSWER:
        return Wrong((f"The answer is longer than {MAX_ANSWER:,} bytes.",))
    match step.output:
        case LabelsOutput():
            return _label(step.output, text)
        case SchemaOutput():
            return _object(step.output, text)
    try:
        safe_json.check(text)
    except UnsafeJSONError as error:
        return Wrong((error.message,))
    if not text.strip():
        return Wrong(("The answer is empty.",))
    return {"text": text.strip()}


def _label(output: LabelsOutput, text: str) -> dict[str, Any] | Wrong:
    said = text.strip(" \n\t\"'“”‘’`*.")
    by_folded = {each.label.strip().casefold(): each.label for each in output.labels}
    found = by_folded.get(text.strip().casefold()) or by_folded.get(said.casefold())
    if found is None:
        listed = ", ".join(f"“{each.label}”" for each in output.labels)
        return Wrong((f"The answer must be exactly one of {listed}.",))
    return {"label": found}


def _object(output: SchemaOutput, text: str) -> dict[str, Any] | Wrong:
    stripped = text.strip()
    fenced = _FENCE.match(stripped)
    body = (fenced[1] if fenced else stripped).encode("utf-8", "replace")
    try:
        value = safe_json.loads(body, max_bytes=MAX_ANSWER)
    except UnsafeJSONError as error:
        return Wrong((f"The answer is not one JSON object. {error.message}",))
    if not isinstance(value, dict):
        return Wrong(("The answer is not one JSON object.",))
    faults = faults_of(value, output.schema_)
    if faults:
        return Wrong(tuple(f"{fault.where or 'The answer'} {fault.message}." for fault in faults))
    return {key: value.get(key) for key in output.schema_.get("properties", {})}
