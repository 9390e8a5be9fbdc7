"""What an amount of a step comes to: its unit, and the sum of money that it is."""

from collections.abc import Mapping
from typing import Any

from apps.catalog import registry
from apps.catalog.spec import Action, Field, Semantic
from apps.language import money
from apps.language.errors import LanguageError
from apps.workflows.engine.coercion import is_empty
from apps.workflows.engine.definition import ActionStep, Definition, Step, TemplateMapping, ValueMapping
from apps.workflows.engine.enriching import fields_of
from apps.workflows.engine.mapped import Filled, MappingError, compile_mapping, resolve
from apps.workflows.engine.outputs import outputs_of
from apps.workflows.engine.settling import UNITS, passed_on
from apps.workflows.engine.validation.paths import Declared, by_key


def declared_by(definition: Definition) -> Declared:
    """Return the fields that templates of the definition can name, whichever step comes first."""
    try:
        _, trigger = registry.get_trigger(definition.trigger.trigger)
        of_trigger = by_key(fields_of(definition.trigger, trigger, registry))
    except registry.UnknownKeyError:
        of_trigger = None
    steps = {step.id: _outputs(step) for step in definition.walk()}
    return Declared(trigger=of_trigger, pending={}, steps=steps)


def note_of(
    step: ActionStep, action: Action, spec: Field, value: Any, *, scope: Mapping[str, Any], declared: Declared
) -> str:
    """Say whose unit an amount takes and the sum that it is, such as “12.50 USD”; "" where it is no amount.

    Raises `MoneyError` for a sum that the currency does not have.
    """
    if spec.unit_from is None:
        return ""
    source = _source(step, spec, declared)
    unit = _said_unit(step, spec) or (UNITS.get(source.unit or "") if source else None)
    if unit is None:
        return ""
    currency = _currency(step, action, scope)
    parts = [_sum(value, unit, currency)] if currency else []
    if source is not None and not _said_unit(step, spec):
        parts.append(f"in {unit} units, as “{source.label}” is")
    return ", ".join(part for part in parts if part)


def _outputs(step: Step) -> Mapping[str, Field] | None:
    fields = outputs_of(step, registry)
    return None if fields is None else by_key(fields)


def _source(step: ActionStep, spec: Field, declared: Declared) -> Field | None:
    mapping = step.inputs.get(spec.key)
    if not isinstance(mapping, TemplateMapping):
        return None
    try:
        mapped = compile_mapping(mapping)
    except MappingError:
        return None
    return passed_on(mapped.template, declared.field) if isinstance(mapped, Filled) else None


def _said_unit(step: ActionStep, spec: Field) -> str | None:
    said = step.inputs.get(spec.unit_from or "")
    return str(said.value) if isinstance(said, ValueMapping) and not is_empty(said.value) else None


def _currency(step: ActionStep, action: Action, scope: Mapping[str, Any]) -> str:
    field = next((each for each in action.inputs if each.semantic is Semantic.CURRENCY), None)
    mapping = step.inputs.get(field.key) if field else None
    try:
        value = resolve(compile_mapping(mapping), scope) if mapping is not None else None
    except (MappingError, LanguageError):
        return ""  # Told at the currency itself.
    return value if isinstance(value, str) else ""


def _sum(value: Any, unit: str, currency: str) -> str:
    if unit == "major":
        minor = money.to_minor(value, currency)
        return f"{money.format_money(minor, currency, 'code')}, {minor} in minor units"
    return money.format_money(value, currency, "code")
