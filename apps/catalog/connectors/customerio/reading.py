"""Reading of reporting events into flat, documented fields.

Customer.io's own examples do not fit its own schema (events of a broadcast
without trigger_id, sent e-mails without subject, numbers as text), so every
field is read leniently: a value of another kind is null and nothing raises.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from apps.catalog.spec import Field, FieldType, Semantic

_MAX_DIGITS = 18

Payload = Mapping[str, Any]
Read = Callable[[Payload], Any]


@dataclass(frozen=True, slots=True)
class Reading:
    """A documented field and how it is read from the whole payload."""

    field: Field
    read: Read


def fields_of(readings: tuple[Reading, ...]) -> tuple[Field, ...]:
    """Return the declarations alone, in order."""
    return tuple(each.field for each in readings)


def flatten(readings: tuple[Reading, ...], payload: Payload) -> dict[str, Any]:
    """Return every field's value, or null."""
    return {each.field.key: each.read(payload) for each in readings}


def at(payload: Payload, place: str) -> Any:
    """Return what stands at a dotted place, or None where it breaks off."""
    found: Any = payload
    for part in place.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def as_text(value: Any) -> str | None:
    """Return a text that is not blank, or a whole number as text."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) and value.strip() else None


def _as_integer(value: Any) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= _MAX_DIGITS:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _as_boolean(value: Any) -> bool | None:
    return value if isinstance(value, bool) else {"true": True, "false": False}.get(str(value).lower())


def as_object(value: Any) -> dict[str, Any] | None:
    """Return a JSON object."""
    return value if isinstance(value, dict) else None


def _as_list(value: Any) -> list[Any] | None:
    return value if isinstance(value, list) else None


_AS: Mapping[FieldType, Callable[[Any], Any]] = {
    FieldType.TEXT: as_text,
    FieldType.LONG_TEXT: as_text,
    FieldType.EMAIL: as_text,
    FieldType.URL: as_text,
    FieldType.INTEGER: _as_integer,
    FieldType.BOOLEAN: _as_boolean,
    FieldType.OBJECT: as_object,
    FieldType.LIST: _as_list,
}


def field(
    key: str,
    label: str,
    *places: str,
    help_text: str,
    example: Any,
    kind: FieldType = FieldType.TEXT,
    semantic: Semantic | None = None,
) -> Reading:
    """Return a field that stands in one of the places, best first; none means `data.<key>`."""
    convert, where = _AS[kind], places or (f"data.{key}",)

    def read(payload: Payload) -> Any:
        found = (convert(at(payload, place)) for place in where)
        return next((value for value in found if value is not None), None)

    declared = Field(key=key, label=label, type=kind, help_text=help_text, example=example, semantic=semantic)
    return Reading(declared, read)
