"""Runs: started by deliveries, steered by people. Every steering writes the audit trail."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from apps.common.errors import Conflict
from apps.runs import loops, ordering
from apps.runs.decisions import decide
from apps.runs.models import Approval, Effect, Hook, Run, StepRun
from apps.runs.replays.services import replay
from apps.runs.replays.wanted import Wanted
from apps.runs.starting import BULK, new_run, refuse_open_siblings, siblings_locked
from apps.runs.worker.wakeup import notify_sleepers
from apps.workflows.engine.problems import InvalidDefinitionError
from apps.workflows.models import Workflow
from apps.workflows.versions import compiled
from apps.workspaces import audit
from apps.workspaces.access import Actor, require
from apps.workspaces.roles import Permission

if TYPE_CHECKING:
    from apps.webhooks.models import Delivery

__all__ = [
    "BULK",
    "cancel",
    "decide",
    "new_runs",
    "release",
    "replay",
    "retry",
    "run_again",
    "start_runs",
    "wake_workers",
]

RETRYABLE = (Run.Status.FAILED, Run.Status.CANCELLED)
HURRIED = (Run.Status.WAITING, Run.Status.PARKED)
"""`retry` takes these at once instead of at their time; nothing else changes."""


def start_runs(
    delivery: "Delivery",
    workflows: Sequence[Workflow],
    *,
    at: datetime,
    replay: int | None = None,
    origins: Sequence[str] = (),
    priority: int = 0,
) -> list[Run]:
    """Queue one run per workflow, or hold it where the workflow is paused or the event is our own echo.

    `origins` are what the event says of the call of ours that it goes back to. Of
    what is due, runs of a lower `priority` are taken first: 0 is what happens now,
    `BULK` what people start many of.

    Runs inside the caller's transaction. A second start of the same replay
    raises `IntegrityError`, so that of simultaneous deliveries one transaction
    wins. A replay raises `Conflict` while an earlier run of the delivery is not
    finished, or left a call undecided that the replay would make again.
    """
    if replay:
        refuse_open_siblings(delivery.pk, [workflow.pk for workflow in workflows])
    started = new_runs(delivery, workflows, at=at, replay=replay or 0, origins=origins, priority=priority)
    return Run.objects.bulk_create(started)


def new_runs(
    delivery: "Delivery",
    workflows: Sequence[Workflow],
    *,
    at: datetime,
    replay: int = 0,
    origins: Sequence[str] = (),
    priority: int = 0,
) -> list[Run]:
    """Return the runs that `start_runs` stores; the receive statement writes the same ones its own way."""
    happened_at = delivery.occurred_at or delivery.received_at
    echo = loops.echo_of(delivery.workspace_id, origins, at=happened_at)
    made = [new_run(delivery, workflow, at=at, replay=replay, priority=priority) for workflow in workflows]
    for run in made:
        run.depth = echo.depth
        loops.hold(run, echo)
    return made


def wake_workers() -> None:
    """Once the transaction is committed, wake the workers that sleep."""
    transaction.on_commit(notify_sleepers, robust=True)


def retry(run: Run, *, actor: Actor) -> None:
    """Go on from the step that failed; a waiting or parked run is tried now.

    Recorded results are kept. A call that the provider refused gets a new key,
    since some providers answer a key that they know with the first refusal; it
    surely did nothing. Every other call keeps its key. Raises `Conflict`, also
    where the event was run again since: both would make the call, under two keys.
    """
    require(actor, run.workspace, Permission.OPERATE_RUNS)
    now = timezone.now()
    with transaction.atomic():
        siblings_locked(run.delivery_id, [run.workflow_id])
        if not Run.objects.filter(pk=run.pk).requeue(statuses=HURRIED, at=now):
            if not Run.objects.filter(pk=run.pk).requeue(statuses=RETRYABLE, at=now):
                raise _wrong_status(run, "resumed", "Replay it instead, or wait until it has ended.")
            _refuse_later_sibling(run)
            _begin_anew(run)
        _record(run, actor=actor, verb="run.retried")
        wake_workers()
    run.refresh_from_db()


def cancel(run: Run, *, actor: Actor) -> None:
    """End the run: at once, or at its worker's next turn if one holds it. Raises `Conflict`.

    A call that is under way is not taken back, and its result is recorded.
    """
    require(actor, run.workspace, Permission.OPERATE_RUNS)
    now = timezone.now()
    with transaction.atomic():
        runs = Run.objects.filter(pk=run.pk)
        if runs.cancel_idle(at=now, reason=f"Cancelled by {actor.label}."):
            effects = Effect.objects.filter(run=run)
            effects.filter(status=Effect.Status.PENDING).update(status=Effect.Status.UNKNOWN)
            Approval.objects.filter(run=run).close(at=now)
            ordering.release([run], at=now)
        elif not runs.ask_to_cancel():
            raise _wrong_status(run, "cancelled", "It has ended already.")
        _record(run, actor=actor, verb="run.cancelled")
    run.refresh_from_db()


def release(run: Run, *, actor: Actor) -> None:
    """Let a held run go, whatever it was held for. Raises `Conflict`."""
    require(actor, run.workspace, Permission.OPERATE_RUNS)
    with transaction.atomic():
        if not Run.objects.filter(pk=run.pk).requeue(statuses=(Run.Status.HELD,), at=timezone.now()):
            raise _wrong_status(run, "released", "Only a held run can be.")
        _record(run, actor=actor, verb="run.released")
        wake_workers()
    run.refresh_from_db()


def run_again(run: Run, *, actor: Actor) -> Run:
    """Execute the same event once more, by the live version if there is one; returns the new run.

    What earlier runs created or deleted is reused, not done again; what a person
    decided there stands. Raises `Conflict` while one of them is not finished, and
    behind the replay window.
    """
    return replay(run, actor=actor, wanted=Wanted(), verb="run.run_again")


def _refuse_later_sibling(run: Run) -> None:
    siblings = Run.objects.filter(delivery=run.delivery_id, workflow=run.workflow_id)
    later = siblings.filter(replay__gt=run.replay).order_by("-replay").first()
    if later is not None:
        raise Conflict(
            f"This event has been replayed since, as run {later.code}; resuming could double its calls.",
            code="run_again_since",
            remedy="Look at that run. Resume it, or replay the event.",
        )


def _begin_anew(run: Run) -> None:
    """Let the steps that failed the run be tried as if they had not been; what the run went on behind stays.

    So a for each that failed goes on with the items that failed, and a step whose
    error branch was followed is left as it was.
    """
    failed = StepRun.objects.filter(run=run, status=StepRun.Status.FAILED)
    tolerated = _tolerated(run, list(failed.values_list("path", flat=True)))
    failed.exclude(path__in=tolerated).update(
        status=StepRun.Status.WAITING,
        attempts=0,
        started_at=timezone.now(),  # How long a step may be repeated counts anew, too.
        finished_at=None,
        resume_at=None,
    )
    # A request that did not come is waited for anew.
    if Hook.objects.filter(run=run, received_at__isnull=True).update(closed_at=None, expires_at=None):
        StepRun.objects.filter(run=run, kind="wait_webhook", status=StepRun.Status.WAITING).update(
            resume_at=None
        )
    open_effects = Effect.objects.filter(run=run).exclude(
        status__in=(Effect.Status.DONE, Effect.Status.SKIPPED, Effect.Status.PENDING)
    )
    open_effects = open_effects.exclude(path__in=tolerated)
    open_effects.filter(status=Effect.Status.REFUSED).update(generation=F("generation") + 1)
    open_effects.update(attempts=0)


def _tolerated(run: Run, paths: Sequence[str]) -> list[str]:
    """Return the steps behind whose failure the run went on."""
    if not paths:
        return []
    try:
        program = compiled(run.version_id)
    except InvalidDefinitionError:
        return []  # The run will say itself that its version can't be read.
    return [path for path in paths if program.tolerates(path)]


def _record(run: Run, *, actor: Actor, verb: str, after: dict[str, str] | None = None) -> None:
    audit.record(
        run.workspace, actor=actor, verb=verb, target=run, before={"status": run.status}, after=after
    )


def _wrong_status(run: Run, done: str, remedy: str) -> Conflict:
    run.refresh_from_db()
    status = run.get_status_display().lower()
    return Conflict(f"A run that is {status} can't be {done}.", code="wrong_status", remedy=remedy)
