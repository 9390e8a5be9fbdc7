"""How a turn leaves its run where steps wait: their rows, and the run's own status.

The run's status is that of the most urgent stop: a decision about a call, then a
connection to be mended, then waiting; it is due when the first of its steps is.
"""

from datetime import datetime

from apps.runs import outcome
from apps.runs.approvals import showing
from apps.runs.dispatch import Dispatch
from apps.runs.models import Approval, Hook, Run, StepRun
from apps.runs.outcome import Verdict
from apps.runs.progress import Past
from apps.runs.steps import StepRows
from apps.workflows.engine.effects import (
    NOT_BEGUN,
    Approve,
    Ask,
    Listen,
    Park,
    Pause,
    Sleep,
    Stop,
    Wait,
)


class Waiting:
    """What one run waits for at the end of a turn; `asked` and `listening` are rows to be written."""

    def __init__(self, run: Run, *, past: Past, dispatch: Dispatch, steps: StepRows) -> None:
        self.asked: list[Approval] = []
        self.listening: list[Hook] = []
        self.for_others = False
        self._run = run
        self._past = past
        self._dispatch = dispatch
        self._steps = steps

    def leave(self, pause: Pause, *, at: datetime) -> Verdict:
        """Note every stop and return how the run is left."""
        for stop in pause.stops:
            self._note(stop, at=at)
        asks = [stop for stop in pause.stops if isinstance(stop, Ask)]
        if asks:
            return outcome.needs_decision(asks[0].error, step=self._steps.name(asks[0].path), at=at)
        for stop in pause.stops:
            if isinstance(stop, Park):
                contact = self._dispatch.contact(stop.connection)
                if contact is not None:
                    step = self._steps.name(stop.path)
                    return outcome.parked(stop.error, step=step, at=at, on=contact.connection)
        return self._first_due(pause, at=at)

    def _first_due(self, pause: Pause, *, at: datetime) -> Verdict:
        """Return the verdict of stops that all end by themselves, one day."""
        timed = [stop for stop in pause.stops if not isinstance(stop, Ask | Park)]
        first = min(timed, key=lambda stop: stop.until)
        step, until = self._steps.name(first.path), first.until
        if isinstance(first, Wait):
            if first.error.code == NOT_BEGUN:
                return outcome.given_back(at=at)
            return outcome.waiting(first.error, step=step, at=at, until=until)
        return outcome.pausing(first, step=step, at=at, others=len(timed) - 1)

    def _note(self, stop: Stop, *, at: datetime) -> None:
        match stop:
            case Wait(error=error) if error.code == NOT_BEGUN:
                self._steps.not_sent(stop.path)
            case Wait(error=error):
                self._dispatch.note_failure(stop.path, at=at)
                self._steps.stopped(
                    stop.path, error, status=StepRun.Status.WAITING, at=at, resume_at=stop.until
                )
            case Park(error=error):
                self._dispatch.note_failure(stop.path, at=at)
                self._steps.stopped(stop.path, error, status=StepRun.Status.WAITING, at=at)
            case Ask(error=error):
                self._dispatch.note_failure(stop.path, at=at)
                self._steps.stopped(stop.path, error, status=StepRun.Status.NEEDS_DECISION, at=at)
                self._dispatch.note_unknown(stop.path)
            case Sleep() | Approve() | Listen():
                self._steps.pausing(stop, at=at)
                self._note_outside(stop, at=at)

    def _note_outside(self, stop: Sleep | Approve | Listen, *, at: datetime) -> None:
        if isinstance(stop, Sleep):
            return
        self.for_others = True
        if isinstance(stop, Approve):
            known = self._past.approvals.get(stop.path)
            if known is None or known.status == Approval.Status.CLOSED:
                self.asked.append(self._question(stop, known, at=at))
        else:
            hook = self._past.hooks.get(stop.path)
            if hook is not None and hook.expires_at is None:
                hook.expires_at = stop.until
                self.listening.append(hook)

    def _question(self, stop: Approve, known: Approval | None, *, at: datetime) -> Approval:
        contacts = {str(each.get("connection") or "") for each in stop.shown} | {stop.connection}
        opened = {code: found for code in contacts if code and (found := self._dispatch.contact(code))}
        mailer = opened.get(stop.connection)
        secrets = (*self._steps.secrets, *(secret for each in opened.values() for secret in each.secrets))
        return Approval(
            code=known.code if known else Approval().code,
            workspace_id=self._run.workspace_id,
            workspace=self._run.workspace,
            run=self._run,
            path=stop.path,
            round=known.round + 1 if known else 1,
            name=showing.text(stop.name, secrets)[:120],
            message=showing.text(stop.message, secrets),
            shown=showing.freeze(
                stop.shown,
                names={code: str(each.connection) for code, each in opened.items()},
                secrets=secrets,
            ),
            approvers=list(dict.fromkeys(email.strip() for email in stop.approvers if email.strip())),
            connection=mailer.connection if mailer else None,
            asked_at=at,
            deadline_at=stop.until,
            on_deadline=Approval.OnDeadline.APPROVE
            if stop.on_deadline == "approve"
            else Approval.OnDeadline.DENY,
        )
