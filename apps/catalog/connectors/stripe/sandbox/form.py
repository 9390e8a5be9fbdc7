"""Stripe's form encoding: brackets make objects and lists (`items[0][price]=…`)."""

import re
from typing import Any
from urllib.parse import parse_qsl

_NAME = re.compile(r"(?P<top>[^\[\]]+)(?P<rest>(\[[^\[\]]*\])*)")
_PART = re.compile(r"\[([^\[\]]*)\]")
_MAX_DEPTH = 8


def parse_form(text: str) -> dict[str, Any]:
    """Return the nested parameters; names that can't be read are left out."""
    tree: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        found = _NAME.fullmatch(name)
        if found is not None:
            _put(tree, [found["top"], *_PART.findall(found["rest"])][:_MAX_DEPTH], value)
    return {name: _lists(value) for name, value in tree.items()}


def _put(tree: dict[str, Any], path: list[str], value: str) -> None:
    for part in path[:-1]:
        below = tree.setdefault(part or str(len(tree)), {})
        if not isinstance(below, dict):
            return
        tree = below
    tree[path[-1] or str(len(tree))] = value


def _lists(value: Any) -> Any:
    """Return the value with every object whose names are 0, 1, 2 … as a list."""
    if not isinstance(value, dict):
        return value
    items = {name: _lists(item) for name, item in value.items()}
    if items and all(name == str(place) for place, name in enumerate(items)):
        return list(items.values())
    return items
