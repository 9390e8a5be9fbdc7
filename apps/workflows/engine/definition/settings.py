"""Every condition and mapping of a step, by the name of the setting that it is."""

from collections.abc import Iterator
from typing import Any

from apps.workflows.engine.definition.mappings import Mapping
from apps.workflows.engine.definition.operations import FilterItems, MapItems, SetField
from apps.workflows.engine.definition.steps import (
    ActionStep,
    AIStep,
    ApprovalStep,
    CodeStep,
    DelayStep,
    FilterStep,
    ForEachStep,
    IfStep,
    Step,
    StopStep,
    SwitchStep,
    TransformStep,
)


def conditions_of(step: Step) -> Iterator[tuple[str, dict[str, Any]]]:
    """List a step's own conditions; those of the steps inside it are theirs."""
    if isinstance(step, FilterStep | IfStep):
        yield "condition", step.condition
    elif isinstance(step, ActionStep) and step.run_if is not None:
        yield "run_if", step.run_if
    elif isinstance(step, SwitchStep):
        yield from ((f"cases.{case.id}", case.condition) for case in step.cases)
    elif isinstance(step, TransformStep):
        for index, operation in enumerate(step.operations):
            if isinstance(operation, FilterItems):
                yield f"operations.{index}", operation.condition


def mappings_of(step: Step) -> Iterator[tuple[str, Mapping]]:
    """List a step's own mappings; an input is named by its key."""
    if isinstance(step, ActionStep | CodeStep):
        yield from step.inputs.items()
        return
    for key, mapping in _named(step):
        if mapping is not None:
            yield key, mapping
    if isinstance(step, TransformStep):
        for index, operation in enumerate(step.operations):
            if isinstance(operation, SetField | MapItems):
                yield f"operations.{index}", operation.value


def _named(step: Step) -> tuple[tuple[str, Mapping | None], ...]:
    match step:
        case AIStep():
            return (("system", step.system), ("prompt", step.prompt))
        case TransformStep():
            return (("source", step.source),)
        case DelayStep():
            return (("amount", step.amount), ("until", step.until))
        case ForEachStep():
            return (("items", step.items),)
        case ApprovalStep() | StopStep():
            return (("message", step.message),)
        case _:
            return ()
