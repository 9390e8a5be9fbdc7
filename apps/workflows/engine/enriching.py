"""Look-ups that a trigger's options switch on: what they add to the trigger's fields, and how they are made.

Each is an ordinary read before the first step, recorded under a path that no
step can have. So it is made once for a run, and waits, parks and fails like
any other call.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from apps.catalog import registry
from apps.catalog.spec import Action, App, Enrichment, Field, FieldType, Trigger
from apps.workflows.engine.catalog import Catalog
from apps.workflows.engine.definition import ActionStep, TemplateMapping, TriggerPart
from apps.workflows.engine.options import settled_options


@dataclass(frozen=True, slots=True)
class LookUpCall:
    """A look-up that is switched on, with the action that makes it."""

    spec: Enrichment
    ref: str
    action: Action

    @property
    def path(self) -> str:
        """Return what names it in records; the dot keeps it apart from every step's id."""
        return f"trigger.{self.spec.key}"

    @property
    def field(self) -> Field:
        """Return the field of the trigger that holds what was found."""
        return Field(
            key=self.spec.key,
            label=self.spec.label,
            type=FieldType.OBJECT,
            help_text=f"What {self.action.name} found; all empty where there was nothing to look up.",
            example=registry.sample_outputs(self.action),
            fields=self.action.outputs,
        )

    def step(self, connection: str) -> ActionStep:
        """Return the step that makes it over this connection; skipped without a value to look up by."""
        sources = " | default: ".join(f"trigger.{source}" for source in self.spec.sources)
        wanted = f"{{{{ {sources} }}}}"
        return ActionStep(
            id="look_up",
            name=f"{self.action.name} for the trigger",
            action=self.ref,
            connection=connection,
            inputs={self.spec.input: TemplateMapping(template=wanted)},
            run_if={"all": [{"left": {"template": wanted}, "op": "is_not_empty"}]},
        )

    def sample(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the look-up could find for an event: the action's examples, or nulls."""
        found = any(_has(data, source) for source in self.spec.sources)
        sample = registry.sample_outputs(self.action)
        return sample if found else dict.fromkeys(sample)


def _has(data: Mapping[str, Any], source: str) -> bool:
    value: Any = data
    for part in source.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value not in (None, "")


def look_ups(app: App, trigger: Trigger, given: Mapping[str, Any], catalog: Catalog) -> Iterator[LookUpCall]:
    """List the look-ups that these options of the trigger switch on, in the order they are made."""
    options = settled_options(trigger, given)
    for spec in trigger.enrich:
        if options.get(spec.option) is True:
            ref = f"{app.key}.{spec.action}"
            yield LookUpCall(spec, ref, catalog.get_action(ref)[1])


def look_ups_of(part: TriggerPart, catalog: Catalog) -> tuple[LookUpCall, ...]:
    """Return the look-ups of a definition's trigger; none where the catalog does not know the trigger."""
    try:
        app, trigger = catalog.get_trigger(part.trigger)
    except registry.UnknownKeyError:
        return ()
    return tuple(look_ups(app, trigger, part.options, catalog))


def fields_of(part: TriggerPart, trigger: Trigger, catalog: Catalog) -> tuple[Field, ...]:
    """Return everything that `{{ trigger.… }}` offers with these options."""
    return (*registry.trigger_fields(trigger), *(each.field for each in look_ups_of(part, catalog)))


def with_samples(part: TriggerPart, data: Mapping[str, Any], catalog: Catalog) -> dict[str, Any]:
    """Return an event's data with what the look-ups could find for it; nothing is called."""
    scope = dict(data)
    for each in look_ups_of(part, catalog):
        scope[each.spec.key] = each.sample(scope)
    return scope
