"""The value of a setting of a logic step, from the mapping that fills it."""

from collections.abc import Mapping
from typing import Any

from apps.workflows.engine.effects import StepError
from apps.workflows.engine.inputs import StepFailure
from apps.workflows.engine.mapped import Filled, Mapped, MappingError, resolve
from apps.workflows.engine.messages import field_name, shown, step_name
from apps.workflows.engine.program import CompiledStep


def fill(step: CompiledStep, key: str, mapped: Mapped, scope: Mapping[str, Any]) -> Any:
    """Return the value of a mapping. Raises `StepFailure` naming the setting and what filled it."""
    try:
        return resolve(mapped, scope)
    except MappingError as error:
        where = field_name(key, error.keys)
        raise StepFailure(
            StepError(
                code=error.cause.code,
                message=f"{step_name(step.step)}: {where} can't be filled by {shown(error.source)}. "
                f"{error.cause.message}",
                remedy="Mend the template, then publish the workflow again.",
                field=key,
            )
        ) from None


def unfit(
    step: CompiledStep, key: str, what: str, mapped: Mapped | None, *, code: str, remedy: str = ""
) -> StepFailure:
    """Return the failure of a setting whose value is not what it must be."""
    source = f" It is filled by {shown(mapped.source)}." if isinstance(mapped, Filled) else ""
    return StepFailure(
        StepError(
            code=code,
            message=f"{step_name(step.step)}: {field_name(key)} {what}{source}",
            remedy=remedy or "Change what fills the field, or filter such events out.",
            field=key,
        )
    )
