"""Inputs of actions, and where each one goes in Stripe's call."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from apps.catalog.errors import Permanent
from apps.catalog.spec import Choice, Field, FieldType

Write = Callable[[Any, Mapping[str, Any]], Any]
"""(the input's value, all inputs) -> what Stripe is sent, None for nothing; raises `Permanent`."""

EACH = "+"
"""The last part of a path whose value is a list: its rows come behind those that stand there."""

MERGE = "*"
"""The last part of a path whose value is an object: its members are put there."""


@dataclass(frozen=True, slots=True)
class Param:
    """One input and its place below the call's parameters; without a path it is not sent as it is.

    `low` and `high` bound whole numbers, both included.
    """

    field: Field
    path: tuple[str, ...] = ()
    write: Write | None = None
    low: int | None = None
    high: int | None = None


def param(
    key: str,
    label: str,
    *,
    help_text: str,
    example: Any,
    type: FieldType = FieldType.TEXT,  # noqa: A002 - the name that Field gives it.
    at: str | None = None,
    write: Write | None = None,
    low: int | None = None,
    high: int | None = None,
    **rest: Any,
) -> Param:
    """Return an input. `at` is its dotted place, the key itself by default; "" sends nothing by itself."""
    unit = rest.pop("unit", "seconds" if type is FieldType.TIME else None)
    field = Field(key=key, label=label, type=type, help_text=help_text, example=example, unit=unit, **rest)
    place = key if at is None else at
    return Param(field, tuple(place.split(".")) if place else (), write, low, high)


def choice(key: str, label: str, values: Mapping[str, str], **rest: Any) -> Param:
    """Return an input with a fixed set of values, each with its label."""
    choices = tuple(Choice(value=value, label=text) for value, text in values.items())
    return param(key, label, type=FieldType.CHOICE, choices=choices, **rest)


def flag(key: str, label: str, **rest: Any) -> Param:
    """Return a yes or no."""
    return param(key, label, type=FieldType.BOOLEAN, **rest)


def whole(key: str, label: str, *, low: int = 0, **rest: Any) -> Param:
    """Return a whole number that is not below `low`."""
    return param(key, label, type=FieldType.INTEGER, low=low, **rest)


def moment(key: str, label: str, **rest: Any) -> Param:
    """Return a time in unix seconds."""
    return param(key, label, type=FieldType.TIME, **rest)


def address(key: str, label: str, **rest: Any) -> Param:
    """Return a web address."""
    return param(key, label, type=FieldType.URL, **rest)


def changed(source: Param, **changes: Any) -> Param:
    """Return an input that differs from another in some of its field's values."""
    return Param(source.field.model_copy(update=changes), source.path, source.write, source.low, source.high)


def build(params: tuple[Param, ...], inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of the call; raises `Permanent` naming the field that can't be sent."""
    tree: dict[str, Any] = {}
    for each in params:
        if each.field.key not in inputs:
            continue
        value = inputs[each.field.key]
        _check_bounds(each, value)
        if each.path:
            written = value if each.write is None else each.write(value, inputs)
            if written is not None:
                _put(tree, each.path, written)
    return {name: _listed(value) for name, value in tree.items()}


def _check_bounds(each: Param, value: Any) -> None:
    too_low = each.low is not None and value < each.low
    if too_low or (each.high is not None and value > each.high):
        bounds = f"at least {each.low}" if each.high is None else f"from {each.low} to {each.high}"
        raise wrong(each.field.key, f"“{each.field.label}” must be {bounds}.", "Correct the number.")


def wrong(field: str, message: str, remedy: str, *, code: str = "invalid_input") -> Permanent:
    """Return the error for inputs that Stripe would not take."""
    return Permanent(message, code=code, remedy=remedy, field=field)


def _put(tree: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    for part in path[:-1]:
        tree = tree.setdefault(part, {})
    if path[-1] == EACH:
        tree.update({str(len(tree) + place): row for place, row in enumerate(value)})
    elif path[-1] == MERGE:
        tree.update(value)
    else:
        tree[path[-1]] = value


def _listed(value: Any) -> Any:
    """Return the tree with every object whose names are 0, 1, 2 … as a list."""
    if not isinstance(value, dict):
        return value
    inner = {name: _listed(item) for name, item in value.items()}
    if inner and all(name == str(place) for place, name in enumerate(inner)):
        return list(inner.values())
    return inner
