"""Running an event again: the one door to it, for a single run."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.common.errors import Conflict
from apps.runs import starting
from apps.runs.models import Replay, ReplayJob, Run, StepRun
from apps.runs.replays import editing, taking
from apps.runs.replays.checking import Checked, check
from apps.runs.replays.wanted import Wanted
from apps.runs.worker.wakeup import notify_sleepers
from apps.workspaces import audit
from apps.workspaces.access import Actor, require
from apps.workspaces.roles import Permission

MAX_TOKEN = 64


def replay(
    run: Run,
    *,
    actor: Actor,
    wanted: Wanted,
    token: str = "",
    job: ReplayJob | None = None,
    priority: int = 0,
    verb: str = "run.replayed",
) -> Run:
    """Execute the run's event once more as wanted; returns the new run.

    What earlier runs created, deleted or sent is reused, unless `wanted.redo` names
    it; every call that is made has a key of its own, of the new run's number. The
    same `token` twice starts one run. Raises `NotAllowed`, `ValidationFailed` naming
    the form's field, and `Conflict` behind the replay window, while an earlier run
    of the event is open, or where what is to be taken over does not fit.
    """
    require(actor, run.workspace, Permission.OPERATE_RUNS)
    refuse_unreplayable(run)
    known = _started_before(run, token)
    if known is not None:
        return known
    checked = check(run, wanted, actor=actor)
    try:
        with transaction.atomic():
            starting.refuse_open_siblings(run.delivery_id, [run.workflow_id])
            again = _start(run, checked, actor=actor, token=token, job=job, priority=priority)
            _record(run, again, checked, actor=actor, verb=verb)
            transaction.on_commit(notify_sleepers, robust=True)
    except IntegrityError:
        known = _started_before(run, token)
        if known is not None:
            return known
        raise Conflict(
            "This run is being replayed by somebody else.",
            code="already_started",
            remedy="Look at the list of runs.",
        ) from None
    except Conflict as refused:
        known = _started_before(run, token)
        if known is not None and refused.code == "still_open":
            return known
        raise
    return again


def refuse_unreplayable(run: Run) -> None:
    """Raise `Conflict` for a run that can't be repeated at all, whatever is wanted."""
    if run.is_test:
        raise Conflict(
            "This run tested a draft, so it is not replayed: the live version would take its event.",
            code="test_run",
            remedy="Test the draft again in the editor.",
        )
    if not run.delivery.body or editing.is_gone(run):
        raise Conflict(
            "This run can be read, not replayed: the event's body was kept for the replay window only.",
            code="body_gone",
            remedy="Send the event again from the provider.",
        )


def _started_before(run: Run, token: str) -> Run | None:
    """Return what the same form has started already."""
    if not token:
        return None
    found = Replay.objects.filter(of=run, token=token[:MAX_TOKEN]).select_related("run").first()
    return found.run if found else None


def _start(
    run: Run, checked: Checked, *, actor: Actor, token: str, job: ReplayJob | None, priority: int
) -> Run:
    now = timezone.now()
    wanted = checked.wanted
    again = starting.new_run(
        run.delivery,
        run.workflow,
        at=now,
        replay=starting.next_replay(run.delivery_id, run.workflow_id),
        version=checked.version_id,
        priority=priority,
    )
    if wanted.from_step:
        again.started_at = now  # A run that has not begun is not asked what it did before.
    again.save(force_insert=True)
    StepRun.objects.bulk_create(_rows(run, again, checked, by=actor.label, at=now))
    Replay.objects.create(
        run=again,
        of=run,
        job=job,
        version=wanted.version,
        from_step=wanted.from_step,
        skipped=wanted.skips,
        edited_trigger=checked.trigger is not None,
        edited_inputs=bool(checked.inputs),
        given=editing.seal(
            again, trigger=checked.trigger, step_id=wanted.from_step, inputs=checked.inputs or None
        ),
        redo=sorted(wanted.redo),
        token=token[:MAX_TOKEN],
        asked_by=actor.user,
        asked_by_label=actor.label[:150],
    )
    return again


def _rows(run: Run, again: Run, checked: Checked, *, by: str, at: datetime) -> list[StepRun]:
    """Return the rows with which the new run begins: those taken over, and of a skipped step its own."""
    wanted = checked.wanted
    if not wanted.from_step:
        return []
    rows = taking.taken_over(taking.rows_before(run, wanted.from_step), again, at=at)
    step = checked.program.find(wanted.from_step)
    if wanted.outputs is not None and step is not None:
        rows.append(taking.skipped(step, wanted.from_step, again, wanted.outputs, by=by, at=at))
    return rows


def _record(run: Run, again: Run, checked: Checked, *, actor: Actor, verb: str) -> None:
    wanted = checked.wanted
    told: dict[str, object] = {"run": str(again.code), "version": wanted.version}
    told |= {"from_step": wanted.from_step} if wanted.from_step else {}
    told |= {"skipped": True} if wanted.skips else {}
    told |= {"done_again": sorted(wanted.redo)} if wanted.redo else {}
    # What was entered may be personal; that it was is what the trail needs.
    told |= {"edited_event": True} if checked.trigger is not None else {}
    told |= {"edited_inputs": sorted(checked.inputs)} if checked.inputs else {}
    audit.record(run.workspace, actor=actor, verb=verb, target=run, before={"status": run.status}, after=told)
