"""One field of the mapping form as it was posted, read back as its mapping.

A text that holds `{{` or `{%` is a template, anything else a fixed value of the
field's own type. Nothing is checked here: a wrong value stays as it was typed,
so that validation can name it.
"""

import json
from collections.abc import Iterator
from typing import Any

from django.http import QueryDict

from apps.catalog.spec import Field, FieldType
from apps.console.field_rows import is_template

MOST_ROWS = 200


def read(posted: QueryDict, name: str, spec: Field) -> dict[str, Any] | None:
    """Return the mapping that was posted for a field; None where nothing was."""
    beside = posted.get(f"{name}-template", "").strip()
    if beside:
        return _mapping(beside, spec)
    raw = posted.get(f"{name}-json")
    if raw is not None:
        return _parsed(raw, {"value": raw}) if raw.strip() else None
    if f"{name}-checks" in posted:
        chosen = posted.getlist(name)
        return {"value": chosen} if chosen else None
    if f"{name}-switch" in posted:
        return {"value": name in posted}
    if name in posted:
        return _read_text(posted, name, spec)
    if spec.type is FieldType.OBJECT:
        return _read_members(posted, name, spec) if spec.fields else _read_rows(posted, name)
    if spec.type is FieldType.LIST and spec.fields:
        return _read_items(posted, name, spec)
    return None


def was_shown(posted: QueryDict, name: str) -> bool:
    """Tell whether the form that was posted had a control of this name."""
    return name in posted or any(key.startswith(f"{name}-") for key in posted)


def _read_text(posted: QueryDict, name: str, spec: Field) -> dict[str, Any] | None:
    text = posted.get(name, "").replace("\r\n", "\n")
    if spec.type is not FieldType.LONG_TEXT:
        text = text.strip()
    return _mapping(text, spec) if text else None


def _mapping(text: str, spec: Field) -> dict[str, Any]:
    return {"template": text} if is_template(text) else {"value": _typed(text, spec.type)}


def _read_members(posted: QueryDict, name: str, spec: Field) -> dict[str, Any] | None:
    found = {member.key: read(posted, f"{name}-m-{member.key}", member) for member in spec.fields}
    given = {key: mapping for key, mapping in found.items() if mapping is not None}
    return {"object": given} if given else None


def _read_rows(posted: QueryDict, name: str) -> dict[str, Any] | None:
    members: dict[str, Any] = {}
    for row in _numbered(posted, name, "-key"):
        key, text = posted.get(f"{row}-key", "").strip(), posted.get(f"{row}-text", "").strip()
        if key:
            members[key] = _member(text, posted.get(f"{row}-type", "text"))
    return {"object": members} if members else None


def _read_items(posted: QueryDict, name: str, spec: Field) -> dict[str, Any] | None:
    rows = []
    for row in _numbered(posted, name, "-row"):
        cells = {member.key: read(posted, f"{row}-m-{member.key}", member) for member in spec.fields}
        given = {key: mapping for key, mapping in cells.items() if mapping is not None}
        if given:
            rows.append(given)
    if all("value" in mapping for row in rows for mapping in row.values()):
        fixed = [{key: mapping["value"] for key, mapping in row.items()} for row in rows]
        return {"value": fixed} if fixed else None
    return {"list": [{"object": row} for row in rows]}


def _numbered(posted: QueryDict, name: str, end: str) -> Iterator[str]:
    for number in range(MOST_ROWS):
        if f"{name}-{number}{end}" not in posted:
            return
        yield f"{name}-{number}"


def _member(text: str, kind: str) -> dict[str, Any]:
    if is_template(text):
        return {"template": text}
    types = {"number": FieldType.NUMBER, "boolean": FieldType.BOOLEAN, "json": FieldType.ANY}
    return {"value": _typed(text, types.get(kind, FieldType.TEXT))}


_LITERAL = (FieldType.INTEGER, FieldType.NUMBER, FieldType.TIME, FieldType.ANY, FieldType.OBJECT)


def _typed(text: str, kind: FieldType) -> Any:
    if kind is FieldType.BOOLEAN:
        return {"true": True, "yes": True, "false": False, "no": False}.get(text.lower(), text)
    if kind is FieldType.LIST:
        return _lines(text)
    return _parsed(text, text) if kind in _LITERAL else text


def _lines(text: str) -> Any:
    """Read a list: JSON, or one value on each line."""
    if text.startswith("["):
        return _parsed(text, text)
    lines = (line.strip() for line in text.splitlines())
    return [_parsed(line, line) if line.startswith("{") else line for line in lines if line]


def _parsed(text: str, otherwise: Any) -> Any:
    try:
        return json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        return otherwise
