"""Conditions as form rows: all or any of some comparisons, each with a "not".

A tree that rows can't show (groups within groups) is edited as JSON.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from apps.language.conditions import OPERATORS

SPARE_ROWS = 1


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison as the form shows it."""

    name: str
    left: str = ""
    op: str = "equals"
    right: str = ""
    negated: bool = False


@dataclass(frozen=True, slots=True)
class ConditionForm:
    """A condition as the form shows it; `raw` is set where rows can't show it."""

    prefix: str
    match: str = "all"
    rows: tuple[Comparison, ...] = ()
    raw: str | None = None

    @property
    def used(self) -> bool:
        """Tell whether there is a condition at all."""
        return self.raw is not None or any(row.left for row in self.rows)


def operator_choices() -> list[tuple[str, str]]:
    """Return the operators' keys and labels in the order of the table."""
    return [(operator.key, operator.label) for operator in OPERATORS.values()]


def from_tree(prefix: str, tree: Mapping[str, Any] | None) -> ConditionForm:
    """Return a condition's tree as rows, with a spare one to fill."""
    if tree is None:
        return _form(prefix, "all", [])
    match = "any" if "any" in tree else "all"
    members = tree.get(match) if match in tree else [tree]
    rows = [_comparison(member) for member in members] if isinstance(members, list) else [None]
    if None in rows or (len(tree) > 1 and match in tree):
        return ConditionForm(prefix=prefix, raw=json.dumps(tree, indent=2, ensure_ascii=False))
    return _form(prefix, match, [row for row in rows if row is not None])


def read(posted: QueryDict, prefix: str) -> dict[str, Any] | None:
    """Return the tree that the posted rows describe; None when every row is empty."""
    raw = posted.get(f"{prefix}raw")
    if raw is not None:
        return _read_raw(raw)
    members = []
    number = 0
    while f"{prefix}{number}-left" in posted:
        row = f"{prefix}{number}-"
        left = posted.get(f"{row}left", "").strip()
        if left:
            members.append(
                _leaf(left, posted.get(f"{row}op", ""), posted.get(f"{row}right", ""), posted, row)
            )
        number += 1
    match = "any" if posted.get(f"{prefix}match") == "any" else "all"
    return {match: members} if members else None


def _form(prefix: str, match: str, rows: list[dict[str, Any]]) -> ConditionForm:
    filled = [*rows, *[{}] * SPARE_ROWS]
    return ConditionForm(
        prefix=prefix,
        match=match,
        rows=tuple(Comparison(name=f"{prefix}{number}-", **row) for number, row in enumerate(filled)),
    )


def _comparison(member: Any) -> dict[str, Any] | None:
    negated = isinstance(member, dict) and set(member) == {"not"}
    leaf = member["not"] if negated else member
    if not isinstance(leaf, dict) or "op" not in leaf or "left" not in leaf or leaf.get("ignore_case"):
        return None
    return {
        "left": _text(leaf["left"]),
        "op": leaf["op"],
        "right": _text(leaf["right"]) if "right" in leaf else "",
        "negated": negated,
    }


def _leaf(left: str, op: str, right: str, posted: QueryDict, row: str) -> dict[str, Any]:
    leaf: dict[str, Any] = {"left": _mapping(left), "op": op}
    operator = OPERATORS.get(op)
    if operator is None or operator.arity == 2:
        leaf["right"] = _mapping(right.strip())
    return {"not": leaf} if posted.get(f"{row}not") else leaf


def _read_raw(raw: str) -> dict[str, Any] | None:
    if not raw.strip():
        return None
    try:
        tree = json.loads(raw)
    except (json.JSONDecodeError, RecursionError):
        tree = None
    # What is no tree is kept as one that validation names.
    return tree if isinstance(tree, dict) else {"unreadable": raw}


def _text(mapping: Any) -> str:
    if not isinstance(mapping, dict):
        return ""
    if "template" in mapping:
        return str(mapping["template"])
    value = mapping.get("value")
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _mapping(text: str) -> dict[str, Any]:
    if "{{" in text or "{%" in text:
        return {"template": text}
    try:
        value = json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        value = text
    # Only numbers, lists and yes or no are read as such: a text is the text.
    return {"value": value if isinstance(value, int | float | bool | list) else text}
