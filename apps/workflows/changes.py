"""What differs between two definitions, in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.workflows.engine.definition.tree import stored_branches

MOST = 20


def describe_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return one sentence per difference, at most `MOST` and then how many more."""
    changes = [
        *_trigger(before.get("trigger", {}), after.get("trigger", {})),
        *_order(before.get("order"), after.get("order")),
        *_steps(before, after),
    ]
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


def _order(before: Any, after: Any) -> list[str]:
    """Say how runs are kept in order from now on, where that is not as it was."""
    if before == after:
        return []
    if not isinstance(after, Mapping):
        return ["Order removed: runs may go side by side"]
    late = "marked superseded" if after.get("late") == "supersede" else "run"
    return [f"Order: one run at a time per {after.get('by', '')}, late events are {late}"]


@dataclass(frozen=True, slots=True)
class _Placed:
    """A step with the sequence that it stands in, and how people are told where that is."""

    step: Mapping[str, Any]
    sequence: tuple[str, str]
    where: str


def _steps(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    old, new = _placed(before), _placed(after)
    changes = [f"Step {_named(each)} removed" for key, each in old.items() if key not in new]
    changes += [f"Step {_named(each)} added{each.where}" for key, each in new.items() if key not in old]
    kept = [key for key in new if key in old]
    for key in kept:
        if old[key].sequence != new[key].sequence:
            out = old[key].where.replace(" into ", " out of ", 1)
            changes.append(f"Step {_named(new[key])} moved{new[key].where or out}")
    changes += _reordered(old, new, kept)
    for key in kept:
        changes += _step(old[key].step, new[key].step)
    return changes


def _placed(definition: Mapping[str, Any]) -> dict[str, _Placed]:
    """Return every step of the tree by its id."""
    found: dict[str, _Placed] = {}
    top = [step for step in definition.get("steps", ()) if isinstance(step, Mapping)]
    pending = [_Placed(step, ("", "steps"), "") for step in reversed(top)]
    while pending:
        placed = pending.pop()
        identifier = str(placed.step.get("id", ""))
        found.setdefault(identifier, placed)
        inner = [
            _Placed(step, (identifier, key), f" into {_named(placed)} → “{name}”")
            for key, name, steps in stored_branches(placed.step)
            for step in steps
        ]
        pending += reversed(inner)
    return found


def _named(placed: _Placed) -> str:
    return f"“{placed.step.get('name', '')}”"


def _reordered(old: Mapping[str, _Placed], new: Mapping[str, _Placed], kept: Sequence[str]) -> list[str]:
    """Say where steps that stayed in their sequence stand in another order; the outermost comes first."""
    stayed = [key for key in kept if old[key].sequence == new[key].sequence]
    sequences = dict.fromkeys(new[key].sequence for key in stayed)
    changes = []
    for sequence in sequences:
        was = [key for key in old if key in stayed and old[key].sequence == sequence]
        now = [key for key in stayed if new[key].sequence == sequence]
        if was != now:
            where = new[now[0]].where.replace(" into ", " in ", 1)
            changes.append(f"Steps{where} in another order")
    return changes


def _step(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    name = new.get("name", "")
    changes = [
        f"Step “{name}”: {part.replace('_', ' ')} changed"
        for part in sorted({*old, *new} - _TOLD_APART)
        if _differs(part, old.get(part), new.get(part))
    ]
    if bool(old.get("disabled")) != bool(new.get("disabled")):
        changes.append(f"Step “{name}” switched {'off' if new.get('disabled') else 'on'}")
    changes += _cases(name, old, new)
    before, after = old.get("inputs") or {}, new.get("inputs") or {}
    for field in sorted({*before, *after}):
        if field not in before:
            changes.append(f"Step “{name}”: field “{field}” added")
        elif field not in after:
            changes.append(f"Step “{name}”: field “{field}” removed")
        elif before[field] != after[field]:
            changes.append(f"Step “{name}”: field “{field}” changed")
    return changes


def _differs(part: str, old: Any, new: Any) -> bool:
    """Tell whether a setting changed; one that was left out had its default."""
    if part == "on_error":
        return _error_branch(old) != _error_branch(new)
    default = _DEFAULTS.get(part)
    return bool((default if old is None else old) != (default if new is None else new))


def _error_branch(value: Any) -> object:
    """Return what of an error branch is not a step."""
    return value.get("then", "continue") if isinstance(value, Mapping) else None


def _cases(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    before, after = _cases_of(old), _cases_of(new)
    gone = [case for key, (case, _) in before.items() if key not in after]
    come = [case for key, (case, _) in after.items() if key not in before]
    changes = [f"Step “{name}”: case “{case}” removed" for case in gone]
    changes += [f"Step “{name}”: case “{case}” added" for case in come]
    kept = [key for key in after if key in before]
    if [key for key in before if key in after] != kept:
        changes.append(f"Step “{name}”: cases in another order")
    changes += [f"Step “{name}”: case “{after[key][0]}” changed" for key in kept if before[key] != after[key]]
    return changes


def _cases_of(step: Mapping[str, Any]) -> dict[str, tuple[str, Any]]:
    """Return name and condition of each case of a switch by its id; the order is theirs."""
    cases = step.get("cases") or ()
    return {
        str(case.get("id", "")): (str(case.get("name", "")), case.get("condition"))
        for case in cases
        if isinstance(case, Mapping)
    }


_TOLD_APART = frozenset({"inputs", "steps", "then", "else", "default", "cases", "disabled"})
"""What is told in words of its own, and the sequences, whose steps are compared one by one."""

_DEFAULTS: Mapping[str, Any] = {"note": "", "connection": "", "confirmed": False}
"""Defaults that are not null, of settings that an older definition may not have."""
