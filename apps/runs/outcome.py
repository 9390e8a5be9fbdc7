"""How a turn leaves its run: one status with a reason and what comes next."""

from dataclasses import dataclass
from datetime import datetime

from apps.connections.models import Connection
from apps.runs.models import Run
from apps.workflows.engine.effects import Approve, Ended, Listen, RunOutcome, Sleep, StepError

_STATUS = {
    RunOutcome.SUCCEEDED: Run.Status.SUCCEEDED,
    RunOutcome.FILTERED: Run.Status.FILTERED,
    RunOutcome.FAILED: Run.Status.FAILED,
}


RESTING = ("delay", "approval", "webhook")
"""Why a run waits that has met no error."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The run's next status. `due_at` is when it may be taken again, where that changes."""

    status: Run.Status
    at: datetime
    reason_code: str = ""
    reason: str = ""
    remedy: str = ""
    due_at: datetime | None = None
    parked_on: Connection | None = None

    def apply(self, run: Run) -> None:
        """Change the row in memory: the lease ends with the turn."""
        run.status = self.status
        run.reason_code, run.reason, run.remedy = self.reason_code[:60], self.reason, self.remedy
        run.lease_token = run.lease_until = None
        run.lost_leases = 0
        run.parked_on = self.parked_on
        if self.due_at is not None:
            run.due_at = self.due_at
        run.finished_at = self.at if run.finished else None


def ended(end: Ended, *, step: str, at: datetime) -> Verdict:
    """Return the verdict of an executor at its end. `step` is the name of the step that decided it."""
    status = _STATUS[end.outcome]
    if end.error is not None:
        return _because(
            status, end.error, step=step, at=at, remedy=end.error.remedy or "Mend it, then resume."
        )
    if end.outcome is RunOutcome.FILTERED:
        reason = f"The condition of step “{step}” did not hold."
        return Verdict(status, at, "filtered", reason, "Nothing to do: this is what the filter is for.")
    return Verdict(status, at)


def waiting(error: StepError, *, step: str, at: datetime, until: datetime) -> Verdict:
    """Return the verdict when a call failed and is repeated at `until`."""
    remedy = error.remedy or "Nothing to do: the call is repeated by itself."
    return _because(Run.Status.WAITING, error, step=step, at=at, remedy=remedy, due_at=until)


def pausing(stop: Sleep | Approve | Listen, *, step: str, at: datetime, others: int) -> Verdict:
    """Return the verdict of a run that waits as its steps say; `others` wait besides, all of them longer."""
    until = f"{stop.until:%Y-%m-%d %H:%M:%S} UTC"
    besides = f" {others} more of its steps wait{'s' if others == 1 else ''} longer." if others else ""
    match stop:
        case Sleep():
            code, reason = "delay", f"Step “{step}” waits until {until}.{besides}"
            remedy = "Nothing to do: the run goes on by itself."
        case Approve():
            code, reason = (
                "approval",
                f"Step “{step}” waits for an approval, at the latest until {until}.{besides}",
            )
            remedy = "Decide it under Approvals, or by the link that was sent."
        case _:
            code, reason = (
                "webhook",
                f"Step “{step}” waits for a request, at the latest until {until}.{besides}",
            )
            remedy = "Nothing to do: the run goes on when the request comes, or when its time is over."
    return Verdict(Run.Status.WAITING, at, code, reason, remedy, due_at=stop.until)


def parked(error: StepError, *, step: str, at: datetime, on: Connection) -> Verdict:
    """Return the verdict when the connection's credentials were refused."""
    remedy = f"Reconnect “{on}” under Connections; the run then goes on by itself."
    return _because(Run.Status.PARKED, error, step=step, at=at, remedy=remedy, parked_on=on)


def needs_decision(error: StepError, *, step: str, at: datetime) -> Verdict:
    """Return the verdict when a person must say whether the call happened."""
    return _because(Run.Status.NEEDS_DECISION, error, step=step, at=at, remedy=error.remedy)


def cancelled(*, at: datetime) -> Verdict:
    """Return the verdict when a person asked for it while a worker held the run."""
    remedy = "Resume goes on from the step where it stopped."
    return Verdict(Run.Status.CANCELLED, at, "cancelled", "Cancelled while it was running.", remedy)


def held(code: str, reason: str, remedy: str, *, at: datetime) -> Verdict:
    """Return the verdict of a run that must not begin until a person has looked at it."""
    return Verdict(Run.Status.HELD, at, code, reason, remedy)


def given_back(*, at: datetime) -> Verdict:
    """Return the verdict of a worker that stops before the next call was sent."""
    remedy = "Nothing to do: the next free worker goes on with it."
    reason = "The worker stopped before the next call was sent."
    return Verdict(Run.Status.QUEUED, at, "given_back", reason, remedy, due_at=at)


def paced(reason: str, *, at: datetime, until: datetime) -> Verdict:
    """Return the verdict of a run whose next call its connection does not take yet; nothing was sent."""
    remedy = "Nothing to do: it goes on by itself. The connection's page tells how fast it may be called."
    return Verdict(Run.Status.WAITING, at, "rate", reason, remedy, due_at=until)


def broken(code: str, reason: str, remedy: str, *, at: datetime) -> Verdict:
    """Return the verdict of a run that can't be executed at all."""
    return Verdict(Run.Status.FAILED, at, code, reason, remedy)


def _because(
    status: Run.Status,
    error: StepError,
    *,
    step: str,
    at: datetime,
    remedy: str,
    due_at: datetime | None = None,
    parked_on: Connection | None = None,
) -> Verdict:
    # Errors of the engine name the step themselves.
    reason = (
        error.message if error.message.startswith("Step “") or not step else f"Step “{step}”: {error.message}"
    )
    return Verdict(status, at, error.code, reason, remedy, due_at=due_at, parked_on=parked_on)
