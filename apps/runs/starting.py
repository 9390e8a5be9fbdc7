"""How a run's row is made, and when an event may be executed once more."""

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Max

from apps.common.errors import Conflict
from apps.runs import ordering
from apps.runs.models import Effect, Run
from apps.runs.querysets import RunQuerySet
from apps.workflows.models import Workflow

if TYPE_CHECKING:
    from apps.webhooks.models import Delivery

BULK = 5
"""The priority of what people start many of, which waits behind what happens now."""


def new_run(
    delivery: "Delivery",
    workflow: Workflow,
    *,
    at: datetime,
    replay: int,
    version: int | None = None,
    fallback: int | None = None,
    priority: int = 0,
) -> Run:
    """Return the row of a run that is not stored yet; held where the workflow is paused.

    It executes the `version`, else the live one, else `fallback`.
    """
    version_id = version or workflow.live_version_id or fallback
    if version_id is None:
        raise ValueError(f"Workflow {workflow.code} has nothing to run: it was never published.")
    run = Run(
        workspace_id=delivery.workspace_id,
        workflow=workflow,
        version_id=version_id,
        delivery=delivery,
        replay=replay,
        event_id=delivery.event_id,
        event_type=delivery.event_type,
        event_at=delivery.occurred_at or delivery.received_at,
        received_at=delivery.received_at if not replay else at,
        due_at=at,
        priority=priority,
    )
    ordering.assign([run])
    if workflow.status == Workflow.Status.PAUSED:
        run.status = Run.Status.HELD
        run.reason_code = "paused"
        run.reason = "The workflow is paused."
        run.remedy = "Resume the workflow; its held runs then go on by themselves."
    return run


def next_replay(delivery_id: int, workflow_id: int) -> int:
    """Return the number of the next execution of a delivery by a workflow."""
    siblings = Run.objects.filter(workflow=workflow_id, delivery=delivery_id)
    last: int = siblings.aggregate(last=Max("replay"))["last"] or 0
    return last + 1


def siblings_locked(delivery_id: int, workflow_ids: Collection[int]) -> RunQuerySet:
    """Return the runs of a delivery, locked: of a retry and a replay at once one waits for the other."""
    siblings = Run.objects.filter(delivery=delivery_id, workflow__in=workflow_ids)
    list(siblings.select_for_update().order_by("pk").values_list("pk"))
    return siblings


def refuse_open_siblings(delivery_id: int, workflow_ids: Collection[int]) -> None:
    """Raise `Conflict` where a replay under another key could double a call; the siblings are locked."""
    siblings = siblings_locked(delivery_id, workflow_ids)
    problem = open_sibling(siblings)
    if problem is not None:
        raise problem


def open_sibling(siblings: RunQuerySet) -> Conflict | None:
    """Return why none of these runs' events may be run again now, if that is so."""
    unfinished = siblings.exclude(status__in=Run.FINISHED).first()
    if unfinished is not None:
        return Conflict(
            f"Run {unfinished.code} of this event has not ended ({unfinished.get_status_display().lower()}).",
            code="still_open",
            remedy="Wait for it, decide in it or cancel it; then run the event again.",
        )
    undecided = Effect.objects.undecided().filter(run__in=siblings).select_related("run").first()
    if undecided is not None:
        return Conflict(
            f"Nobody knows whether a call of run {undecided.run.code} happened; to repeat it may double it.",
            code="undecided",
            remedy="Resume that run: it goes on with the same key, or asks what has happened.",
        )
    return None
