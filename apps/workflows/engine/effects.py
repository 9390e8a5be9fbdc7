"""What the executor yields and what it is sent: its whole contact with the world.

    executor = execute(program, scope, progress, now=...)
    effect = next(executor)
    while True: effect = executor.send(answer)     # ends by StopIteration(value=Ended)

A `Batch` is answered by a tuple with one answer for each piece of its work, in
the same order. A `Record` is answered by None and must be stored. A `Pause`
ends this turn: the pump stores its stops and closes the generator; a later
turn starts anew with what was recorded as `Progress`.

Paths name a step in records, keys and progress: outside loops its id, in the
body of a for each `<path of the for each>[<index>].<id>`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from apps.catalog.errors import CallError
from apps.catalog.spec import Effect as EffectKind
from apps.catalog.spec import Idempotency

CALL_SECONDS = 8.0
"""How long a call may take where its step does not say."""


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
    `deadline` is the seconds that the call may take in all.
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
    deadline: float = CALL_SECONDS


@dataclass(frozen=True, slots=True)
class RunCode:
    """Run `code` in the sandbox on `inputs`, for at most `seconds`."""

    path: str
    position: int
    name: str
    code: str
    inputs: Mapping[str, Any]
    seconds: float


@dataclass(frozen=True, slots=True)
class Answered:
    """A call's outputs. `at` is when they were there; `reused` marks an earlier run's recorded result."""

    outputs: Mapping[str, Any]
    at: datetime
    reused: bool = False


@dataclass(frozen=True, slots=True)
class Failed:
    """A call's error. `first_sent_at` is when the first attempt with this key was sent.

    A `doubtful` one was not sent: nobody can say whether an earlier run made the
    same call. A person is asked, whatever would guard a repetition.
    """

    error: CallError
    at: datetime
    first_sent_at: datetime
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Ran:
    """What code came to: its output, the text that it printed, and the milliseconds that it took."""

    output: Any
    printed: str = ""
    ms: int = 0


@dataclass(frozen=True, slots=True)
class CodeFailed:
    """Why code failed."""

    error: StepError


@dataclass(frozen=True, slots=True)
class Unsent:
    """A piece of work was not begun: its worker ends. The step waits as if it had not been reached.

    With an `error` the worker goes on, and had no room for it: the step waits until `at`.
    """

    at: datetime
    error: StepError | None = None


NOT_BEGUN = "not_begun"
"""The code of the error with which such a step waits."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Work to be done at once: one piece outside for each, there one for each item under way."""

    work: tuple[Call | RunCode, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """A step has ended.

    An if and a switch are recorded when they have decided, before the steps of
    `branch` (its name, for people); a for each when its last item has ended.
    `conditions` are the leaves' results, a switch's with the `case` (its id) each
    belongs to. `note` says what else people should know, `index` counts the items
    of the innermost for each around the step from 0.
    """

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
    branch: str = ""
    note: str = ""
    index: int | None = None


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
class Sleep:
    """Go on with the step at `until`; the next turn is handed it as `Progress.until`."""

    path: str
    until: datetime
    position: int = 0
    name: str = ""


@dataclass(frozen=True, slots=True)
class Approve:
    """People must say whether the run may go on.

    `shown` lists what comes next, one `{"step", "action", "connection", "inputs"}`
    for each action behind it in its sequence or in a branch there, which `branch`
    then names; `inputs` is None where they can't be known yet, else they are what
    will be sent. `on_deadline` is "deny" or
    "approve". The next turn is handed `Progress.until`, and as `Progress.answer`
    the step's outputs once somebody has decided.
    """

    path: str
    position: int
    name: str
    message: str
    shown: tuple[Mapping[str, Any], ...]
    approvers: tuple[str, ...]
    connection: str
    until: datetime
    on_deadline: str


@dataclass(frozen=True, slots=True)
class Listen:
    """Wait for a request to the step's address until `until`; `Progress.answer` is as for `Approve`."""

    path: str
    position: int
    name: str
    until: datetime


Stop = Wait | Sleep | Ask | Park | Approve | Listen


@dataclass(frozen=True, slots=True)
class Pause:
    """The turn ends; each stop names what the run waits for. Only in a for each is there more than one."""

    stops: tuple[Stop, ...]


@dataclass(frozen=True, slots=True)
class Ended:
    """The generator's return value: how the run ended.

    `step` is the path of the step that decided it. A filtered end may have an
    `error` too: it says why, where that is not a filter's condition.
    """

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
    starts a new count: `attempts` 0 and no `first_sent_at`. A step that failed is
    DONE like any other as long as its failure stands, with the `error` of its
    record, which its error branch reads; a retry by a person hands it in as
    WAITING again. `begun_at` is when the first attempt of this count was made, where
    no ledger row tells (`first_sent_at`). `until` is what `Sleep`, `Approve` or `Listen` said, `answer` the
    outputs that came for an approval or a webhook.
    """

    prior: Prior
    attempts: int = 0
    outcome: StepOutcome | None = None
    outputs: Mapping[str, Any] | None = None
    first_sent_at: datetime | None = None
    generation: int = 0
    uncertain: bool = True
    error: StepError | None = None
    begun_at: datetime | None = None
    until: datetime | None = None
    answer: Mapping[str, Any] | None = None


Effect = Batch | Record | Pause
Reply = Answered | Failed | Ran | CodeFailed | Unsent
Answer = tuple[Reply, ...] | None
