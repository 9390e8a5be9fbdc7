"""What the executor yields and what it is sent: its whole contact with the world.

    executor = execute(program, scope, progress, now=...)
    effect = next(executor)
    while True: effect = executor.send(answer)     # ends by StopIteration(value=Ended)

`Call` is answered by `Answered` or `Failed`. `Record` is answered by None and
must be stored. Every other effect ends this turn: the pump stores it and closes
the generator; a later turn starts anew with what was recorded as `Progress`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from apps.catalog.errors import CallError
from apps.catalog.spec import Effect as EffectKind
from apps.catalog.spec import Idempotency


class StepOutcome(StrEnum):
    """How a step ended."""

    SUCCEEDED = "succeeded"
    FILTERED = "filtered"
    SKIPPED = "skipped"
    FAILED = "failed"


class RunOutcome(StrEnum):
    """How a run ended."""

    SUCCEEDED = "succeeded"
    FILTERED = "filtered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class StepError:
    """Why a step failed, for people and programs; never a secret."""

    code: str
    message: str
    remedy: str = ""
    field: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """Perform `action` with these resolved and validated inputs over `connection` (a code).

    `key` is the derived idempotency key ("" for reads). `attempt` counts from 1.
    """

    path: str
    position: int
    name: str
    action: str
    connection: str
    inputs: Mapping[str, Any]
    kind: EffectKind
    idempotency: Idempotency
    key: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Answered:
    """A call's outputs. `at` is when they were there; `reused` marks an earlier run's recorded result."""

    outputs: Mapping[str, Any]
    at: datetime
    reused: bool = False


@dataclass(frozen=True, slots=True)
class Failed:
    """A call's error. `first_sent_at` is when the first attempt with this key was sent."""

    error: CallError
    at: datetime
    first_sent_at: datetime


@dataclass(frozen=True, slots=True)
class Record:
    """A step has ended. `conditions` are the leaves' results of a filter or `run_if`."""

    path: str
    position: int
    kind: str
    name: str
    outcome: StepOutcome
    action: str = ""
    inputs: Mapping[str, Any] = field(default_factory=dict)
    outputs: Mapping[str, Any] | None = None
    conditions: tuple[Mapping[str, Any], ...] = ()
    error: StepError | None = None
    reused: bool = False


@dataclass(frozen=True, slots=True)
class Wait:
    """Repeat the step's call at `until`."""

    path: str
    until: datetime
    error: StepError


@dataclass(frozen=True, slots=True)
class Ask:
    """A person must decide about the step's call, which may have happened."""

    path: str
    error: StepError


@dataclass(frozen=True, slots=True)
class Park:
    """The connection's credentials were refused: confirm by its test call, then park the run."""

    path: str
    connection: str
    error: StepError


@dataclass(frozen=True, slots=True)
class Ended:
    """The generator's return value: how the run ended."""

    outcome: RunOutcome
    error: StepError | None = None
    step: str = ""


class Prior(StrEnum):
    """What is known of a step that an earlier turn began."""

    DONE = "done"  # Recorded: `outputs` are used, nothing is called.
    WAITING = "waiting"  # It failed before and is due again.
    UNCERTAIN = "uncertain"  # The ledger says "being sent" and no answer was recorded (crash).


@dataclass(frozen=True, slots=True)
class Progress:
    """One step's record from earlier turns of the same run.

    `uncertain` tells whether an attempt with this key may have happened; where
    that is not kept, True is the safe answer. A person's retry or "Do it now"
    starts a new count: `attempts` 0 and no `first_sent_at`.
    """

    prior: Prior
    attempts: int = 0
    outcome: StepOutcome | None = None
    outputs: Mapping[str, Any] | None = None
    first_sent_at: datetime | None = None
    generation: int = 0
    uncertain: bool = True


Effect = Call | Record | Wait | Ask | Park
Answer = Answered | Failed | None
