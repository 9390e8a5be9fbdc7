"""How jobs go on: one run after the other, each in a transaction that also moves the job's cursor.

Whatever dies in between, a run is neither left out nor taken twice: its replay and the cursor
are written together, under a lock of the job's row, and the database holds that a job repeats
a run once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import structlog
from django.db import InterfaceError, OperationalError, transaction

from apps.common.errors import Conflict, NotAllowed, ServiceError
from apps.runs import services
from apps.runs.leases import steady
from apps.runs.models import ReplayJob, Run
from apps.runs.replays import made, selection
from apps.runs.replays.checking import check_dry
from apps.runs.replays.counting import REASONS
from apps.runs.replays.dry.diffing import compare
from apps.runs.replays.dry.running import dry_run
from apps.runs.replays.jobs import DRY_RUNS
from apps.runs.replays.wanted import Wanted
from apps.runs.starting import BULK
from apps.runs.worker.sharing import every
from apps.workspaces.access import Actor

SECONDS = 0.8
"""How long one look works."""

CATCH_UP = timedelta(seconds=5)
"""What a job may make up for at once when nobody looked."""

log = structlog.get_logger(__name__)


@every(seconds=1)
def look(*, at: datetime) -> int:
    """Advance the jobs that are due; returns how many runs were looked at."""
    return advance(at=at)


def advance(*, at: datetime) -> int:
    """Advance every job that is due at the database's time `at`, in turn, for less than a second."""
    ends_at, moved = steady() + SECONDS, 0
    due = ReplayJob.objects.filter(status=ReplayJob.Status.RUNNING, due_at__lte=at).order_by("due_at", "pk")
    numbers = list(due.values_list("pk", flat=True)[:20])
    while numbers:
        going_on: list[int] = []
        for pk in numbers:  # A run of each in turn, so that a long job keeps no other waiting.
            if steady() >= ends_at:
                return moved
            if _one(pk, at=at):
                moved += 1
                going_on.append(pk)
        numbers = going_on
    return moved


def _one(pk: int, *, at: datetime) -> int:
    """Take the next run of a job; 0 where it is not due, or has come to its end."""
    tried = _tried(pk, at=at)
    with transaction.atomic():
        # Waits for whoever is at it; behind them the cursor is read anew.
        job = ReplayJob.objects.select_for_update(of=("self",)).select_related("workspace").get(pk=pk)
        if not _is_due(job, at=at):
            return 0
        if tried is not None and tried.cursor != job.cursor:
            return 0  # Another process was faster, and what it found is written.
        run = tried.run if tried is not None else _next(job)
        if run is None:
            _end(job, at=at)
            return 0
        if tried is None and job.kind == ReplayJob.Kind.DRY:
            return 0  # It was continued this moment: the next look tries this run.
        job.cursor = run.pk
        job.due_at = max(job.due_at or at, at - CATCH_UP) + timedelta(minutes=1) / job.rate
        _take(job, run, partial(_note, job, tried) if tried is not None else partial(_do, job, run))
        job.save(update_fields=["cursor", "due_at", "started", "left_out", "findings"])
    return 1


def _is_due(job: ReplayJob, *, at: datetime) -> bool:
    return job.status == ReplayJob.Status.RUNNING and job.due_at is not None and job.due_at <= at


@dataclass(frozen=True, slots=True)
class _Tried:
    """A run that was tried dry, and where the job's cursor stood then."""

    run: Run
    cursor: int
    finding: dict[str, object] | None
    error: Exception | None = None


def _tried(pk: int, *, at: datetime) -> _Tried | None:
    """Try a dry job's next run, outside of any transaction: it may compute for seconds."""
    jobs = ReplayJob.objects.select_related("workspace", "created_by")
    job = jobs.filter(pk=pk, kind=ReplayJob.Kind.DRY).first()
    if job is None or not _is_due(job, at=at) or (run := _next(job)) is None:
        return None
    try:
        _check(job, run)
        return _Tried(run, job.cursor, _finding(job, run))
    except (InterfaceError, OperationalError):
        raise
    except Exception as error:  # noqa: BLE001 - counted as left out, with its reason, when it is written.
        return _Tried(run, job.cursor, None, error)


def _note(job: ReplayJob, tried: _Tried) -> None:
    """Keep what was found; raises what the trial raised."""
    if tried.error is not None:
        raise tried.error
    job.findings = [*job.findings, tried.finding]


def _next(job: ReplayJob) -> Run | None:
    if job.kind == ReplayJob.Kind.DRY and job.looked_at >= DRY_RUNS:
        return None
    try:
        rest = selection.runs_of(job).filter(pk__gt=job.cursor)
    except Conflict as error:
        job.note = error.message[:300]
        return None
    found = rest.values_list("pk", flat=True).first()
    if found is None:
        return None
    runs = Run.objects.select_related("workspace", "workflow__live_version", "version", "delivery")
    return runs.get(pk=found)


def _end(job: ReplayJob, *, at: datetime) -> None:
    job.status = ReplayJob.Status.DONE
    job.finished_at, job.due_at = at, None
    job.save(update_fields=["status", "finished_at", "due_at", "note"])
    log.info("replays.job_done", job=str(job.code), started=job.started, left_out=job.left_out_count)


def _take(job: ReplayJob, run: Run, deed: Callable[[], None]) -> None:
    """Repeat or retry one run, or keep how its trial went; what can't be is counted with its reason.

    Whatever one run holds, it keeps neither the others nor other jobs waiting.
    """
    try:
        with transaction.atomic():
            deed()
    except ServiceError as error:
        _leave_out(job, run, code=error.code, reason=REASONS.get(error.code, error.message))
    except (InterfaceError, OperationalError):
        raise  # The database is away: the run is taken when it is back.
    except Exception:
        log.exception("replays.run_left_out", job=str(job.code), run=str(run.code))
        _leave_out(job, run, code="unexpected", reason=REASONS["unexpected"])
    else:
        job.started += 1


def _leave_out(job: ReplayJob, run: Run, *, code: str, reason: str) -> None:
    known = job.left_out.setdefault(code, {"count": 0, "reason": reason[:300], "runs": []})
    known["count"] += 1
    known["runs"] = [*known["runs"], run.pk][-5:]


def _do(job: ReplayJob, run: Run) -> None:
    actor = _check(job, run)
    if job.kind == ReplayJob.Kind.RETRY:
        if run.status not in services.RETRYABLE:
            raise Conflict(REASONS["wrong_status"], code="wrong_status")
        services.retry(run, actor=actor)
    else:
        wanted = Wanted(version=job.version, redo=_redo(job, run))
        services.replay(run, actor=actor, wanted=wanted, job=job, priority=BULK)


def _check(job: ReplayJob, run: Run) -> Actor:
    if job.created_by is None:  # Without a person an actor would be the system, which may do everything.
        raise NotAllowed(REASONS["not_allowed"], code="not_allowed")
    if _repeated_since(run):
        raise Conflict(REASONS["repeated_since"], code="repeated_since")
    return Actor(job.created_by_label, job.created_by)


def _repeated_since(run: Run) -> bool:
    return Run.objects.filter(
        delivery=run.delivery_id, workflow=run.workflow_id, replay__gt=run.replay
    ).exists()


def _redo(job: ReplayJob, run: Run) -> frozenset[str]:
    """Return the places of this run that are done again: ticked, and done by it before."""
    lead = f"{run.workflow.code}:"
    ticked = {key.removeprefix(lead) for key in job.redo if key.startswith(lead)}
    return frozenset(ticked & {each.place for each in made.made_for(run)}) if ticked else frozenset()


def _finding(job: ReplayJob, run: Run) -> dict[str, object]:
    found = compare(run, dry_run(run, check_dry(run, job.version), afresh=True, seconds=2.0))
    return {
        "run": run.pk,
        "identical": found.identical,
        "told": found.told,
        "steps": [step.name for step in found.differing][:10],
    }
