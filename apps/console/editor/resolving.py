"""What every field and condition of one step comes to on an event."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from typing import Any

from apps.catalog import registry
from apps.catalog.spec import Action, Field, FieldType
from apps.console.amounts import declared_by
from apps.console.editor.scope import Seen, items_of
from apps.console.editor.transforms import made, stages
from apps.console.preview import Resolved, resolve_input, resolve_mapping, shown
from apps.language import conditions
from apps.language.errors import LanguageError
from apps.language.templates import parse
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
from apps.workflows.engine.definition.operations import FilterItems, MapItems, SetField
from apps.workflows.engine.mapped import template_sources
from apps.workflows.engine.scopes import scopes_of
from apps.workflows.engine.transforming import TransformError
from apps.workflows.engine.validation.paths import Declared, find_fault

Named = Iterator[tuple[str, InputMapping]]
Resolutions = Iterator[tuple[str, Resolved]]
Scope = Mapping[str, Any]

MOST_ITEMS = 50
"""Items of a loop that are shown."""


def resolve_step(definition: Definition, step: Step, seen: Seen) -> dict[str, Any]:
    """Return `{"fields", "conditions"}` of one step; what can't be resolved says why."""
    declared = scopes_of(definition, catalog=registry).get(step.id)
    if declared is None:
        declared = declared_by(definition)
    if isinstance(step, ActionStep):
        fields = _action_fields(step, seen, declared)
    else:
        fields = _fields(step, seen, declared)
    return {
        "fields": {name: resolved_json(value) for name, value in fields},
        "conditions": {
            name: _verdict(tree, scope, declared) for name, tree, scope in _conditions(step, seen.scope)
        },
    }


def resolved_json(value: Resolved) -> dict[str, Any]:
    """Return a resolved value; no error, remedy or note is null."""
    shown = asdict(value)
    return {**shown, **{key: shown[key] or None for key in ("error", "remedy", "note")}}


def verdict_json(tree: Mapping[str, Any], scope: Mapping[str, Any]) -> dict[str, Any]:
    """Return whether a condition holds, with every comparison in it; or why it can't be decided."""
    wrong = conditions.check(tree) or conditions.unfilled(tree)
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
            named = {f"inputs.{key}": mapping for key, mapping in step.inputs.items()}
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


def _conditions(step: Step, scope: Scope) -> Iterator[tuple[str, Mapping[str, Any], Scope]]:
    """List the conditions of a step, each with its name and what it sees."""
    match step:
        case ActionStep() if step.run_if is not None:
            yield "run_if", step.run_if, scope
        case FilterStep() | IfStep():
            yield "condition", step.condition, scope
        case SwitchStep():
            yield from ((f"cases.{case.id}", case.condition, scope) for case in step.cases)
        case TransformStep():
            for index, operation, inner in stages(step, scope):
                if isinstance(operation, FilterItems):
                    yield f"operations.{index}.condition", operation.condition, inner


def _fields(step: Step, seen: Seen, declared: Declared) -> Resolutions:
    for name, mapping in mappings_of(step):
        found = _checked(mapping, resolve_mapping(mapping, seen.scope), declared)
        yield name, _counted(step, found, seen.scope) if isinstance(step, ForEachStep) else found
        yield from _inner(name, mapping, (), seen.scope, declared)
    if isinstance(step, TransformStep):
        yield from _of_transform(step, seen.scope, declared)


def _of_transform(step: TransformStep, scope: Scope, declared: Declared) -> Resolutions:
    for index, operation, inner in stages(step, scope):
        if isinstance(operation, SetField | MapItems):
            name, mapping = f"operations.{index}.value", operation.value
            inside = declared if isinstance(operation, SetField) else with_item(declared)
            yield name, _checked(mapping, resolve_mapping(mapping, inner), inside)
            yield from _inner(name, mapping, (), inner, inside)
    try:
        yield "output", shown(made(step, scope))
    except TransformError as failure:
        yield "output", Resolved(error=failure.message, remedy=failure.remedy)


def _counted(step: ForEachStep, found: Resolved, scope: Scope) -> Resolved:
    """Tell how many items a loop has; of many the first are shown."""
    if found.error or found.empty:
        return found
    items = items_of(step, scope)
    if not items and found.value != []:
        return Resolved(error="This is not a list.", remedy="Choose a list from the data.")
    many = "1 item" if len(items) == 1 else f"{len(items)} items"
    return replace(shown(items[:MOST_ITEMS]), note=many)


def _action_fields(step: ActionStep, seen: Seen, declared: Declared) -> Resolutions:
    action = _action(step)
    if action is None:
        yield from ((name, resolve_mapping(each, seen.scope)) for name, each in step.inputs.items())
        return
    for spec in action.inputs:
        mapping = step.inputs.get(spec.key)
        if mapping is None:
            if spec.required and is_empty(spec.default):
                yield spec.key, Resolved(error="Required.", empty=True)
            continue
        found = resolve_input(step, action, spec, mapping, seen.scope, declared)
        yield spec.key, _checked(mapping, found, declared)
        yield from _inner(spec.key, mapping, spec.fields, seen.scope, declared)


def _checked(mapping: InputMapping, found: Resolved, declared: Declared) -> Resolved:
    """Return what was found, or what the mapping reads that nobody declares."""
    fault = fault_of(mapping, declared)
    return found if fault is None else Resolved(error=fault, empty=True)


def fault_of(mapping: InputMapping, declared: Declared) -> str | None:
    """Return why a mapping reads what is not declared; None where it does not, or can't be read at all."""
    for _, source in template_sources(mapping):
        try:
            paths = parse(source).paths
        except LanguageError:
            return None
        fault = next((each for path in paths if (each := find_fault(path, declared))), None)
        if fault is not None:
            return fault.message
    return None


def _verdict(tree: Mapping[str, Any], scope: Scope, declared: Declared) -> dict[str, Any]:
    found = verdict_json(tree, scope)
    if found["error"] is None:
        inside = with_item(declared) if "item" in scope else declared
        fault = next((each for path in conditions.paths_of(tree) if (each := find_fault(path, inside))), None)
        if fault is not None:
            return {**found, "result": None, "error": fault.message}
    return found


def with_item(declared: Declared) -> Declared:
    """Return what may be read where there is an item that nobody declares more of."""
    if declared.item is not None:
        return declared
    return replace(declared, item=Field(key="item", label="Item", type=FieldType.ANY))


def _action(step: ActionStep) -> Action | None:
    try:
        return registry.get_action(step.action)[1]
    except registry.UnknownKeyError:
        return None


def _inner(
    name: str, mapping: InputMapping, fields: tuple[Field, ...], scope: Scope, declared: Declared
) -> Resolutions:
    """List the parts of an object or a list; the members that `fields` declare as their types."""
    if isinstance(mapping, ObjectMapping):
        members = {each.key: each for each in fields}
        for key, part in mapping.object.items():
            yield from _part(f"{name}.{key}", part, members.get(key), scope, declared)
    elif isinstance(mapping, ListMapping):
        for number, part in enumerate(mapping.rows):
            inner = f"{name}.{number}"
            yield inner, _checked(part, resolve_mapping(part, scope), declared)
            yield from _inner(inner, part, fields, scope, declared)


def _part(
    name: str, mapping: InputMapping, spec: Field | None, scope: Scope, declared: Declared
) -> Resolutions:
    found = _checked(mapping, resolve_mapping(mapping, scope), declared)
    if spec is not None and not (found.error or found.empty or found.value is None):
        try:
            coerce(spec, found.value)
        except UnfitError as failure:
            found = Resolved(error=f"This {failure.message}", remedy=failure.remedy)
    yield name, found
    yield from _inner(name, mapping, spec.fields if spec else (), scope, declared)
