"""The tree of steps: what a step holds, every step in order, and where one stands."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from apps.workflows.engine.definition.steps import ActionStep, AIStep, ForEachStep, IfStep, Step, SwitchStep

FRESH: Final = {"steps": frozenset(("item", "loop")), "on_error": frozenset(("error",))}
"""The roots that templates read anew in a branch, by its key: in the body of a loop, and on an error."""


@dataclass(frozen=True, slots=True)
class Branch:
    """One sequence that a step holds. `key` is its place in the step's JSON, `name` what people call it."""

    key: str
    name: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Location:
    """Where a step stands: the steps around it with the branch taken in each, outermost first.

    `index` counts from 0 in the sequence `siblings`, which holds the step itself.
    """

    step: Step
    parents: tuple[tuple[Step, Branch], ...]
    siblings: tuple[Step, ...]
    index: int

    @property
    def enabled(self) -> bool:
        """Tell whether neither the step nor one around it is disabled."""
        return not (self.step.disabled or any(parent.disabled for parent, _ in self.parents))

    @property
    def depth(self) -> int:
        """Return the level: 1 for a step that is in no other."""
        return len(self.parents) + 1


def branches(step: Step) -> tuple[Branch, ...]:
    """Return the sequences that a step holds, in the order of its JSON; the error branch comes last."""
    held: list[Branch] = []
    if isinstance(step, IfStep):
        held += [Branch("then", "then", step.then), Branch("else", "otherwise", step.else_)]
    elif isinstance(step, SwitchStep):
        held += [Branch(f"cases.{case.id}", case.name, case.steps) for case in step.cases]
        held.append(Branch("default", "default", step.default))
    elif isinstance(step, ForEachStep):
        held.append(Branch("steps", "each item", step.steps))
    if step.on_error is not None:
        held.append(Branch("on_error", "on error", step.on_error.steps))
    return tuple(held)


def action_of(step: Step) -> str:
    """Return the reference of the action that a step calls; "" for one that calls none."""
    if isinstance(step, ActionStep):
        return step.action
    return f"{step.provider}.generate" if isinstance(step, AIStep) else ""


def walk(steps: Iterable[Step]) -> Iterator[Step]:
    """List every step of the sequences and of what they hold, each before what it holds."""
    for step in steps:
        yield step
        for branch in branches(step):
            yield from walk(branch.steps)


def locations(steps: tuple[Step, ...], parents: tuple[tuple[Step, Branch], ...] = ()) -> Iterator[Location]:
    """List where every step stands, in the order of `walk`."""
    for index, step in enumerate(steps):
        yield Location(step, parents, steps, index)
        for branch in branches(step):
            yield from locations(branch.steps, (*parents, (step, branch)))


def mapped(steps: Iterable[Step], change: Callable[[Step], Step]) -> tuple[Step, ...]:
    """Return the tree with every step replaced by what `change` makes of it; inner steps come first."""
    return tuple(change(_with_inner(step, change)) for step in steps)


def _with_inner(step: Step, change: Callable[[Step], Step]) -> Step:
    update: dict[str, Any] = {}
    if isinstance(step, IfStep):
        update = {"then": mapped(step.then, change), "else_": mapped(step.else_, change)}
    elif isinstance(step, SwitchStep):
        cases = (case.model_copy(update={"steps": mapped(case.steps, change)}) for case in step.cases)
        update = {"cases": tuple(cases), "default": mapped(step.default, change)}
    elif isinstance(step, ForEachStep):
        update = {"steps": mapped(step.steps, change)}
    if step.on_error is not None:
        inner = mapped(step.on_error.steps, change)
        update["on_error"] = step.on_error.model_copy(update={"steps": inner})
    return step.model_copy(update=update) if update else step


def stored_branches(step: Mapping[str, Any]) -> Iterator[tuple[str, str, list[Mapping[str, Any]]]]:
    """List (key, name, steps) of a step's sequences in its JSON form, which need not be valid."""
    kind = step.get("kind")
    if kind == "if":
        yield "then", "then", _steps(step.get("then"))
        yield "else", "otherwise", _steps(step.get("else"))
    elif kind == "switch":
        for case in _steps(step.get("cases")):
            yield f"cases.{case.get('id', '')}", str(case.get("name", "")), _steps(case.get("steps"))
        yield "default", "default", _steps(step.get("default"))
    elif kind == "for_each":
        yield "steps", "each item", _steps(step.get("steps"))
    on_error = step.get("on_error")
    if isinstance(on_error, Mapping):
        yield "on_error", "on error", _steps(on_error.get("steps"))


def _steps(value: Any) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list | tuple) else []


def stored_steps(definition: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """List every step of a definition in its JSON form, which need not be valid, in the order of `walk`."""
    pending = list(reversed(_steps(definition.get("steps"))))
    while pending:
        step = pending.pop()
        yield step
        inner = [each for _, _, steps in stored_branches(step) for each in steps]
        pending += reversed(inner)


def parents_tolerate(place: Location) -> bool:
    """Tell whether what fails in a place leaves the workflow going on."""
    if place.step.on_error is not None:
        return place.step.on_error.then == "continue"
    for parent, branch in reversed(place.parents):
        if branch.key == "on_error":
            continue  # An error branch does not catch what fails inside it.
        if isinstance(parent, ForEachStep) and parent.on_item_error == "continue":
            return True
        if parent.on_error is not None:
            return parent.on_error.then == "continue"
    return False
