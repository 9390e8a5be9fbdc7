"""Drives one run's executor for a worker and collects what must be written.

No I/O here: work is prepared and handed out, rows are changed in memory, and
`apps.runs.record` writes them under the lease.
"""

from collections.abc import Generator, Mapping
from dataclasses import replace
from datetime import datetime
from time import monotonic
from typing import Any

import structlog

from apps.common.crypto import SealError
from apps.runs import answers, journal, outcome
from apps.runs.calling import Contact
from apps.runs.dispatch import Dispatch, Piece, Result, was_not_begun
from apps.runs.leases import DatabaseClock, Lease
from apps.runs.models import Approval, Hook, Run
from apps.runs.outcome import Verdict
from apps.runs.pausing import Waiting
from apps.runs.progress import Past
from apps.runs.redacting import redaction
from apps.runs.rows import EffectRow, NewKey
from apps.runs.steps import StepRows
from apps.runs.tokens import tokens_in
from apps.workflows.engine.effects import Answer, Batch, Ended, Pause, Record, StepOutcome
from apps.workflows.engine.executor import RunScope, execute
from apps.workflows.engine.program import Program

TURN_SECONDS = 1.0
"""How long a run may be driven on before others have their turn: leases and heartbeats live in between."""

log = structlog.get_logger(__name__)


class Execution:
    """One claimed run while a worker holds it.

    `pieces` are the work to be sent next, if any; `verdict` tells how the run
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
        self.verdict: Verdict | None = None
        self.steps = StepRows(
            run,
            program,
            past.steps,
            secrets=tokens_in(scope.wait_urls.values()),
            redaction=redaction(run.workflow.redactions, scope.trigger),
        )
        self._dispatch = Dispatch(
            run, lease=lease, past=past, contacts=contacts, clock=clock, steps=self.steps
        )
        self._waiting = Waiting(run, past=past, dispatch=self._dispatch, steps=self.steps)
        self._past = past
        self._clock = clock
        self._program = program
        self._looked_up: set[str] = set()
        self._unrecorded: set[str] = set()
        self._scope = scope
        self._executor: Generator[Any, Answer, Ended] | None = None

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """Return what is to be sent next, or has been sent and is not all answered."""
        return self._dispatch.pieces

    @property
    def changed_effects(self) -> dict[str, EffectRow]:
        """Return the ledger rows to be written, by step path."""
        return self._dispatch.changed

    @property
    def asked(self) -> list[Approval]:
        """Return the approvals to be written: asked in this turn for the first time, or anew."""
        return self._waiting.asked

    @property
    def listening(self) -> list[Hook]:
        """Return the addresses to be written: new ones, and those whose step has been reached."""
        return self._past.new_hooks + self._waiting.listening

    @property
    def waits_for_others(self) -> bool:
        """Tell whether an answer from outside may have come while this turn went on."""
        return self._waiting.for_others

    @property
    def has_asked(self) -> bool:
        """Tell whether approvals of this run may be open."""
        return bool(self._past.approvals or self._waiting.asked)

    def begin(self, found: set[tuple[str, str]]) -> None:
        """Drive it to its first work or its end. By the `found` values the run can be searched."""
        self._dispatch.found |= found
        self._drive(None)

    def hold(self, found: set[tuple[str, str]], code: str, reason: str, remedy: str) -> None:
        """Leave it to a person before it begins. By the `found` values the run can be searched."""
        self._dispatch.found |= found
        self._leave(outcome.held(code, reason, remedy, at=self._clock.now()))

    def put_off(self) -> None:
        """Leave the run to a later turn before it begins: those claimed with it took long."""
        self._leave(replace(outcome.given_back(at=self._clock.now()), reason=_OTHERS))

    def resume(self, result: Result) -> bool:
        """Take in what a piece of work came to; go on, and return True, when it was the last of its batch.

        Where a part was not sent and a part was, the run goes on as far as that
        part takes it, and nothing further is begun.
        """
        if not self._dispatch.take(result):
            return False
        if self.verdict is not None:
            return True
        if self._dispatch.nothing_was_sent():
            self._leave(outcome.given_back(at=self._clock.now()))
            return True
        self._dispatch.giving_back = self._dispatch.giving_back or was_not_begun(result)
        self._drive(self._dispatch.answers())
        return True

    def give_back(self) -> None:
        """Leave the run to the next worker; the work that was prepared has not been sent."""
        if self.verdict is None:
            self._dispatch.withdraw()
            self._leave(outcome.given_back(at=self._clock.now()))

    def come_again(self, until: datetime, reason: str) -> None:
        """Leave the run until then; the work that was prepared has not been sent."""
        if self.verdict is None:
            self._dispatch.withdraw()
            self._leave(outcome.paced(reason, at=self._clock.now(), until=until))

    def begin_no_more(self) -> None:
        """Let what is under way come to its end and begin nothing behind it."""
        self._dispatch.giving_back = True

    def cancel(self) -> None:
        """End the run because a person asked for it, unless it has ended; prepared work is not sent."""
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
        return bool(self.pieces) and bool(self.changed_effects or looked_up or self._past.new_hooks)

    def new_keys(self) -> list[NewKey]:
        """Return the rows by which the run can be searched, as far as they are not written."""
        return journal.search_keys(self.run, self._dispatch.found) if self._dispatch.found else []

    def saved(self) -> None:
        """Forget what has been written."""
        self.steps.changed.clear()
        self._dispatch.changed.clear()
        self._dispatch.found.clear()
        self._past.new_hooks.clear()
        self._waiting.asked.clear()
        self._waiting.listening.clear()

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
        until = monotonic() + TURN_SECONDS
        if self._executor is None:
            answers.open_bodies(self._past)
            now = self._clock.now()
            progress = self._past.progress(now=now)
            self._executor = execute(self._program, self._scope, progress, now=now)
        while True:
            try:
                effect = self._executor.send(answer)
            except StopIteration as stop:
                self._end(stop.value)
                return
            answer = None
            if isinstance(effect, Record):
                self._record(effect)
                self._unrecorded.discard(effect.path)
                # What was answered and is not recorded yet would be lost with the turn.
                if not self._unrecorded and monotonic() >= until:
                    self._leave(replace(outcome.given_back(at=self._clock.now()), reason=_LONG))
                    return
            elif isinstance(effect, Batch):
                self._unrecorded.update(piece.path for piece in effect.work)
                answer = self._dispatch.prepare(effect)
                if answer is None:
                    return
            elif isinstance(effect, Pause):
                self._executor.close()
                self._leave(self._waiting.leave(effect, at=self._clock.now()))
                return

    def _record(self, record: Record) -> None:
        now = self._clock.now()
        if record.reused and self._past.skipped_before(record.path, record.action):
            record = replace(record, outcome=StepOutcome.SKIPPED, outputs=None)
        former = self._past.reusable.effect_behind(record.path) if record.reused else None
        self.steps.ended(record, at=now, reused_effect=former)
        self._note_look_up(record)
        self._dispatch.recorded(record, at=now)

    def _note_look_up(self, record: Record) -> None:
        """Let the run be found by what was looked up for its trigger, and have that written at once."""
        if record.outputs is not None and self.steps.is_look_up(record.path):
            action = self.steps.action(record.path)
            self._looked_up.add(record.path)
            self._dispatch.found |= journal.values_to_find(action.outputs if action else (), record.outputs)

    def _end(self, end: Ended) -> None:
        self._leave(outcome.ended(end, step=self.steps.name(end.step), at=self._clock.now()))

    def _leave(self, verdict: Verdict) -> None:
        if self._executor is not None:
            self._executor.close()
        self._dispatch.pieces = ()
        self.verdict = replace(verdict, reason=self.steps.masked(verdict.reason))


_KEYS_REMEDY = "Put the former key back at the end of FIELD_KEYS, then resume the run."
_LONG = "Its steps take long, so other runs have their turn in between."
_OTHERS = "Runs that were taken with it have much to do, so it begins after them."
_BUG = "Look into the worker's log, where the details are; then resume the run."
