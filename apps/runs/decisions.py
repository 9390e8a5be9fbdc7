"""A person's answer about a call of which nobody knows whether it happened."""

from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from apps.common.errors import Conflict, ValidationFailed
from apps.runs.models import Approval, Effect, Run, StepRun
from apps.runs.worker.wakeup import notify_sleepers
from apps.workspaces import audit
from apps.workspaces.access import Actor, require
from apps.workspaces.roles import Permission

Decision = Effect.Decision

EXPLAINED: dict[str, str] = {
    Decision.HAPPENED: "The provider shows that it was done. The run goes on behind it; nothing is sent.",
    Decision.DO_NOW: "The provider shows that it was not done. It is sent now, under a new key.",
    Decision.SKIP: "Leave it, whatever happened. The run goes on behind this step without its results.",
    Decision.CANCEL: "The run ends here. Nothing more is sent.",
}
"""What each decision means, for the person who takes it."""

_EFFECT_STATUS = {
    Decision.HAPPENED: Effect.Status.DONE,
    Decision.DO_NOW: Effect.Status.NOT_DONE,
    Decision.SKIP: Effect.Status.SKIPPED,
    Decision.CANCEL: Effect.Status.UNKNOWN,
}


def decide(effect: Effect, *, actor: Actor, decision: str) -> None:
    """Carry a decision out: the run goes on, or ends. One of simultaneous decisions wins.

    Raises `NotAllowed`, `ValidationFailed` for an unknown decision, and `Conflict`
    when it has been decided meanwhile.
    """
    require(actor, effect.workspace, Permission.DECIDE)
    try:
        chosen = Decision(decision)
    except ValueError:
        raise ValidationFailed(
            f"“{decision}” is no decision.",
            field="decision",
            remedy=f"Choose one of {', '.join(Decision.values)}.",
        ) from None
    now = timezone.now()
    with transaction.atomic():
        # The run first, as every worker locks it first.
        if not _move_run(effect, chosen, actor=actor, at=now):
            raise _decided_already(effect)
        status = _EFFECT_STATUS[chosen]
        by = actor.user.pk if actor.user else None
        if not Effect.objects.filter(pk=effect.pk).answer(decision=chosen, status=status, by=by, at=now):
            raise _decided_already(effect)
        _settle_step(effect, chosen, at=now)
        audit.record(
            effect.workspace,
            actor=actor,
            verb="effect.decided",
            target=effect.run,
            before={"step": effect.path, "effect": Effect.Status.UNKNOWN},
            after={"step": effect.path, "effect": status, "decision": chosen},
        )
        transaction.on_commit(notify_sleepers, robust=True)
    effect.refresh_from_db()


def _move_run(effect: Effect, chosen: Decision, *, actor: Actor, at: datetime) -> int:
    waiting = Run.objects.filter(pk=effect.run_id, status=Run.Status.NEEDS_DECISION)
    if chosen is Decision.CANCEL:
        Approval.objects.filter(run=effect.run_id, run__status=Run.Status.NEEDS_DECISION).close(at=at)
        return waiting.cancel_idle(at=at, reason=f"Cancelled by {actor.label}, who was asked about a call.")
    return waiting.requeue(statuses=(Run.Status.NEEDS_DECISION,), at=at)


def _settle_step(effect: Effect, chosen: Decision, *, at: datetime) -> None:
    step = StepRun.objects.filter(run=effect.run_id, path=effect.path)
    settled = {"finished_at": at, "error_code": "", "error": "", "remedy": "", "error_field": ""}
    if chosen is Decision.HAPPENED:
        step.update(status=StepRun.Status.SUCCEEDED, **settled)
        Effect.objects.filter(pk=effect.pk).update(answered_at=at)
    elif chosen is Decision.SKIP:
        step.update(status=StepRun.Status.SKIPPED, **settled)
    elif chosen is Decision.DO_NOW:
        step.update(status=StepRun.Status.WAITING, attempts=0)
        Effect.objects.filter(pk=effect.pk).update(generation=F("generation") + 1, attempts=0)


def _decided_already(effect: Effect) -> Conflict:
    return Conflict(
        "This call has been decided already, or its run was cancelled.",
        code="decided_already",
        remedy="Look at the run again.",
    )
