"""Backfills, steered by people: counted first, then started; paused, resumed, stopped."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Count
from django.utils import timezone

from apps.common.errors import Conflict, ServiceError
from apps.connections.models import Connection
from apps.connections.standing import is_internal
from apps.runs.replays.made import action_named, is_costly
from apps.webhooks.backfill.models import MOST_PER_MINUTE, Backfill, BackfillEvent
from apps.webhooks.backfill.turn import LIVE
from apps.webhooks.reconciliation.watching import reconcile_of
from apps.workflows.engine.definition.tree import action_of, walk
from apps.workflows.models import Workflow
from apps.workflows.versions import compiled
from apps.workspaces import audit
from apps.workspaces.access import Actor, require
from apps.workspaces.roles import Permission

KEPT_DAYS = 30
"""How long what arrived can be run; providers' lists reach as far or less."""

Status = Backfill.Status


def furthest(connection: Connection) -> timedelta:
    """Return how far back a window may begin."""
    known = reconcile_of(connection)
    return timedelta(days=min(KEPT_DAYS, known[1].keeps_days) if known else KEPT_DAYS)


def create(
    workflow: Workflow, *, actor: Actor, since: datetime, until: datetime, per_minute: int
) -> Backfill:
    """Begin the dry count of a window; nothing is run. Raises `ServiceError`, `Conflict`, `NotAllowed`."""
    require(actor, workflow.workspace, Permission.OPERATE_RUNS)
    connection, now = workflow.trigger_connection, timezone.now()
    if workflow.status not in LIVE or connection is None:
        raise Conflict(
            f"“{workflow}” is not published, so no event can be run through it.",
            code="not_live",
            remedy="Publish the workflow first.",
        )
    if is_internal(connection):
        raise Conflict(f"“{workflow}” is started by the clock: it has no past events.", code="no_past_events")
    _check_window(connection, since, until, now)
    if not 1 <= per_minute <= MOST_PER_MINUTE:
        said = f"Choose between 1 and {MOST_PER_MINUTE} events a minute."
        raise ServiceError(said, code="rate", field="per_minute")
    try:
        with transaction.atomic():
            made = Backfill.objects.create(
                workspace=workflow.workspace,
                workflow=workflow,
                connection=connection,
                since=since,
                until=min(until, now),
                per_minute=per_minute,
                created_by=actor.user,
                created_at=now,
                next_at=now,
            )
            window = {"since": since.isoformat(), "until": made.until.isoformat(), "per_minute": per_minute}
            audit.record(made.workspace, actor=actor, verb="backfill.created", target=made, after={**window})
    except IntegrityError:
        raise Conflict(
            f"Another backfill of “{workflow}” is not over yet.",
            code="one_at_a_time",
            remedy="Open it in the list of backfills; stop it or wait for its end.",
        ) from None
    return made


def start(backfill: Backfill, *, actor: Actor) -> None:
    """Run what was counted. Raises `Conflict` where nothing waits to be run, `NotAllowed`.

    Many events at once through a workflow that deletes or moves money are an admin's to run.
    """
    require(actor, backfill.workspace, Permission.OPERATE_RUNS)
    if _is_costly(backfill.workflow):
        require(actor, backfill.workspace, Permission.REPEAT_COSTLY)
    if not backfill.events.filter(state=BackfillEvent.State.WAITING).exists():
        raise Conflict("No event of this window is left to be run.", code="nothing_to_run")
    _turn(backfill, actor, "started", before=(Status.READY,), to=Status.RUNNING, started_at=timezone.now())


def pause(backfill: Backfill, *, actor: Actor) -> None:
    """Begin no further run; those that were begun go on."""
    _turn(backfill, actor, "paused", before=(Status.RUNNING,), to=Status.PAUSED)


def resume(backfill: Backfill, *, actor: Actor) -> None:
    """Go on where it stopped."""
    _turn(backfill, actor, "resumed", before=(Status.PAUSED,), to=Status.RUNNING)


def stop(backfill: Backfill, *, actor: Actor) -> None:
    """End it for good; runs that were begun go on."""
    over = {"finished_at": timezone.now()}
    before = (Status.COUNTING, Status.READY, Status.RUNNING, Status.PAUSED)
    _turn(backfill, actor, "stopped", before=before, to=Status.STOPPED, **over)


def _is_costly(workflow: Workflow) -> bool:
    """Tell whether a step of what is live deletes something or moves money."""
    if workflow.live_version_id is None:
        return False
    refs = {action_of(step) for step in walk(compiled(workflow.live_version_id).definition.steps)} - {""}
    return any(is_costly(ref, getattr(action_named(ref), "effect", "")) for ref in refs)


def counts(backfill: Backfill) -> Mapping[str, int]:
    """Return how many events are in each state; those without any are left out."""
    rows = backfill.events.order_by().values_list("state").annotate(number=Count("pk"))
    return dict(rows)


def _turn(
    backfill: Backfill, actor: Actor, done: str, *, before: tuple[str, ...], to: str, **columns: object
) -> None:
    require(actor, backfill.workspace, Permission.OPERATE_RUNS)
    was = backfill.status
    with transaction.atomic():
        rows = Backfill.objects.filter(pk=backfill.pk)
        if not rows.turn(before=before, to=to, at=timezone.now(), **columns):
            backfill.refresh_from_db()
            raise Conflict(
                f"A backfill that is {backfill.get_status_display().lower()} can't be {done}.",
                code="wrong_status",
                remedy="Look at its page.",
            )
        audit.record(
            backfill.workspace,
            actor=actor,
            verb=f"backfill.{done}",
            target=backfill,
            before={"status": was},
            after={"status": to},
        )
    backfill.refresh_from_db()


def _check_window(connection: Connection, since: datetime, until: datetime, now: datetime) -> None:
    if since >= min(until, now):
        raise ServiceError("The window must begin before it ends, in the past.", code="window", field="since")
    if since < now - furthest(connection):
        days = furthest(connection).days
        said = f"Nothing is kept longer than {days} days. Choose a later beginning."
        raise ServiceError(said, code="too_far_back", field="since")
