"""Reading of Stripe's objects into flat, documented fields.

Stripe moves properties between API versions and sends ids or whole objects in
the same place ("expanding": https://docs.stripe.com/expand). So every field
lists the places where it may stand; the first one with a value of the right
type wins, anything else is null. Nothing that arrives makes reading raise.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from apps.catalog.spec import Field, FieldType, Semantic

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pick:
    """A documented field and where it is found in the object, best place first."""

    field: Field
    paths: tuple[Path, ...]


def pick(
    key: str,
    label: str,
    *places: str,
    type: FieldType = FieldType.TEXT,  # noqa: A002 - the name that Field gives it.
    help_text: str,
    example: Any,
    semantic: Semantic | None = None,
    unit: str | None = None,
) -> Pick:
    """Return a pick; `places` are dotted paths, digits index lists, none means `key` itself.

    Times are marked as seconds and amounts as minor units, as Stripe sends both.
    """
    return Pick(
        Field(
            key=key,
            label=label,
            type=type,
            help_text=help_text,
            example=example,
            unit=unit or _unit(type, semantic),
            semantic=semantic,
        ),
        tuple(tuple(place.split(".")) for place in (places or (key,))),
    )


def _unit(kind: FieldType, semantic: Semantic | None) -> str | None:
    if kind is FieldType.TIME:
        return "seconds"
    return "minor units" if semantic is Semantic.AMOUNT else None


def reference(key: str, label: str, *places: str, **rest: Any) -> Pick:
    """Return a pick of another object's id, which stands there bare or inside the expanded object."""
    both = tuple(form for place in (places or (key,)) for form in (place, f"{place}.id"))
    return pick(key, label, *both, **rest)


def fields_of(picks: tuple[Pick, ...]) -> tuple[Field, ...]:
    """Return the declarations alone, in order."""
    return tuple(each.field for each in picks)


def read(picks: tuple[Pick, ...], data: Any) -> dict[str, Any]:
    """Return every picked field's value from `data`, or null."""
    return {each.field.key: _first(each, data) for each in picks}


def dig(data: Any, *path: str) -> Any:
    """Return what stands at the path, or None where it breaks off."""
    for part in path:
        if isinstance(data, Mapping):
            data = data.get(part)
        elif isinstance(data, list) and part.isdecimal() and int(part) < len(data):
            data = data[int(part)]
        else:
            return None
    return data


def event_object(payload: Mapping[str, Any]) -> Any:
    """Return the object that a snapshot event is about."""
    return dig(payload, "data", "object")


def _first(each: Pick, data: Any) -> Any:
    of_type = _OF_TYPE[each.field.type]
    for path in each.paths:
        # The first name is looked up here: most paths have no other, or break off at it.
        value = data.get(path[0]) if type(data) is dict else dig(data, path[0])
        if len(path) > 1 and value is not None:
            value = dig(value, *path[1:])
        if of_type(value):
            return value
    return None


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_filled(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_boolean(value: Any) -> bool:
    return isinstance(value, bool)


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


_OF_TYPE: dict[FieldType, Callable[[Any], bool]] = {
    FieldType.TEXT: _is_text,
    FieldType.LONG_TEXT: _is_text,
    FieldType.EMAIL: _is_filled,
    FieldType.URL: _is_filled,
    FieldType.INTEGER: _is_integer,
    FieldType.NUMBER: _is_number,
    FieldType.TIME: _is_integer,
    FieldType.BOOLEAN: _is_boolean,
    FieldType.OBJECT: _is_object,
    FieldType.LIST: _is_list,
}
