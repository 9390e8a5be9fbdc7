"""Which parts of the catalog a draft may newly use: those that operators have not switched off."""

from collections.abc import Mapping
from typing import Any

from apps.catalog.switches import switched_off
from apps.workflows.engine.definition import Definition, Step, action_of, tree
from apps.workflows.engine.problems import Problem


def problems_of_switches(definition: Definition, *, live: Mapping[str, Any] | None) -> list[Problem]:
    """Return a problem for each part that is switched off and not live already; what is live may stay.

    What a disabled step would do is not looked at: it does not run.
    """
    off = switched_off() - _refs_of(live or {})
    problems = []
    if definition.trigger.trigger in off:
        problems.append(_problem("trigger.trigger", "The trigger", definition.trigger.trigger))
    problems += [
        _problem(f"steps.{step.id}.action", f"Step “{step.name}”: the action", action_of(step), step=step)
        for place in definition.locations()
        if place.enabled and action_of(step := place.step) in off
    ]
    return problems


def _refs_of(definition: Mapping[str, Any]) -> frozenset[str]:
    steps = tree.stored_steps(definition)
    models = (f"{step.get('provider')}.generate" for step in tree.stored_steps(definition))
    actions = (step.get("action") for step in steps)
    return frozenset({definition.get("trigger", {}).get("trigger"), *actions, *models})


def _problem(path: str, what: str, ref: str, *, step: Step | None = None) -> Problem:
    return Problem(
        path=path,
        code="switched_off",
        message=f"{what} “{ref}” is switched off in this installation. "
        "Choose another, or ask its operator to switch it on.",
        step=step.name if step else "Trigger",
        step_id=step.id if step else "trigger",
    )
