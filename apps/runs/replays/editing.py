"""What people edited for a replay: checked, sealed, and handed to the executor."""

import json
from collections.abc import Mapping
from typing import Any

from apps.catalog import registry
from apps.catalog.spec import Action, Field
from apps.common import crypto
from apps.common.crypto import SealError
from apps.common.errors import ValidationFailed
from apps.common.masking import MASK, mask_json
from apps.language import safe_json
from apps.language.errors import UnsafeJSONError
from apps.language.paths import did_you_mean
from apps.runs.models import Replay, Run
from apps.workflows.engine.coercion import UnfitError, coerce, is_empty
from apps.workflows.engine.definition import ActionStep, Step
from apps.workflows.engine.definition.mappings import ValueMapping
from apps.workflows.engine.program import Program, compile_program

MAX_BYTES = 262_144
"""How much a person may enter."""

RAW = "raw"
"""The untouched payload below a trigger's fields: it stays as it was where it is not entered."""


def read_object(text: str, *, field: str) -> dict[str, Any]:
    """Read what a person entered as a JSON object; raises `ValidationFailed` naming the form's field."""
    try:
        value = safe_json.loads(text.encode(errors="surrogatepass"), max_bytes=MAX_BYTES)
    except UnsafeJSONError as error:
        raise ValidationFailed(
            f"This is not readable JSON: {error.message}", code="invalid_json", field=field
        ) from None
    if not isinstance(value, dict):
        raise ValidationFailed("This must be a JSON object, in { }.", code="invalid_json", field=field)
    return value


def shown_trigger(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the trigger's data as people edit it: masked, and without the raw payload."""
    masked: dict[str, Any] = mask_json({key: value for key, value in data.items() if key != RAW})
    return masked


def pretty(value: Mapping[str, Any]) -> str:
    """Return an object as a person edits it."""
    return json.dumps(dict(value), indent=2, ensure_ascii=False)


def checked_trigger(
    trigger_ref: str, original: Mapping[str, Any], edited: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the trigger's data as it will be seen.

    What is entered as it was shown stays as it was, masked or not. Raises
    `ValidationFailed` naming the field that is wrong.
    """
    app, trigger = registry.get_trigger(trigger_ref)
    declared = {field.key: field for field in trigger.fields}
    known = declared.keys() | original.keys()
    shown = shown_trigger(original)
    found: dict[str, Any] = {RAW: original[RAW]} if RAW in original else {}
    for key, value in edited.items():
        if key in shown and value == shown[key]:
            found[key] = original[key]
            continue
        if key not in known:
            raise _unknown(key, list(known), of=f"trigger “{trigger.name}” of {app.name}", field="trigger")
        spec = declared.get(key)
        found[key] = value if spec is None else _fitting(spec, value, field="trigger")
    return found


def checked_inputs(action: Action, shown: Mapping[str, Any], edited: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inputs that differ from those shown, as the action takes them; raises `ValidationFailed`."""
    declared = {field.key: field for field in action.inputs}
    found: dict[str, Any] = {}
    for key, value in edited.items():
        if key in shown and value == shown[key]:
            continue
        spec = declared.get(key)
        if spec is not None and key == action.decided_by:
            raise ValidationFailed(
                f"“{spec.label}” ({key}) decides what the step does, so it is changed in the workflow only.",
                field="inputs",
            )
        if spec is None:
            raise _unknown(key, list(declared), of=f"action “{action.name}”", field="inputs")
        if spec.required and is_empty(value):
            raise ValidationFailed(f"“{spec.label}” ({key}) must not be empty.", field="inputs")
        found[key] = _fitting(spec, value, field="inputs")
    return found


def checked_outputs(gives: tuple[str, ...] | None, outputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a skipped step is to have given; raises `ValidationFailed` for other fields."""
    for key in outputs:
        if gives is not None and key not in gives:
            raise _unknown(key, list(gives), of="step", field="outputs")
    return dict(outputs)


def _fitting(spec: Field, value: Any, *, field: str) -> Any:
    if MASK in json.dumps(value, ensure_ascii=False):
        raise ValidationFailed(
            f"“{spec.label}” ({spec.key}) is masked: enter all of it, or leave it as it was shown.",
            field=field,
        )
    if is_empty(value):
        return value
    try:
        return coerce(spec, value)
    except UnfitError as error:
        raise ValidationFailed(
            f"“{spec.label}” ({spec.key}) {error.message}", code=error.code, field=field, remedy=error.remedy
        ) from None


def _unknown(key: str, known: list[str], *, of: str, field: str) -> ValidationFailed:
    return ValidationFailed(
        f"The {of} has no field “{key}”.", code="unknown_field", field=field, remedy=did_you_mean(key, known)
    )


def seal(
    run: Run, *, trigger: Mapping[str, Any] | None, step_id: str, inputs: Mapping[str, Any] | None
) -> bytes:
    """Return what was edited as working state of a new run; nothing where nothing was."""
    if trigger is None and inputs is None:
        return b""
    given = {"trigger": trigger, "inputs": {step_id: dict(inputs)} if inputs is not None else {}}
    return crypto.pack(given, bound_to=_binding(run))


def trigger_of(run: Run) -> dict[str, Any] | None:
    """Return the trigger's data as a person edited it, if one did. Raises `SealError`."""
    trigger = _opened(run).get("trigger")
    return trigger if isinstance(trigger, dict) else None


def is_gone(run: Run) -> bool:
    """Tell whether what a person edited for the run is not kept any more: the event alone is not it."""
    if not run.replay:
        return False
    try:
        replay = run.repetition
    except Replay.DoesNotExist:
        return False
    return (replay.edited_trigger or replay.edited_inputs) and not replay.given


def program_of(run: Run, program: Program) -> Program:
    """Return the program with the inputs that a person edited for this run, if one did.

    Where these can't be opened it is returned as it is: the run then fails on its trigger's data,
    which is sealed with them.
    """
    try:
        inputs = _opened(run).get("inputs")
    except SealError:
        return program
    return with_inputs(program, inputs, workspace_id=run.workspace_id) if inputs else program


def with_inputs(program: Program, inputs: Mapping[str, Mapping[str, Any]], *, workspace_id: int) -> Program:
    """Return the program with fixed values for some inputs, by step id."""

    def change(step: Step) -> Step:
        given = inputs.get(step.id)
        if given is None or not isinstance(step, ActionStep):
            return step
        fixed = {key: ValueMapping(value=value) for key, value in given.items()}
        return step.model_copy(update={"inputs": {**step.inputs, **fixed}})

    return compile_program(program.definition.mapped(change), catalog=registry.within(workspace_id))


def _opened(run: Run) -> dict[str, Any]:
    if not run.replay:
        return {}
    try:
        sealed = bytes(run.repetition.given)
    except Replay.DoesNotExist:
        return {}
    opened: dict[str, Any] = crypto.unpack(sealed, bound_to=_binding(run)) if sealed else {}
    return opened


def _binding(run: Run) -> str:
    return f"runs.Replay:{run.code}:given"
