"""Steps that decide where the run goes: filter, if, switch and stop."""

from collections.abc import Mapping
from typing import Any

from apps.language import conditions
from apps.language.errors import LanguageError
from apps.workflows.engine.effects import Ended, Record, RunOutcome, StepError, StepOutcome
from apps.workflows.engine.executor.frames import Frame, Left
from apps.workflows.engine.executor.records import record_of
from apps.workflows.engine.filling import fill
from apps.workflows.engine.inputs import StepFailure
from apps.workflows.engine.messages import step_name
from apps.workflows.engine.program import (
    CompiledFilter,
    CompiledIf,
    CompiledStep,
    CompiledStop,
    CompiledSwitch,
)

DEFAULT = "default"
"""The case of a switch that is taken when no other holds."""

Leaves = tuple[Mapping[str, Any], ...]

_NOUNS = {"condition": "its condition", "run_if": "the condition for running it"}
_STOPPED = {
    "succeeded": (StepOutcome.SUCCEEDED, RunOutcome.SUCCEEDED),
    "filtered": (StepOutcome.FILTERED, RunOutcome.FILTERED),
    "failed": (StepOutcome.FAILED, RunOutcome.FAILED),
}


def evaluate(step: CompiledStep, field: str, tree: Mapping[str, Any], frame: Frame) -> tuple[bool, Leaves]:
    """Return whether a condition holds and its comparisons; raises `StepFailure`."""
    try:
        verdict = conditions.evaluate(tree, frame.scope)
    except LanguageError as error:
        raise StepFailure(_undecided(step, field, error)) from None
    return verdict.result, tuple(_told(leaf) for leaf in verdict.leaves)


def filter_of(step: CompiledFilter, frame: Frame) -> Record:
    """Return the record of a filter."""
    holds, leaves = evaluate(step, "condition", step.step.condition, frame)
    return record_of(step, frame, StepOutcome.SUCCEEDED if holds else StepOutcome.FILTERED, conditions=leaves)


def if_of(step: CompiledIf, frame: Frame) -> Record:
    """Return the record of an if that has decided."""
    holds, leaves = evaluate(step, "condition", step.step.condition, frame)
    return record_of(
        step,
        frame,
        StepOutcome.SUCCEEDED,
        outputs={"result": holds},
        conditions=leaves,
        branch="Yes" if holds else "No",
    )


def switch_of(step: CompiledSwitch, frame: Frame) -> Record:
    """Return the record of a switch that has decided: for the first case whose condition holds."""
    compared: list[Mapping[str, Any]] = []
    name, case_id = DEFAULT, DEFAULT
    for case in step.step.cases:
        holds, leaves = evaluate(step, f"cases.{case.id}", case.condition, frame)
        compared += [{**leaf, "case": case.id} for leaf in leaves]
        if holds:
            name, case_id = case.name, case.id
            break
    return record_of(
        step,
        frame,
        StepOutcome.SUCCEEDED,
        outputs={"case": name, "case_id": case_id},
        conditions=tuple(compared),
        branch="Otherwise" if case_id == DEFAULT else name,
    )


def stop_of(step: CompiledStop, frame: Frame) -> tuple[Record, Left]:
    """Return the record of a stop, and the end that it is."""
    message = "" if step.message is None else str(fill(step, "message", step.message, frame.scope) or "")
    outcome, ended = _STOPPED[step.step.outcome]
    reason: StepError | None = None
    if outcome is not StepOutcome.SUCCEEDED:
        told = message or f"{step_name(step.step)} ended the run."
        reason = StepError(code="stopped", message=told, remedy="Nothing to do: the workflow is made so.")
    record = record_of(
        step, frame, outcome, note=message, error=reason if ended is RunOutcome.FAILED else None
    )
    return record, Left(Ended(ended, error=reason, step=record.path), name=step.step.name, final=True)


def _told(leaf: conditions.LeafResult) -> Mapping[str, Any]:
    return {
        "path": ".".join(map(str, leaf.path)),
        "op": leaf.op,
        "left": leaf.left,
        "right": leaf.right,
        "result": leaf.result,
        "note": leaf.note,
    }


def _undecided(step: CompiledStep, field: str, error: LanguageError) -> StepError:
    case = field.removeprefix("cases.")
    name = next((each.name for each in getattr(step.step, "cases", ()) if each.id == case), case)
    where = _NOUNS.get(field, f"the condition of case “{name}”")
    return StepError(
        code=error.code,
        message=f"{step_name(step.step)}: {where} can't be decided. {error.message}",
        remedy="Change the condition, then publish the workflow again.",
        field=field,
    )
