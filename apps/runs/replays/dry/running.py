"""One event driven through a version without sending anything: a pump of the engine like the worker's."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from apps.catalog.errors import Permanent
from apps.catalog.spec import Effect as EffectKind
from apps.common.crypto import SealError
from apps.common.errors import Conflict
from apps.runs import tokens
from apps.runs.calling import missing_connection, open_contacts
from apps.runs.coding import Coding
from apps.runs.coding import run as run_code
from apps.runs.journal import step_log
from apps.runs.leases import steady
from apps.runs.models import Run, StepRun
from apps.runs.progress import Past, outputs_of
from apps.runs.replays import made, taking
from apps.runs.replays.checking import Checked, trigger_data
from apps.runs.replays.dry import world
from apps.runs.replays.dry.recorded import build
from apps.runs.replays.dry.told import DryRun, DryStep
from apps.runs.replays.dry.world import OutOfTimeError
from apps.workflows.engine.effects import (
    Answered,
    Approve,
    Batch,
    Call,
    CodeFailed,
    Ended,
    Failed,
    Listen,
    Pause,
    Prior,
    Progress,
    Ran,
    Record,
    Sleep,
    StepError,
    StepOutcome,
    Stop,
)
from apps.workflows.engine.executor import RunScope, execute
from apps.workflows.engine.samples import answer_of_model, sample_outputs

SECONDS = 10.0
"""How long one dry replay may take."""

MAX_STEPS = 1_000
"""Steps of one dry replay that are told; a workflow with loops in loops may run more."""


def dry_run(run: Run, checked: Checked, *, afresh: bool, seconds: float = SECONDS) -> DryRun:
    """Drive the run's event through the version that was checked.

    `afresh` as the old run was, under its own keys, so that the two can be
    compared; else as a replay would, which reuses what was done. Reads, and
    effects that are not reused, are answered by the old run's recorded result of
    the same step, else by the action's example. Raises `Conflict` where the event
    can't be read.
    """
    return _Dry(run, checked, afresh=afresh, ends_at=steady() + seconds).run()


class _Dry:
    def __init__(self, run: Run, checked: Checked, *, afresh: bool, ends_at: float) -> None:
        self.run_row = run
        self.checked = checked
        self.afresh = afresh
        self.ends_at = ends_at
        self.program = world.program(run, checked)
        self.rows = {row.path: row for row in run.steps.all()}
        self.effects = {effect.path: effect for effect in run.effects.all()}
        self.now = run.started_at or run.received_at
        data = checked.trigger if checked.trigger is not None else trigger_data(run, self.program)
        self.past = Past() if afresh else world.past(run, checked)
        addresses = world.addresses(run, self.program)
        self.hidden = tokens.tokens_in(addresses.values())
        wanted = {(run.workspace_id, code) for code in self.program.definition.connections()}
        self.contacts = {code: contact for (_, code), contact in open_contacts(wanted).items()}
        self.scope = RunScope(
            trigger=data,
            code=str(run.code),
            event_id=run.event_id,
            workflow_code=str(run.workflow.code),
            trigger_connection=self.program.definition.trigger.connection,
            replay=run.replay,
            wait_urls=addresses,
            watch=partial(world.in_time, ends_at),
        )
        self.progress: dict[str, Progress] = {} if not afresh else self._generations()
        self.steps: dict[str, DryStep] = {}
        self.tried: dict[str, DryStep] = {}
        self.notes: dict[str, list[str]] = {}

    def run(self) -> DryRun:
        self._take_over()
        try:
            while True:
                ended = self._turn()
                if ended is not None:
                    return self._outcome(ended)
        except OutOfTimeError:
            return DryRun(self.steps, "failed", "The dry replay was ended: it took longer than it may.")

    def _take_over(self) -> None:
        wanted = self.checked.wanted
        if self.afresh or not wanted.from_step:
            return
        for row in taking.rows_before(self.run_row, wanted.from_step):
            self.progress[row.path] = Progress(
                Prior.DONE,
                outcome=StepOutcome(row.status),
                outputs=self._outputs(row),
                error=StepError(row.error_code, row.error, row.remedy) if row.error_code else None,
            )
        if wanted.outputs is not None:
            self.progress[wanted.from_step] = Progress(
                Prior.DONE, outcome=StepOutcome.SKIPPED, outputs=wanted.outputs
            )

    def _generations(self) -> dict[str, Progress]:
        """Let calls that a person had made anew have the key that they had."""
        return {
            path: Progress(Prior.WAITING, generation=effect.generation, uncertain=False)
            for path, effect in self.effects.items()
            if effect.generation
        }

    def _turn(self) -> Ended | StepError | None:
        execution = execute(self.program, self.scope, self.progress, now=self.now)
        answer: Any = None
        while True:
            world.in_time(self.ends_at)
            try:
                effect = execution.send(answer)
            except StopIteration as end:
                ended: Ended = end.value
                return ended
            answer = None
            if isinstance(effect, Batch):
                answer = tuple(
                    self._call(piece) if isinstance(piece, Call) else self._code(Coding(piece, "dry"))
                    for piece in effect.work
                )
            elif isinstance(effect, Record):
                self._record(effect)
            else:
                execution.close()
                return self._pass(effect)

    def _call(self, call: Call) -> Answered | Failed:
        step = self.program.find(call.path)
        action = getattr(step, "action", None) or made.action_named(call.action)
        if action is None:
            return Failed(missing_connection(), at=self.now, first_sent_at=self.now)
        told = self.tried[call.path] = DryStep(
            call.path, call.position, call.name, "action", "", action=call.action, effect=call.kind.value
        )
        self.past.reusable.match([call] if call.kind is not EffectKind.READ else [])
        reused = self.past.outputs_to_reuse(call.path, call.action)
        if reused is not None:
            told.how = "reused"
            return Answered(reused, at=self.now, reused=True)
        row = self._recorded(call)
        built = build(
            call,
            action,
            self.contacts.get(call.connection),
            event_time=int(self.run_row.event_at.timestamp()),
            exchanges=row.log.get("exchanges", ()) if row is not None else (),
            secrets=self.hidden,
        )
        told.requests = built.requests
        if built.note:
            self._note(call.path, built.note)
        if built.error is not None:
            # Nothing is repeated here, so whatever it is ends the step.
            error = Permanent(built.error.message, code=built.error.code, remedy=built.error.remedy)
            return Failed(error, at=self.now, first_sent_at=self.now)
        return Answered(self._answer(call, row, told), at=self.now)

    def _recorded(self, call: Call) -> StepRun | None:
        """Return the old run's record of the same call, whatever came of it."""
        row = self.rows.get(call.path)
        if row is None or (row.action and row.action != call.action):
            return None
        return row

    def _answer(self, call: Call, row: StepRun | None, told: DryStep) -> Mapping[str, Any]:
        step = self.program.find(call.path)
        form = step.step if step is not None else None
        if row is not None and row.status in (StepRun.Status.SUCCEEDED, StepRun.Status.SKIPPED):
            try:
                outputs = outputs_of(row)
            except SealError:
                outputs = {}
            if outputs or not row.working:
                told.how = "recorded"
                return answer_of_model(form, outputs) or outputs
        told.how = "example"
        if row is not None and row.status == StepRun.Status.FAILED:
            self._note(call.path, "It failed in the old run; here it is taken as done, with example results.")
        else:
            self._note(call.path, "The old run has no result of this call: its results are examples.")
        outputs = sample_outputs(form, world.catalog(self.run_row)) if form is not None else {}
        return answer_of_model(form, outputs) or outputs

    def _code(self, coding: Coding) -> Ran | CodeFailed:
        answer = run_code(coding).answer
        if answer is None:
            raise OutOfTimeError
        return answer

    def _record(self, record: Record) -> None:
        self.progress[record.path] = Progress(
            Prior.DONE, outcome=record.outcome, outputs=record.outputs, error=record.error
        )
        if len(self.steps) >= MAX_STEPS:
            return
        step = self.program.find(record.path)
        tried = self.tried.get(record.path)
        self.steps[record.path] = DryStep(
            path=record.path,
            position=record.position,
            name=record.name,
            kind=record.kind,
            status=record.outcome.value,
            action=record.action,
            effect=tried.effect if tried else "",
            how=tried.how if tried else "",
            log=step_log(
                record,
                action=getattr(step, "action", None) if record.action else None,
                exchanges=(),
                secrets=(*self.hidden, *self._secrets()),
            ),
            requests=tried.requests if tried else (),
            error=record.error.message if record.error else "",
            notes=tuple(self.notes.get(record.path, ())),
        )

    def _secrets(self) -> Sequence[str]:
        return tuple(secret for contact in self.contacts.values() for secret in contact.secrets)

    def _pass(self, pause: Pause) -> StepError | None:
        for stop in pause.stops:
            if not isinstance(stop, Sleep | Approve | Listen):
                return stop.error
            self._pass_over(stop)
        return None

    def _pass_over(self, stop: Stop) -> None:
        """Go on behind a step that waits, with what was decided or came in the old run."""
        if not isinstance(stop, Sleep | Approve | Listen):
            return
        row = self.rows.get(stop.path)
        known = self._outputs(row) if row is not None and row.status in _PASSED else None
        until = stop.until
        if isinstance(stop, Sleep):
            if known and world.is_unchanged(self.run_row, self.program, stop.path):
                until = datetime.fromtimestamp(int(known.get("until") or 0), UTC)
            self.now = max(self.now, until)
            self.progress[stop.path] = Progress(Prior.WAITING, until=min(until, self.now), uncertain=False)
            return
        if known is None:
            self._note(stop.path, "The old run did not get this far: taken as approved, or as come.")
            seconds = int(self.now.timestamp())
            known = (
                world.approved(seconds)
                if isinstance(stop, Approve)
                else {"received": True, "body": {}, "received_at": seconds}
            )
        self.progress[stop.path] = Progress(Prior.WAITING, until=until, answer=known, uncertain=False)

    def _outputs(self, row: StepRun) -> Mapping[str, Any]:
        try:
            return outputs_of(row)
        except SealError as error:
            raise Conflict(
                f"What step “{row.name}” gave can't be opened: {error.message}", code=error.code
            ) from None

    def _note(self, path: str, text: str) -> None:
        self.notes.setdefault(path, []).append(text)

    def _outcome(self, ended: Ended | StepError) -> DryRun:
        if isinstance(ended, StepError):
            return DryRun(self.steps, "failed", ended.message)
        return DryRun(self.steps, ended.outcome.value, ended.error.message if ended.error else "")


_PASSED = (StepRun.Status.SUCCEEDED, StepRun.Status.FILTERED)
