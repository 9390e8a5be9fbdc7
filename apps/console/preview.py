"""What each field of a draft becomes on one event: the live values of the mapping form.

Nothing is called: a step's outputs are its action's examples.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from apps.catalog import registry
from apps.catalog.errors import UnreadableEventError
from apps.catalog.spec import Action, Field, Trigger
from apps.common.masking import mask_json
from apps.console.amounts import declared_by, note_of
from apps.language import conditions
from apps.language.errors import LanguageError, MoneyError
from apps.language.paths import Path, flatten_paths, format_path
from apps.language.values import plain
from apps.workflows.engine.coercion import UnfitError, coerce, is_empty
from apps.workflows.engine.definition import ActionStep, Definition, FilterStep, TemplateMapping, TriggerPart
from apps.workflows.engine.definition import Mapping as InputMapping
from apps.workflows.engine.enriching import look_ups_of, with_samples
from apps.workflows.engine.mapped import MappingError, compile_mapping, resolve
from apps.workflows.engine.validation.paths import Declared

SHOWN = 300
MOST_KEPT = 20_000
"""Characters of JSON of a value that is answered as it is."""
MOST_PATHS = 250


@dataclass(frozen=True, slots=True)
class Resolved:
    """One field's value on the event as text, or why it has none. `note` says what it comes to.

    `value` is the value itself, None where it is too large to be shown.
    """

    text: str = ""
    error: str = ""
    empty: bool = False
    note: str = ""
    remedy: str = ""
    value: Any = None


@dataclass(frozen=True, slots=True)
class Offer:
    """One value that a template can name. `example` is its value in the event."""

    template: str
    label: str
    example: str
    group: str


def event_data(part: TriggerPart, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `{{ trigger.… }}` sees of a payload: secrets masked, look-ups by their samples.

    Raises `UnknownKeyError`.
    """
    app, trigger = registry.get_trigger(part.trigger)
    # A past delivery may hold what people must not see, such as a client secret.
    payload = mask_json(payload)
    try:
        data = registry.trigger_data(app, trigger, payload)
    except UnreadableEventError:
        data = {**trigger.flatten(payload), "raw": dict(payload)}
    return with_samples(part, data, registry)


def scope_of(definition: Definition, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return what templates see: the event, and each action's example outputs. Raises `UnknownKeyError`."""
    data = event_data(definition.trigger, payload)
    steps = {step.id: _example(step.action) for step in definition.walk() if isinstance(step, ActionStep)}
    facts = {"code": "", "workflow": "", "event_id": data.get("event_id", ""), "replay": 0}
    return {"trigger": data, "steps": steps, "run": facts}


def resolve_all(definition: Definition, scope: Mapping[str, Any]) -> dict[str, Resolved]:
    """Return each control's value by its name in the mapping form."""
    found: dict[str, Resolved] = {}
    declared = declared_by(definition)
    for index, step in enumerate(definition.steps):
        if isinstance(step, FilterStep):
            found[f"s{index}-c"] = _verdict(step.condition, scope)
            continue
        if not isinstance(step, ActionStep):
            continue
        if step.run_if:
            found[f"s{index}-c"] = _verdict(step.run_if, scope)
        found.update(_inputs(f"s{index}-f-", step, scope, declared))
    return found


def offers(definition: Definition, scope: Mapping[str, Any]) -> Iterator[Offer]:
    """List what the fields can be filled from: declared fields first, then the raw payload."""
    _, trigger = registry.get_trigger(definition.trigger.trigger)
    data = scope["trigger"]
    for spec in registry.trigger_fields(trigger):
        yield Offer(f"{{{{ trigger.{spec.key} }}}}", spec.label, _shown(data.get(spec.key)), "This event")
        if spec.learnt:
            yield from _inside(("trigger", spec.key), data.get(spec.key), spec.label)
    for each in look_ups_of(definition.trigger, registry):
        for spec in each.action.outputs:
            name, value = f"trigger.{each.spec.key}.{spec.key}", data[each.spec.key].get(spec.key)
            yield Offer(f"{{{{ {name} }}}}", spec.label, _shown(value), each.spec.label)
    for step in definition.steps:
        if isinstance(step, ActionStep):
            yield from _outputs(step, scope)
    if not learns(trigger):  # Else it was all offered above.
        yield from _inside(("trigger", "raw"), data.get("raw"), "Whole payload")


def learns(trigger: Trigger) -> bool:
    """Tell whether only its events say what the trigger's fields hold."""
    return any(spec.learnt for spec in trigger.fields)


def _inside(place: tuple[str, ...], value: Any, group: str) -> Iterator[Offer]:
    """List every path inside a value, as the event has it."""
    if not isinstance(value, Mapping | list):
        return
    for path, leaf in flatten_paths(value)[:MOST_PATHS]:
        if path:
            yield Offer(f"{{{{ {format_path((*place, *path))} }}}}", _named(path), _shown(leaf), group)


def _named(path: Path) -> str:
    """Return a path for people; one that begins with an index has no text form of its own."""
    return format_path(path) if isinstance(path[0], str) else format_path(("x", *path))[1:]


def _outputs(step: ActionStep, scope: Mapping[str, Any]) -> Iterator[Offer]:
    try:
        _, action = registry.get_action(step.action)
    except registry.UnknownKeyError:
        return
    for spec in action.outputs:
        value = scope["steps"][step.id].get(spec.key)
        yield Offer(f"{{{{ steps.{step.id}.{spec.key} }}}}", spec.label, _shown(value), step.name)


def _inputs(
    prefix: str, step: ActionStep, scope: Mapping[str, Any], declared: Declared
) -> Iterator[tuple[str, Resolved]]:
    try:
        _, action = registry.get_action(step.action)
    except registry.UnknownKeyError:
        return
    for spec in action.inputs:
        mapping = step.inputs.get(spec.key)
        if mapping is not None:
            yield f"{prefix}{spec.key}", resolve_input(step, action, spec, mapping, scope, declared)
        elif spec.required and is_empty(spec.default):
            yield f"{prefix}{spec.key}", Resolved(error="Required.", empty=True)


def resolve_input(
    step: ActionStep,
    action: Action,
    spec: Field,
    mapping: InputMapping,
    scope: Mapping[str, Any],
    declared: Declared,
) -> Resolved:
    """Return what an input of an action comes to in this scope."""
    try:
        value = resolve(compile_mapping(mapping), scope)
        if is_empty(value):
            return Resolved(error="Empty in this event, but required." if spec.required else "", empty=True)
        value = coerce(spec, value)
        note = note_of(step, action, spec, value, scope=scope, declared=declared)
        return Resolved(_shown(value), note=note, value=_kept(value))
    except MappingError as failure:
        return Resolved(error=str(failure))
    except MoneyError as failure:
        return Resolved(error=failure.message)
    except UnfitError as failure:
        return Resolved(error=f"This {failure.message}", remedy=failure.remedy)


def _verdict(tree: Mapping[str, Any], scope: Mapping[str, Any]) -> Resolved:
    problems = conditions.check(tree) or conditions.unfilled(tree)
    if problems:
        return Resolved(error=problems[0].message)
    try:
        verdict = conditions.evaluate(tree, scope)
    except LanguageError as error:
        return Resolved(error=error.message)
    return Resolved("This event passes." if verdict.result else "This event does not pass.")


def render(source: str, scope: Mapping[str, Any]) -> Resolved:
    """Return one template's value; its errors are values too."""
    return resolve_mapping(TemplateMapping(template=source), scope)


def resolve_mapping(mapping: InputMapping, scope: Mapping[str, Any]) -> Resolved:
    """Return what a mapping comes to that no field declares."""
    try:
        value = plain(resolve(compile_mapping(mapping), scope))
    except MappingError as failure:
        return Resolved(error=str(failure))
    except LanguageError as failure:
        return Resolved(error=failure.message)
    return shown(value)


def shown(value: Any) -> Resolved:
    """Return a value that was found, as text and as it is."""
    return Resolved(_shown(value), empty=value is None, value=_kept(value))


def _example(ref: str) -> dict[str, Any]:
    try:
        _, action = registry.get_action(ref)
    except registry.UnknownKeyError:
        return {}
    return registry.sample_outputs(action)


def _kept(value: Any) -> Any:
    """Return the value unless it is large."""
    return value if len(json.dumps(value, default=str)) <= MOST_KEPT else None


def _shown(value: Any) -> str:
    if value is None:
        return "null"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
