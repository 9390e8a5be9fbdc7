"""What a step's mappings settle about its action: its effect, and the units of its amounts."""

from collections.abc import Callable, Iterator, Mapping

from apps.catalog.spec import Action, Field
from apps.language.paths import Path
from apps.language.templates import Template
from apps.workflows.engine import definition
from apps.workflows.engine.mapped import Filled, Fixed, Mapped

Find = Callable[[Path], Field | None]
"""Returns the declared field that a path names exactly."""

UNITS: Mapping[str, str] = {"minor units": "minor", "major units": "major"}
"""The units of fields, as inputs named by `Field.unit_from` say them."""


def settle_action(action: Action, inputs: Mapping[str, definition.Mapping]) -> Action:
    """Return the action with the effect and danger that its deciding input gives it here."""
    if action.decided_by is None:
        return action
    mapping = inputs.get(action.decided_by)
    if isinstance(mapping, definition.ValueMapping):
        return action.settled(mapping.value)
    field = action.input(action.decided_by)
    return action.settled(field.default) if mapping is None and field is not None else action


def settle_units(action: Action, inputs: Mapping[str, Mapped], find: Find) -> Iterator[tuple[str, Mapped]]:
    """List the unit inputs that were left open, filled with the unit of the field that is passed on."""
    for field in action.inputs:
        mapped = inputs.get(field.key)
        if field.unit_from is None or field.unit_from in inputs or not isinstance(mapped, Filled):
            continue
        source = passed_on(mapped.template, find)
        unit = None if source is None else UNITS.get(source.unit or "")
        if unit is not None:
            yield field.unit_from, Fixed(unit)


def passed_on(template: Template, find: Find) -> Field | None:
    """Return the field that a template passes on unchanged, or None where it does anything else."""
    if not template.is_single or "|" in template.source or len(template.paths) != 1:
        return None
    return find(template.paths[0])
