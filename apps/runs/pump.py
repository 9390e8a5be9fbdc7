"""Drives one run's executor for a worker and collects what must be written.

No I/O here: calls are prepared and handed out, rows are changed in memory, and
`apps.runs.record` writes them under the lease.
"""

from collections.abc import Generator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog

from apps.catalog.errors import CallError
from apps.catalog.spec import Effect as EffectKind
from apps.catalog.spec import Idempotency
from apps.common.crypto import SealError
from apps.runs import journal, ledger, outcome
from apps.runs.calling import Contact, Incoming, Outgoing, missing_connection
from apps.runs.leases import DatabaseClock, Lease
from apps.runs.models import Effect, Run, SearchKey, StepRun
from apps.runs.outcome import Verdict
from apps.runs.progress import Past
from apps.runs.steps import StepRows
from apps.workflows.engine.effects import (
    Answer,
    Answered,
    Ask,
    Batch,
    Call,
    Ended,
    Failed,
    Park,
    Record,
    StepOutcome,
    Wait,
)
from apps.workflows.engine.executor import RunScope, execute
from apps.workflows.engine.program import Program

log = structlog.get_logger(__name__)

_ASKED_ABOUT = (Idempotency.KEY, Idempotency.NONE)
"""Calls about which a person may have to decide, and who then must see what was sent."""


class Execution:
    """One claimed run while a worker holds it.

    `outgoing` is the call to be sent next, if any; `verdict` tells how the run
    is left once this turn is over.
    """

    def __init__(
        self,
        run: Run,
        *,
        lease: Lease,
        program: Program,
        scope: RunScope,
        past: Past,
        contacts: Mapping[tuple[int, str], Contact],
        clock: DatabaseClock,
    ) -> None:
        self.run = run
        self.lease = lease
        self.outgoing: Outgoing | None = None
        self.verdict: Verdict | None = None
        self.changed_effects: dict[str, Effect] = {}
        self.steps = StepRows(run, program, past.steps)
        self._entries = {path: ledger.open_entry(row) for path, row in past.effects.items()}
        self._errors: dict[str, CallError] = {}
        self._past = past
        self._contacts = contacts
        self._clock = clock
        self._found: set[tuple[str, str]] = set()
        self._program = program
        self._looked_up: set[str] = set()
        self._scope = scope
        self._executor: Generator[Any, Answer, Ended] | None = None

    def begin(self, found: set[tuple[str, str]]) -> None:
        """Drive it to its first call or its end. By the `found` values the run can be searched."""
        self._found |= found
        self._drive(None)

    def hold(self, found: set[tuple[str, str]], code: str, reason: str, remedy: str) -> None:
        """Leave it to a person before it begins. By the `found` values the run can be searched."""
        self._found |= found
        self._leave(outcome.held(code, reason, remedy, at=self._clock.now()))

    def resume(self, incoming: Incoming) -> None:
        """Go on with what the call came to."""
        if incoming.answer is None:
            self.give_back()
            return
        self.outgoing = None
        self.steps.answered(incoming)
        if isinstance(incoming.answer, Failed):
            self._errors[incoming.outgoing.call.path] = incoming.answer.error
        # What is due next is compared with the database's time, not with this host's.
        self._drive((replace(incoming.answer, at=self._clock.now()),))

    def give_back(self) -> None:
        """Leave the run to the next worker; the call that was prepared has not been sent."""
        if self.verdict is not None:
            return
        if self.outgoing is not None:
            path = self.outgoing.call.path
            self.steps.not_sent(path)
            if path in self._entries:
                ledger.withdraw(self._entries[path])
                self.changed_effects[path] = self._entries[path].row
        self._leave(outcome.given_back(at=self._clock.now()))

    def cancel(self) -> None:
        """End the run because a person asked for it, unless it has ended; a prepared call is not sent."""
        self.give_back()
        if self.verdict is None or self.verdict.status not in Run.FINISHED:
            self._leave(outcome.cancelled(at=self._clock.now()))

    def fail(self, code: str, reason: str, remedy: str) -> None:
        """End the run because it can't be executed or recorded."""
        self._leave(outcome.broken(code, reason, remedy, at=self._clock.now()))

    @property
    def dirty(self) -> bool:
        """Tell whether something must be written before this run goes on."""
        if self.verdict is not None:
            return True
        # What was looked up for the trigger is written before the next call, so that a crash keeps it.
        looked_up = self._looked_up.intersection(self.steps.changed)
        return self.outgoing is not None and bool(self.changed_effects or looked_up)

    def new_keys(self) -> list[SearchKey]:
        """Return the rows by which the run can be searched, as far as they are not written."""
        return journal.search_keys(self.run, self._found) if self._found else []

    def saved(self) -> None:
        """Forget what has been written."""
        self.steps.changed.clear()
        self.changed_effects.clear()
        self._found.clear()

    def _drive(self, answer: Answer) -> None:
        with structlog.contextvars.bound_contextvars(run=str(self.run.code)):
            try:
                self._pump(answer)
            except SealError as error:
                self.fail(
                    error.code, f"What the run has stored can't be opened: {error.message}", _KEYS_REMEDY
                )
            except Exception:
                log.exception("run.executor_failed")
                self.fail(
                    "internal_error", "Tandem could not execute this run: it met a mistake of its own.", _BUG
                )

    def _pump(self, answer: Answer) -> None:
        if self._executor is None:
            progress = self._past.progress()
            self._executor = execute(self._program, self._scope, progress, now=self._clock.now())
        while True:
            try:
                effect = self._executor.send(answer)
            except StopIteration as stop:
                self._end(stop.value)
                return
            answer = None
            if isinstance(effect, Record):
                self._record(effect)
            elif isinstance(effect, Batch):
                (call,) = effect.work
                reply = self._prepare(call) if isinstance(call, Call) else None
                if reply is None:
                    return
                answer = (reply,)
            else:
                self._executor.close()
                (stopped,) = effect.stops
                if isinstance(stopped, Wait | Ask | Park):
                    self._stop(stopped)
                return

    def _prepare(self, call: Call) -> Answered | Failed | None:
        """Answer a call from what is known, or make it the next one to be sent (None)."""
        now = self._clock.now()
        outputs = self._past.outputs_to_reuse(call.path, call.action)
        if outputs is not None:
            return Answered(outputs, at=now, reused=True)
        entry = self._entries.get(call.path)
        contact = self._contacts.get((self.run.workspace_id, call.connection))
        action = self.steps.action(call.path)
        refusal = missing_connection() if contact is None or action is None else contact.refusal
        if contact is None or action is None or refusal is not None:
            error = refusal or missing_connection()
            self._errors[call.path] = error
            return Failed(error, at=now, first_sent_at=entry.row.first_sent_at if entry else now)
        if call.kind is not EffectKind.READ:
            entry = ledger.announce(
                entry, call, action=action, run=self.run, connection=contact.connection, at=now
            )
            self._entries[call.path] = entry
            self.changed_effects[call.path] = entry.row
        self._found |= journal.values_to_find(action.inputs, call.inputs)
        self.outgoing = Outgoing(
            call=call,
            action=action,
            contact=contact,
            lease=self.lease,
            event_time=int(self.run.event_at.timestamp()),
            started_at=now,
            run_code=str(self.run.code),
            first_sent_at=entry.row.first_sent_at if entry else now,
        )
        self.steps.sending(self.outgoing, keep=call.idempotency in _ASKED_ABOUT)
        return None

    def _record(self, record: Record) -> None:
        now = self._clock.now()
        if record.reused and self._past.skipped_before(record.path, record.action):
            record = replace(record, outcome=StepOutcome.SKIPPED, outputs=None)
        self.steps.ended(record, at=now)
        self._note_look_up(record)
        entry = self._entries.get(record.path)
        if entry is None or record.reused or record.outcome is StepOutcome.SKIPPED:
            return
        if record.outcome is StepOutcome.SUCCEEDED:
            ledger.note_done(entry, action=self.steps.action(record.path), outputs=record.outputs, at=now)
            self.changed_effects[record.path] = entry.row
        else:
            self._note_failure(record.path, at=now)

    def _note_look_up(self, record: Record) -> None:
        """Let the run be found by what was looked up for its trigger, and have that written at once."""
        if record.outputs is not None and self.steps.is_look_up(record.path):
            action = self.steps.action(record.path)
            self._looked_up.add(record.path)
            self._found |= journal.values_to_find(action.outputs if action else (), record.outputs)

    def _stop(self, effect: Wait | Ask | Park) -> None:
        now = self._clock.now()
        step = self.steps.name(effect.path)
        self._note_failure(effect.path, at=now)
        status = StepRun.Status.NEEDS_DECISION if isinstance(effect, Ask) else StepRun.Status.WAITING
        self.steps.stopped(effect.path, effect.error, status=status, at=now)
        if isinstance(effect, Wait):
            self._leave(outcome.waiting(effect.error, step=step, at=now, until=effect.until))
        elif isinstance(effect, Ask):
            entry = self._entries.get(effect.path)
            if entry is not None:
                ledger.note_unknown(entry)
                self.changed_effects[effect.path] = entry.row
            self._leave(outcome.needs_decision(effect.error, step=step, at=now))
        else:
            contact = self._contacts[self.run.workspace_id, effect.connection]
            self._leave(outcome.parked(effect.error, step=step, at=now, on=contact.connection))

    def _note_failure(self, path: str, *, at: datetime) -> None:
        entry = self._entries.get(path)
        if entry is None:
            return
        error = self._errors.get(path)
        if error is not None:
            ledger.note_failure(entry, error, at=at)
        elif entry.row.status == Effect.Status.PENDING:
            entry.row.status = Effect.Status.UNKNOWN  # An earlier worker was cut off in the call.
        self.changed_effects[path] = entry.row

    def _end(self, end: Ended) -> None:
        self._leave(outcome.ended(end, step=self.steps.name(end.step), at=self._clock.now()))

    def _leave(self, verdict: Verdict) -> None:
        if self._executor is not None:
            self._executor.close()
        self.outgoing = None
        self.verdict = verdict


_KEYS_REMEDY = "Put the former key back at the end of FIELD_KEYS, then retry the run."
_BUG = "Look into the worker's log, where the details are; then retry the run."
