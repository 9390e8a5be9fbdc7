"""What a replay that begins behind the first step takes over from the run that it repeats."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from apps.common.crypto import SealError
from apps.common.errors import Conflict
from apps.common.masking import mask_json
from apps.runs.journal import clean
from apps.runs.models import Run, StepRun
from apps.runs.progress import outputs_of, seal_outputs
from apps.runs.reusing import in_loop
from apps.workflows.engine.program import CompiledStep, Program

ENDED = (
    StepRun.Status.SUCCEEDED,
    StepRun.Status.SKIPPED,
    StepRun.Status.FILTERED,
    StepRun.Status.FAILED,
)


def steps_to_begin_with(run: Run) -> list[StepRun]:
    """Return the steps that a replay may begin with: those that the run reached, in their order.

    Not those in a loop: the whole loop is gone through, and what its items did is reused.
    """
    rows = run.steps.defer("working").order_by("position", "pk")
    return [row for row in rows if not in_loop(row.path) and row.position > 0]


def rows_before(run: Run, from_step: str) -> list[StepRun]:
    """Return the finished steps of a run that stand before one of them, and its trigger's look-ups."""
    rows = [row for row in run.steps.order_by("position", "pk") if not in_loop(row.path)]
    first = next((row for row in rows if row.path == from_step), None)
    if first is None:
        raise Conflict(
            "The run has not reached the step that the replay is to begin with.",
            code="not_reached",
            remedy="Choose a step that it has reached, or begin with the first one.",
        )
    return [row for row in rows if row.position < first.position and row.status in ENDED]


def taken_over(rows: Sequence[StepRun], run: Run, *, at: datetime) -> list[StepRun]:
    """Return copies of these rows for a new run, sealed for it. Raises `Conflict` where one doesn't open."""
    return [_copy(row, run, at=at) for row in rows]


def _copy(row: StepRun, run: Run, *, at: datetime) -> StepRun:
    try:
        outputs: Mapping[str, Any] = outputs_of(row)
    except SealError as error:
        raise Conflict(
            f"What step “{row.name}” gave can't be opened: {error.message}",
            code=error.code,
            remedy="Put the former key back at the end of FIELD_KEYS, or begin with the first step.",
        ) from None
    return StepRun(
        run=run,
        path=row.path,
        position=row.position,
        kind=row.kind,
        name=row.name,
        action=row.action,
        status=row.status,
        started_at=at,
        finished_at=at,
        # What was exchanged stays with the run that did it.
        log={key: value for key, value in row.log.items() if key not in ("exchanges", "planned")},
        working=seal_outputs(run.pk, row.path, outputs),
        error_code=row.error_code,
        error=row.error,
        remedy=row.remedy,
        error_field=row.error_field,
        reused=True,
    )


def skipped(
    step: CompiledStep, path: str, run: Run, outputs: Mapping[str, Any], *, by: str, at: datetime
) -> StepRun:
    """Return the row of a step that is not run, with the outputs that a person gave for it."""
    return StepRun(
        run=run,
        path=path,
        position=step.position,
        kind=step.step.kind,
        name=clean(step.step.name),
        action=str(getattr(step.step, "action", ""))[:100],
        status=StepRun.Status.SKIPPED,
        started_at=at,
        finished_at=at,
        log={
            "output": clean(mask_json(dict(outputs))),
            "note": f"Not run: {by} gave its results.",
            "given": True,
        },
        working=seal_outputs(run.pk, path, outputs),
    )


SKIPPABLE = ("action", "ai", "code", "transform", "delay", "wait_webhook")
"""Kinds of steps whose results a person may give; an approval is decided where it is asked."""


def may_be_skipped(program: Program, path: str) -> bool:
    """Tell whether a person may give the results of the step at this path."""
    found = program.find(path)
    return found is not None and found.step.kind in SKIPPABLE
