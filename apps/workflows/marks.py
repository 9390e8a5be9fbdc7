"""Which steps differ between two definitions, for colouring a picture of them."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from apps.workflows.engine.definition.tree import stored_branches

Mark = Literal["added", "removed", "changed", "moved"]

TRIGGER = "trigger"

_Place = tuple[str, str]
"""The id of the step that holds a sequence ("" for the workflow) and the sequence's key in it."""

_HOLDS = frozenset({"steps", "then", "else", "cases", "default", "on_error"})


def marks(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Mark]:
    """Return what became of each step that is not the same in both, by its id.

    The trigger is "trigger". A step that holds others is changed only by what is
    its own: its condition, its cases' names, what follows an error. A step is moved
    when it stands in another sequence, or among others in another order.
    """
    old, new = dict(_placed(before)), dict(_placed(after))
    found: dict[str, Mark] = {}
    if any(before.get(part) != after.get(part) for part in (TRIGGER, "order")):
        found[TRIGGER] = "changed"
    found.update(dict.fromkeys((key for key in old if key not in new), "removed"))
    for key, (place, step) in new.items():
        if key not in old:
            found[key] = "added"
        elif _own(old[key][1]) != _own(step):
            found[key] = "changed"
        elif old[key][0] != place:
            found[key] = "moved"
    reordered = _reordered(old, new)
    return {**{key: "moved" for key in reordered if key not in found}, **found}


def _placed(definition: Mapping[str, Any]) -> Iterator[tuple[str, tuple[_Place, Mapping[str, Any]]]]:
    steps = definition.get("steps") or ()
    pending: list[tuple[_Place, Mapping[str, Any]]] = [(("", "steps"), step) for step in reversed(steps)]
    while pending:
        place, step = pending.pop()
        yield str(step.get("id", "")), (place, step)
        for key, _, inner in reversed(list(stored_branches(step))):
            pending += [((str(step.get("id", "")), key), each) for each in reversed(inner)]


def _own(step: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a step is not a step that it holds."""
    own = {key: value for key, value in step.items() if key not in _HOLDS}
    own["cases"] = [
        {key: value for key, value in case.items() if key != "steps"} for case in step.get("cases") or ()
    ]
    on_error = step.get("on_error")
    own["on_error"] = on_error.get("then") if isinstance(on_error, Mapping) else None
    return own


def _reordered(
    old: Mapping[str, tuple[_Place, Mapping[str, Any]]], new: Mapping[str, tuple[_Place, Mapping[str, Any]]]
) -> set[str]:
    """Return the fewest steps whose moving makes the old order of each sequence the new one."""
    moved: set[str] = set()
    for place in {place for place, _ in new.values()}:
        kept = [key for key, (at, _) in new.items() if at == place and key in old and old[key][0] == place]
        rank = {key: index for index, key in enumerate(key for key in old if key in set(kept))}
        moved |= set(kept) - _longest_rising(kept, rank)
    return moved


def _longest_rising(keys: list[str], rank: Mapping[str, int]) -> set[str]:
    """Return the longest part of `keys` that is in rising order of rank."""
    chains: list[list[str]] = []
    for key in keys:
        before: list[str] = []
        for chain in chains:
            if rank[chain[-1]] < rank[key] and len(chain) > len(before):
                before = chain
        chains.append([*before, key])
    longest: list[str] = max(chains, key=len, default=[])
    return set(longest)
