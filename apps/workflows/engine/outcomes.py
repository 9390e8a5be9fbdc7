"""What happens after a call that failed: the outcome table, as one pure function.

| outcome             | natural, event id | key                             | none   |
|---------------------|-------------------|---------------------------------|--------|
| surely not done     | repeat            | repeat, same key                | repeat |
| uncertain           | repeat            | repeat until 23 h old, then ask | ask    |
| refused             | fail              | fail; ask if uncertain before   | fail   |
| credentials refused | park              | park                            | park   |

However few attempts a step is given, one that may have happened is repeated `sure_attempts` times
where that is safe; given up then, it ends the run (`GAVE_UP_UNCERTAIN`): no error branch may do
instead what has happened perhaps.

A delete that finds nothing after an uncertain one has succeeded. A refusal with
a key says nothing about an uncertain attempt before it: the provider may refuse
the key itself (https://docs.stripe.com/api/idempotent_requests). Reads repeat
whatever makes them idempotent. A call that may have happened and has nothing
or a key to guard it is never failed silently: a person is asked.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from apps.catalog.errors import CallError, Certainty, NeedsHuman, Permanent, Retryable
from apps.catalog.spec import Effect, Idempotency
from apps.workflows.engine.effects import Failed, StepError

CHOICES_REMEDY = (
    "Look at the provider whether it happened, then choose: It happened, Do it now, Skip or Cancel."
)


GAVE_UP_UNCERTAIN = "gave_up_uncertain"
"""The code of a call that may have happened. Nothing catches it; a person's retry repeats the same call."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How long and how often calls are repeated, and how long a run may get; delays in seconds.

    Delays grow by `factor` from `first_delay` to `max_delay`: doubling, 20 attempts span 8
    hours and notice the end of an outage within an hour. `horizon` is how long after the first
    attempt the last may be made, where a step says so. `key_life` stays an hour
    below the 24 hours for which Stripe keeps a key
    (https://docs.stripe.com/api/idempotent_requests). `uncertain_horizon` is how long a call
    that may have happened is repeated without a key, `sure_attempts` how often it is at the least.
    `max_steps` is how many steps one run may execute, every item of every for each counted.
    """

    max_attempts: int = 20
    sure_attempts: int = 5
    first_delay: float = 1.0
    factor: float = 2.0
    max_delay: float = 3600.0
    horizon: timedelta | None = None
    longest_wish: float = 6 * 3600.0
    key_life: timedelta = timedelta(hours=23)
    uncertain_horizon: timedelta = timedelta(hours=24)
    max_steps: int = 20_000


DEFAULT_POLICY = Policy()


@dataclass(frozen=True, slots=True)
class Repeat:
    """Make the call again at `at`, with the same key."""

    at: datetime
    error: StepError


@dataclass(frozen=True, slots=True)
class Fail:
    """The step has failed."""

    error: StepError


@dataclass(frozen=True, slots=True)
class AskPerson:
    """The call may have happened and can't be repeated safely."""

    error: StepError


@dataclass(frozen=True, slots=True)
class ParkRun:
    """The credentials were refused."""

    error: StepError


@dataclass(frozen=True, slots=True)
class Done:
    """What the call was to bring about is so."""


Verdict = Repeat | Fail | AskPerson | ParkRun | Done


def decide(
    failure: Failed,
    *,
    kind: Effect,
    idempotency: Idempotency,
    attempt: int,
    now: datetime,
    uncertain_before: bool,
    policy: Policy = DEFAULT_POLICY,
    seed: str = "",
    begun_at: datetime | None = None,
) -> Verdict:
    """Return what follows from a failed call.

    `attempt` counts from 1. `begun_at` is when the first attempt was made where no ledger row tells.
    `uncertain_before` tells whether an earlier attempt with this key may have happened. `seed`
    spreads repetitions of different calls and is the same for every attempt of one.
    """
    error = failure.error
    guard = Idempotency.NATURAL if kind is Effect.READ else idempotency
    # Without any guard an uncertain call is never repeated, so a repeated one was surely not done.
    before = uncertain_before and guard is not Idempotency.NONE
    if isinstance(error, NeedsHuman):
        return ParkRun(step_error(error))
    if not isinstance(error, Retryable) or error.certainty is Certainty.REFUSED:
        return _refused(error, kind=kind, guard=guard, before=before)
    maybe_done = before or error.certainty is Certainty.UNCERTAIN
    if guard is Idempotency.NONE and error.certainty is Certainty.UNCERTAIN:
        return AskPerson(_unknown(error))
    at = now + _delay(error, attempt=attempt, policy=policy, seed=seed)
    age = at - failure.first_sent_at
    if guard is Idempotency.KEY and maybe_done and age >= policy.key_life:
        return AskPerson(_unknown(error))
    unsure = maybe_done and kind is not Effect.READ
    too_late = unsure and age > policy.uncertain_horizon
    most = max(policy.max_attempts, policy.sure_attempts) if unsure else policy.max_attempts
    if policy.horizon is not None and at - (begun_at or failure.first_sent_at) > policy.horizon:
        most = policy.sure_attempts if unsure else 0
    if attempt < most and not too_late:
        return Repeat(at, step_error(error))
    return _given_up(error, kind=kind, guard=guard, attempt=attempt, maybe_done=maybe_done)


def key_outlived(idempotency: Idempotency, *, first_sent_at: datetime, now: datetime, policy: Policy) -> bool:
    """Tell whether the provider may have forgotten the key of a call first sent then."""
    return idempotency is Idempotency.KEY and now - first_sent_at >= policy.key_life


def step_error(error: CallError) -> StepError:
    """Return a call's error as a step's."""
    field = error.field if isinstance(error, Permanent) else None
    return StepError(code=error.code, message=error.message, remedy=error.remedy, field=field or "")


def _refused(error: CallError, *, kind: Effect, guard: Idempotency, before: bool) -> Verdict:
    gone = isinstance(error, Permanent) and error.gone
    if gone and kind is Effect.DELETE and before:
        return Done()
    if guard is Idempotency.KEY and before:
        return AskPerson(_unknown(error))
    return Fail(step_error(error))


def _given_up(
    error: CallError, *, kind: Effect, guard: Idempotency, attempt: int, maybe_done: bool
) -> Verdict:
    attempts = f"Gave up after {attempt} attempt{'' if attempt == 1 else 's'}"
    if not maybe_done or kind is Effect.READ:
        remedy = error.remedy or "Resume the run when the provider answers again."
        return Fail(StepError(code="gave_up", message=f"{error.message} {attempts}.", remedy=remedy))
    if guard is Idempotency.KEY:
        return AskPerson(_unknown(error))
    return Fail(
        StepError(
            code=GAVE_UP_UNCERTAIN,
            message=f"{error.message} {attempts}; the call may have happened.",
            remedy="Look at the provider whether it happened. Retrying the run repeats the same call.",
        )
    )


def _unknown(error: CallError) -> StepError:
    message = f"{error.message} It is not known whether the call happened."
    return StepError(code=error.code, message=message, remedy=CHOICES_REMEDY)


def _delay(error: Retryable, *, attempt: int, policy: Policy, seed: str) -> timedelta:
    """Return the wait: growing, spread by up to a quarter, at least what the provider wished."""
    grown = policy.first_delay * policy.factor ** min(attempt - 1, 62)
    spread = 1 + _fraction(f"{seed}:{attempt}") / 4
    own = min(grown, policy.max_delay) * spread
    wished = min(error.after or 0.0, policy.longest_wish)
    return timedelta(seconds=max(own, wished))


def _fraction(text: str) -> float:
    """Return a number from 0 to 1 that is always the same for the same text."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") / 2**64
