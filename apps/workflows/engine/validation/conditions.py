"""Whether a condition is sound and reads what is declared."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from apps.catalog.spec import FieldType
from apps.language import conditions, templates
from apps.language.conditions import OPERATORS, Operator
from apps.language.errors import ConditionError
from apps.workflows.engine.problems import Problem
from apps.workflows.engine.settling import passed_on
from apps.workflows.engine.validation.paths import Declared, find_fault
from apps.workflows.engine.validation.places import Place


def check_condition(place: Place, condition: Mapping[str, Any], declared: Declared) -> Iterator[Problem]:
    """Find every problem of the condition in a place."""
    wrong = (
        conditions.check(condition)
        or conditions.unfilled(condition)
        or list(_never_decided(condition, declared))
    )
    for problem in wrong:
        inner = ".".join(map(str, problem.path))
        yield replace(place, path=f"{place.path}.{inner}" if inner else place.path).problem(
            problem.code, problem.message
        )
    if wrong:
        return
    for path in conditions.paths_of(condition):
        fault = find_fault(path, declared)
        if fault is not None:
            yield place.problem(fault.code, fault.message)


_UNKNOWN = object()
"""A side of which only the event says what it is."""

_LIKE = {
    FieldType.INTEGER: 1,
    FieldType.NUMBER: 1,
    FieldType.TIME: 1_700_000_000,
    FieldType.BOOLEAN: True,
    FieldType.EMAIL: "jane@example.com",
    FieldType.URL: "https://example.com/",
    FieldType.OBJECT: {"key": "value"},
    FieldType.LIST: ["item"],
}
"""A value like those of a field. A text may be that of a number or a time, so it is not known."""

_MADE_FOR: dict[tuple[str, ...], Any] = {("number",): 1, ("time",): 1_700_000_000, ("text",): "text"}
_REMEDIES: dict[tuple[str, ...], str] = {
    ("number",): "Write a number, such as 5000 or 12.5.",
    ("time",): "Write a time, such as 2026-01-31T12:00:00Z, or pick one from the data.",
}


def _never_decided(condition: Mapping[str, Any], declared: Declared) -> Iterator[conditions.Problem]:
    """Find the comparisons that would fail every run, whatever the event holds."""
    for leaf, path in conditions.comparisons(condition):
        operator = OPERATORS[leaf["op"]]
        left, right = _value(leaf["left"], declared), _UNKNOWN
        if operator.arity == 2:
            right = _value(leaf["right"], declared)
            fixed = "value" in leaf["right"]
            left = _MADE_FOR.get(operator.kinds, left) if fixed and left is _UNKNOWN else left
        elif left is not _UNKNOWN:
            right = None
        if left is _UNKNOWN or right is _UNKNOWN:
            continue
        try:
            operator.decide(left, right, str)
        except ConditionError as error:
            side = "right" if operator.arity == 2 else "left"
            message = f"{error.message} {_remedy(operator)}"
            yield conditions.Problem((*path, side), error.code, message)


def _value(mapping: Mapping[str, Any], declared: Declared) -> Any:
    """Return what a side is, or something like it; `_UNKNOWN` where that is not declared."""
    if "value" in mapping:
        return mapping["value"]
    field = passed_on(templates.parse(mapping["template"]), declared.field)
    return _UNKNOWN if field is None else _LIKE.get(field.type, _UNKNOWN)


def _remedy(operator: Operator) -> str:
    return _REMEDIES.get(operator.kinds, "Choose another operator, or compare with something else.")
