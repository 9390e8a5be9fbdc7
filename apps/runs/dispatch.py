"""The work of one run's batch: prepared and announced, sent piece by piece, answered as a whole."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeGuard

from apps.catalog import registry
from apps.catalog.errors import CallError
from apps.catalog.registry import UnknownKeyError
from apps.catalog.spec import Action, Idempotency
from apps.catalog.spec import Effect as EffectKind
from apps.runs import journal, ledger
from apps.runs.calling import Contact, Incoming, Outgoing, missing_connection, perform
from apps.runs.coding import Coded, Coding, run
from apps.runs.leases import DatabaseClock, Lease
from apps.runs.models import Effect, Run
from apps.runs.progress import Past
from apps.runs.reusing import digest_of, in_loop
from apps.runs.rows import EffectRow
from apps.runs.steps import StepRows
from apps.workflows.engine.effects import (
    Answered,
    Batch,
    Call,
    Failed,
    Record,
    Reply,
    RunCode,
    StepOutcome,
    Unsent,
)

Piece = Outgoing | Coding
Result = Incoming | Coded

_ASKED_ABOUT = (Idempotency.KEY, Idempotency.NONE)
"""Calls about which a person may have to decide, and who then must see what was sent."""

CODE_WAITS = timedelta(seconds=5)
"""Behind a program for which the sandbox had no room."""


def do(piece: Piece) -> Result:
    """Do a piece of work, in any thread; every outcome becomes an answer, nothing is raised."""
    return run(piece) if isinstance(piece, Coding) else perform(piece)


def not_done(piece: Piece) -> Result:
    """Return the result of a piece of work that was not begun, or is not waited for."""
    return Coded(piece, None) if isinstance(piece, Coding) else Incoming(piece, None)


def was_not_begun(result: Result) -> bool:
    """Tell whether the worker ends before a piece of work: a sandbox without room is no end of it."""
    return result.answer is None and not (isinstance(result, Coded) and result.busy)


def is_long(piece: Piece) -> bool:
    """Tell whether it may take longer than a worker has that must go: such a call is a read."""
    return isinstance(piece, Outgoing) and piece.is_long


class Dispatch:
    """What one run has under way, and its ledger rows. `pieces` are to be sent, `changed` to be written."""

    def __init__(
        self,
        run: Run,
        *,
        lease: Lease,
        past: Past,
        contacts: Mapping[tuple[int, str], Contact],
        clock: DatabaseClock,
        steps: StepRows,
    ) -> None:
        self.pieces: tuple[Piece, ...] = ()
        self.changed: dict[str, EffectRow] = {}
        self.found: set[tuple[str, str]] = set()
        self.giving_back = False
        self._run = run
        self._lease = lease
        self._past = past
        self._contacts = contacts
        self._clock = clock
        self._steps = steps
        self._entries = {path: ledger.open_entry(row) for path, row in past.effects.items()}
        self._errors: dict[str, CallError] = {}
        self._work: tuple[Call | RunCode, ...] = ()
        self._replies: dict[str, Reply] = {}

    def prepare(self, batch: Batch) -> tuple[Reply, ...] | None:
        """Answer a batch from what is known, or make the rest of it what is to be sent next (None)."""
        self._work, self._replies = batch.work, {}
        if not self.giving_back:
            # All of the batch first: only then it is known what is left over.
            self._past.reusable.match(call for call in batch.work if self._may_be_former(call))
        pieces = [piece for work in batch.work if (piece := self._prepare(work)) is not None]
        self.pieces = tuple(pieces)
        return None if pieces else self._answers()

    def take(self, result: Result) -> bool:
        """Take one piece's result in; tell whether it was the last of its batch."""
        piece, answer, now = result.piece, result.answer, self._clock.now()
        if isinstance(result, Incoming):
            self._steps.answered(result)
        if isinstance(result, Coded) and result.busy is not None:
            self._replies[piece.path] = Unsent(at=now + CODE_WAITS, error=result.busy)
        elif answer is None:
            self._put_back(piece.path)
            self._replies[piece.path] = Unsent(at=now)
        elif isinstance(answer, Answered | Failed):
            if isinstance(answer, Failed):
                self._errors[piece.path] = answer.error
            # What is due next is compared with the database's time, not with this host's.
            self._replies[piece.path] = replace(answer, at=now)
        else:
            self._replies[piece.path] = answer
        return len(self._replies) == len(self._work)

    def answers(self) -> tuple[Reply, ...]:
        """Return the answers of a batch that is complete, and be done with it."""
        self.pieces = ()
        return self._answers()

    def nothing_was_sent(self) -> bool:
        """Tell whether no piece of the batch was sent, so that the run is as it was before it."""
        sent = [path for path, reply in self._replies.items() if not isinstance(reply, Unsent) or reply.error]
        return not any(piece.path in sent for piece in self.pieces)

    def withdraw(self) -> None:
        """Take back every announcement of the batch: nothing of it has been sent."""
        for piece in self.pieces:
            self._put_back(piece.path)
        self.pieces = ()

    def recorded(self, record: Record, *, at: datetime) -> None:
        """Note in the ledger what a step that has ended says of its call."""
        entry = self._entries.get(record.path)
        if entry is None or record.reused or record.outcome is StepOutcome.SKIPPED:
            return
        if record.outcome is StepOutcome.SUCCEEDED:
            ledger.note_done(entry, action=self._steps.action(record.path), outputs=record.outputs, at=at)
            self.changed[record.path] = entry.row
        else:
            self.note_failure(record.path, at=at)

    def note_failure(self, path: str, *, at: datetime) -> None:
        """Note in the ledger what is known of a call that has not succeeded."""
        entry = self._entries.get(path)
        if entry is None:
            return
        error = self._errors.get(path)
        if error is not None:
            ledger.note_failure(entry, error, at=at)
        elif entry.row.status == Effect.Status.PENDING:
            entry.row.status = Effect.Status.UNKNOWN  # An earlier worker was cut off in the call.
        self.changed[path] = entry.row

    def note_unknown(self, path: str) -> None:
        """Note in the ledger that a person must say whether the call happened."""
        entry = self._entries.get(path)
        if entry is not None:
            ledger.note_unknown(entry)
            self.changed[path] = entry.row

    def contact(self, code: str) -> Contact | None:
        """Return the run's connection with this code."""
        return self._contacts.get((self._run.workspace_id, code))

    def _answers(self) -> tuple[Reply, ...]:
        return tuple(self._replies[work.path] for work in self._work)

    def _prepare(self, work: Call | RunCode) -> Piece | None:
        """Make a piece of work ready to be sent; None where its answer is known."""
        if self.giving_back:
            self._replies[work.path] = Unsent(at=self._clock.now())
            return None
        if isinstance(work, RunCode):
            return Coding(work, str(self._run.code))
        return self._prepare_call(work)

    def _prepare_call(self, call: Call) -> Outgoing | None:
        now = self._clock.now()
        outputs = self._past.outputs_to_reuse(call.path, call.action)
        if outputs is not None:
            self._replies[call.path] = Answered(outputs, at=now, reused=True)
            return None
        doubt = self._past.reusable.doubt(call) if self._may_be_former(call) else None
        entry = self._entries.get(call.path)
        contact = self.contact(call.connection)
        action = self._steps.action(call.path) or _declared(call.action)
        refusal = missing_connection() if contact is None or action is None else contact.refusal
        if contact is None or action is None or refusal is not None:
            error = refusal or missing_connection()
            self._errors[call.path] = error
            first = entry.row.first_sent_at if entry else now
            self._replies[call.path] = Failed(error, at=now, first_sent_at=first)
            return None
        if call.kind is not EffectKind.READ:
            entry = ledger.announce(
                entry, call, action=action, run=self._run, connection=contact.connection, at=now
            )
            if in_loop(call.path):
                entry.row.digest = digest_of(call, str(self._run.workspace.code))
            self._entries[call.path] = entry
            self.changed[call.path] = entry.row
        self.found |= journal.values_to_find(action.inputs, call.inputs)
        outgoing = Outgoing(
            call=call,
            action=action,
            contact=contact,
            lease=self._lease,
            event_time=int(self._run.event_at.timestamp()),
            started_at=now,
            run_code=str(self._run.code),
            first_sent_at=entry.row.first_sent_at if entry else now,
            hidden=self._steps.secrets,
            priority=self._run.priority,
        )
        if doubt is not None:
            self._ask_first(outgoing, doubt)
            return None
        self._steps.sending(outgoing, keep=call.idempotency in _ASKED_ABOUT)
        return outgoing

    def _may_be_former(self, work: Call | RunCode) -> TypeGuard[Call]:
        """Tell whether a call of a loop may be one of an earlier run: not where this run has sent it."""
        if not isinstance(work, Call) or work.kind is EffectKind.READ or not in_loop(work.path):
            return False
        entry = self._entries.get(work.path)
        return entry is None or not (entry.row.generation or (entry.row.attempts and entry.row.digest))

    def _ask_first(self, outgoing: Outgoing, doubt: CallError) -> None:
        """Have a person asked before a call is sent that an earlier run may have made."""
        call, now = outgoing.call, self._clock.now()
        self._entries[call.path].row.attempts = 0
        self._errors[call.path] = doubt
        self._steps.sending(outgoing, keep=False)
        self._replies[call.path] = Failed(doubt, at=now, first_sent_at=now, doubtful=True)

    def _put_back(self, path: str) -> None:
        """Take one announcement back."""
        self._steps.not_sent(path)
        if path in self._entries:
            ledger.withdraw(self._entries[path])
            self.changed[path] = self._entries[path].row


def _declared(ref: str) -> Action | None:
    """Return an action that no step names, as the one that a language model is asked by."""
    try:
        return registry.get_action(ref)[1]
    except UnknownKeyError:
        return None
