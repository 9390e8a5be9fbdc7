"""Runs a program as a generator without I/O: yields effects, is sent their answers.

What the world knows of an earlier turn is handed in as `Progress`, so a turn
may end at any yield, by a crash too, and the next one goes on: what is
recorded is not done again, what may have happened is treated by the outcome
table, and every call carries the same derived key as before.
"""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apps.catalog.spec import Action
from apps.language import conditions
from apps.language.errors import LanguageError
from apps.workflows.engine.effects import (
    Answer,
    Answered,
    Ask,
    Batch,
    Call,
    CodeFailed,
    Effect,
    Ended,
    Failed,
    Prior,
    Progress,
    Ran,
    Record,
    Reply,
    RunCode,
    RunOutcome,
    StepError,
    StepOutcome,
    Stop,
)
from apps.workflows.engine.inputs import StepFailure
from apps.workflows.engine.keys import derive_key
from apps.workflows.engine.messages import step_name
from apps.workflows.engine.outcomes import DEFAULT_POLICY, Policy
from apps.workflows.engine.performing import NEVER_CALLED, Performer, stop
from apps.workflows.engine.program import CompiledAction, CompiledFilter, CompiledStep, Program


@dataclass(frozen=True, slots=True)
class RunScope:
    """The facts of one run. `trigger` is what `{{ trigger.… }}` sees; codes are texts."""

    trigger: Mapping[str, Any]
    code: str
    event_id: str
    workflow_code: str
    trigger_connection: str
    replay: int = 0


_NOTHING_TO_LOOK_UP = "The event names none, so the fields of this look-up are empty."

Execution = Generator[Effect, Answer, Ended]


def execute(
    program: Program,
    scope: RunScope,
    progress: Mapping[str, Progress],
    *,
    now: datetime,
    policy: Policy = DEFAULT_POLICY,
) -> Execution:
    """Run the steps that `progress` (by step path) does not know as done.

    `now` is when this turn begins; later times come with the answers. Nothing
    that an event or a definition says makes it raise: such a step fails with a
    reason. Resuming it behind `Wait`, `Ask` or `Park` is a mistake of the pump
    and raises `RuntimeError`. An event that the trigger's options leave out ends
    it as filtered, before the first step.
    """
    refusal = program.gate.refusal(scope.trigger)
    if refusal is not None:
        return Ended(RunOutcome.FILTERED, error=refusal)
    turn = _Turn(scope, now, policy)
    for step in program.steps:
        known = progress.get(step.path)
        if known is not None and known.prior is Prior.DONE:
            record = _recorded(step, known)
        else:
            record = yield from _run(step, turn, known)
            yield record
        ended = _end(record)
        if ended is not None:
            return ended
        turn.keep(step, record)
    return Ended(RunOutcome.SUCCEEDED)


@dataclass(frozen=True, slots=True)
class Turn:
    """How a driven turn went: what it recorded, and its end or what it waits for."""

    records: tuple[Record, ...]
    ended: Ended | None = None
    stops: tuple[Stop, ...] = ()

    @property
    def stopped(self) -> Stop | None:
        """Return the first of what it waits for."""
        return self.stops[0] if self.stops else None


def drive(
    execution: Execution,
    perform: Callable[[Call], Answered | Failed],
    run_code: Callable[[RunCode], Ran | CodeFailed] | None = None,
) -> Turn:
    """Pump an execution to the end of its turn, doing each piece of work at once."""

    def work(piece: Call | RunCode) -> Reply:
        if isinstance(piece, Call):
            return perform(piece)
        if run_code is None:
            raise RuntimeError("This execution runs code, and nothing was given that could.")
        return run_code(piece)

    records: list[Record] = []
    answer: Answer = None
    while True:
        try:
            effect = execution.send(answer)
        except StopIteration as end:
            return Turn(tuple(records), ended=end.value)
        answer = None
        if isinstance(effect, Batch):
            answer = tuple(work(piece) for piece in effect.work)
        elif isinstance(effect, Record):
            records.append(effect)
        else:
            execution.close()
            return Turn(tuple(records), stops=effect.stops)


class _Turn:
    """What one turn knows: the scope as it grows, the time as it goes on."""

    def __init__(self, run: RunScope, now: datetime, policy: Policy) -> None:
        self.run = run
        self.now = now
        self.policy = policy
        self.steps: dict[str, Any] = {}
        facts = {
            "code": run.code,
            "workflow": run.workflow_code,
            "event_id": run.event_id,
            "replay": run.replay,
        }
        # Templates read plain dicts only.
        self.scope: dict[str, Any] = {"trigger": dict(run.trigger), "steps": self.steps, "run": facts}

    def keep(self, step: CompiledStep, record: Record) -> None:
        """Let later steps see the outputs; each is null where there is none."""
        if isinstance(step, CompiledAction) and step.action is not None:
            declared = dict.fromkeys(field.key for field in step.action.outputs)
            found = {**declared, **(record.outputs or {})}
            if step.look_up is not None:
                self.scope["trigger"][step.look_up.spec.key] = found
            else:
                self.steps[step.path] = found

    def performer(self, step: CompiledAction, action: Action, progress: Progress) -> Performer:
        run = self.run
        key = derive_key(
            connection=run.trigger_connection,
            event_id=run.event_id,
            workflow=run.workflow_code,
            path=step.path,
            replay=run.replay,
            generation=progress.generation,
        )
        return Performer(step, action, key=key, seed=key, progress=progress, now=self.now, policy=self.policy)


def _run(step: CompiledStep, turn: _Turn, known: Progress | None) -> Generator[Effect, Answer, Record]:
    try:
        if isinstance(step, CompiledFilter):
            return _filter(step, turn)
        return (yield from _act(step, turn, known))
    except StepFailure as failure:
        return _record(step, StepOutcome.FAILED, error=failure.error)


def _filter(step: CompiledFilter, turn: _Turn) -> Record:
    holds, leaves = _evaluate(step, "condition", step.step.condition, turn)
    return _record(step, StepOutcome.SUCCEEDED if holds else StepOutcome.FILTERED, conditions=leaves)


def _act(step: CompiledAction, turn: _Turn, known: Progress | None) -> Generator[Effect, Answer, Record]:
    action, error = step.action, step.error
    if action is None or error is not None:
        error = error or StepError(code="unknown_action", message=f"{step_name(step.step)} has no action.")
        # Failing it would hide a call that may have happened.
        if known is not None and known.prior is Prior.UNCERTAIN:
            yield from stop(Ask(step.path, error))
        raise StepFailure(error)
    leaves: tuple[Mapping[str, Any], ...] = ()
    if step.step.run_if is not None:
        holds, leaves = _evaluate(step, "run_if", step.step.run_if, turn)
        if step.look_up is not None and not holds:
            leaves = tuple({**leaf, "note": _NOTHING_TO_LOOK_UP} for leaf in leaves)
        if not holds and known is None:
            return _record(step, StepOutcome.SKIPPED, conditions=leaves)
    performer = turn.performer(step, action, known or NEVER_CALLED)
    performed = yield from performer.perform(turn.scope)
    turn.now = performer.now
    return _record(
        step,
        StepOutcome.FAILED if performed.error else StepOutcome.SUCCEEDED,
        inputs=performed.inputs,
        outputs=performed.outputs,
        conditions=leaves,
        error=performed.error,
        reused=performed.reused,
    )


def _evaluate(
    step: CompiledStep, field: str, tree: Mapping[str, Any], turn: _Turn
) -> tuple[bool, tuple[Mapping[str, Any], ...]]:
    """Return whether the condition holds and its comparisons; raises `StepFailure`."""
    try:
        verdict = conditions.evaluate(tree, turn.scope)
    except LanguageError as error:
        raise StepFailure(_undecided(step, field, error)) from None
    return verdict.result, tuple(_told(leaf) for leaf in verdict.leaves)


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
    where = "its condition" if field == "condition" else "the condition for running it"
    return StepError(
        code=error.code,
        message=f"{step_name(step.step)}: {where} can't be decided. {error.message}",
        remedy="Change the condition, then publish the workflow again.",
        field=field,
    )


def _record(step: CompiledStep, outcome: StepOutcome, **facts: Any) -> Record:
    return Record(
        path=step.path,
        position=step.position,
        kind=step.step.kind,
        name=step.step.name,
        outcome=outcome,
        action=step.step.action if isinstance(step, CompiledAction) else "",
        **facts,
    )


def _recorded(step: CompiledStep, known: Progress) -> Record:
    """Return the record of a step that an earlier turn finished."""
    outcome = known.outcome or StepOutcome.SUCCEEDED
    error = None
    if outcome is StepOutcome.FAILED:
        message = f"{step_name(step.step)} failed in an earlier attempt of this run."
        error = StepError(code="failed_before", message=message, remedy="Its record tells why.")
    return _record(step, outcome, outputs=known.outputs, error=error)


def _end(record: Record) -> Ended | None:
    if record.outcome is StepOutcome.FILTERED:
        return Ended(RunOutcome.FILTERED, step=record.path)
    if record.outcome is StepOutcome.FAILED:
        return Ended(RunOutcome.FAILED, error=record.error, step=record.path)
    return None
