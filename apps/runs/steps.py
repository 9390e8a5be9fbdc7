"""The step records of one run, as a turn changes them in memory."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from apps.catalog.spec import Action
from apps.common.masking import mask_text
from apps.runs import journal
from apps.runs.calling import Incoming, Outgoing, planned_request
from apps.runs.models import Run, StepRun
from apps.runs.progress import seal_outputs
from apps.runs.redacting import Redaction
from apps.runs.rows import NewStep, StepRow
from apps.workflows.engine.effects import Approve, Listen, Record, Sleep, StepError, StepOutcome
from apps.workflows.engine.program import CompiledAction, CompiledStep, Program

_STATUS = {
    StepOutcome.SUCCEEDED: StepRun.Status.SUCCEEDED,
    StepOutcome.FILTERED: StepRun.Status.FILTERED,
    StepOutcome.SKIPPED: StepRun.Status.SKIPPED,
    StepOutcome.FAILED: StepRun.Status.FAILED,
}


class StepRows:
    """The rows by step path; `changed` are those to be written. `secrets` of the run are masked in them."""

    def __init__(
        self,
        run: Run,
        program: Program,
        known: Mapping[str, StepRun],
        *,
        secrets: tuple[str, ...] = (),
        redaction: Redaction | None = None,
    ) -> None:
        self.secrets = secrets
        self._redaction = redaction
        self.changed: dict[str, StepRow] = {}
        self._run = run
        self._program = program
        self._rows: dict[str, StepRow] = dict(known)
        self._calls: dict[str, Outgoing] = {}
        self._exchanges: dict[str, list[Mapping[str, Any]]] = {}

    def name(self, path: str) -> str:
        """Return the step's name; empty for a step that the version does not have."""
        compiled = self._compiled(path)
        return compiled.step.name if compiled else ""

    def action(self, path: str) -> Action | None:
        """Return the action that a step calls, if it calls one: an AI step has the provider's hidden one."""
        return getattr(self._compiled(path), "action", None)

    def is_look_up(self, path: str) -> bool:
        """Tell whether the step looks something up for the trigger."""
        compiled = self._compiled(path)
        return isinstance(compiled, CompiledAction) and compiled.look_up is not None

    def sending(self, outgoing: Outgoing, *, keep: bool) -> None:
        """Note the call that is about to be sent. With `keep` a crash leaves its request to be seen."""
        path = outgoing.call.path
        self._calls[path] = outgoing
        if keep:
            row = self._row(path, at=outgoing.started_at)
            row.status = StepRun.Status.RUNNING
            row.attempts = outgoing.call.attempt
            self._log_call(row)
            if planned := planned_request(outgoing):
                # Stands only until what came of the call is logged in its place.
                row.log = self._redacted(row.log | {"planned": journal.clean(planned)})

    def answered(self, incoming: Incoming) -> None:
        """Keep the exchanges of a call for the step's log."""
        path = incoming.piece.path
        self._exchanges.setdefault(path, self._logged(path)).extend(incoming.exchanges)

    def not_sent(self, path: str) -> None:
        """Note that the announced call was not sent: a row that says it runs must not stay so."""
        row = self._rows.get(path)
        if row is not None and row.status == StepRun.Status.RUNNING:
            row.status = StepRun.Status.WAITING
            row.attempts = max(0, row.attempts - 1)
            row.log.pop("planned", None)
            self.changed[path] = row

    def ended(self, record: Record, *, at: datetime, reused_effect: int | None = None) -> None:
        """Write the record of a step that has ended, and which former effect it was taken from."""
        row = self._row(record.path, at=at)
        call = self._calls.get(record.path)
        row.status = _STATUS[record.outcome]
        row.finished_at, row.resume_at = at, None
        row.reused, row.reused_effect = record.reused, reused_effect
        log = journal.step_log(
            record,
            action=self.action(record.path) if record.action else None,
            exchanges=self._exchanges.get(record.path, self._logged(record.path)),
            secrets=call.secrets if call else self.secrets,
        )
        row.log = self._redacted(log)
        row.working = seal_outputs(self._run.pk, record.path, record.outputs)
        if call is not None:
            row.attempts = call.call.attempt
        self._set_error(row, record.error)

    def stopped(
        self,
        path: str,
        error: StepError,
        *,
        status: StepRun.Status,
        at: datetime,
        resume_at: datetime | None = None,
    ) -> None:
        """Write that the step waits, or waits for a person, and why."""
        row = self._row(path, at=at)
        row.status, row.resume_at = status, resume_at
        if path in self._calls:
            row.attempts = self._calls[path].call.attempt
            self._log_call(row)
        self._set_error(row, error)

    def pausing(self, stop: Sleep | Approve | Listen, *, at: datetime) -> None:
        """Write until when the step waits, unless an earlier turn has."""
        known = self._rows.get(stop.path)
        if known is not None and known.status == StepRun.Status.WAITING and known.resume_at == stop.until:
            return
        row = self._row(stop.path, at=at)
        row.status, row.resume_at = StepRun.Status.WAITING, stop.until
        self._set_error(row, None)

    def masked(self, text: str) -> str:
        """Return a reason as the log may hold it."""
        masked = mask_text(text, self.secrets)
        return masked if self._redaction is None else self._redaction.text(masked)

    def _compiled(self, path: str) -> CompiledStep | None:
        """Return the compiled step of a path, in a loop's body that of any of its items."""
        return self._program.find(path)

    def _row(self, path: str, *, at: datetime) -> StepRow:
        row = self._rows.get(path)
        if row is None:
            compiled = self._compiled(path)
            call = self._calls.get(path)
            row = NewStep(
                run_id=self._run.pk,
                path=path,
                position=compiled.position if compiled else 0,
                kind=compiled.step.kind if compiled else "",
                name=journal.clean(compiled.step.name) if compiled else path[-120:],
                action=compiled.step.action[:100] if isinstance(compiled, CompiledAction) else "",
                started_at=call.started_at if call else at,
            )
            self._rows[path] = row
        self.changed[path] = row
        return row

    def _logged(self, path: str) -> list[Mapping[str, Any]]:
        """Return the exchanges that earlier turns logged."""
        row = self._rows.get(path)
        return list(row.log.get("exchanges", ())) if row is not None else []

    def _log_call(self, row: StepRow) -> None:
        outgoing = self._calls[row.path]
        exchanges: Sequence[Mapping[str, Any]] = self._exchanges.get(row.path, self._logged(row.path))
        log = journal.call_log(
            outgoing.call.inputs,
            action=outgoing.action,
            exchanges=exchanges,
            secrets=outgoing.secrets,
        )
        row.log = self._redacted(log)

    def _redacted(self, log: dict[str, Any]) -> dict[str, Any]:
        return log if self._redaction is None else self._redaction.log(log)

    def _set_error(self, row: StepRow, error: StepError | None) -> None:
        row.error_code = error.code[:60] if error else ""
        row.error = journal.clean(self.masked(error.message)) if error else ""
        row.remedy = journal.clean(self.masked(error.remedy)) if error else ""
        row.error_field = error.field[:60] if error else ""
