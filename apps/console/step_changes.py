"""Buttons that add, remove and move the steps of a draft."""

import re
from typing import Any

from apps.catalog import registry


def changed(draft: dict[str, Any], do: str) -> dict[str, Any]:
    """Return the draft with one step added, removed or moved; the form shows it, nothing is saved yet."""
    verb, _, rest = do.partition(":")
    where, _, new_step = rest.partition(":")
    steps = list(draft["steps"])
    index = int(where) if where.isdecimal() and len(where) < 10 else 0
    if verb == "add" and new_step:
        steps.insert(index, _new_step(new_step, {step["id"] for step in steps}))
    elif verb == "remove" and index < len(steps):
        del steps[index]
    elif verb == "up" and 0 < index < len(steps):
        steps[index - 1], steps[index] = steps[index], steps[index - 1]
    elif verb == "down" and index < len(steps) - 1:
        steps[index + 1], steps[index] = steps[index], steps[index + 1]
    return {**draft, "steps": steps}


def _new_step(kind: str, taken: set[str]) -> dict[str, Any]:
    stem = "filter" if kind == "filter" else re.sub(r"[^a-z0-9]+", "_", kind.rpartition(".")[2].lower())[:30]
    names = [stem, *(f"{stem}_{number}" for number in range(2, 300))]
    step_id = next(name for name in names if name not in taken)
    if kind == "filter":
        return {"id": step_id, "kind": "filter", "name": "Only if", "condition": {"all": []}}
    try:
        _, action = registry.get_action(kind)
        name = action.name
    except registry.UnknownKeyError:
        name = kind
    return {"id": step_id, "kind": "action", "name": name, "action": kind, "connection": "", "inputs": {}}
