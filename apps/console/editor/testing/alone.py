"""A step alone: the draft cut down to it, with everything before it taken as done."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from apps.workflows.engine.definition import (
    Branch,
    Definition,
    ForEachStep,
    IfStep,
    Location,
    Step,
    SwitchStep,
    branches,
)
from apps.workflows.engine.effects import StepError


@dataclass(frozen=True, slots=True)
class Done:
    """A step that is taken as done. `failed` marks the one whose error branch the tested step is in."""

    path: str
    step: Step
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Cut:
    """What is run: the whole draft, or what is left of it for one step, and what counts as done."""

    definition: Definition
    done: tuple[Done, ...] = ()
    path: str = ""


def whole(definition: Definition) -> Cut:
    """Return the draft as it is."""
    return Cut(definition)


def alone(definition: Definition, step_id: str) -> Cut:
    """Return the draft cut down to one step.

    Steps before it keep their paths, so that what it reads is found; those of
    branches around it stand before it, without the branches. In a loop it runs
    for the first item; in an error branch the step before has failed. Of a step
    that holds others only the step itself is run.
    """
    found = definition.locate(step_id)
    if found is None:
        raise ValueError(f"There is no step {step_id}.")
    steps, done, prefix = _around(_levels(found, definition.steps), _bare(found.step, enabled=True))
    return Cut(definition.model_copy(update={"steps": steps}), tuple(done), f"{prefix}{step_id}")


@dataclass(frozen=True, slots=True)
class _Level:
    """One sequence on the way in: what stands before, and the step that is gone into."""

    before: tuple[Step, ...]
    into: Step | None = None
    branch: Branch | None = None


def _levels(found: Location, steps: tuple[Step, ...]) -> list[_Level]:
    levels: list[_Level] = []
    for parent, branch in found.parents:
        levels.append(_Level(_before(parent, steps), parent, branch))
        steps = branch.steps
    return [*levels, _Level(_before(found.step, steps))]


def _before(step: Step, siblings: tuple[Step, ...]) -> tuple[Step, ...]:
    index = next(number for number, each in enumerate(siblings) if each.id == step.id)
    return siblings[:index]


def _around(levels: list[_Level], tested: Step) -> tuple[tuple[Step, ...], list[Done], str]:
    """Return the sequence, what is done in it, and the path before the tested step."""
    steps: list[Step] = []
    done: list[Done] = []
    prefix = ""
    level, rest = levels[0], levels[1:]
    before = [bare for step in level.before for bare in _flat(step)]
    steps += before
    done += [Done(f"{prefix}{step.id}", step) for step in before]
    if level.into is None or level.branch is None:
        return (*steps, tested), done, prefix
    inner, inner_done, inner_prefix = _around(rest, tested)
    into = level.into
    if level.branch.key == "on_error" and into.on_error is not None:
        branch = into.on_error.model_copy(update={"steps": inner})
        steps.append(_bare(into).model_copy(update={"on_error": branch}))
        done += [Done(into.id, into, failed=True), *inner_done]
        return tuple(steps), done, inner_prefix
    if isinstance(into, ForEachStep):
        once = {"steps": inner, "limit": 1, "over_limit": "first", "concurrency": 1, "on_item_error": "stop"}
        steps.append(_bare(into).model_copy(update=once))
        start = f"{into.id}[0]."
        done += [Done(f"{start}{each.path}", each.step, each.failed) for each in inner_done]
        return tuple(steps), done, f"{start}{inner_prefix}"
    gone = _bare(into)
    steps += [gone, *inner]
    done += [Done(gone.id, gone), *inner_done]
    return tuple(steps), done, inner_prefix


def _flat(step: Step) -> Iterator[Step]:
    """List a step and what can be read of it from outside: the body of a loop can't."""
    yield _bare(step)
    for branch in branches(step):
        if isinstance(step, ForEachStep) and branch.key == "steps":
            continue
        for inner in branch.steps:
            yield from _flat(inner)


def _bare(step: Step, *, enabled: bool = False) -> Step:
    """Return the step without those that it holds."""
    update: dict[str, Any] = {"on_error": None}
    if enabled:
        update["disabled"] = False
    if isinstance(step, IfStep):
        update |= {"then": (), "else_": ()}
    elif isinstance(step, SwitchStep):
        cases = tuple(case.model_copy(update={"steps": ()}) for case in step.cases)
        update |= {"cases": cases, "default": ()}
    elif isinstance(step, ForEachStep):
        update["steps"] = ()
    return step.model_copy(update=update)


def limited(definition: Definition, items: int) -> Definition:
    """Return the draft with every loop limited to so many items."""

    def change(step: Step) -> Step:
        if not isinstance(step, ForEachStep) or step.limit <= items:
            return step
        return step.model_copy(update={"limit": items, "over_limit": "first"})

    return definition.mapped(change)


def kept(outputs: Mapping[str, Mapping[str, Any]], done: Done) -> Mapping[str, Any] | None:
    """Return what an earlier test gave for a step: by its path, else by its id."""
    return outputs.get(done.path) or outputs.get(done.step.id)


def given_error(done: Done) -> StepError:
    """Return the error with which the step around a tested error branch counts as failed."""
    return StepError(
        code="given",
        message=f"Step “{done.step.name}” is taken as failed, to test its error branch.",
        remedy="Nothing to do: it was not run.",
    )
