"""Liquid expressions and the mappings made of them."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from apps.workflows.engine.definition import Mapping as Filling
from apps.workflows.engine.definition import ObjectMapping, TemplateMapping, ValueMapping

Inputs = dict[str, Filling]

_OR = " | default: "
_TEXT = re.compile(r"'[^']*'")
_STEP = re.compile(r"\bsteps\.([a-z][a-z0-9_]*)")


def output(expression: str) -> str:
    """Return an expression as a template's output tag."""
    return f"{{{{ {expression} }}}}"


def first_of(*expressions: str) -> str:
    """Return the expression of the first one that has a value; "" ones count as none."""
    return _OR.join(expression for expression in expressions if expression)


def template(expression: str) -> TemplateMapping:
    """Return what fills a field with an expression."""
    return TemplateMapping(template=output(expression))


def value(fixed: Any) -> ValueMapping:
    """Return what fills a field with a fixed value."""
    return ValueMapping(value=fixed)


def rows(expressions: Mapping[str, str]) -> ObjectMapping:
    """Return what fills an object, key by key; an expression that is a text in quotes is a fixed value."""
    return ObjectMapping(
        object={
            key: value(expression[1:-1]) if _TEXT.fullmatch(expression) else template(expression)
            for key, expression in expressions.items()
        }
    )


def given(**expressions: str) -> Inputs:
    """Return templates for those inputs whose expression is not ""."""
    return {key: template(expression) for key, expression in expressions.items() if expression}


def readable(expression: str, steps: Iterable[str]) -> str:
    """Return an expression less its alternatives that read other steps than these; "" if none is left."""
    known = set(steps)
    return first_of(*(part for part in expression.split(_OR) if set(_STEP.findall(part)) <= known))


def leaf(operator: str, expression: str, right: Any = None) -> dict[str, Any]:
    """Return one comparison of a condition; without `right` the operator has one side."""
    left = {"left": {"template": output(expression)}, "op": operator}
    return left if right is None else {**left, "right": {"value": right}}


def same(one: str, other: str) -> dict[str, Any]:
    """Return the comparison that two expressions have the same value."""
    return {"left": {"template": output(one)}, "op": "equals", "right": {"template": output(other)}}
