"""“Map for me”: what empty inputs are filled with, each with the reason.

A wrong guess costs more than an empty field. So an amount is filled only
together with its currency and unit, a field that warns never, and an id only
within the app that it is of.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from apps.catalog import registry
from apps.catalog.spec import Action, App, Field, FieldType, Semantic
from apps.console.editor.candidates import (
    Candidate,
    candidates_of,
    is_called_the_same,
    means_the_same,
    only,
    takes,
)
from apps.console.editor.scope import Seen
from apps.language.errors import LanguageError
from apps.language.templates import parse
from apps.workflows.engine.coercion import is_empty
from apps.workflows.engine.definition import (
    ActionStep,
    Definition,
    ForEachStep,
    Step,
    TemplateMapping,
    ValueMapping,
)
from apps.workflows.engine.definition.tree import stored_steps
from apps.workflows.engine.mapped import template_sources
from apps.workflows.engine.recipes import build_recipe
from apps.workflows.engine.settling import UNITS
from apps.workflows.models import Workflow

MOST_WORKFLOWS = 100

Suggested = dict[str, tuple[dict[str, Any], str]]
"""By the input's key: the mapping and why."""


def suggest(workflow: Workflow, definition: Definition, step: Step, seen: Seen) -> dict[str, Any]:
    """Return `{"inputs", "notes"}` for the inputs of a step that are empty; nothing where nothing is sure."""
    found: Suggested = {}
    if isinstance(step, ActionStep):
        found = _for_action(workflow, definition, step, seen)
    elif isinstance(step, ForEachStep):
        found = _for_list(definition, step, seen)
    return {
        "inputs": {key: mapping for key, (mapping, _) in found.items()},
        "notes": {key: why for key, (_, why) in found.items()},
    }


def _for_action(workflow: Workflow, definition: Definition, step: ActionStep, seen: Seen) -> Suggested:
    try:
        app, action = registry.get_action(step.action)
    except registry.UnknownKeyError:
        return {}
    candidates = candidates_of(definition, seen)
    step = step.model_copy(update={"inputs": _filled(step)})
    money = _money(action, step, candidates)
    ready = _ready_made(definition, step)
    units = {spec.unit_from for spec in action.inputs}
    found: Suggested = {}
    for spec in action.inputs:
        if spec.key in step.inputs or spec.danger or spec.unit_from or spec.key in units:
            continue
        if spec.semantic in (Semantic.AMOUNT, Semantic.CURRENCY):
            continue
        suggestion = (
            _person(workflow, app, spec, candidates) or ready.get(spec.key) or _same(app, spec, candidates)
        )
        if suggestion is not None:
            found[spec.key] = suggestion
    found |= {key: each for key, each in money.items() if key not in step.inputs}
    return _without_clashes(action, step, found)


def _filled(step: ActionStep) -> dict[str, Any]:
    """Return the inputs in which something stands."""
    return {
        key: mapping
        for key, mapping in step.inputs.items()
        if not (isinstance(mapping, ValueMapping) and is_empty(mapping.value))
        and not (isinstance(mapping, TemplateMapping) and not mapping.template.strip())
    }


def _for_list(definition: Definition, step: ForEachStep, seen: Seen) -> Suggested:
    if any(source.strip() for _, source in template_sources(step.items)):
        return {}
    lists = [each for each in candidates_of(definition, seen) if each.field.type is FieldType.LIST]
    chosen = only(lists)
    return {"items": (chosen.template, f"{chosen.told} is the only list.")} if chosen else {}


def _money(action: Action, step: ActionStep, candidates: list[Candidate]) -> Suggested:
    """Fill an amount with its currency and unit, all from one source that has exactly one of each."""
    amounts = [spec for spec in action.inputs if spec.semantic is Semantic.AMOUNT or spec.unit_from]
    currency = next((spec for spec in action.inputs if spec.semantic is Semantic.CURRENCY), None)
    if len(amounts) != 1 or currency is None or amounts[0].danger or amounts[0].key in step.inputs:
        return {}
    amount = amounts[0]
    value = only(each for each in candidates if each.field.semantic is Semantic.AMOUNT)
    if value is None or not (takes(amount, value) and is_called_the_same(amount, value)):
        return {}
    if UNITS.get(value.field.unit or "") is None:
        return {}
    near = [each for each in candidates if each.path[:-1] == value.path[:-1]]
    named = [each for each in near if each.field.semantic is Semantic.CURRENCY]
    if len(named) != 1 or currency.key in step.inputs:
        return {}
    unit = UNITS[value.field.unit or ""]
    found: Suggested = {
        amount.key: (value.template, f"{value.told}, with its currency, in {unit} units."),
        currency.key: (named[0].template, f"{named[0].told}, the currency of the amount."),
    }
    if amount.unit_from and amount.unit_from not in step.inputs:
        found[amount.unit_from] = ({"value": unit}, f"As {value.told} is.")
    elif amount.unit and UNITS.get(amount.unit) != unit:
        return {}
    return found


def _person(
    workflow: Workflow, app: App, spec: Field, candidates: list[Candidate]
) -> tuple[dict[str, Any], str] | None:
    """Fill who it is about by what the workspace's other workflows use, else by e-mail."""
    if spec.semantic is not Semantic.PERSON_ID:
        return None
    habit = habit_of(workflow, app)
    same = only(each for each in candidates if each.field.semantic is habit and takes(spec, each))
    if same is not None and habit is not None:
        return same.template, f"{same.told}: your other workflows name people so, too."
    email = only(each for each in candidates if each.field.semantic is Semantic.EMAIL)
    return (email.template, f"{email.told} names the person.") if email else None


def habit_of(workflow: Workflow, app: App) -> Semantic | None:
    """Return what the workspace's other workflows name people of an app by; None where none does."""
    rows = Workflow.objects.filter(workspace=workflow.workspace_id).exclude(pk=workflow.pk)
    drafts = rows.order_by("-draft_saved_at").values_list("draft", flat=True)[:MOST_WORKFLOWS]
    counted = Counter(meaning for draft in drafts for meaning in _people_of(draft, app))
    return counted.most_common(1)[0][0] if counted else None


def _people_of(draft: Mapping[str, Any], app: App) -> Iterator[Semantic]:
    try:
        _, trigger = registry.get_trigger(str(draft.get("trigger", {}).get("trigger", "")))
    except registry.UnknownKeyError:
        return
    fields = {("trigger", field.key): field for field in registry.trigger_fields(trigger)}
    persons = {
        registry.action_ref(app, action): [s.key for s in action.inputs if s.semantic is Semantic.PERSON_ID]
        for action in app.actions
    }
    for step in stored_steps(draft):
        for key in persons.get(str(step.get("action", "")), ()):
            template = (step.get("inputs", {}).get(key) or {}).get("template")
            field = fields.get(_only_path(template)) if isinstance(template, str) else None
            if field is not None and field.semantic is not None:
                yield field.semantic


def _only_path(source: str) -> Any:
    try:
        paths = parse(source).paths
    except LanguageError:
        return ()
    return paths[0] if len(paths) == 1 else ()


def _ready_made(definition: Definition, step: ActionStep) -> Suggested:
    """Return what the ready-made workflow of trigger and action fills from the event alone."""
    try:
        recipe = build_recipe(definition.trigger.trigger, step.action)
    except (registry.UnknownKeyError, ValueError):
        return {}
    made = recipe.steps[-1]
    if not isinstance(made, ActionStep) or made.action != step.action:
        return {}
    why = "As the ready-made workflow for this trigger and action does."
    return {
        key: (mapping.model_dump(mode="json", by_alias=True), why)
        for key, mapping in made.inputs.items()
        if all(_of_event(source) for _, source in template_sources(mapping))
    }


def _of_event(source: str) -> bool:
    try:
        return all(path[0] == "trigger" for path in parse(source).paths)
    except LanguageError:
        return False


def _same(app: App, spec: Field, candidates: list[Candidate]) -> tuple[dict[str, Any], str] | None:
    if spec.literal or spec.keys_fixed:
        return None
    tests: tuple[tuple[Callable[[Candidate], bool], str], ...] = (
        (lambda each: means_the_same(spec, each, app=app.key), "means the same."),
        (lambda each: spec.type is FieldType.EMAIL and each.field.type is FieldType.EMAIL, "is an e-mail."),
        (lambda each: is_called_the_same(spec, each), "is called the same."),
    )
    for test, why in tests:
        fitting: Iterable[Candidate] = (each for each in candidates if takes(spec, each) and test(each))
        chosen = only(each for each in fitting if each.field.semantic is not Semantic.AMOUNT)
        if chosen is not None:
            return chosen.template, f"{chosen.told} {why}"
    return None


def _without_clashes(action: Action, step: ActionStep, found: Suggested) -> Suggested:
    """Leave out all but the first of inputs that exclude each other."""
    for group in action.one_of:
        given = [key for key in group if key in step.inputs]
        named = [key for key in group if key in found]
        for key in named if given else named[1:]:
            del found[key]
    return found
