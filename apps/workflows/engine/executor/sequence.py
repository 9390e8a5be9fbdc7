"""Sequences of steps, one behind the other, with their branches and error branches."""

from collections.abc import Callable, Generator
from dataclasses import replace

from apps.workflows.engine.effects import Answer, Effect, Progress, Record, StepError, StepOutcome
from apps.workflows.engine.executor import acting, asking, deciding, waiting
from apps.workflows.engine.executor.frames import Frame, Left, Steps
from apps.workflows.engine.executor.looping import for_each
from apps.workflows.engine.executor.records import left_by, record_of, recorded
from apps.workflows.engine.inputs import StepFailure
from apps.workflows.engine.program import (
    CompiledAction,
    CompiledAI,
    CompiledApproval,
    CompiledCode,
    CompiledDelay,
    CompiledFilter,
    CompiledForEach,
    CompiledIf,
    CompiledStep,
    CompiledStop,
    CompiledSwitch,
    CompiledTransform,
    CompiledWait,
    Sequence,
)

Recording = Generator[Effect, Answer, Record]


def run_steps(steps: Sequence, frame: Frame) -> Steps:
    """Run a sequence; return why it was left before its end, if it was."""
    for step in steps:
        left = yield from _run_step(step, frame)
        if left is not None:
            return left
    return None


def _run_step(step: CompiledStep, frame: Frame) -> Steps:
    if step.step.disabled:
        return (yield from _pass_over(step, frame))
    frame.clear_inside(step)
    left = yield from _run_kind(step, frame)
    if left is not None and left.failed and step.on_error is not None:
        return (yield from _error_branch(step, left, frame))
    return left


def _pass_over(step: CompiledStep, frame: Frame) -> Steps:
    frame.clear((step,))
    done = frame.done(step)
    if done is not None:
        frame.world.count(1)
        return left_by(recorded(step, frame, done))
    try:
        frame.world.spend()
        record = record_of(step, frame, StepOutcome.SKIPPED, note="Switched off in the workflow.")
    except StepFailure as failure:
        record = record_of(step, frame, StepOutcome.FAILED, error=failure.error)
    yield record
    return left_by(record)


def _run_kind(step: CompiledStep, frame: Frame) -> Steps:
    match step:
        case CompiledForEach():
            return (yield from for_each(step, frame, run_steps))
        case CompiledIf() | CompiledSwitch():
            return (yield from _run_branching(step, frame))
        case CompiledStop():
            return (yield from _run_stop(step, frame))
        case _:
            return (yield from _run_leaf(step, frame))


def _run_leaf(step: CompiledStep, frame: Frame) -> Steps:
    known = frame.known(step)
    done = frame.done(step)
    if done is not None:
        record = recorded(step, frame, done)
        frame.world.count(1)
    else:
        record = yield from _guarded(step, frame, lambda: _do(step, frame, known))
        yield record
    frame.keep(step, record.outputs)
    return _because(step, record)


def _guarded(step: CompiledStep, frame: Frame, do: Callable[[], Recording]) -> Recording:
    """Return the record of what is done, which is a failure where it can't be done."""
    try:
        frame.world.spend()
        if step.error is not None and not isinstance(step, CompiledAction):
            raise StepFailure(step.error)
        return (yield from do())
    except StepFailure as failure:
        return record_of(step, frame, StepOutcome.FAILED, error=failure.error)


def _do(step: CompiledStep, frame: Frame, known: Progress | None) -> Recording:
    match step:
        case CompiledAction():
            return (yield from acting.act(step, frame, known))
        case CompiledCode():
            return (yield from acting.run_code(step, frame))
        case CompiledTransform():
            return asking.transform(step, frame)
        case CompiledAI():
            return (yield from asking.ask_model(step, frame, known))
        case CompiledFilter():
            return deciding.filter_of(step, frame)
        case CompiledDelay():
            return (yield from waiting.delay(step, frame, known))
        case CompiledApproval():
            return (yield from waiting.approval(step, frame, known))
        case CompiledWait():
            return (yield from waiting.wait_webhook(step, frame, known))
    raise TypeError(f"There is no way to run a step of kind “{step.step.kind}”.")


def _because(step: CompiledStep, record: Record) -> Left | None:
    """Return how the step's end leaves the sequence, with the reason where a filter's condition is none."""
    left = left_by(record)
    if left is None or record.outcome is not StepOutcome.FILTERED:
        return left
    reason: StepError | None = None
    if isinstance(step, CompiledApproval):
        reason = waiting.denied(step, record.outputs)
    elif isinstance(step, CompiledWait):
        reason = waiting.not_received(step)
    return replace(left, ended=replace(left.ended, error=reason))


def _run_branching(step: CompiledIf | CompiledSwitch, frame: Frame) -> Steps:
    """Decide, record what was decided, and run the branch that was taken."""
    done = frame.done(step)
    if done is not None and (done.outcome is StepOutcome.FAILED or step.gives[-1] in (done.outputs or {})):
        record = recorded(step, frame, done)
        frame.world.count(1)
    else:
        record = yield from _guarded(step, frame, lambda: _decide(step, frame))
        yield record
    frame.keep(step, record.outputs)
    left = left_by(record)
    return left if left is not None else (yield from run_steps(_taken(step, record), frame))


def _decide(step: CompiledIf | CompiledSwitch, frame: Frame) -> Recording:
    yield from ()
    return deciding.if_of(step, frame) if isinstance(step, CompiledIf) else deciding.switch_of(step, frame)


def _taken(step: CompiledIf | CompiledSwitch, record: Record) -> Sequence:
    outputs = record.outputs or {}
    if isinstance(step, CompiledIf):
        return step.then if outputs.get("result") is True else step.otherwise
    ids = [case.id for case in step.step.cases]
    case_id = outputs.get("case_id")
    return step.cases[ids.index(case_id)] if case_id in ids else step.default


def _run_stop(step: CompiledStop, frame: Frame) -> Steps:
    try:
        frame.world.spend()
        if step.error is not None:
            raise StepFailure(step.error)
        record, ended = deciding.stop_of(step, frame)
        left: Left | None = ended
    except StepFailure as failure:
        record = record_of(step, frame, StepOutcome.FAILED, error=failure.error)
        left = left_by(record)
    if frame.done(step) is None:
        yield record
    return left


def _error_branch(step: CompiledStep, left: Left, frame: Frame) -> Steps:
    """Run the error branch of a step that failed, or inside which something did."""
    branch = step.step.on_error
    error = left.ended.error or StepError(code="failed", message=f"Step “{left.name}” failed.")
    ended = yield from run_steps(step.on_error or (), frame.of_error(error, left.name))
    if ended is not None and (ended.final or ended.failed):
        return ended
    if branch is None or branch.then == "fail":
        # A filter in the branch must not make of the failure an end that looks intended.
        return left
    return ended
