"""What a step of a draft sees: the event, what the steps before it gave, its loop's item, its branch's error.

What a step gave is taken from the last test, else computed where that needs
no call (conditions, transforms, lists), else its example. No code is run and
nobody is called.
"""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from apps.console.editor.transforms import made
from apps.language import conditions
from apps.language.errors import LanguageError
from apps.workflows.engine.catalog import RUN_FIELDS
from apps.workflows.engine.definition import (
    Branch,
    Definition,
    ForEachStep,
    IfStep,
    Step,
    SwitchStep,
    TransformStep,
    WaitWebhookStep,
    branches,
)
from apps.workflows.engine.definition import Mapping as InputMapping
from apps.workflows.engine.mapped import MappingError, compile_mapping, resolve
from apps.workflows.engine.outputs import ERROR_FIELDS, outputs_of
from apps.workflows.engine.transforming import TransformError

Outputs = Mapping[str, Any]
"""What the last test gave, by a step's path or id."""

PATIENCE = 0.5
"""Seconds that may be spent on what steps give; of those after them the examples are taken."""

WAIT_ADDRESS = "https://example.com/v1/waits/…"


@dataclass(frozen=True, slots=True)
class Given:
    """A step that stands before, what it gives here, and whether that is real: of a test, or computed."""

    step: Step
    outputs: Mapping[str, Any]
    real: bool


@dataclass(slots=True)
class Seen:
    """What a step sees.

    `loop` is the innermost for each around it, `failed` the step whose error it handles.
    """

    scope: dict[str, Any]
    given: list[Given] = field(default_factory=list)
    loop: ForEachStep | None = None
    failed: Step | None = None
    until: float = field(default_factory=lambda: time.monotonic() + PATIENCE)


def scope_before(
    definition: Definition, step_id: str, data: Mapping[str, Any], outputs: Outputs
) -> Seen | None:
    """Return what a step sees of an event whose data is `data`; None where there is no such step.

    "" stands for a step behind the last one, which sees everything.
    """
    seen = Seen(_outset(definition, data))
    if not step_id:
        _pass(seen, definition.steps, outputs, "")
        return seen
    found = definition.locate(step_id)
    if found is None:
        return None
    sequence, prefix = definition.steps, ""
    for parent, branch in found.parents:
        _pass(seen, _until(sequence, parent), outputs, prefix)
        prefix = _enter(seen, parent, branch, outputs, prefix)
        sequence = branch.steps
    _pass(seen, found.siblings[: found.index], outputs, prefix)
    return seen


def value_of(mapping: InputMapping | None, scope: Mapping[str, Any]) -> Any:
    """Return what a mapping comes to; None where it can't be read."""
    try:
        return None if mapping is None else resolve(compile_mapping(mapping), scope)
    except MappingError:
        return None


def items_of(step: ForEachStep, scope: Mapping[str, Any]) -> list[Any]:
    """Return the items of a loop, at most as many as its limit."""
    items = value_of(step.items, scope)
    return items[: step.limit] if isinstance(items, list) else []


def _outset(definition: Definition, data: Mapping[str, Any]) -> dict[str, Any]:
    waits = (step.id for step in definition.walk() if isinstance(step, WaitWebhookStep))
    run: dict[str, Any] = dict.fromkeys((each.key for each in RUN_FIELDS), "")
    run |= {"event_id": data.get("event_id", ""), "replay": 0}
    return {
        "trigger": dict(data),
        "steps": {},
        "run": {**run, "wait_urls": dict.fromkeys(waits, WAIT_ADDRESS)},
    }


def _until(sequence: tuple[Step, ...], step: Step) -> Iterable[Step]:
    for each in sequence:
        if each.id == step.id:
            return
        yield each


def _pass(seen: Seen, steps: Iterable[Step], outputs: Outputs, prefix: str) -> None:
    """Go by steps that are done, and by what can be read of their branches: a loop's body can't be."""
    for step in steps:
        given, real = _given(step, seen, outputs, prefix)
        _record(seen, step, given, real=real)
        for branch in branches(step):
            if _ends_before(step, branch):
                _pass(seen, branch.steps, outputs, prefix)


def _ends_before(step: Step, branch: Branch) -> bool:
    """Tell whether a branch's steps can be read behind the step: not a loop's body, nor what ends the run."""
    if branch.key == "on_error":
        return step.on_error is not None and step.on_error.then == "continue"
    return not isinstance(step, ForEachStep)


def _enter(seen: Seen, parent: Step, branch: Branch, outputs: Outputs, prefix: str) -> str:
    """Go into a branch; returns what paths inside it begin with."""
    if branch.key == "on_error":
        given, _ = _given(parent, seen, {}, prefix)
        _record(seen, parent, dict.fromkeys(given), real=False)
        seen.failed = parent
        seen.scope["error"] = error_of(parent)
        return prefix
    if isinstance(parent, ForEachStep):
        items = items_of(parent, seen.scope)
        item = items[0] if items else None
        seen.loop = parent
        seen.scope["item"] = item
        seen.scope["loop"] = {"index": 0, "number": 1, "count": len(items)}
        _record(seen, parent, {"item": item}, real=bool(items))
        return f"{prefix}{parent.id}[0]."
    if isinstance(parent, IfStep):
        _record(seen, parent, {"result": branch.key == "then"}, real=True)
    elif isinstance(parent, SwitchStep):
        case = branch.key.removeprefix("cases.")
        _record(seen, parent, {"case": branch.name, "case_id": case}, real=True)
    return prefix


def error_of(step: Step) -> dict[str, Any]:
    """Return an example of what `{{ error.… }}` holds in the error branch of a step."""
    return {each.key: each.example for each in ERROR_FIELDS} | {"step": step.name}


def _record(seen: Seen, step: Step, given: Mapping[str, Any], *, real: bool) -> None:
    seen.scope["steps"][step.id] = given
    seen.given.append(Given(step, given, real))


def _given(step: Step, seen: Seen, outputs: Outputs, prefix: str) -> tuple[Mapping[str, Any], bool]:
    example = {each.key: each.example for each in outputs_of(step) or ()}
    if step.disabled:
        return dict.fromkeys(example), True
    tested = outputs.get(f"{prefix}{step.id}", outputs.get(step.id))
    if isinstance(tested, Mapping):
        return {**dict.fromkeys(example), **tested}, True
    computed = None if time.monotonic() > seen.until else _computed(step, seen)
    return (example, False) if computed is None else ({**example, **computed}, True)


def _computed(step: Step, seen: Seen) -> Mapping[str, Any] | None:
    """Return what a step that calls nobody gives; None where only running it would tell."""
    scope = seen.scope
    if isinstance(step, IfStep):
        return None if (held := holds(step.condition, scope)) is None else {"result": held}
    if isinstance(step, SwitchStep):
        return _case(step, scope)
    if isinstance(step, ForEachStep):
        count = len(items_of(step, scope))
        return {"count": count, "succeeded": count}
    if isinstance(step, TransformStep):
        return _transformed(step, seen)
    return None


def _transformed(step: TransformStep, seen: Seen) -> Mapping[str, Any] | None:
    try:
        return {"output": made(step, seen.scope, until=seen.until)}
    except TransformError:
        return None


def holds(condition: Mapping[str, Any], scope: Mapping[str, Any]) -> bool | None:
    """Tell whether a condition holds; None where it can't be decided."""
    try:
        if conditions.check(condition) or conditions.unfilled(condition):
            return None
        return conditions.evaluate(condition, scope).result
    except LanguageError:
        return None


def _case(step: SwitchStep, scope: Mapping[str, Any]) -> Mapping[str, Any] | None:
    for case in step.cases:
        held = holds(case.condition, scope)
        if held is None:
            return None
        if held:
            return {"case": case.name, "case_id": case.id}
    return {"case": "default", "case_id": "default"}
