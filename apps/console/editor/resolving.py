"""What every field and condition of one step comes to on an event."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from apps.catalog import registry
from apps.catalog.spec import Action, Field
from apps.console.amounts import declared_by
from apps.console.editor.scope import Seen
from apps.console.preview import Resolved, resolve_input, resolve_mapping
from apps.language import conditions
from apps.language.errors import LanguageError
from apps.language.values import plain
from apps.workflows.engine.coercion import UnfitError, coerce, is_empty
from apps.workflows.engine.definition import (
    ActionStep,
    AIStep,
    ApprovalStep,
    CodeStep,
    Definition,
    DelayStep,
    FilterStep,
    ForEachStep,
    IfStep,
    ListMapping,
    ObjectMapping,
    Step,
    StopStep,
    SwitchStep,
    TransformStep,
)
from apps.workflows.engine.definition import Mapping as InputMapping

Named = Iterator[tuple[str, InputMapping]]
Conditions = Iterator[tuple[str, Mapping[str, Any]]]


def resolve_step(definition: Definition, step: Step, seen: Seen) -> dict[str, Any]:
    """Return `{"fields", "conditions"}` of one step; what can't be resolved says why."""
    fields = _action_fields(definition, step, seen) if isinstance(step, ActionStep) else _fields(step, seen)
    return {
        "fields": {name: resolved_json(value) for name, value in fields},
        "conditions": {name: verdict_json(tree, seen.scope) for name, tree in conditions_of(step)},
    }


def resolved_json(value: Resolved) -> dict[str, Any]:
    """Return a resolved value; no error, remedy or note is null."""
    shown = asdict(value)
    return {**shown, **{key: shown[key] or None for key in ("error", "remedy", "note")}}


def verdict_json(tree: Mapping[str, Any], scope: Mapping[str, Any]) -> dict[str, Any]:
    """Return whether a condition holds, with every comparison in it; or why it can't be decided."""
    wrong = conditions.check(tree)
    if wrong:
        return {"result": None, "error": wrong[0].message, "leaves": []}
    try:
        verdict = conditions.evaluate(tree, scope)
    except LanguageError as error:
        return {"result": None, "error": error.message, "leaves": []}
    leaves = [
        {**asdict(leaf), "path": list(leaf.path), "left": plain(leaf.left), "right": plain(leaf.right)}
        for leaf in verdict.leaves
    ]
    return {"result": verdict.result, "error": None, "leaves": leaves}


def mappings_of(step: Step) -> Named:
    """List the mappings of a step that is no action, each with its name."""
    named: dict[str, InputMapping | None] = {}
    match step:
        case AIStep():
            named = {"system": step.system, "prompt": step.prompt}
        case CodeStep():
            named = {**step.inputs}
        case TransformStep():
            named = {"source": step.source}
        case DelayStep():
            wanted = {"for": {"amount": step.amount}, "until": {"until": step.until}}
            named = {**wanted.get(step.mode, {})}
        case ForEachStep():
            named = {"items": step.items}
        case ApprovalStep() | StopStep():
            named = {"message": step.message}
    yield from ((name, mapping) for name, mapping in named.items() if mapping is not None)


def conditions_of(step: Step) -> Conditions:
    """List the conditions of a step, each with its name."""
    match step:
        case ActionStep() if step.run_if is not None:
            yield "run_if", step.run_if
        case FilterStep() | IfStep():
            yield "condition", step.condition
        case SwitchStep():
            yield from ((f"cases.{case.id}", case.condition) for case in step.cases)


def _fields(step: Step, seen: Seen) -> Iterator[tuple[str, Resolved]]:
    for name, mapping in mappings_of(step):
        yield name, resolve_mapping(mapping, seen.scope)
        yield from _inner(name, mapping, (), seen.scope)


def _action_fields(definition: Definition, step: ActionStep, seen: Seen) -> Iterator[tuple[str, Resolved]]:
    action = _action(step)
    if action is None:
        yield from _undeclared(step, seen)
        return
    declared = declared_by(definition)
    for spec in action.inputs:
        mapping = step.inputs.get(spec.key)
        if mapping is None:
            if spec.required and is_empty(spec.default):
                yield spec.key, Resolved(error="Required.", empty=True)
            continue
        yield spec.key, resolve_input(step, action, spec, mapping, seen.scope, declared)
        yield from _inner(spec.key, mapping, spec.fields, seen.scope)


def _action(step: ActionStep) -> Action | None:
    try:
        return registry.get_action(step.action)[1]
    except registry.UnknownKeyError:
        return None


def _undeclared(step: ActionStep, seen: Seen) -> Iterator[tuple[str, Resolved]]:
    for name, mapping in step.inputs.items():
        yield name, resolve_mapping(mapping, seen.scope)


def _inner(
    name: str, mapping: InputMapping, fields: tuple[Field, ...], scope: Mapping[str, Any]
) -> Iterator[tuple[str, Resolved]]:
    """List the parts of an object or a list; the members that `fields` declare as their types."""
    if isinstance(mapping, ObjectMapping):
        members = {each.key: each for each in fields}
        for key, part in mapping.object.items():
            yield from _part(f"{name}.{key}", part, members.get(key), scope)
    elif isinstance(mapping, ListMapping):
        for number, part in enumerate(mapping.rows):
            yield f"{name}.{number}", resolve_mapping(part, scope)
            yield from _inner(f"{name}.{number}", part, fields, scope)


def _part(
    name: str, mapping: InputMapping, spec: Field | None, scope: Mapping[str, Any]
) -> Iterator[tuple[str, Resolved]]:
    found = resolve_mapping(mapping, scope)
    if spec is not None and not (found.error or found.empty or found.value is None):
        try:
            coerce(spec, found.value)
        except UnfitError as failure:
            found = Resolved(error=f"This {failure.message}", remedy=failure.remedy)
    yield name, found
    yield from _inner(name, mapping, spec.fields if spec else (), scope)
