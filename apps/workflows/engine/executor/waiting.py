"""Steps that let time pass: delay, approval, wait for webhook."""

from collections.abc import Generator, Mapping
from datetime import datetime, timedelta
from typing import Any

from apps.workflows.engine import moments
from apps.workflows.engine.effects import (
    Answer,
    Approve,
    Effect,
    Listen,
    Progress,
    Record,
    Sleep,
    StepError,
    StepOutcome,
)
from apps.workflows.engine.executor.frames import Frame
from apps.workflows.engine.executor.records import record_of
from apps.workflows.engine.filling import fill, unfit
from apps.workflows.engine.inputs import StepFailure, resolve_inputs
from apps.workflows.engine.mapped import is_known, paths_of
from apps.workflows.engine.messages import step_name
from apps.workflows.engine.performing import stop
from apps.workflows.engine.program import CompiledApproval, CompiledDelay, CompiledWait
from apps.workflows.engine.program.compiled import Behind

Recording = Generator[Effect, Answer, Record]


def delay(step: CompiledDelay, frame: Frame, known: Progress | None) -> Recording:
    """Wait until the delay's moment; return the record."""
    now = frame.world.now
    until = known.until if known is not None else None
    if until is None:
        until = _moment(step, frame)
    if until > now:
        yield from stop(Sleep(frame.path(step), until, step.position, step.step.name))
    return record_of(step, frame, StepOutcome.SUCCEEDED, outputs={"until": int(until.timestamp())})


def _moment(step: CompiledDelay, frame: Frame) -> datetime:
    if step.error is not None:
        raise StepFailure(step.error)
    form, now = step.step, frame.world.now
    mapped = {"for": step.amount, "until": step.until}.get(form.mode)
    try:
        if form.mode == "time_of_day":
            return moments.next_time_of_day(form.time, form.zone, form.days, now=now)
        key = "amount" if form.mode == "for" else "until"
        value = None if mapped is None else fill(step, key, mapped, frame.scope)
        if value in (None, ""):
            raise moments.DelayError("is empty.", code="empty_input", field=key)
        if form.mode == "for":
            return moments.after(value, form.unit, now=now)
        return moments.moment(value, now=now)
    except moments.DelayError as error:
        raise unfit(step, error.field, error.message, mapped, code=error.code) from None


def approval(step: CompiledApproval, frame: Frame, known: Progress | None) -> Recording:
    """Ask people, or take what they or the deadline decided; return the record."""
    decided: Mapping[str, Any] | None = known.answer if known is not None else None
    form, now = step.step, frame.world.now
    until = known.until if known is not None else None
    if decided is None and until is not None and now >= until:
        decided = _by_deadline(step, until)
    if decided is None:
        limit = until or now + timedelta(seconds=form.deadline.seconds)
        decided = yield from stop(_approve(step, frame, limit))
    approved = decided.get("approved") is True
    goes_on = approved or form.on_denied == "continue"
    return record_of(
        step,
        frame,
        StepOutcome.SUCCEEDED if goes_on else StepOutcome.FILTERED,
        outputs=decided,
        branch="Approved" if approved else "Denied",
        note=_told(decided),
    )


def _by_deadline(step: CompiledApproval, until: datetime) -> dict[str, Any]:
    approved = step.step.on_deadline == "approve"
    return {
        "approved": approved,
        "decision": "approved" if approved else "denied",
        "decided_by": "",
        "decided_at": int(until.timestamp()),
        "comment": "",
        "by_deadline": True,
    }


def _approve(step: CompiledApproval, frame: Frame, until: datetime) -> Approve:
    if step.error is not None:
        raise StepFailure(step.error)
    message = "" if step.message is None else fill(step, "message", step.message, frame.scope)
    return Approve(
        path=frame.path(step),
        position=step.position,
        name=step.step.name,
        message="" if message is None else str(message),
        shown=tuple(_shown(each, frame) for each in step.behind),
        approvers=tuple(each.email for each in step.step.approvers),
        connection=step.step.connection,
        until=until,
        on_deadline=step.step.on_deadline,
    )


def _shown(behind: Behind, frame: Frame) -> Mapping[str, Any]:
    """Return what an approver sees of an action: its inputs where everything that they read is there."""
    action, inputs = behind.action, None
    if action.action is not None and action.error is None and _is_known(behind, frame):
        try:
            inputs = resolve_inputs(action, action.action, frame.scope)
        except StepFailure:
            inputs = None  # The run log tells what is wrong once the step is tried.
    shown = {
        "step": action.step.name,
        "action": action.step.action,
        "connection": action.step.connection,
        "inputs": inputs,
    }
    return {**shown, "branch": " › ".join(behind.branch)} if behind.branch else shown


def _is_known(behind: Behind, frame: Frame) -> bool:
    paths = (path for mapped in behind.action.inputs.values() for path in paths_of(mapped))
    return all(is_known(path, frame.scope["steps"], behind.fresh) for path in paths)


def _told(decided: Mapping[str, Any]) -> str:
    verb = "Approved" if decided.get("approved") is True else "Denied"
    if decided.get("by_deadline"):
        return f"{verb} because the deadline passed"
    return f"{verb} by {decided.get('decided_by') or 'somebody'}"


def denied(step: CompiledApproval, outputs: Mapping[str, Any] | None) -> StepError:
    """Return why a denied approval ends the run."""
    decided = outputs or {}
    comment = f": {decided['comment']}" if decided.get("comment") else ""
    return StepError(
        code="denied",
        message=f"{step_name(step.step)}: {_told(decided)}{comment}.",
        remedy="Nothing to do: the workflow goes on only where it is approved.",
    )


def wait_webhook(step: CompiledWait, frame: Frame, known: Progress | None) -> Recording:
    """Wait for a request, or take what came; return the record."""
    came = known.answer if known is not None else None
    form, now = step.step, frame.world.now
    until = known.until if known is not None else None
    if came is not None:
        return record_of(step, frame, StepOutcome.SUCCEEDED, outputs=came, branch="Received")
    if until is None or now < until:
        until = until or now + timedelta(seconds=form.deadline.seconds)
        yield from stop(Listen(frame.path(step), step.position, step.step.name, until))
    outputs = {"received": False, "body": None, "received_at": None}
    if form.on_timeout == "fail":
        raise StepFailure(not_received(step))
    outcome = StepOutcome.SUCCEEDED if form.on_timeout == "continue" else StepOutcome.FILTERED
    return record_of(step, frame, outcome, outputs=outputs, branch="Not received")


def not_received(step: CompiledWait) -> StepError:
    """Return what there is to say where no request came in time."""
    return StepError(
        code="not_received",
        message=f"{step_name(step.step)}: no request came in time.",
        remedy="Look whether the other side knows the address, or raise the time limit.",
    )
