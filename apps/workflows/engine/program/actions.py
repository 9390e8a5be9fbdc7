"""How an action step is compiled: its action settled, its mappings parsed, its units filled."""

from collections.abc import Iterator

from apps.catalog.registry import UnknownKeyError
from apps.catalog.spec import Action
from apps.language.paths import did_you_mean
from apps.workflows.engine.catalog import Catalog
from apps.workflows.engine.definition import ActionStep, Definition
from apps.workflows.engine.effects import StepError
from apps.workflows.engine.enriching import look_ups_of
from apps.workflows.engine.mapped import Mapped, MappingError, compile_mapping
from apps.workflows.engine.messages import field_name, shown, step_name
from apps.workflows.engine.program.compiled import CompiledAction, Sequence
from apps.workflows.engine.settling import settle_action, settle_units
from apps.workflows.engine.validation.paths import Declared


def compile_look_ups(definition: Definition, catalog: Catalog) -> Iterator[CompiledAction]:
    """List the look-ups that the trigger's options switch on, ready to be made."""
    for look_up in look_ups_of(definition.trigger, catalog):
        step = look_up.step(definition.trigger.connection)
        inputs = {key: compile_mapping(mapping) for key, mapping in step.inputs.items()}
        yield CompiledAction(step, 0, look_up.action, inputs, look_up=look_up)


def compile_action(
    step: ActionStep, position: int, *, catalog: Catalog, declared: Declared, on_error: Sequence | None
) -> CompiledAction:
    """Return the compiled step; with an error where it can't be performed."""
    try:
        _, found = catalog.get_action(step.action)
    except UnknownKeyError as error:
        return CompiledAction(step, position, error=_unknown_action(step, error), on_error=on_error)
    action = settle_action(found, step.inputs)
    inputs: dict[str, Mapped] = {}
    for key, mapping in step.inputs.items():
        if action.input(key) is None:
            wrong = _unknown_input(step, action, key)
            return CompiledAction(step, position, action, error=wrong, on_error=on_error)
        try:
            inputs[key] = compile_mapping(mapping)
        except MappingError as error:
            wrong = _bad_template(step, key, error)
            return CompiledAction(step, position, action, error=wrong, on_error=on_error)
    inputs.update(settle_units(action, inputs, declared.field))
    return CompiledAction(step, position, action, inputs, on_error=on_error)


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
