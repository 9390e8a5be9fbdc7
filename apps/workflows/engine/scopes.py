"""What each step of a definition may read: the trigger, the steps before it, and its loop and error.

Declared is everything before a step in its own sequence and in those around it,
and everything inside branches that ended before it. What stands in the body of
a for each is seen only there.
"""

from collections.abc import Mapping
from dataclasses import replace

from apps.catalog.registry import UnknownKeyError
from apps.catalog.spec import Field, FieldType
from apps.language import templates
from apps.language.errors import LanguageError
from apps.workflows.engine.catalog import BUILT_IN, Catalog
from apps.workflows.engine.definition import (
    Definition,
    ForEachStep,
    Step,
    TemplateMapping,
    WaitWebhookStep,
    branches,
)
from apps.workflows.engine.enriching import fields_of
from apps.workflows.engine.outputs import outputs_of
from apps.workflows.engine.settling import passed_on
from apps.workflows.engine.validation.paths import Declared, by_key


def scopes_of(definition: Definition, *, catalog: Catalog = BUILT_IN) -> dict[str, Declared]:
    """Return what each step may read, by its id; of steps that share one, the first's."""
    found: dict[str, Declared] = {}
    _declare(definition.steps, start_of(definition, catalog), found, catalog)
    return found


def start_of(definition: Definition, catalog: Catalog) -> Declared:
    """Return what the first step may read."""
    trigger: Mapping[str, Field] | None
    try:
        _, spec = catalog.get_trigger(definition.trigger.trigger)
        trigger = by_key(fields_of(definition.trigger, spec, catalog))
    except UnknownKeyError:
        trigger = None
    steps = list(definition.walk())
    bodies = {
        inner.id: found.name for found in steps if isinstance(found, ForEachStep) for inner in _body(found)
    }
    waits = tuple(step.id for step in steps if isinstance(step, WaitWebhookStep))
    return Declared(
        trigger=trigger,
        pending={step.id: step.name for step in steps},
        steps={},
        bodies=bodies,
        waits=waits,
    )


def _body(loop: ForEachStep) -> list[Step]:
    pending, found = list(loop.steps), []
    while pending:
        step = pending.pop()
        found.append(step)
        pending += [inner for branch in branches(step) for inner in branch.steps]
    return found


def _declare(
    steps: tuple[Step, ...], declared: Declared, found: dict[str, Declared], catalog: Catalog
) -> Declared:
    """Note what each step of a sequence may read; return what may be read behind the last."""
    for step in steps:
        found.setdefault(step.id, declared)
        declared = _declare_one(step, declared, found, catalog)
    return declared


def _declare_one(step: Step, before: Declared, found: dict[str, Declared], catalog: Catalog) -> Declared:
    outputs = outputs_of(step, catalog)
    known = None if outputs is None else by_key(outputs)
    behind = before.behind(step.id, known)
    for branch in branches(step):
        if branch.key == "on_error":
            ended = _declare(branch.steps, replace(before, error=True), found, catalog)
            if step.on_error is not None and step.on_error.then == "continue":
                behind = behind.joined(ended)
        elif isinstance(step, ForEachStep):
            item = item_of(step, before)
            inside = before.behind(step.id, {"item": item})
            _declare(branch.steps, replace(inside, item=item, loop=True), found, catalog)
        else:
            behind = behind.joined(_declare(branch.steps, before.behind(step.id, known), found, catalog))
    return behind


def item_of(loop: ForEachStep, declared: Declared) -> Field:
    """Return the field of a loop's item: with known parts where the list's are known."""
    source: Field | None = None
    if isinstance(loop.items, TemplateMapping):
        try:
            source = passed_on(templates.parse(loop.items.template), declared.field)
        except LanguageError:
            source = None  # Told where the template itself is checked.
    parts = source.fields if source is not None and source.type is FieldType.LIST else ()
    examples = source.example if source is not None and isinstance(source.example, list) else []
    return Field(
        key="item",
        label="Item",
        type=FieldType.OBJECT if parts else FieldType.ANY,
        fields=parts,
        example=examples[0] if examples else None,
        help_text=f"The item of “{loop.name}” that this turn is for.",
    )
