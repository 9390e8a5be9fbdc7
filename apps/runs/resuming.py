"""Lets go what was held for a pause that is over: the oldest events first, some at a time."""

from datetime import datetime, timedelta

from django.db import connection as database
from django.db import transaction

from apps.runs.models import Run
from apps.workflows.models import Workflow

BATCH = 500
"""So many runs of a workspace may be queued for it to queue more: others have their turn in between."""

HOLDING = """
WITH RECURSIVE holding (workflow_id) AS (
  SELECT * FROM (
    SELECT workflow_id FROM runs_run WHERE status = 'held' ORDER BY workflow_id LIMIT 1
  ) AS start
  UNION ALL
  SELECT (
    SELECT r.workflow_id FROM runs_run r
    WHERE r.status = 'held' AND r.workflow_id > holding.workflow_id ORDER BY r.workflow_id LIMIT 1
  )
  FROM holding WHERE holding.workflow_id IS NOT NULL
)
SELECT workflow_id FROM holding WHERE workflow_id IS NOT NULL
"""
"""The workflows that have held runs: one look into the index for each, however many runs they have."""


def let_go(*, at: datetime) -> int:
    """Queue the first held runs of each resumed workflow, as far as there is room; returns how many."""
    with database.cursor() as cursor:
        cursor.execute(HOLDING)
        holding = [row[0] for row in cursor.fetchall()]
    if not holding:
        return 0
    resumed = Workflow.objects.filter(pk__in=holding, status=Workflow.Status.PUBLISHED)
    return sum(_some_of(pk, workspace, at=at) for pk, workspace in resumed.values_list("pk", "workspace_id"))


def _some_of(workflow: int, workspace: int, *, at: datetime) -> int:
    queued = Run.objects.filter(workspace=workspace, status="queued").order_by()
    room = BATCH - len(queued.values_list("pk")[:BATCH])
    if room <= 0:
        return 0
    held = Run.objects.filter(workflow=workflow, status="held", reason_code="paused")
    with transaction.atomic():
        # Another process may look at the same moment: each row is let go once.
        first = held.order_by("event_at", "id").select_for_update(skip_locked=True)
        runs = list(first.only("pk")[:room])
        for place, run in enumerate(runs):
            run.due_at = at + timedelta(microseconds=place)  # The claim takes them by it.
            run.status, run.reason_code, run.reason, run.remedy = "queued", "", "", ""
        if runs:
            Run.objects.bulk_update(
                runs, ["due_at", "status", "reason_code", "reason", "remedy"], batch_size=250
            )
    return len(runs)
