"""Whether the inputs of an action step fit the action's fields."""

from collections.abc import Iterator

from apps.catalog.spec import Action, Field, FieldType
from apps.language import templates
from apps.language.errors import LanguageError
from apps.language.paths import did_you_mean
from apps.language.templates import Template
from apps.workflows.engine.coercion import UnfitError, coerce, is_empty
from apps.workflows.engine.definition import (
    ActionStep,
    Mapping,
    ObjectMapping,
    TemplateMapping,
    ValueMapping,
)
from apps.workflows.engine.problems import Problem
from apps.workflows.engine.validation.paths import Declared, find_fault
from apps.workflows.engine.validation.places import Place, of_input

_KEYED = (FieldType.OBJECT, FieldType.ANY)
_TYPED = (FieldType.OBJECT, FieldType.LIST)


def check_inputs(step: ActionStep, action: Action, declared: Declared) -> Iterator[Problem]:
    """Find every problem of a step's inputs."""
    for key in step.inputs:
        if action.input(key) is None:
            near = did_you_mean(key, [field.key for field in action.inputs])
            message = f"{action.name} has no field “{key}”.{near or ' Remove it.'}"
            yield of_input(step, key).problem("unknown_input", message)
    for field in action.inputs:
        mapping = step.inputs.get(field.key)
        if mapping is not None and not _is_blank(mapping):
            yield from _check_mapping(step, field, mapping, declared)
        elif field.required and is_empty(field.default):
            message = f"“{field.label}” is required. Fill it."
            yield of_input(step, field.key).problem("required", message)


def _is_blank(mapping: Mapping) -> bool:
    if isinstance(mapping, ValueMapping):
        return is_empty(mapping.value)
    return is_empty(mapping.template if isinstance(mapping, TemplateMapping) else mapping.object)


def _check_mapping(step: ActionStep, field: Field, mapping: Mapping, declared: Declared) -> Iterator[Problem]:
    place = of_input(step, field.key)
    if isinstance(mapping, ValueMapping):
        yield from _check_literal(field, mapping.value, place)
    elif isinstance(mapping, TemplateMapping):
        yield from _check_template(field, mapping.template, declared, place)
    elif field.type in _KEYED:
        yield from _check_rows(step, field.key, mapping, declared)
    else:
        yield place.problem("wrong_type", f"“{field.label}” takes one value, not rows.")


def _check_literal(field: Field, value: object, place: Place) -> Iterator[Problem]:
    try:
        coerce(field, value)
    except UnfitError as error:
        message = f"“{field.label}” {error.message} {error.remedy}".strip()
        yield place.problem(error.code, message)


def _check_template(field: Field, source: str, declared: Declared, place: Place) -> Iterator[Problem]:
    try:
        template = templates.parse(source)
        if not template.uses:
            # It reads nothing, so it gives the same for every event.
            yield from _check_constant(field, template, place)
            return
    except LanguageError as error:
        yield place.unreadable(error)
        return
    yield from _check_paths(template, declared, place)
    if field.type in _TYPED and not template.is_single:
        kind = "an object" if field.type is FieldType.OBJECT else "a list"
        message = f"“{field.label}” needs {kind}: use a single {{{{ … }}}} with nothing around it."
        yield place.problem("not_single", message)
    yield from _check_unit(field, template, declared, place)


def _check_constant(field: Field, template: Template, place: Place) -> Iterator[Problem]:
    value = template.render({})
    if not is_empty(value):
        yield from _check_literal(field, value, place)
    elif field.required and is_empty(field.default):
        yield place.problem("required", f"“{field.label}” is required, but this template gives nothing.")


def _check_rows(
    step: ActionStep, key: str, mapping: ObjectMapping, declared: Declared, inner: tuple[str, ...] = ()
) -> Iterator[Problem]:
    for name, value in mapping.object.items():
        keys = (*inner, name)
        if isinstance(value, ObjectMapping):
            yield from _check_rows(step, key, value, declared, keys)
        elif isinstance(value, TemplateMapping):
            place = of_input(step, key, keys)
            try:
                yield from _check_paths(templates.parse(value.template), declared, place)
            except LanguageError as error:
                yield place.unreadable(error)


def _check_paths(template: Template, declared: Declared, place: Place) -> Iterator[Problem]:
    for path in template.paths:
        fault = find_fault(path, declared)
        if fault is not None:
            yield place.problem(fault.code, fault.message)


def _check_unit(field: Field, template: Template, declared: Declared, place: Place) -> Iterator[Problem]:
    """Refuse a value passed on unchanged from a field of another unit."""
    if not template.is_single or "|" in template.source or len(template.paths) != 1:
        return
    source = declared.field(template.paths[0])
    if source is not None and source.unit and field.unit and source.unit != field.unit:
        message = f"“{field.label}” is in {field.unit}, but “{source.label}” is in {source.unit}. Convert it."
        yield place.problem("unit", message)
