"""Whether the inputs of an action step fit the action's fields."""

from collections.abc import Iterator

from apps.catalog.spec import Action, Field, FieldType
from apps.language import templates
from apps.language.errors import LanguageError
from apps.language.paths import did_you_mean
from apps.language.templates import Template
from apps.workflows.engine.coercion import KEYS_FIXED, NOT_FIXED, UnfitError, coerce, is_empty
from apps.workflows.engine.definition import (
    ActionStep,
    ListMapping,
    Mapping,
    ObjectMapping,
    TemplateMapping,
    ValueMapping,
)
from apps.workflows.engine.problems import Problem
from apps.workflows.engine.settling import UNITS, passed_on
from apps.workflows.engine.validation.paths import Declared, find_fault
from apps.workflows.engine.validation.places import Place, of_input

_KEYED = (FieldType.OBJECT, FieldType.ANY)
_LISTED = (FieldType.LIST, FieldType.ANY)
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
    for group in (*action.any_of, *action.one_of):
        if not any(_is_given(step, action, key) for key in group):
            labels = " or ".join(f"“{field.label}”" for field in action.inputs if field.key in group)
            yield of_input(step, group[0]).problem("required", f"{labels} is needed. Fill one of them.")


def _is_given(step: ActionStep, action: Action, key: str) -> bool:
    mapping, field = step.inputs.get(key), action.input(key)
    filled = mapping is not None and not _is_blank(mapping)
    return filled or (field is not None and not is_empty(field.default))


def _is_blank(mapping: Mapping) -> bool:
    if isinstance(mapping, ValueMapping):
        return is_empty(mapping.value)
    if isinstance(mapping, ListMapping):
        return not mapping.rows
    return is_empty(mapping.template if isinstance(mapping, TemplateMapping) else mapping.object)


def _check_mapping(step: ActionStep, field: Field, mapping: Mapping, declared: Declared) -> Iterator[Problem]:
    place = of_input(step, field.key)
    if field.unit_from is not None:
        yield from _check_amount(step, field, mapping, declared)
    if isinstance(mapping, ValueMapping):
        yield from _check_literal(field, mapping.value, place)
    elif field.literal:
        yield place.problem("not_fixed", f"“{field.label}” {NOT_FIXED}")
    elif isinstance(mapping, TemplateMapping) and field.keys_fixed:
        yield place.problem("keys_not_fixed", f"“{field.label}” {KEYS_FIXED}")
    elif isinstance(mapping, TemplateMapping):
        yield from _check_template(field, mapping.template, declared, place)
    elif field.type in (_LISTED if isinstance(mapping, ListMapping) else _KEYED):
        yield from _check_rows(step, field.key, mapping, declared)
        if field.fields:
            yield from _check_members(step, field.key, field, mapping)
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
    step: ActionStep,
    key: str,
    mapping: ObjectMapping | ListMapping,
    declared: Declared,
    inner: tuple[str, ...] = (),
) -> Iterator[Problem]:
    for name, value in _parts(mapping):
        keys = (*inner, name)
        if isinstance(value, ObjectMapping | ListMapping):
            yield from _check_rows(step, key, value, declared, keys)
        elif isinstance(value, TemplateMapping):
            place = of_input(step, key, keys)
            try:
                yield from _check_paths(templates.parse(value.template), declared, place)
            except LanguageError as error:
                yield place.unreadable(error)


def _parts(mapping: ObjectMapping | ListMapping) -> Iterator[tuple[str, Mapping]]:
    if isinstance(mapping, ObjectMapping):
        yield from mapping.object.items()
    else:
        yield from ((str(number), row) for number, row in enumerate(mapping.rows))


def _check_members(
    step: ActionStep,
    key: str,
    field: Field,
    mapping: ObjectMapping | ListMapping,
    inner: tuple[str, ...] = (),
) -> Iterator[Problem]:
    """Check rows whose keys are declared; what a template gives is known only in a run."""
    if isinstance(mapping, ListMapping):
        yield from _check_list(step, key, field, mapping, inner)
        return
    known = {member.key: member for member in field.fields}
    for name, value in mapping.object.items():
        place = of_input(step, key, (*inner, name))
        member = known.get(name)
        if member is None:
            near = did_you_mean(name, list(known)) or f" It takes {', '.join(known)}."
            yield place.problem("unknown_key", f"“{field.label}” has no “{name}”.{near}")
        elif isinstance(value, ValueMapping) and not is_empty(value.value):
            yield from _check_literal(member, value.value, place)
        elif isinstance(value, ObjectMapping | ListMapping) and member.fields:
            yield from _check_members(step, key, member, value, (*inner, name))
    for member in field.fields:
        given = mapping.object.get(member.key)
        if member.required and is_empty(member.default) and (given is None or _is_blank(given)):
            message = f"“{field.label}” needs a “{member.key}”. Fill it."
            yield of_input(step, key, (*inner, member.key)).problem("required", message)


def _check_list(
    step: ActionStep, key: str, field: Field, mapping: ListMapping, inner: tuple[str, ...]
) -> Iterator[Problem]:
    for name, row in _parts(mapping):
        if isinstance(row, ObjectMapping):
            numbered = field.model_copy(update={"label": f"{field.label}, row {int(name) + 1}"})
            yield from _check_members(step, key, numbered, row, (*inner, name))
        elif isinstance(row, ValueMapping):
            yield from _check_literal(field, [row.value], of_input(step, key, (*inner, name)))


def _check_amount(step: ActionStep, field: Field, mapping: Mapping, declared: Declared) -> Iterator[Problem]:
    """Demand that an amount's unit is said, unless it is passed on from a field that has one."""
    key = field.unit_from or ""
    said = step.inputs.get(key)
    if isinstance(said, TemplateMapping) and not _is_blank(said):
        return
    told = said.value if isinstance(said, ValueMapping) else None
    passed = _passed_unit(mapping, declared)
    if is_empty(told) and passed is None:
        message = (
            f"Say whether “{field.label}” is in minor units (1250 for 12.50) or in major units (12.50): "
            "choose its unit."
        )
        yield of_input(step, key).problem("required", message)
    elif passed is not None and not is_empty(told) and told != passed:
        message = (
            f"“{field.label}” is filled by a field in {passed} units, but its unit says “{told}”. "
            "Leave the unit empty."
        )
        yield of_input(step, key).problem("unit", message)


def _passed_unit(mapping: Mapping, declared: Declared) -> str | None:
    if not isinstance(mapping, TemplateMapping):
        return None
    try:
        source = passed_on(templates.parse(mapping.template), declared.field)
    except LanguageError:
        return None  # Told where the template itself is checked.
    return None if source is None else UNITS.get(source.unit or "")


def _check_paths(template: Template, declared: Declared, place: Place) -> Iterator[Problem]:
    for path in template.paths:
        fault = find_fault(path, declared)
        if fault is not None:
            yield place.problem(fault.code, fault.message)


def _check_unit(field: Field, template: Template, declared: Declared, place: Place) -> Iterator[Problem]:
    """Refuse a value passed on unchanged from a field of another unit."""
    source = passed_on(template, declared.field)
    if source is not None and source.unit and field.unit and source.unit != field.unit:
        message = f"“{field.label}” is in {field.unit}, but “{source.label}” is in {source.unit}. Convert it."
        yield place.problem("unit", message)
