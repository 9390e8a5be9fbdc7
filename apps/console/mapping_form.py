"""The mapping form: a definition as form rows, and posted rows as a definition.

It is the way in without script: every act is a button of one form, and what
was typed comes back until it is saved.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.http import QueryDict

from apps.catalog import registry
from apps.catalog.spec import Action, Field, FieldType
from apps.console import condition_rows, field_reading, field_rows
from apps.console.condition_rows import ConditionForm
from apps.console.field_rows import FieldRow

OPTION_PREFIX = "t-o-"
_KEPT = ("disabled", "note", "on_error", "retry", "timeout")
"""What a step has that the form does not show."""

SHORT_FORM = 8
"""Up to so many inputs are shown as they are; of longer forms the empty optional ones wait behind a click."""


@dataclass(frozen=True, slots=True)
class StepForm:
    """One step as the form shows it. `prefix` begins the names of its controls.

    `danger` is the sentence to confirm, as the step's own settings decide it.
    `further` are optional inputs that are empty.
    """

    prefix: str
    index: int
    id: str
    name: str
    kind: str
    ref: str = ""
    app: str = ""
    app_name: str = ""
    needs_account: bool = True
    action: Action | None = None
    connection: str = ""
    fields: tuple[FieldRow, ...] = ()
    further: tuple[FieldRow, ...] = ()
    condition: ConditionForm | None = None
    danger: str = ""
    confirmed: bool = False
    lost: tuple[str, ...] = field(default=())
    disabled: bool = False


def step_forms(definition: Mapping[str, Any]) -> list[StepForm]:
    """Return every step of a definition's JSON form as form rows."""
    return [_step_form(index, step) for index, step in enumerate(definition.get("steps", ()))]


def option_rows(definition: Mapping[str, Any]) -> list[FieldRow]:
    """Return the options of the definition's trigger as form rows; none where it is not known."""
    part = definition.get("trigger", {})
    given = part.get("options", {})
    return [
        field_rows.show(
            f"{OPTION_PREFIX}{option.key}",
            option,
            _given_or_default(option, given),
            fixed=True,
        )
        for option in _options_of(part.get("trigger", ""))
    ]


def _given_or_default(option: Field, given: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what the row of an option shows; a box that is not ticked needs no default."""
    if option.key in given:
        return {"value": given[option.key]}
    shown = option.default is not None and option.type is not FieldType.BOOLEAN
    return {"value": option.default} if shown else None


def read_definition(posted: QueryDict, before: Mapping[str, Any]) -> dict[str, Any]:
    """Return the definition that the posted rows describe; `before` gives what the form does not show.

    Nothing is checked here: a wrong value stays as it was typed, so that
    validation can name it.
    """
    known = {step["id"]: step for step in before.get("steps", ())}
    steps = [_read_step(posted, f"s{index}-", known) for index in range(_count(posted))]
    part = before.get("trigger", {})
    ref = posted.get("trigger", "")
    trigger = {
        **part,
        "id": "trigger",
        "trigger": ref,
        "connection": posted.get("trigger-connection", ""),
        "options": _read_options(posted, ref, part),
    }
    return {
        "schema": 1,
        "trigger": trigger,
        **({"order": before["order"]} if before.get("order") else {}),
        "steps": [step for step in steps if step],
        "notes": posted.get("notes", before.get("notes", "")),
    }


def _options_of(ref: str) -> tuple[Field, ...]:
    try:
        return registry.get_trigger(ref)[1].options
    except registry.UnknownKeyError:
        return ()


def _read_options(posted: QueryDict, ref: str, before: Mapping[str, Any]) -> dict[str, Any]:
    """Return the trigger's options: as posted, else as they were, unless another trigger was chosen."""
    former = before.get("options", {})
    declared = _options_of(ref)
    if not declared:
        return dict(former) if ref == before.get("trigger") else {}
    found: dict[str, Any] = {}
    for option in declared:
        name = f"{OPTION_PREFIX}{option.key}"
        if not field_reading.was_shown(posted, name):
            found |= {option.key: former[option.key]} if option.key in former else {}
            continue
        mapping = field_reading.read(posted, name, option) or {}
        value = mapping.get("template", mapping.get("value"))
        # What is as it is anyway need not be said.
        if value is not None and (value != option.default or option.key in former):
            found[option.key] = value
    return found


def _count(posted: QueryDict) -> int:
    text = posted.get("steps", "0")
    return min(int(text), 200) if text.isdecimal() else 0


def _step_form(index: int, step: Mapping[str, Any]) -> StepForm:
    prefix = f"s{index}-"
    common = {"prefix": prefix, "index": index, "id": step["id"], "name": step["name"], "kind": step["kind"]}
    common["disabled"] = step.get("disabled", False)
    if step["kind"] == "filter":
        return StepForm(**common, condition=condition_rows.from_tree(f"{prefix}c-", step.get("condition")))
    inputs = step.get("inputs", {})
    form = {
        **common,
        "ref": step["action"],
        "connection": step.get("connection", ""),
        "condition": condition_rows.from_tree(f"{prefix}c-", step.get("run_if")),
        "confirmed": step.get("confirmed", False),
    }
    try:
        app, action = registry.get_action(step["action"])
    except registry.UnknownKeyError:
        return StepForm(**form, lost=tuple(inputs))
    rows = _input_rows(prefix, action, inputs)
    first, further = _parted(action, rows)
    return StepForm(
        **form,
        app=app.key,
        app_name=app.name,
        needs_account=app.needs_account,
        action=action,
        danger=_settled(action, inputs).danger or "",
        fields=first,
        further=further,
        lost=tuple(key for key in inputs if action.input(key) is None),
    )


def _input_rows(prefix: str, action: Action, inputs: Mapping[str, Any]) -> list[FieldRow]:
    """Return the inputs as rows; the unit of an amount is shown with the first amount that it is of."""
    rows = {
        spec.key: field_rows.show(f"{prefix}f-{spec.key}", spec, inputs.get(spec.key))
        for spec in action.inputs
    }
    for key, row in list(rows.items()):
        unit = rows.pop(row.field.unit_from, None) if row.field.unit_from else None
        if unit is not None:
            rows[key] = replace(row, unit=unit)
    return list(rows.values())


def _parted(action: Action, rows: list[FieldRow]) -> tuple[tuple[FieldRow, ...], tuple[FieldRow, ...]]:
    if len(rows) <= SHORT_FORM:
        return tuple(rows), ()
    needed = {key for group in (*action.any_of, *action.one_of) if len(group) <= SHORT_FORM for key in group}
    first = [row for row in rows if row.field.required or row.is_filled or row.field.key in needed]
    # A form of which nothing stands out is shown as it is.
    if len(first) < 2:
        first = rows[:SHORT_FORM]
    shown = {row.name for row in first}
    return tuple(first), tuple(row for row in rows if row.name not in shown)


def _settled(action: Action, inputs: Mapping[str, Any]) -> Action:
    """Return the action as its deciding input makes it here."""
    if action.decided_by is None:
        return action
    deciding = action.input(action.decided_by)
    mapping = inputs.get(action.decided_by)
    if mapping is None:
        return action.settled(deciding.default) if deciding else action
    return action.settled(mapping["value"]) if "value" in mapping else action


def _read_step(posted: QueryDict, prefix: str, known: Mapping[str, Any]) -> dict[str, Any] | None:
    step_id = posted.get(f"{prefix}id", "")
    if not step_id:
        return None
    before = known.get(step_id, {})
    common = {
        **{key: before[key] for key in _KEPT if key in before},
        "id": step_id,
        "name": posted.get(f"{prefix}name", "").strip() or "Step",
    }
    condition = condition_rows.read(posted, f"{prefix}c-")
    if posted.get(f"{prefix}kind") == "filter":
        return {**common, "kind": "filter", "condition": condition or {"all": []}}
    return {
        **common,
        "kind": "action",
        "action": posted.get(f"{prefix}action", ""),
        "connection": posted.get(f"{prefix}connection", ""),
        "inputs": dict(_read_inputs(posted, prefix, before.get("inputs", {}))),
        "run_if": condition,
        "confirmed": bool(posted.get(f"{prefix}confirmed")),
    }


def _read_inputs(posted: QueryDict, prefix: str, before: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    try:
        _, action = registry.get_action(posted.get(f"{prefix}action", ""))
    except registry.UnknownKeyError:
        yield from before.items()
        return
    for spec in action.inputs:
        mapping = field_reading.read(posted, f"{prefix}f-{spec.key}", spec)
        if mapping is not None:
            yield spec.key, mapping
