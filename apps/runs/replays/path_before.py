"""Whether what a run has done up to a step may be taken over by another version."""

from collections.abc import Iterator
from typing import Any

from apps.workflows.engine.definition import Definition, ForEachStep, Location, Step

_HELD = ("then", "else", "else_", "cases", "default", "steps", "on_error")
_SAID = ("name", "notes")
"""What changes nothing of what a step does."""


def differences(former: Definition, present: Definition, step_id: str) -> list[str]:
    """Return what differs before a step, one sentence each; nothing where results can be taken over."""
    if former is present:
        return []
    here, there = former.locate(step_id), present.locate(step_id)
    if here is None or there is None:
        return ["The step itself is not in both versions."]
    found: list[str] = []
    if former.trigger != present.trigger:
        found.append("The trigger or its options were changed.")
    if [(step.id, branch.key) for step, branch in here.parents] != [
        (step.id, branch.key) for step, branch in there.parents
    ]:
        found.append(f"“{here.step.name}” stands in another place.")
    before = {each.step.id: each.step for each in _before(former, here)}
    now = {each.step.id: each.step for each in _before(present, there)}
    found += [f"“{step.name}” was taken out." for key, step in before.items() if key not in now]
    found += [f"“{step.name}” is new." for key, step in now.items() if key not in before]
    both = [key for key in before if key in now]
    found += [
        f"“{now[key].name}” was changed." for key in both if settings_of(before[key]) != settings_of(now[key])
    ]
    if both != [key for key in now if key in before]:
        found.append("The steps stand in another order.")
    return found


def _before(definition: Definition, place: Location) -> Iterator[Location]:
    """List what stands before a step, without what is inside of loops: their results are taken whole."""
    for each in definition.locations():
        if each.step.id == place.step.id:
            return
        if not any(
            isinstance(parent, ForEachStep) and branch.key == "steps" for parent, branch in each.parents
        ):
            yield each


def settings_of(step: Step) -> dict[str, Any]:
    """Return a step's own settings, without the steps that it holds and what it is called."""
    told: dict[str, Any] = step.model_dump(mode="json", by_alias=True)
    bare = {key: value for key, value in told.items() if key not in (*_HELD, *_SAID)}
    cases = told.get("cases")
    if isinstance(cases, list):
        bare["cases"] = [{key: value for key, value in case.items() if key != "steps"} for case in cases]
    return bare
