"""Steps that do something: an action's call, code, a transformation, a question to a model."""

from collections.abc import Generator
from dataclasses import replace
from datetime import timedelta

from apps.workflows.engine.definition import Retry
from apps.workflows.engine.effects import (
    CALL_SECONDS,
    Answer,
    Ask,
    CodeFailed,
    Effect,
    Prior,
    Progress,
    Ran,
    Record,
    RunCode,
    StepError,
    StepOutcome,
)
from apps.workflows.engine.executor.deciding import Leaves, evaluate
from apps.workflows.engine.executor.frames import Frame
from apps.workflows.engine.executor.records import record_of
from apps.workflows.engine.filling import fill
from apps.workflows.engine.inputs import StepFailure, resolve_inputs
from apps.workflows.engine.messages import step_name
from apps.workflows.engine.outcomes import Policy
from apps.workflows.engine.performing import NEVER_CALLED, Performer, Target, ask, stop
from apps.workflows.engine.program import CompiledAction, CompiledAI, CompiledCode

_NOTHING_TO_LOOK_UP = "The event names none, so the fields of this look-up are empty."

Recording = Generator[Effect, Answer, Record]


def act(step: CompiledAction, frame: Frame, known: Progress | None) -> Recording:
    """Make an action's call, or skip it; return the record."""
    path, action, error = frame.path(step), step.action, step.error
    if action is None or error is not None:
        error = error or StepError(code="unknown_action", message=f"{step_name(step.step)} has no action.")
        # Failing it would hide a call that may have happened.
        if known is not None and known.prior is Prior.UNCERTAIN:
            yield from stop(Ask(path, error))
        raise StepFailure(error)
    leaves: Leaves = ()
    if step.step.run_if is not None:
        holds, leaves = evaluate(step, "run_if", step.step.run_if, frame)
        if step.look_up is not None and not holds:
            leaves = tuple({**leaf, "note": _NOTHING_TO_LOOK_UP} for leaf in leaves)
        if not holds and known is None:
            return record_of(step, frame, StepOutcome.SKIPPED, conditions=leaves)
    performer = performer_of(step, frame, known)
    performed = yield from performer.perform(lambda: resolve_inputs(step, action, frame.scope))
    frame.world.reach(performer.now)
    return record_of(
        step,
        frame,
        StepOutcome.FAILED if performed.error else StepOutcome.SUCCEEDED,
        inputs=performed.inputs,
        outputs=performed.outputs,
        conditions=leaves,
        error=performed.error,
        reused=performed.reused,
    )


def performer_of(step: CompiledAction | CompiledAI, frame: Frame, known: Progress | None) -> Performer:
    """Return what performs the step's call here, in the step's own time and as often as it says."""
    action = step.action
    if action is None:
        raise StepFailure(StepError(code="unknown_action", message=f"{step_name(step.step)} has no action."))
    progress, world = known or NEVER_CALLED, frame.world
    path = frame.path(step)
    key = world.key(path, progress)
    target = Target(
        path=path,
        position=step.position,
        name=step.step.name,
        ref=step.ref if isinstance(step, CompiledAI) else step.step.action,
        connection=step.step.connection,
        seconds=step.step.timeout or CALL_SECONDS,
    )
    policy = _policy(step.step.retry, world.policy)
    return Performer(target, action, key=key, progress=progress, now=world.now, policy=policy)


def _policy(retry: Retry | None, policy: Policy) -> Policy:
    if retry is None:
        return policy
    return replace(
        policy,
        max_attempts=retry.attempts,
        first_delay=retry.first_delay,
        factor=retry.factor,
        # A rule of former versions names no longest pause below its first.
        max_delay=max(retry.first_delay, retry.max_delay),
        horizon=None if retry.horizon is None else timedelta(seconds=retry.horizon),
    )


def run_code(step: CompiledCode, frame: Frame) -> Recording:
    """Have a code step's code run; return the record."""
    inputs = {key: fill(step, key, mapped, frame.scope) for key, mapped in step.inputs.items()}
    work = RunCode(
        path=frame.path(step),
        position=step.position,
        name=step.step.name,
        code=step.step.code,
        inputs=inputs,
        seconds=step.step.timeout,
    )
    answer = yield from ask(work)
    if isinstance(answer, CodeFailed):
        return record_of(step, frame, StepOutcome.FAILED, inputs=inputs, error=answer.error)
    if not isinstance(answer, Ran):
        raise RuntimeError("RunCode is answered by Ran or CodeFailed.")
    outputs = {"output": answer.output, "printed": answer.printed}
    return record_of(step, frame, StepOutcome.SUCCEEDED, inputs=inputs, outputs=outputs)
