"""A step's inputs: its mappings rendered, coerced to the action's fields, and checked."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from apps.catalog.errors import CallError, Permanent
from apps.catalog.spec import Action, Field, FieldType
from apps.language.paths import Path
from apps.workflows.engine.coercion import KEYS_FIXED, NOT_FIXED, UnfitError, coerce, is_empty
from apps.workflows.engine.definition import ActionStep
from apps.workflows.engine.effects import StepError
from apps.workflows.engine.mapped import Filled, Fixed, Items, Mapped, MappingError, Rows, resolve
from apps.workflows.engine.messages import field_name, shown, step_name
from apps.workflows.engine.program import CompiledAction

_DEFAULT_REMEDY = "Set a default or add a filter."


class StepFailure(Exception):  # noqa: N818 - carries the error with which a step fails; not one of ours.
    """A step that can't be performed with this event's data."""

    def __init__(self, error: StepError) -> None:
        super().__init__(error.message)
        self.error = error


def resolve_inputs(step: CompiledAction, action: Action, scope: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inputs of one call, as `CallContext` wants them.

    Null, blank text and objects without keys count as not given: the field's
    default stands in, an optional field is absent, a required one fails the
    step, and so does one that narrows a list and was to be filled from the
    event. Raises `StepFailure` naming the field and what filled it.
    """
    inputs: dict[str, Any] = {}
    for field in action.inputs:
        mapped = step.inputs.get(field.key)
        value = _value(step.step, field, mapped, scope)
        if value is not None:
            inputs[field.key] = value
    for group in (*action.any_of, *action.one_of):
        given = [key for key in group if key in inputs]
        if not given or (len(given) > 1 and group in action.one_of):
            raise StepFailure(_of_group(step.step, action, group, none=not given))
    if action.check is not None:
        try:
            action.check(inputs)
        except CallError as error:
            raise StepFailure(_refused(step.step, error)) from None
    return inputs


def _check_form(step: ActionStep, field: Field, mapped: Mapped | None) -> None:
    if field.literal and not isinstance(mapped, Fixed | None):
        raise StepFailure(_unfit(step, field, UnfitError(NOT_FIXED, code="not_fixed"), mapped))
    if field.keys_fixed and isinstance(mapped, Filled):
        raise StepFailure(_unfit(step, field, UnfitError(KEYS_FIXED, code="keys_not_fixed"), mapped))
    if isinstance(mapped, Rows) and field.type not in (FieldType.OBJECT, FieldType.ANY):
        raise StepFailure(_unfit(step, field, UnfitError("takes no rows.", code="wrong_type"), mapped))
    if isinstance(mapped, Items) and field.type not in (FieldType.LIST, FieldType.ANY):
        raise StepFailure(_unfit(step, field, UnfitError("takes no list.", code="wrong_type"), mapped))


def _value(step: ActionStep, field: Field, mapped: Mapped | None, scope: Mapping[str, Any]) -> Any:
    _check_form(step, field, mapped)
    try:
        value = None if mapped is None else resolve(mapped, scope, escape=field.escape)
    except MappingError as error:
        raise StepFailure(_unfilled(step, field, error)) from None
    if field.narrows and _came_to_nothing(mapped, value):
        raise StepFailure(_unnarrowed(step, field, mapped))
    if is_empty(value):
        value = field.default
    if is_empty(value):
        if field.required:
            raise StepFailure(_empty(step, field, mapped))
        return None
    try:
        return coerce(field, value)
    except UnfitError as error:
        raise StepFailure(_unfit(step, field, error, mapped)) from None


def _came_to_nothing(mapped: Mapped | None, value: Any) -> bool:
    """Tell whether templates left out what they were to fill; of a list, also one row."""
    if isinstance(mapped, Items):
        return len(value or ()) < len(mapped.rows)
    if isinstance(mapped, Filled) and not mapped.source.strip():
        return False
    return not isinstance(mapped, Fixed | None) and (is_empty(value) or value == [])


def _unnarrowed(step: ActionStep, field: Field, mapped: Mapped | None) -> StepError:
    """Return the error for what would be of everybody or of all; a default does not say what was meant."""
    error = _empty(step, field, mapped)
    return replace(
        error,
        message=f"{error.message} Without it more would be taken in than was asked for.",
        remedy="Add a filter before this step, or take the field out where all is meant.",
    )


def _empty(step: ActionStep, field: Field, mapped: Mapped | None) -> StepError:
    where = f"{step_name(step)}: {field_name(field.key)} is empty"
    if isinstance(mapped, Filled) and mapped.template.paths:
        scope = "event" if all(_of_trigger(path) for path in mapped.template.paths) else "run"
        message = f"{where} because {shown(mapped.source)} has no value in this {scope}."
        return StepError(code="empty_input", message=message, remedy=_DEFAULT_REMEDY, field=field.key)
    remedy = "Fill the field, then publish the workflow again."
    return StepError(code="empty_input", message=f"{where}.", remedy=remedy, field=field.key)


def _of_group(step: ActionStep, action: Action, group: tuple[str, ...], *, none: bool) -> StepError:
    labels = " or ".join(f"“{field.label}”" for field in action.inputs if field.key in group)
    wrong = "is needed, but none has a value" if none else "is taken, but more than one has a value"
    return StepError(
        code="empty_input" if none else "too_many",
        message=f"{step_name(step)}: {labels} {wrong}.",
        remedy=_DEFAULT_REMEDY if none else "Leave the others empty.",
        field=group[0],
    )


def _of_trigger(path: Path) -> bool:
    return path[:1] == ("trigger",)


def _unfilled(step: ActionStep, field: Field, error: MappingError) -> StepError:
    where = field_name(field.key, error.keys)
    message = f"{step_name(step)}: {where} can't be filled by {shown(error.source)}. {error.cause.message}"
    return StepError(
        code=error.cause.code,
        message=message,
        remedy="Mend the template, then publish the workflow again.",
        field=field.key,
    )


def _unfit(step: ActionStep, field: Field, error: UnfitError, mapped: Mapped | None) -> StepError:
    source = f" It is filled by {shown(mapped.source)}." if isinstance(mapped, Filled) else ""
    message = f"{step_name(step)}: {field_name(field.key)} {error.message}{source}"
    return StepError(
        code=error.code,
        message=message,
        remedy=error.remedy or "Change what fills the field, or filter such events out.",
        field=field.key,
    )


def _refused(step: ActionStep, error: CallError) -> StepError:
    field = (error.field or "") if isinstance(error, Permanent) else ""
    return StepError(
        code=error.code, message=f"{step_name(step)}: {error.message}", remedy=error.remedy, field=field
    )
