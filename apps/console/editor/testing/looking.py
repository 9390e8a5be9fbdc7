"""How a real test stands: its run's steps in the shape of a test's results."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import Http404

from apps.console.editor.testing.results import id_of, index_of
from apps.console.editor.testing.sending import now
from apps.runs.models import Effect, Heartbeat, Run, StepRun
from apps.runs.worker import heartbeats
from apps.workflows.models import Workflow

PATIENCE = timedelta(seconds=5)
"""How long a test waits for a worker before somebody is told."""

FRESH = timedelta(seconds=15)
"""How old a worker's sign of life may be."""

_OUTCOMES = {
    StepRun.Status.SUCCEEDED: "succeeded",
    StepRun.Status.FILTERED: "filtered",
    StepRun.Status.SKIPPED: "skipped",
    StepRun.Status.FAILED: "failed",
}

_HALTED = (Run.Status.NEEDS_DECISION, Run.Status.PARKED, Run.Status.HELD)
"""Nothing more happens by itself."""


def find_test(workflow: Workflow, code: str) -> Run:
    """Return the run of a test of this workflow; raises `Http404`."""
    try:
        wanted = UUID(code)
    except ValueError:
        raise Http404("There is no such test.") from None
    runs = Run.objects.filter(workflow=workflow, code=wanted, version__test_of_revision__isnull=False)
    run = runs.select_related("version").first()
    if run is None:
        raise Http404("There is no such test.")
    return run


def look(run: Run, *, at: datetime | None = None) -> dict[str, Any]:
    """Return how the test stands."""
    rows = list(run.steps.order_by("pk"))
    keys = {effect.path: effect.key for effect in Effect.objects.filter(run=run)}
    return {
        "done": run.finished or run.status in _HALTED,
        "steps": [_step(row, keys.get(row.path, "")) for row in rows if not _given(row)],
        "run": {
            "code": str(run.code),
            "status": run.status,
            "label": run.get_status_display(),
            "reason": run.reason,
            "remedy": run.remedy,
            "url": run.get_absolute_url(),
        },
        "note": _note(run, at=at or now()),
    }


def _note(run: Run, *, at: datetime) -> str:
    """Say why nothing happens, where no worker runs."""
    if run.status != Run.Status.QUEUED or at - run.due_at < PATIENCE:
        return ""
    fresh = Heartbeat.objects.filter(kind=heartbeats.DRAIN, beat_at__gte=at - FRESH)
    if fresh.exists():
        return "The worker is busy; the test begins as soon as it is free."
    return (
        "No worker is running, so the test has not begun. Start one: python manage.py worker. "
        "The test then begins by itself; its run's page can cancel it."
    )


def _given(row: StepRun) -> bool:
    return bool(row.log.get("given")) if isinstance(row.log, dict) else False


def _step(row: StepRun, key: str) -> dict[str, Any]:
    log = row.log if isinstance(row.log, dict) else {}
    error = None
    if row.error or row.error_code:
        error = {
            "code": row.error_code,
            "message": row.error,
            "remedy": row.remedy,
            "field": row.error_field,
        }
    return {
        "path": row.path,
        "id": id_of(row.path),
        "index": index_of(row.path),
        "name": row.name,
        "kind": row.kind,
        "outcome": _OUTCOMES.get(StepRun.Status(row.status), "waiting"),
        "branch": str(log.get("branch", "")),
        "inputs": log.get("input") or {},
        "outputs": log.get("output") or {},
        "sampled": False,
        "requests": [],
        "exchanges": [{**exchange, "key": key} for exchange in log.get("exchanges") or ()],
        "conditions": log.get("conditions") or [],
        "error": error,
        "ms": _ms(row),
        "note": str(log.get("note", "")),
    }


def _ms(row: StepRun) -> int:
    if row.finished_at is None:
        return 0
    return round((row.finished_at - row.started_at).total_seconds() * 1000)
