"""A workflow that only fails is paused, with the reason on its page; nothing of it is lost.

Counted are the newest runs of its live version by the order in which their events
came, and of them those that have ended: succeeded ends the row, failed counts,
and whatever says nothing about the workflow is passed over: runs that were filtered
or cancelled, repetitions that a person asked for, and tests of drafts. A new
version and a resume begin anew. Runs that are under way are passed over, too, so
with many at once the order of their ends does not matter; at worst the pause comes
a few failures late.

It is asked only for workflows of which a run has just failed, and reads at most
`LOOK_BACK` entries of one index: a run that succeeds pays nothing.
"""

from collections.abc import Collection
from datetime import datetime

import structlog
from django.db import transaction

from apps.runs.models import Run
from apps.runs.querysets import CLAIMABLE
from apps.workflows import publishing
from apps.workflows.models import Workflow

LOOK_BACK = 2_000
HELD_AT_ONCE = 500

PAUSED_REASON = "The workflow is paused, because its runs failed one after the other."
PAUSED_REMEDY = "Mend the cause, then resume the workflow; its held runs go on by themselves."

log = structlog.get_logger(__name__)


def pause_failing(workflow_ids: Collection[int], *, at: datetime) -> int:
    """Pause those of the workflows that have failed too often in a row; returns how many."""
    rows = Workflow.objects.filter(
        pk__in=workflow_ids, status=Workflow.Status.PUBLISHED, pause_after_failures__gt=0
    )
    paused = 0
    for workflow in rows.select_related("workspace").defer("draft"):
        failed, last = in_a_row(workflow)
        if failed >= workflow.pause_after_failures and last is not None:
            paused += _pause(workflow, failed, last, at=at)
    return paused


def in_a_row(workflow: Workflow) -> tuple[int, Run | None]:
    """Return how many runs failed in a row, at most as many as pause the workflow, and the newest of them."""
    rows = Run.objects.filter(workflow=workflow.pk).order_by("-id")
    found = rows.only("status", "replay", "version_id", "finished_at", "reason", "code")[:LOOK_BACK]
    failed, newest = 0, None
    for run in found:
        if run.replay or run.version_id != workflow.live_version_id:
            continue
        if workflow.failures_since and run.finished_at and run.finished_at <= workflow.failures_since:
            continue
        if run.status == Run.Status.SUCCEEDED:
            break
        if run.status == Run.Status.FAILED:
            failed, newest = failed + 1, newest or run
            if failed >= workflow.pause_after_failures:
                break
    return failed, newest


def hold_queued(*, at: datetime) -> int:
    """Hold what waits to begin in workflows that paused themselves; returns how many runs.

    Runs that have begun go on: a half-done one is not left lying.
    """
    paused = Workflow.objects.filter(status=Workflow.Status.PAUSED, paused_at__isnull=False)
    numbers = list(paused.values_list("pk", flat=True))
    if not numbers:
        return 0
    # Both conditions on the status: the index of what is due is that of the first.
    waiting = Run.objects.filter(status__in=CLAIMABLE, workflow__in=numbers)
    queued = waiting.filter(status=Run.Status.QUEUED, started_at=None, version__number__isnull=False)
    chosen = list(queued.values_list("pk", flat=True)[:HELD_AT_ONCE])
    return Run.objects.filter(pk__in=chosen).hold_paused(reason=PAUSED_REASON, remedy=PAUSED_REMEDY)


def _pause(workflow: Workflow, failed: int, last: Run, *, at: datetime) -> bool:
    because = (
        f"Its last {failed} runs failed, one after the other. The newest one: {last.reason}"
        if failed > 1
        else f"Its last run failed: {last.reason}"
    )
    with transaction.atomic():
        paused = publishing.pause_failing(workflow, because=because[:1000], at=at)
    if paused:
        log.warning("workflow.paused_itself", workflow=str(workflow.code), failed=failed)
    return paused
