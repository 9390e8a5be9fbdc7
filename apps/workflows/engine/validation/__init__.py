"""Whether a definition can be published: everything that it names exists and fits."""

from collections.abc import Iterator
from dataclasses import dataclass

from apps.workflows.engine import definition as form
from apps.workflows.engine.catalog import BUILT_IN, Catalog
from apps.workflows.engine.definition import Definition, Location, Step
from apps.workflows.engine.problems import Problem
from apps.workflows.engine.scopes import scopes_of, start_of
from apps.workflows.engine.validation import logic
from apps.workflows.engine.validation.actions import check_action
from apps.workflows.engine.validation.connections import ConnectionFacts, Connections
from apps.workflows.engine.validation.paths import Declared
from apps.workflows.engine.validation.places import Place, of_step
from apps.workflows.engine.validation.taint import check_taint
from apps.workflows.engine.validation.trigger import check_order, check_trigger

__all__ = ["ConnectionFacts", "validate"]

_DOING = (form.ActionStep, form.AIStep, form.ApprovalStep)


def validate(
    definition: Definition, *, connections: Connections, catalog: Catalog = BUILT_IN
) -> list[Problem]:
    """Return every problem that keeps a definition from being published, the trigger's first.

    `connections` are the workspace's own, by code. Of a step that is disabled, and
    of those inside it, only the id is looked at.
    """
    problems = list(check_trigger(definition, connections, catalog))
    problems += check_order(definition, start_of(definition, catalog), catalog)
    scopes = scopes_of(definition, catalog=catalog)
    seen: set[str] = set()
    doing = False
    for place in definition.locations():
        step = place.step
        problems += _check_id(step, seen)
        seen.add(step.id)
        if place.enabled:
            checks = _Checks(place, scopes[step.id], connections, catalog)
            problems += checks.problems()
            doing = doing or isinstance(step, _DOING)
    problems += check_taint(definition, catalog)
    if not doing:
        problems.append(Place("steps").problem("no_steps", "The workflow does nothing yet. Add an action."))
    return problems


def _check_id(step: Step, seen: set[str]) -> Iterator[Problem]:
    if step.id in seen:
        message = f"Two steps have the id “{step.id}”. Give one of them another."
        yield of_step(step, "id").problem("duplicate_id", message)
    elif step.id == "trigger":
        yield of_step(step, "id").problem("reserved_id", "“trigger” is the trigger's id. Use another.")


@dataclass(frozen=True, slots=True)
class _Checks:
    """What one step is checked against."""

    place: Location
    declared: Declared
    connections: Connections
    catalog: Catalog

    def problems(self) -> Iterator[Problem]:
        """Find every problem of the step itself."""
        match self.place.step:
            case form.ActionStep() as step:
                yield from check_action(step, self.declared, self.connections, self.catalog)
            case form.AIStep() as step:
                yield from logic.check_ai(step, self.declared, self.connections, self.catalog)
            case form.CodeStep() as step:
                yield from logic.check_code(step, self.declared)
            case form.TransformStep() as step:
                yield from logic.check_transform(step, self.declared)
            case form.ApprovalStep() as step:
                yield from logic.check_approval(step, self.declared, self.connections)
            case step:
                yield from self._flow(step)

    def _flow(self, step: Step) -> Iterator[Problem]:
        """Find every problem of a step that only says where and when the run goes on."""
        match step:
            case form.FilterStep() | form.IfStep():
                yield from logic.check_condition_of(step, self.declared)
            case form.SwitchStep():
                yield from logic.check_switch(step, self.declared)
            case form.DelayStep():
                yield from logic.check_delay(step, self.declared)
            case form.ForEachStep():
                yield from logic.check_for_each(step, self.declared)
            case form.WaitWebhookStep():
                yield from self._check_wait(step)
            case form.StopStep():
                yield from logic.check_stop(step, self.declared)

    def _check_wait(self, step: form.WaitWebhookStep) -> Iterator[Problem]:
        if any(branch.key == "steps" for _, branch in self.place.parents):
            message = (
                "A step that waits for a webhook has one address, so it can't stand in a for each. "
                f"Move “{step.name}” out of it."
            )
            yield of_step(step).problem("wait_in_loop", message)
