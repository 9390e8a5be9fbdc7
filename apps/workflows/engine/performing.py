"""One action step's call: made, repeated, asked about, or failed."""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn

from apps.catalog.errors import Certainty, Retryable
from apps.catalog.spec import Action
from apps.catalog.spec import Effect as EffectKind
from apps.workflows.engine import outcomes
from apps.workflows.engine.effects import (
    NOT_BEGUN,
    Answer,
    Answered,
    Ask,
    Batch,
    Call,
    Effect,
    Failed,
    Park,
    Pause,
    Prior,
    Progress,
    Reply,
    RunCode,
    StepError,
    Stop,
    Unsent,
    Wait,
)
from apps.workflows.engine.inputs import StepFailure

NEVER_CALLED = Progress(Prior.WAITING, uncertain=False)
"""The progress of a step that no turn has begun."""


@dataclass(frozen=True, slots=True)
class Performed:
    """What a call came to. `outputs` is None where only its effect is known; `error` when it failed."""

    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any] | None = None
    error: StepError | None = None
    reused: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """Whose call it is and where it goes. `ref` is the action's, `seconds` what one attempt may take."""

    path: str
    position: int
    name: str
    ref: str
    connection: str
    seconds: float


class Performer:
    """Performs one step's call. `now` goes on with the answers."""

    def __init__(
        self,
        target: Target,
        action: Action,
        *,
        key: str,
        progress: Progress,
        now: datetime,
        policy: outcomes.Policy,
    ) -> None:
        self.target = target
        self.action = action
        self.key = "" if action.effect is EffectKind.READ else key
        self.seed = key
        self.progress = progress
        self.now = now
        self.policy = policy
        self.maybe_done = progress.uncertain or progress.prior is Prior.UNCERTAIN

    def perform(self, resolve: Callable[[], Mapping[str, Any]]) -> Generator[Effect, Answer, Performed]:
        """Make the call with what `resolve` gives, unless what is known of earlier attempts forbids it.

        Ends the turn by `Wait`, `Ask` or `Park`. Raises `StepFailure` when it
        fails before the call, as `resolve` may.
        """
        yield from self._look_back()
        inputs = resolve()
        attempt = self.progress.attempts + 1
        answer = yield from ask(self._call(inputs, attempt))
        if isinstance(answer, Answered):
            self.now = answer.at
            return Performed(inputs, answer.outputs, reused=answer.reused)
        if not isinstance(answer, Failed):
            raise RuntimeError("A Call is answered by Answered or Failed.")
        self.now = answer.at
        if answer.doubtful:
            yield from stop(Ask(self.target.path, outcomes.step_error(answer.error)))
        verdict = self._decide(answer, attempt)
        if isinstance(verdict, outcomes.Fail):
            return Performed(inputs, error=verdict.error)
        yield from self._settle(verdict)
        return Performed(inputs)

    def _look_back(self) -> Generator[Effect, Answer, None]:
        """Return when the call may be made now."""
        first_sent_at = self.progress.first_sent_at
        if self.progress.prior is Prior.UNCERTAIN:
            crash = Failed(_crash(), at=self.now, first_sent_at=first_sent_at or self.now)
            verdict = self._decide(crash, max(self.progress.attempts, 1))
            # The lease that had to run out was wait enough.
            if not isinstance(verdict, outcomes.Repeat):
                yield from self._settle(verdict)
        elif first_sent_at is not None and self.progress.uncertain and self._outlived(first_sent_at):
            yield from stop(Ask(self.target.path, _key_outlived()))

    def _outlived(self, first_sent_at: datetime) -> bool:
        return outcomes.key_outlived(
            self.action.idempotency, first_sent_at=first_sent_at, now=self.now, policy=self.policy
        )

    def _decide(self, failure: Failed, attempt: int) -> outcomes.Verdict:
        return outcomes.decide(
            failure,
            kind=self.action.effect,
            idempotency=self.action.idempotency,
            attempt=attempt,
            now=self.now,
            policy=self.policy,
            seed=self.seed,
            uncertain_before=self.maybe_done,
            begun_at=self.progress.begun_at,
        )

    def _settle(self, verdict: outcomes.Verdict) -> Generator[Effect, Answer, None]:
        """End the turn or fail the step; return where the call counts as done."""
        path = self.target.path
        match verdict:
            case outcomes.Repeat(at=at, error=error):
                yield from stop(Wait(path, at, error))
            case outcomes.AskPerson(error=error):
                yield from stop(Ask(path, error))
            case outcomes.ParkRun(error=error):
                yield from stop(Park(path, self.target.connection, error))
            case outcomes.Fail(error=error):
                raise StepFailure(error)
            case outcomes.Done():
                return

    def _call(self, inputs: Mapping[str, Any], attempt: int) -> Call:
        return Call(
            path=self.target.path,
            position=self.target.position,
            name=self.target.name,
            action=self.target.ref,
            connection=self.target.connection,
            inputs=inputs,
            kind=self.action.effect,
            idempotency=self.action.idempotency,
            key=self.key,
            attempt=attempt,
            deadline=self.target.seconds,
        )


def ask(work: Call | RunCode) -> Generator[Effect, Answer, Reply]:
    """Have one piece of work done; return its answer."""
    answers = yield Batch((work,))
    if answers is None or len(answers) != 1:
        raise RuntimeError("A Batch is answered by one answer for each piece of its work.")
    reply = answers[0]
    if isinstance(reply, Unsent):
        stopped = StepError(NOT_BEGUN, "The worker stopped before this step was begun.", _GOES_ON)
        error = reply.error or stopped
        yield from stop(Wait(work.path, reply.at, error))
    return reply


_GOES_ON = "Nothing to do: the next free worker goes on with it."


def stop(effect: Stop) -> Generator[Effect, Answer, NoReturn]:
    """Yield the effect that ends a turn. Being resumed behind it is the pump's mistake."""
    yield Pause((effect,))
    raise RuntimeError("A turn ends with a Pause: close the execution and begin another turn.")


def _crash() -> Retryable:
    return Retryable(
        "The worker stopped while this call was being sent.", code="crashed", certainty=Certainty.UNCERTAIN
    )


def _key_outlived() -> StepError:
    return StepError(
        code="key_outlived",
        message="The last attempt is so old that the provider may have forgotten its idempotency key. "
        "It is not known whether the call happened.",
        remedy=outcomes.CHOICES_REMEDY,
    )
