"""A definition made ready to run: specs looked up, templates parsed.

A program is immutable and serves any number of runs at once, so callers keep
one per version.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from apps.catalog.registry import UnknownKeyError
from apps.catalog.spec import Action
from apps.language.paths import did_you_mean
from apps.workflows.engine.catalog import BUILT_IN, Catalog
from apps.workflows.engine.definition import ActionStep, Definition, FilterStep
from apps.workflows.engine.effects import StepError
from apps.workflows.engine.enriching import LookUpCall, fields_of, look_ups_of
from apps.workflows.engine.mapped import Mapped, MappingError, compile_mapping
from apps.workflows.engine.messages import field_name, shown, step_name
from apps.workflows.engine.options import Gate, gate_of
from apps.workflows.engine.settling import settle_action, settle_units
from apps.workflows.engine.validation.paths import Declared, by_key


@dataclass(frozen=True, slots=True)
class CompiledAction:
    """An action step. With an `error` the step can't be performed; it says why.

    One with a `look_up` stands before the definition's steps, at position 0,
    and its outputs join the trigger's fields.
    """

    step: ActionStep
    position: int
    action: Action | None = None
    inputs: Mapping[str, Mapped] = field(default_factory=dict)
    error: StepError | None = None
    look_up: LookUpCall | None = None

    @property
    def path(self) -> str:
        """Return what names the step in records, keys and progress."""
        return self.look_up.path if self.look_up else self.step.id


@dataclass(frozen=True, slots=True)
class CompiledFilter:
    """A filter step."""

    step: FilterStep
    position: int

    @property
    def path(self) -> str:
        """Return what names the step in records and progress."""
        return self.step.id


CompiledStep = CompiledAction | CompiledFilter


@dataclass(frozen=True, slots=True)
class Program:
    """A definition ready to run."""

    definition: Definition
    steps: tuple[CompiledStep, ...]
    gate: Gate = field(default_factory=Gate)


def compile_program(definition: Definition, *, catalog: Catalog = BUILT_IN) -> Program:
    """Return the program of a definition.

    Never raises for what a definition says: a step that can't be performed
    carries the error with which it will fail. Positions count from 1.
    """
    steps: list[CompiledStep] = list(_look_ups(definition, catalog))
    declared = _declared(definition, catalog)
    for position, step in enumerate(definition.steps, start=1):
        if isinstance(step, FilterStep):
            steps.append(CompiledFilter(step, position))
        elif isinstance(step, ActionStep):
            compiled = _compile_action(step, position, catalog, declared)
            declared = declared.behind(
                step.id, None if compiled.action is None else by_key(compiled.action.outputs)
            )
            steps.append(compiled)
    return Program(definition, tuple(steps), _gate(definition, catalog))


def _look_ups(definition: Definition, catalog: Catalog) -> Iterator[CompiledAction]:
    for look_up in look_ups_of(definition.trigger, catalog):
        step = look_up.step(definition.trigger.connection)
        inputs = {key: compile_mapping(mapping) for key, mapping in step.inputs.items()}
        yield CompiledAction(step, 0, look_up.action, inputs, look_up=look_up)


def _gate(definition: Definition, catalog: Catalog) -> Gate:
    try:
        _, trigger = catalog.get_trigger(definition.trigger.trigger)
    except UnknownKeyError:
        return Gate()
    return gate_of(trigger, definition.trigger.options)


def _declared(definition: Definition, catalog: Catalog) -> Declared:
    try:
        _, trigger = catalog.get_trigger(definition.trigger.trigger)
    except UnknownKeyError:
        return Declared(trigger=None, pending={}, steps={})
    offered = fields_of(definition.trigger, trigger, catalog)
    return Declared(trigger=by_key(offered), pending={}, steps={})


def _compile_action(step: ActionStep, position: int, catalog: Catalog, declared: Declared) -> CompiledAction:
    try:
        _, found = catalog.get_action(step.action)
    except UnknownKeyError as error:
        return CompiledAction(step, position, error=_unknown_action(step, error))
    action = settle_action(found, step.inputs)
    inputs: dict[str, Mapped] = {}
    for key, mapping in step.inputs.items():
        if action.input(key) is None:
            return CompiledAction(step, position, action, error=_unknown_input(step, action, key))
        try:
            inputs[key] = compile_mapping(mapping)
        except MappingError as error:
            return CompiledAction(step, position, action, error=_bad_template(step, key, error))
    inputs.update(settle_units(action, inputs, declared.field))
    return CompiledAction(step, position, action, inputs)


def _unknown_action(step: ActionStep, error: UnknownKeyError) -> StepError:
    near = did_you_mean(step.action, error.candidates)
    return StepError(
        code="unknown_action",
        message=f"{step_name(step)}: there is no action “{step.action}”.{near}",
        remedy="Choose another action for the step, then publish the workflow again.",
    )


def _unknown_input(step: ActionStep, action: Action, key: str) -> StepError:
    near = did_you_mean(key, [known.key for known in action.inputs])
    return StepError(
        code="unknown_input",
        message=f"{step_name(step)}: {action.name} has no field “{key}”.{near}",
        remedy="Remove the field from the step, then publish the workflow again.",
        field=key,
    )


def _bad_template(step: ActionStep, key: str, error: MappingError) -> StepError:
    where = field_name(key, error.keys)
    return StepError(
        code=error.cause.code,
        message=f"{step_name(step)}: {where} has a template that can't be read, {shown(error.source)}. "
        f"{error.cause.message}",
        remedy="Mend the template, then publish the workflow again.",
        field=key,
    )
