"""A dry test: the draft runs in this process, and nothing that changes anything is sent.

It is a pump of the engine like the worker's, with other answers: a read goes
out, a change is only built and answered by its example, a delay is passed over,
and approvals and webhooks are answered as the request assumed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from apps.catalog import registry
from apps.console.editor.scope import WAIT_ADDRESS
from apps.console.editor.testing.alone import Cut, Done, alone, given_error, kept, limited, whole
from apps.console.editor.testing.answering import Answering
from apps.console.editor.testing.asked import Asked, envelope_of
from apps.console.editor.testing.results import MAX_ITEMS, Results
from apps.console.editor.testing.sending import OutOfTimeError, now, time_left
from apps.language.times import LAST_SECOND
from apps.runs.calling import open_contacts
from apps.runs.leases import steady
from apps.workflows.engine.effects import (
    Approve,
    Ask,
    Batch,
    Ended,
    Listen,
    Park,
    Pause,
    Prior,
    Progress,
    Record,
    Sleep,
    StepError,
    StepOutcome,
    Wait,
)
from apps.workflows.engine.executor import RunScope, execute
from apps.workflows.engine.program import compile_program
from apps.workflows.engine.samples import sample_outputs
from apps.workflows.services import problems_of
from apps.workspaces.access import Actor, may
from apps.workspaces.roles import Permission

SECONDS = 20.0
"""How long a whole dry test may take."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a dry test ended, and each step's result in the order in which they ended."""

    results: Results
    outcome: str
    message: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return it as the editor's API answers it."""
        return {
            "steps": self.results.as_json(),
            "ended": {"outcome": self.outcome, "message": self.message},
        }


def run_dry(asked: Asked, *, actor: Actor, seconds: float = SECONDS, at: datetime | None = None) -> Outcome:
    """Test the draft, or one step of it, without changing anything anywhere.

    `at` is the moment that it is tested for. Raises `ValidationFailed` for an
    event that can't be read; whatever happens behind that is in the results.
    """
    return _Dry(asked, actor=actor, seconds=seconds, at=at or now()).run()


@dataclass(slots=True)
class _Past:
    """What the next turn is told of the steps that have ended or stopped."""

    progress: dict[str, Progress] = field(default_factory=dict)

    def ended(self, record: Record) -> None:
        self.progress[record.path] = Progress(
            Prior.DONE, outcome=record.outcome, outputs=record.outputs, error=record.error
        )


class _Dry:
    def __init__(self, asked: Asked, *, actor: Actor, seconds: float, at: datetime) -> None:
        self.asked = asked
        self.now = at
        self.ends_at = steady() + seconds
        self.catalog = registry.within(asked.workflow.workspace_id)
        self.cut = self._cut()
        self.program = compile_program(self.cut.definition, catalog=self.catalog)
        data, event = envelope_of(asked.definition, asked.event.shown, self.catalog)
        known = 0 < event.occurred_at <= LAST_SECOND
        self.scope = RunScope(
            trigger=data,
            code="test",
            event_id=event.id,
            workflow_code=str(asked.workflow.code),
            trigger_connection=asked.definition.trigger.connection,
            wait_urls=_addresses(asked),
            watch=partial(time_left, self.ends_at),
        )
        wanted = {(asked.workflow.workspace_id, code) for code in asked.definition.connections()}
        contacts = open_contacts(wanted)
        self.results = Results(
            self.cut.definition,
            self.catalog,
            tuple(secret for contact in contacts.values() for secret in contact.secrets),
        )
        self.answering = Answering(
            asked=asked,
            contacts={code: contact for (_, code), contact in contacts.items()},
            catalog=self.catalog,
            results=self.results,
            event_time=event.occurred_at if known else int(at.timestamp()),
            ends_at=self.ends_at,
            unfit=_unfit(asked),
            privileged=may(actor, asked.workflow.workspace, Permission.PUBLISH_PRIVILEGED),
        )
        self.past = _Past()

    def run(self) -> Outcome:
        self._take_as_done()
        try:
            while True:
                ended = self._turn()
                if ended is not None:
                    return self._outcome(ended)
        except OutOfTimeError:
            return Outcome(
                self.results,
                "failed",
                "The test was ended: it took longer than its time limit. What ended before is shown.",
            )

    def _turn(self) -> Ended | StepError | None:
        """Run to the end, or to a stop that is passed over (None) or can't be (its error)."""
        execution = execute(self.program, self.scope, self.past.progress, now=self.now)
        answer: Any = None
        while True:
            time_left(self.ends_at)
            try:
                effect = execution.send(answer)
            except StopIteration as end:
                ended: Ended = end.value
                return ended
            answer = None
            if isinstance(effect, Batch):
                answer = tuple(self.answering.answer(each) for each in effect.work)
            elif isinstance(effect, Record):
                self._record(effect)
            else:
                execution.close()
                return self._pass(effect)

    def _record(self, record: Record) -> None:
        self.past.ended(record)
        self.results.ended(record, self.answering.tried.get(record.path))

    def _pass(self, pause: Pause) -> StepError | None:
        for stop in pause.stops:
            if isinstance(stop, Wait | Ask | Park):
                self.results.stopped(stop.path, stop.error, self.answering.tried.get(stop.path))
                return stop.error
            self._pass_over(stop)
        return None

    def _pass_over(self, stop: Sleep | Approve | Listen) -> None:
        assumed = self.asked.assumed
        answer: Mapping[str, Any] | None = None
        until = stop.until
        when = f"{until:%Y-%m-%d %H:%M:%S} UTC"
        if isinstance(stop, Sleep):
            self.now = max(self.now, until)
            note = f"Not waited for: a real run goes on at {when}."
        elif isinstance(stop, Approve):
            answer = _decided(approved=assumed.approved, at=self.now)
            word = "approved" if assumed.approved else "denied"
            note = f"Nobody was asked: taken as {word}. A real run waits until {when} at most."
        else:
            received = assumed.received
            if received:
                answer = {"received": True, "body": assumed.body, "received_at": _seconds(self.now)}
                note = "Nothing was received: a request is taken as come."
            else:
                self.now = max(self.now, until)
                note = "Taken as not come in time."
            note = f"{note} A real run waits until {when} at most."
        self.results.note(stop.path, note)
        self.past.progress[stop.path] = Progress(Prior.WAITING, until=until, answer=answer, uncertain=False)

    def _outcome(self, ended: Ended | StepError) -> Outcome:
        if isinstance(ended, StepError):
            return Outcome(self.results, "failed", ended.message)
        message = ended.error.message if ended.error else ""
        return Outcome(self.results, ended.outcome.value, message)

    def _cut(self) -> Cut:
        if not self.asked.step:
            return whole(limited(self.asked.definition, MAX_ITEMS))
        return alone(limited(self.asked.definition, MAX_ITEMS), self.asked.step)

    def _take_as_done(self) -> None:
        for done in self.cut.done:
            self.past.progress[done.path] = self._progress(done)

    def _progress(self, done: Done) -> Progress:
        if done.failed:
            return Progress(Prior.DONE, outcome=StepOutcome.FAILED, error=given_error(done))
        outputs = kept(self.asked.outputs, done)
        if outputs is None:
            outputs = sample_outputs(done.step, self.catalog)
        return Progress(Prior.DONE, outcome=StepOutcome.SUCCEEDED, outputs=outputs)


def _unfit(asked: Asked) -> frozenset[str]:
    """Return the ids of the steps that have problems: their reads don't go out."""
    problems = problems_of(asked.workflow, asked.definition)
    return frozenset(problem.step_id for problem in problems)


def _addresses(asked: Asked) -> dict[str, str]:
    waiting = (step.id for step in asked.definition.walk() if step.kind == "wait_webhook")
    return dict.fromkeys(waiting, WAIT_ADDRESS)


def _decided(*, approved: bool, at: datetime) -> dict[str, Any]:
    return {
        "approved": approved,
        "decision": "approved" if approved else "denied",
        "decided_by": "a test",
        "decided_at": _seconds(at),
        "comment": "",
        "by_deadline": False,
    }


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
