"""Runs that test a draft: by a snapshot that is never live, for a delivery of their own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from apps.common.masking import mask_json
from apps.runs.journal import clean
from apps.runs.models import Run, StepRun
from apps.runs.progress import seal_outputs
from apps.runs.services import wake_workers
from apps.workflows.engine.effects import StepError
from apps.workflows.models import WorkflowVersion

if TYPE_CHECKING:
    from apps.webhooks.models import Delivery


@dataclass(frozen=True, slots=True)
class Given:
    """A step before the tested one: its outputs were given, it is not run. With an error it has failed."""

    path: str
    position: int
    kind: str
    name: str
    action: str = ""
    outputs: Mapping[str, Any] = field(default_factory=dict)
    error: StepError | None = None


def start_test(
    delivery: "Delivery", version: WorkflowVersion, *, given: Sequence[Given], at: datetime
) -> Run:
    """Queue the run of a test's snapshot, whether or not the workflow is paused; in the caller's transaction.

    Raises `ValueError` for a version that was published.
    """
    if not version.is_test:
        raise ValueError("A test runs a snapshot of its own.")
    run = Run.objects.create(
        workspace_id=delivery.workspace_id,
        workflow=version.workflow,
        version=version,
        delivery=delivery,
        event_id=delivery.event_id,
        event_type=delivery.event_type,
        event_at=delivery.occurred_at or delivery.received_at,
        received_at=delivery.received_at,
        due_at=at,
        # A run that has not begun is not asked what it did before.
        started_at=at if given else None,
    )
    StepRun.objects.bulk_create(_row(run, each, at=at) for each in given)
    wake_workers()
    return run


def _row(run: Run, given: Given, *, at: datetime) -> StepRun:
    return StepRun(
        run=run,
        path=given.path,
        position=given.position,
        kind=given.kind,
        name=clean(given.name),
        action=given.action[:100],
        status=StepRun.Status.FAILED if given.error else StepRun.Status.SUCCEEDED,
        started_at=at,
        finished_at=at,
        log={"output": clean(mask_json(dict(given.outputs))), "given": True},
        working=seal_outputs(run.pk, given.path, given.outputs),
        error_code=given.error.code if given.error else "",
        error=clean(given.error.message) if given.error else "",
        remedy=given.error.remedy if given.error else "",
    )
