"""Repeating many runs: previewed, started, paused, stopped by people; advanced by a sweep."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from apps.common.errors import Conflict, NotAllowed, ValidationFailed
from apps.runs.models import ReplayJob, Run
from apps.runs.replays.counting import calls_done_again, summarise
from apps.runs.replays.models import VersionChoice
from apps.workspaces import audit
from apps.workspaces.access import Actor, may, require
from apps.workspaces.models import Workspace
from apps.workspaces.roles import Permission

RATES = (1, 6_000)
"""Runs a minute."""

DRY_RUNS = 200
"""Runs that a dry replay of many looks at."""

KEPT_PREVIEWS = timedelta(days=1)
"""Previews that nobody started are forgotten then."""

Status = ReplayJob.Status


def preview(
    workspace: Workspace, *, actor: Actor, chosen: dict[str, Any], kind: str = ReplayJob.Kind.REPLAY
) -> ReplayJob:
    """Count what repeating these runs would do, and keep it to be started; nothing is started yet.

    From here on no run is taken in that is made later.
    """
    require(actor, workspace, Permission.OPERATE_RUNS)
    old = timezone.now() - KEPT_PREVIEWS
    ReplayJob.objects.filter(workspace=workspace, status=Status.PREVIEW, created_at__lt=old).delete()
    upper = Run.objects.filter(workspace=workspace).aggregate(last=Max("pk"))["last"] or 0
    job = ReplayJob(
        workspace=workspace,
        kind=ReplayJob.Kind(kind),
        selection=chosen,
        upper=upper,
        created_by=actor.user,
        created_by_label=actor.label[:150],
    )
    job.summary = summarise(job)
    job.total = job.summary["total"]
    job.save(force_insert=True)
    return job


def start(
    job: ReplayJob,
    *,
    actor: Actor,
    rate: int,
    version: str = VersionChoice.CURRENT,
    redo: list[str] | None = None,
    typed: int | None = None,
) -> None:
    """Start a job as it was previewed: once, however often the form is posted.

    `redo` are keys of the preview's effects that are done again; `typed` must then
    be the number of their calls. Raises `NotAllowed`, `ValidationFailed` naming the
    form's field, and `Conflict` where somebody started it with other choices.
    """
    require(actor, job.workspace, Permission.OPERATE_RUNS)
    ticked = sorted(set(redo or ()))
    _check_rate(rate)
    _check_version(job, version)
    number = _check_redo(job, ticked, typed, actor=actor)
    now = timezone.now()
    with transaction.atomic():
        started = ReplayJob.objects.filter(pk=job.pk, status=Status.PREVIEW).update(
            status=Status.RUNNING,
            rate=rate,
            version=version,
            redo=ticked,
            typed=number or None,
            confirmed_at=now,
            due_at=now,
            created_by=actor.user,
            created_by_label=actor.label[:150],
            total=min(job.total, DRY_RUNS) if job.kind == ReplayJob.Kind.DRY else job.total,
        )
        if not started:
            job.refresh_from_db()
            if job.status == Status.RUNNING:
                return  # The same form, posted twice.
            raise Conflict("This job was started before.", code="wrong_status", remedy="Look at its page.")
        _record(
            job, actor, "replay_job.started", rate=rate, version=version, done_again=ticked, runs=job.total
        )
    job.refresh_from_db()


def pause(job: ReplayJob, *, actor: Actor) -> None:
    """Start no further runs until it is continued; those that were started go on."""
    _move(job, actor, "replay_job.paused", before=(Status.RUNNING,), status=Status.PAUSED)


def go_on(job: ReplayJob, *, actor: Actor) -> None:
    """Go on with a paused job."""
    now = timezone.now()
    _move(job, actor, "replay_job.continued", before=(Status.PAUSED,), status=Status.RUNNING, due_at=now)


def stop(job: ReplayJob, *, actor: Actor) -> None:
    """End the job for good; runs that were started go on."""
    now = timezone.now()
    before = (Status.RUNNING, Status.PAUSED, Status.PREVIEW)
    _move(job, actor, "replay_job.stopped", before=before, status=Status.STOPPED, finished_at=now)


def _move(job: ReplayJob, actor: Actor, verb: str, *, before: tuple[str, ...], **change: Any) -> None:
    require(actor, job.workspace, Permission.OPERATE_RUNS)
    with transaction.atomic():
        if not ReplayJob.objects.filter(pk=job.pk, status__in=before).update(**change):
            job.refresh_from_db()
            raise Conflict(
                f"A job that is {job.get_status_display().lower()} can't be changed like this.",
                code="wrong_status",
                remedy="Look at its page anew.",
            )
        _record(job, actor, verb, started=job.started)
    job.refresh_from_db()


def _check_rate(rate: int) -> None:
    least, most = RATES
    if not least <= rate <= most:
        raise ValidationFailed(
            f"Choose {least} to {most:,} runs a minute.", code="out_of_range", field="rate"
        )


def _check_version(job: ReplayJob, version: str) -> None:
    allowed = VersionChoice.values if job.kind == ReplayJob.Kind.DRY else ("same", "current")
    if version not in allowed:
        raise ValidationFailed(f"“{version}” is no version.", field="version")


def _check_redo(job: ReplayJob, ticked: list[str], typed: int | None, *, actor: Actor) -> int:
    """Return how many calls are made again; the person has typed the same number."""
    if not ticked:
        return 0
    known = {each["key"]: each for each in job.summary.get("effects", ())}
    if job.kind != ReplayJob.Kind.REPLAY or not known.keys() >= set(ticked):
        raise ValidationFailed("A step that is to be done again is not in the preview.", field="redo")
    if job.summary.get("more"):
        raise Conflict(
            "These are too many runs to count what would be done again.",
            code="too_many",
            remedy="Narrow the filter, or leave what was done as it is.",
        )
    costly = [known[key]["name"] for key in ticked if known[key]["costly"]]
    if costly and not may(actor, job.workspace, Permission.REPEAT_COSTLY):
        raise NotAllowed(
            f"Only an admin or owner may do “{costly[0]}” again: it deletes something or moves money.",
            code="not_allowed",
            remedy="Ask an owner or admin of the workspace.",
        )
    number = calls_done_again(job.summary, ticked)
    if typed != number:
        raise ValidationFailed(
            f"{number:,} calls would be made again. Type that number to confirm it.", field="typed"
        )
    return number


def _record(job: ReplayJob, actor: Actor, verb: str, **told: Any) -> None:
    audit.record(job.workspace, actor=actor, verb=verb, target=job, after={"kind": job.kind, **told})
