"""The mapping form: a definition as form rows, and posted rows as a definition.

It is the way in without script: every act is a button of one form, and what
was typed comes back until it is saved. A text that holds `{{` or `{%` is a
template, anything else a fixed value of the field's own type.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from apps.catalog import registry
from apps.catalog.spec import Action, Field, FieldType
from apps.console import condition_rows
from apps.console.condition_rows import ConditionForm

SPARE_ROWS = 2
ROW_TYPES = (("text", "Text or template"), ("number", "Number"), ("boolean", "Yes or no"), ("json", "JSON"))


@dataclass(frozen=True, slots=True)
class ObjectRow:
    """One key of an object input. `type` says how the text is read."""

    name: str
    key: str
    text: str
    type: str


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One input of a step as the form shows it."""

    name: str
    field: Field
    text: str = ""
    rows: tuple[ObjectRow, ...] = ()
    as_json: bool = False

    @property
    def control(self) -> str:
        """Return which control the template draws."""
        if self.as_json:
            return "json"
        if self.field.type is FieldType.OBJECT:
            return "rows"
        templated = is_template(self.text)
        if self.field.type is FieldType.BOOLEAN and not templated:
            return "boolean"
        if self.field.choices and not templated:
            return "choice"
        return "long" if self.field.type is FieldType.LONG_TEXT else "text"


@dataclass(frozen=True, slots=True)
class StepForm:
    """One step as the form shows it. `prefix` begins the names of its controls."""

    prefix: str
    index: int
    id: str
    name: str
    kind: str
    ref: str = ""
    app: str = ""
    app_name: str = ""
    action: Action | None = None
    connection: str = ""
    fields: tuple[FieldRow, ...] = ()
    condition: ConditionForm | None = None
    confirmed: bool = False
    lost: tuple[str, ...] = field(default=())


def is_template(text: str) -> bool:
    """Tell whether a text is read as a template."""
    return "{{" in text or "{%" in text


def step_forms(definition: Mapping[str, Any]) -> list[StepForm]:
    """Return every step of a definition's JSON form as form rows."""
    return [_step_form(index, step) for index, step in enumerate(definition.get("steps", ()))]


def read_definition(posted: QueryDict, before: Mapping[str, Any]) -> dict[str, Any]:
    """Return the definition that the posted rows describe; `before` gives what the form does not show.

    Nothing is checked here: a wrong value stays as it was typed, so that
    validation can name it.
    """
    known = {step["id"]: step for step in before.get("steps", ())}
    steps = [_read_step(posted, f"s{index}-", known) for index in range(_count(posted))]
    trigger = {
        **before.get("trigger", {}),
        "id": "trigger",
        "trigger": posted.get("trigger", ""),
        "connection": posted.get("trigger-connection", ""),
    }
    return {
        "schema": 1,
        "trigger": trigger,
        "steps": [step for step in steps if step],
        "notes": posted.get("notes", before.get("notes", "")),
    }


def _count(posted: QueryDict) -> int:
    text = posted.get("steps", "0")
    return min(int(text), 200) if text.isdecimal() else 0


def _step_form(index: int, step: Mapping[str, Any]) -> StepForm:
    prefix = f"s{index}-"
    common = {"prefix": prefix, "index": index, "id": step["id"], "name": step["name"], "kind": step["kind"]}
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
    known = tuple(_field_row(prefix, each, inputs.get(each.key)) for each in action.inputs)
    lost = tuple(key for key in inputs if action.input(key) is None)
    return StepForm(**form, app=app.key, app_name=app.name, action=action, fields=known, lost=lost)


def _field_row(prefix: str, spec: Field, mapping: Mapping[str, Any] | None) -> FieldRow:
    name = f"{prefix}f-{spec.key}"
    if spec.type is FieldType.OBJECT:
        return _object_row(name, spec, mapping)
    return FieldRow(name=name, field=spec, text=_text_of(mapping))


def _object_row(name: str, spec: Field, mapping: Mapping[str, Any] | None) -> FieldRow:
    members = _members(mapping)
    if members is None:
        return FieldRow(
            name=name, field=spec, text=json.dumps(mapping, indent=2, ensure_ascii=False), as_json=True
        )
    given = {key for key, _, _ in members}
    # Where the members are declared, each has its row; elsewhere there are rows to spare.
    spare = [
        (member.key, "", "json" if member.fields else "text")
        for member in spec.fields
        if member.key not in given
    ]
    rows = [
        ObjectRow(name=f"{name}-{number}-", key=key, text=text, type=kind)
        for number, (key, text, kind) in enumerate(
            [*members, *(spare if spec.fields else [("", "", "text")] * SPARE_ROWS)]
        )
    ]
    return FieldRow(name=name, field=spec, rows=tuple(rows))


def _members(mapping: Mapping[str, Any] | None) -> list[tuple[str, str, str]] | None:
    """Return (key, text, type) of each member, or None where rows can't show it."""
    if mapping is None:
        return []
    if "object" in mapping:
        members = mapping["object"].items()
    elif isinstance(mapping.get("value"), dict):
        members = [(key, {"value": value}) for key, value in mapping["value"].items()]
    else:
        return None
    shown = []
    for key, member in members:
        if "object" in member:
            return None
        kind = _kind_of(member)
        shown.append((key, _text_of(member), kind))
    return shown


def _kind_of(member: Mapping[str, Any]) -> str:
    value = member.get("value", "")
    if "template" in member or isinstance(value, str):
        return "text"
    if isinstance(value, bool):
        return "boolean"
    return "number" if isinstance(value, int | float) else "json"


def _text_of(mapping: Mapping[str, Any] | None) -> str:
    if mapping is None:
        return ""
    if "template" in mapping:
        return str(mapping["template"])
    value = mapping.get("value")
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _read_step(posted: QueryDict, prefix: str, known: Mapping[str, Any]) -> dict[str, Any] | None:
    step_id = posted.get(f"{prefix}id", "")
    if not step_id:
        return None
    before = known.get(step_id, {})
    common = {"id": step_id, "name": posted.get(f"{prefix}name", "").strip() or "Step"}
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
        name = f"{prefix}f-{spec.key}"
        mapping = (
            _read_object(posted, name, spec)
            if spec.type is FieldType.OBJECT
            else _read_field(posted, name, spec)
        )
        if mapping is not None:
            yield spec.key, mapping


def _read_field(posted: QueryDict, name: str, spec: Field) -> dict[str, Any] | None:
    text = posted.get(name, "").replace("\r\n", "\n")
    if spec.type is not FieldType.LONG_TEXT:
        text = text.strip()
    if not text:
        return None
    if is_template(text):
        return {"template": text}
    return {"value": _typed(text, spec.type)}


def _read_object(posted: QueryDict, name: str, spec: Field) -> dict[str, Any] | None:
    raw = posted.get(f"{name}-json")
    if raw is not None:
        return _parsed(raw, {"value": raw}) if raw.strip() else None
    declared = {member.key for member in spec.fields}
    members: dict[str, Any] = {}
    number = 0
    while f"{name}-{number}-key" in posted:
        row = f"{name}-{number}-"
        key, text = posted.get(f"{row}key", "").strip(), posted.get(f"{row}text", "").strip()
        if key and (text or key not in declared):
            members[key] = _member(text, posted.get(f"{row}type", "text"))
        number += 1
    return {"object": members} if members else None


def _member(text: str, kind: str) -> dict[str, Any]:
    if is_template(text):
        return {"template": text}
    types = {"number": FieldType.NUMBER, "boolean": FieldType.BOOLEAN, "json": FieldType.ANY}
    return {"value": _typed(text, types.get(kind, FieldType.TEXT))}


_LITERAL = (FieldType.INTEGER, FieldType.NUMBER, FieldType.TIME, FieldType.LIST, FieldType.ANY)


def _typed(text: str, kind: FieldType) -> Any:
    if kind is FieldType.BOOLEAN:
        return {"true": True, "yes": True, "false": False, "no": False}.get(text.lower(), text)
    return _parsed(text, text) if kind in _LITERAL else text


def _parsed(text: str, otherwise: Any) -> Any:
    try:
        return json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        return otherwise
