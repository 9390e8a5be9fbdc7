"""What differs between two definitions, in words."""

from collections.abc import Mapping
from typing import Any

MOST = 20


def describe_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return one sentence per difference, at most `MOST` and then how many more."""
    changes = [*_trigger(before.get("trigger", {}), after.get("trigger", {})), *_steps(before, after)]
    if before.get("notes", "") != after.get("notes", ""):
        changes.append("Notes changed")
    if len(changes) > MOST:
        return [*changes[:MOST], f"and {len(changes) - MOST} more"]
    return changes


def _trigger(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    changes = []
    if before.get("trigger") != after.get("trigger"):
        changes.append(
            f"Trigger changed from {before.get('trigger') or 'none'} to {after.get('trigger') or 'none'}"
        )
    changes += [
        f"Trigger: {part} changed"
        for part in ("connection", "options")
        if before.get(part) != after.get(part)
    ]
    return changes


def _steps(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    old = {step["id"]: step for step in before.get("steps", ())}
    new = {step["id"]: step for step in after.get("steps", ())}
    changes = [f"Step “{step['name']}” removed" for key, step in old.items() if key not in new]
    changes += [f"Step “{step['name']}” added" for key, step in new.items() if key not in old]
    kept = [key for key in new if key in old]
    if [key for key in old if key in new] != kept:
        changes.append("Steps in another order")
    for key in kept:
        changes += _step(old[key], new[key])
    return changes


def _step(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    changes = [
        f"Step “{new['name']}”: {part.replace('_', ' ')} changed"
        for part in sorted({*old, *new} - {"inputs"})
        if old.get(part) != new.get(part)
    ]
    before, after = old.get("inputs", {}), new.get("inputs", {})
    for field in sorted({*before, *after}):
        if field not in before:
            changes.append(f"Step “{new['name']}”: field “{field}” added")
        elif field not in after:
            changes.append(f"Step “{new['name']}”: field “{field}” removed")
        elif before[field] != after[field]:
            changes.append(f"Step “{new['name']}”: field “{field}” changed")
    return changes
