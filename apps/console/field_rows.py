"""One field of the mapping form as it is shown: which control, and what stands in it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from apps.catalog.spec import Field, FieldType

SPARE_ROWS = 2
ROW_TYPES = (("text", "Text or template"), ("number", "Number"), ("boolean", "Yes or no"), ("json", "JSON"))


@dataclass(frozen=True, slots=True)
class ObjectRow:
    """One key of an object that takes any. `type` says how the text is read."""

    name: str
    key: str
    text: str
    type: str


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One field as the form shows it.

    Which of the parts is filled hangs on the field: `rows` are keys and values,
    `members` the declared members of an object, `items` the rows of a list of
    objects (each its members), `chosen` the values picked of a list with choices.
    `fixed` fields take no template. `unit` is the field that says an amount's unit.
    `listed` is the name under which the field's list is fetched, "" without one.
    """

    name: str
    field: Field
    text: str = ""
    rows: tuple[ObjectRow, ...] = ()
    members: tuple["FieldRow", ...] = ()
    items: tuple[tuple["FieldRow", ...], ...] = ()
    chosen: tuple[str, ...] = ()
    as_json: bool = False
    fixed: bool = False
    unit: "FieldRow | None" = None
    listed: str = ""

    @property
    def control(self) -> str:
        """Return which control the template draws."""
        if self.as_json:
            return "json"
        if is_template(self.text):
            return "long" if self.field.type is FieldType.LONG_TEXT else "text"
        if self.field.type is FieldType.OBJECT:
            return "members" if self.field.fields else "rows"
        if self.field.type is FieldType.LIST:
            return "items" if self.field.fields else "checks" if self.field.choices else "lines"
        if self.field.type is FieldType.BOOLEAN:
            return "switch" if self.fixed and isinstance(self.field.default, bool) else "boolean"
        if self.field.choices:
            return "choice"
        return "long" if self.field.type is FieldType.LONG_TEXT else "text"

    @property
    def takes_template_beside(self) -> bool:
        """Tell whether a template can be given only in a control of its own."""
        return not self.fixed and self.control in ("boolean", "choice", "checks", "items", "members")

    @property
    def is_group(self) -> bool:
        """Tell whether the field is several controls, so that no single one has its label."""
        return self.control in ("rows", "members", "items", "checks")

    @property
    def is_filled(self) -> bool:
        """Tell whether anything stands in it."""
        cells = (*self.members, *(cell for row in self.items for cell in row))
        keyed = any(row.key for row in self.rows)
        return bool(self.text or self.chosen or keyed) or any(cell.is_filled for cell in cells)


def is_template(text: str) -> bool:
    """Tell whether a text is read as a template."""
    return "{{" in text or "{%" in text


def show(
    name: str, spec: Field, mapping: Mapping[str, Any] | None, *, fixed: bool = False, within: str = ""
) -> FieldRow:
    """Return a field and what fills it as a row; `within` is the key of the field it is a member of."""
    fixed = fixed or spec.literal
    listed = f"{within}.{spec.key}" if within else spec.key
    row = FieldRow(name=name, field=spec, fixed=fixed, listed=listed if spec.options_from else "")
    if mapping is not None and "template" in mapping:
        return replace(row, text=str(mapping["template"]))
    if spec.type is FieldType.OBJECT:
        parts = _members(name, spec, mapping) if spec.fields else _rows(name, mapping)
    elif spec.type is FieldType.LIST and spec.fields:
        parts = _items(name, spec, mapping)
    elif spec.type is FieldType.LIST and spec.choices:
        parts = _chosen(mapping)
    else:
        return replace(row, text=_text(spec, mapping))
    if parts is None:
        return replace(row, text=json.dumps(mapping, indent=2, ensure_ascii=False), as_json=True)
    return replace(row, **parts)


def _members(name: str, spec: Field, mapping: Mapping[str, Any] | None) -> dict[str, Any] | None:
    given = _object(mapping)
    if given is None or not given.keys() <= {member.key for member in spec.fields}:
        return None
    rows = (
        show(f"{name}-m-{member.key}", member, given.get(member.key), within=spec.key)
        for member in spec.fields
    )
    return {"members": tuple(rows)}


def _rows(name: str, mapping: Mapping[str, Any] | None) -> dict[str, Any] | None:
    given = _object(mapping)
    if given is None or any({"object", "list"} & member.keys() for member in given.values()):
        return None
    filled = [(key, _plain_text(member), _kind_of(member)) for key, member in given.items()]
    rows = (
        ObjectRow(name=f"{name}-{number}-", key=key, text=text, type=kind)
        for number, (key, text, kind) in enumerate([*filled, *[("", "", "text")] * SPARE_ROWS])
    )
    return {"rows": tuple(rows)}


def _items(name: str, spec: Field, mapping: Mapping[str, Any] | None) -> dict[str, Any] | None:
    given = _listed(mapping)
    known = {member.key for member in spec.fields}
    if given is None or not all(row is not None and row.keys() <= known for row in given):
        return None
    rows = []
    for number, row in enumerate([*given, *[{}] * SPARE_ROWS]):
        cells = (
            show(f"{name}-{number}-m-{member.key}", member, (row or {}).get(member.key), within=spec.key)
            for member in spec.fields
        )
        rows.append(tuple(cells))
    return {"items": tuple(rows)}


def _listed(mapping: Mapping[str, Any] | None) -> list[Mapping[str, Mapping[str, Any]] | None] | None:
    """Return each row's members, None for a row that is no object; None for what is no list."""
    if mapping is None:
        return []
    if isinstance(mapping.get("list"), list):
        return [
            _object(row) if isinstance(row, dict) and "template" not in row else None
            for row in mapping["list"]
        ]
    value = mapping.get("value")
    return [_object({"value": row}) for row in value] if isinstance(value, list) else None


def _chosen(mapping: Mapping[str, Any] | None) -> dict[str, Any] | None:
    given = [] if mapping is None else mapping.get("value")
    if given is None:
        given = []
    return {"chosen": tuple(map(str, given))} if isinstance(given, list) else None


def _object(mapping: Mapping[str, Any] | None) -> Mapping[str, Mapping[str, Any]] | None:
    """Return each member's mapping, or None for what is no object."""
    if mapping is None:
        return {}
    if isinstance(mapping.get("object"), dict):
        found: Mapping[str, Mapping[str, Any]] = mapping["object"]
        return found
    value = mapping.get("value")
    return {key: {"value": item} for key, item in value.items()} if isinstance(value, dict) else None


def _text(spec: Field, mapping: Mapping[str, Any] | None) -> str:
    value = mapping.get("value") if mapping else None
    if spec.type is FieldType.LIST and isinstance(value, list) and value and all(map(_is_line, value)):
        return "\n".join(value)
    return _plain_text(mapping)


def _is_line(value: Any) -> bool:
    """Tell whether a value of a list is read back as it is from a line of its own."""
    if not isinstance(value, str) or is_template(value):
        return False
    return value == value.strip() and value[:1] not in ("", "[", "{") and len(value.splitlines()) == 1


def _plain_text(mapping: Mapping[str, Any] | None) -> str:
    if mapping is None:
        return ""
    if "template" in mapping:
        return str(mapping["template"])
    value = mapping.get("value")
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _kind_of(member: Mapping[str, Any]) -> str:
    value = member.get("value", "")
    if "template" in member or isinstance(value, str):
        return "text"
    if isinstance(value, bool):
        return "boolean"
    return "number" if isinstance(value, int | float) else "json"
