"""Making a draft live, and taking it back.

Publishing 1. validates, 2. widens the webhook at the provider, outside any
transaction and harmless if the rest fails, 3. writes version, uses and
subscriptions in one transaction.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.urls import reverse
from django.utils import timezone

from apps.catalog import registry
from apps.catalog import uses as catalog_uses
from apps.common.errors import Conflict, ValidationFailed
from apps.connections import registration
from apps.connections import services as connections
from apps.connections.models import Connection
from apps.workflows import privileged
from apps.workflows.custom_uses import refs_of
from apps.workflows.engine.definition import Definition, parse
from apps.workflows.engine.lineage import lineage
from apps.workflows.engine.options import event_types_of
from apps.workflows.models import Workflow, WorkflowVersion
from apps.workflows.services import UNSAFE, USER_KIND, connections_named, validate_draft
from apps.workspaces import audit
from apps.workspaces.access import Actor, require
from apps.workspaces.roles import Permission


@dataclass(frozen=True, slots=True)
class _Plan:
    definition: Definition
    trigger_connection: Connection
    used: dict[str, Connection]
    event_types: frozenset[str]
    revision: int


def publish(
    workflow: Workflow, *, actor: Actor, note: str = "", revision: int | None = None
) -> WorkflowVersion:
    """Make the draft the live version; runs that have begun stay on theirs.

    `revision` is the draft's revision that the operator saw. Raises
    `ValidationFailed` with every problem, `NotAllowed` for an action that needs
    an admin ("needs_admin"), `Conflict` when the draft changed meanwhile, or
    the registration's `ServiceError` when the provider can't be reached; none
    of them changes what is live.
    """
    require(actor, workflow.workspace, Permission.PUBLISH)
    plan = _plan(workflow, revision)
    refused = privileged.refusal(plan.definition, workspace=workflow.workspace, actor=actor)
    if refused is not None:
        raise refused
    registration.widen(plan.trigger_connection, event_types=set(plan.event_types), actor=actor)
    with transaction.atomic():
        # One publishing of a workflow writes at a time: each takes the next number.
        locked = Workflow.objects.select_for_update().get(pk=workflow.pk)
        version = _write(locked, plan, actor=actor, note=note)
        left = _leave_former(locked, plan)
    workflow.refresh_from_db()
    for connection in [*left, plan.trigger_connection]:
        registration.settle(connection, actor=actor)
    return version


def unpublish(workflow: Workflow, *, actor: Actor) -> None:
    """Stop listening: new events are ignored; runs that have begun go on.

    The webhook is narrowed afterwards, and removed at the provider when nothing
    else needs it; where that fails the connection's page says so.
    """
    require(actor, workflow.workspace, Permission.PUBLISH)
    with transaction.atomic():
        _switch(
            workflow,
            actor=actor,
            allowed=(Workflow.Status.PUBLISHED, Workflow.Status.PAUSED),
            to=Workflow.Status.UNPUBLISHED,
            verb="workflow.unpublished",
        )
        Workflow.objects.filter(pk=workflow.pk).update(paused_because="", paused_at=None)
        released = registration.unsubscribe(user_kind=USER_KIND, user_code=workflow.code)
        connections.clear_uses(user_kind=USER_KIND, user_code=workflow.code)
        catalog_uses.clear_uses(user_kind=USER_KIND, user_code=workflow.code)
    for connection in released:
        registration.settle(connection, actor=actor)


def pause(workflow: Workflow, *, actor: Actor) -> None:
    """Keep receiving, but hold the runs until the workflow is resumed."""
    require(actor, workflow.workspace, Permission.PUBLISH)
    with transaction.atomic():
        _switch(
            workflow,
            actor=actor,
            allowed=(Workflow.Status.PUBLISHED,),
            to=Workflow.Status.PAUSED,
            verb="workflow.paused",
        )


def pause_failing(workflow: Workflow, *, because: str, at: datetime) -> bool:
    """Pause a workflow that only fails, with the reason that its page shows; tell whether this call did.

    Runs inside the caller's transaction. What it was told meanwhile, by a person or another
    worker, stands: only a published one is paused.
    """
    live = Workflow.objects.filter(pk=workflow.pk, status=Workflow.Status.PUBLISHED)
    if not live.update(status=Workflow.Status.PAUSED, paused_because=because, paused_at=at):
        return False
    audit.record(
        workflow.workspace,
        actor=Actor.system("failure watch"),
        verb="workflow.paused",
        target=workflow,
        before={"status": Workflow.Status.PUBLISHED},
        after={"status": Workflow.Status.PAUSED, "reason": because},
    )
    return True


def resume(workflow: Workflow, *, actor: Actor) -> None:
    """Go on; the worker takes the held runs, oldest first."""
    require(actor, workflow.workspace, Permission.PUBLISH)
    with transaction.atomic():
        _switch(
            workflow,
            actor=actor,
            allowed=(Workflow.Status.PAUSED,),
            to=Workflow.Status.PUBLISHED,
            verb="workflow.resumed",
        )
        # Failures from before are known; only further ones pause it again.
        Workflow.objects.filter(pk=workflow.pk).update(
            paused_because="", paused_at=None, failures_since=timezone.now()
        )
    workflow.refresh_from_db()


def _plan(workflow: Workflow, revision: int | None) -> _Plan:
    workflow.refresh_from_db()
    if revision is not None and revision != workflow.draft_revision:
        raise _changed()
    problems = validate_draft(workflow)
    if problems:
        raise ValidationFailed(
            f"“{workflow}” can't be published yet: {problems[0].message}",
            code="invalid_definition",
            remedy="Mend the fields named, then publish again.",
            details=[problem.as_dict() for problem in problems],
        )
    definition = parse(workflow.draft)
    used = connections_named(workflow.workspace, definition.connections())
    _, trigger = registry.get_trigger(definition.trigger.trigger)
    return _Plan(
        definition=definition,
        trigger_connection=used[definition.trigger.connection],
        used=used,
        event_types=frozenset(event_types_of(trigger, definition.trigger.options)),
        revision=workflow.draft_revision,
    )


def _write(workflow: Workflow, plan: _Plan, *, actor: Actor, note: str) -> WorkflowVersion:
    if workflow.draft_revision != plan.revision:
        raise _changed()
    last = workflow.versions.aggregate(last=Max("number"))["last"] or 0
    version = WorkflowVersion.objects.create(
        workflow=workflow,
        number=last + 1,
        definition=plan.definition.to_json(),
        lineage=lineage(plan.definition),
        note=" ".join(UNSAFE.sub(" ", note).split())[:200],
        published_by=actor.user,
    )
    Workflow.objects.filter(pk=workflow.pk).update(
        # A paused workflow stays paused: publishing must not set its held runs free.
        status=Workflow.Status.PAUSED
        if workflow.status == Workflow.Status.PAUSED
        else Workflow.Status.PUBLISHED,
        live_version=version,
        trigger_ref=plan.definition.trigger.trigger,
        trigger_connection=plan.trigger_connection,
    )
    connections.set_uses(
        user_kind=USER_KIND,
        user_code=workflow.code,
        label=workflow.name,
        url=reverse("admin:workflows_workflow_change", args=[workflow.pk]),
        connection_ids={connection.pk for connection in plan.used.values()},
    )
    catalog_uses.set_uses(
        workflow.workspace,
        user_kind=USER_KIND,
        user_code=workflow.code,
        label=workflow.name,
        url=reverse("admin:workflows_workflow_change", args=[workflow.pk]),
        refs=refs_of(plan.definition),
    )
    registration.subscribe(
        plan.trigger_connection,
        user_kind=USER_KIND,
        user_code=workflow.code,
        event_types=set(plan.event_types),
    )
    audit.record(
        workflow.workspace,
        actor=actor,
        verb="workflow.published",
        target=workflow,
        after={"version": version.number, "note": version.note},
    )
    return version


def _leave_former(workflow: Workflow, plan: _Plan) -> list[Connection]:
    """Stop listening at the connection of the version before, where that is another; returns it."""
    former = workflow.trigger_connection
    if former is None or former.pk == plan.trigger_connection.pk:
        return []
    if not former.subscriptions.filter(user_kind=USER_KIND, user_code=workflow.code).exists():
        return []
    registration.subscribe(former, user_kind=USER_KIND, user_code=workflow.code, event_types=())
    return [former]


def _switch(
    workflow: Workflow,
    *,
    actor: Actor,
    allowed: tuple[Workflow.Status, ...],
    to: Workflow.Status,
    verb: str,
) -> None:
    before = workflow.status
    if not Workflow.objects.filter(pk=workflow.pk, status__in=allowed).update(status=to):
        workflow.refresh_from_db()
        raise Conflict(
            f"“{workflow}” is {workflow.get_status_display().lower()}.",
            code="wrong_status",
            remedy="Reload the page: somebody changed it meanwhile.",
        )
    workflow.refresh_from_db()
    audit.record(
        workflow.workspace,
        actor=actor,
        verb=verb,
        target=workflow,
        before={"status": before},
        after={"status": to},
    )


def _changed() -> Conflict:
    return Conflict(
        "The draft changed since you opened this page.",
        code="stale_draft",
        remedy="Reload the page, look at what will be live, and publish again.",
    )
