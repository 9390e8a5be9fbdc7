"""The records of steps, made and read back."""

from typing import Any

from apps.workflows.engine.effects import Ended, Progress, Record, StepError, StepOutcome
from apps.workflows.engine.executor.frames import RUN_OUTCOMES, UNCAUGHT, Frame, Left
from apps.workflows.engine.messages import step_name
from apps.workflows.engine.program import CompiledAction, CompiledAI, CompiledStep


def record_of(step: CompiledStep, frame: Frame, outcome: StepOutcome, **facts: Any) -> Record:
    """Return the record of a step that has ended here."""
    action = step.step.action if isinstance(step, CompiledAction) else ""
    return Record(
        path=frame.path(step),
        position=step.position,
        kind=step.step.kind,
        name=step.step.name,
        outcome=outcome,
        action=step.ref if isinstance(step, CompiledAI) else action,
        index=frame.index,
        **facts,
    )


def recorded(step: CompiledStep, frame: Frame, known: Progress) -> Record:
    """Return the record of a step that an earlier turn finished."""
    outcome = known.outcome or StepOutcome.SUCCEEDED
    error = known.error
    if outcome is StepOutcome.FAILED and error is None:
        message = f"{step_name(step.step)} failed in an earlier attempt of this run."
        error = StepError(code="failed_before", message=message, remedy="Its record tells why.")
    return record_of(step, frame, outcome, outputs=known.outputs, error=error)


def left_by(record: Record) -> Left | None:
    """Return how a step's end leaves its sequence; None where the next one follows."""
    outcome = RUN_OUTCOMES.get(record.outcome)
    if outcome is None:
        return None
    final = record.error is not None and record.error.code in UNCAUGHT
    return Left(Ended(outcome, error=record.error, step=record.path), name=record.name, final=final)
