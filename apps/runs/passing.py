"""Letting a run pass that waits for its turn: a person's decision that it need not wait."""

from django.db import transaction
from django.utils import timezone

from apps.common.errors import Conflict
from apps.runs import ordering
from apps.runs.models import Run, Turn
from apps.runs.worker.wakeup import notify_sleepers
from apps.workspaces import audit
from apps.workspaces.access import Actor, require
from apps.workspaces.roles import Permission


def let_pass(run: Run, *, actor: Actor) -> None:
    """Let a run go on beside the run of its key that holds it up; others wait on for that one.

    Raises `Conflict` for a run that does not wait for its turn.
    """
    require(actor, run.workspace, Permission.OPERATE_RUNS)
    now = timezone.now()
    waiting = Run.objects.filter(pk=run.pk, status=Run.Status.WAITING, reason_code=ordering.REASON_CODE)
    with transaction.atomic():
        key = waiting.select_for_update().values_list("order_key", flat=True).first()
        if key is None:
            raise Conflict(
                "This run does not wait for another one of its order any more.",
                code="not_in_order",
                remedy="Look at the run: it has gone on, or it waits for something else.",
            )
        ordering.lock([bytes(key)])
        Turn.objects.get_or_create(run=run, defaults={"order_key": bytes(key), "passed": True})
        waiting.update(status="queued", due_at=now, reason_code="", reason="", remedy="")
        audit.record(run.workspace, actor=actor, verb="run.let_pass", target=run)
        transaction.on_commit(notify_sleepers, robust=True)
    run.refresh_from_db()
