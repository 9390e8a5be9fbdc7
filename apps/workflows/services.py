"""Drafts: create, save, rename, delete. Publishing is `apps.workflows.publishing`."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from apps.catalog import registry
from apps.catalog import uses as catalog_uses
from apps.common.errors import Conflict, ValidationFailed
from apps.connections.models import Connection
from apps.connections.services import rename_user
from apps.workflows.changes import describe_changes
from apps.workflows.engine.definition import Definition, parse
from apps.workflows.engine.problems import InvalidDefinitionError, Problem
from apps.workflows.engine.validation import ConnectionFacts, validate
from apps.workflows.models import Workflow
from apps.workflows.offers import problems_of_switches
from apps.workflows.own import with_own_connections
from apps.workspaces import audit
from apps.workspaces.access import Actor, require
from apps.workspaces.models import AuditEntry, Workspace
from apps.workspaces.roles import Permission

USER_KIND = "workflow"
"""How this room names itself in the rows of `connections` that it writes."""

DRAFT_SAVED = "workflow.draft_saved"
SAME_EDIT = timedelta(minutes=10)
"""How long saves of one person that change the same are one entry of the trail."""

MAX_NAME = 120
UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Characters that can't be seen, or that a database refuses."""


def create_workflow(
    workspace: Workspace, *, actor: Actor, name: str, definition: Mapping[str, Any]
) -> Workflow:
    """Create a draft. Raises `ValidationFailed` for a bad shape, `Conflict` for a name in use."""
    require(actor, workspace, Permission.EDIT_WORKFLOWS)
    shape = _shape(definition)
    try:
        with transaction.atomic():
            draft = with_own_connections(shape, workspace, actor=actor).to_json()
            workflow = Workflow.objects.create(
                workspace=workspace,
                name=_name(name),
                draft=draft,
                draft_saved_by=actor.user,
                created_by=actor.user,
            )
            audit.record(
                workspace,
                actor=actor,
                verb="workflow.created",
                target=workflow,
                after={"name": workflow.name},
            )
    except IntegrityError:
        raise _name_in_use(name) from None
    return workflow


def save_draft(workflow: Workflow, *, actor: Actor, definition: Mapping[str, Any], revision: int) -> Workflow:
    """Replace the draft if `revision` is still its newest.

    Raises `Conflict` ("stale_draft") with what another save changed, else
    returns the workflow with its new revision. What is live stays as it is.
    """
    require(actor, workflow.workspace, Permission.EDIT_WORKFLOWS)
    shape = _shape(definition)
    before = workflow.draft
    with transaction.atomic():
        draft = with_own_connections(shape, workflow.workspace, actor=actor).to_json()
        won = Workflow.objects.filter(pk=workflow.pk, draft_revision=revision).update(
            draft=draft,
            draft_revision=revision + 1,
            draft_saved_at=datetime.now(UTC),
            draft_saved_by=actor.user,
        )
        if won:
            _note_saved(workflow, actor=actor, revision=revision + 1, changes=describe_changes(before, draft))
    workflow.refresh_from_db()
    if not won:
        raise _stale(workflow, draft)
    return workflow


def rename_workflow(workflow: Workflow, *, actor: Actor, name: str) -> Workflow:
    """Give the workflow another name; raises `Conflict` when it is in use."""
    require(actor, workflow.workspace, Permission.EDIT_WORKFLOWS)
    before, wanted = workflow.name, _name(name)
    if wanted == before:
        return workflow
    try:
        with transaction.atomic():
            Workflow.objects.filter(pk=workflow.pk).update(name=wanted)
            workflow.refresh_from_db()
            rename_user(user_kind=USER_KIND, user_code=workflow.code, label=wanted)
            catalog_uses.rename_user(user_kind=USER_KIND, user_code=workflow.code, label=wanted)
            audit.record(
                workflow.workspace,
                actor=actor,
                verb="workflow.renamed",
                target=workflow,
                before={"name": before},
                after={"name": wanted},
            )
    except IntegrityError:
        raise _name_in_use(wanted) from None
    return workflow


def delete_workflow(workflow: Workflow, *, actor: Actor) -> None:
    """Delete a workflow that is not live and never ran; its run log would go with it otherwise."""
    require(actor, workflow.workspace, Permission.EDIT_WORKFLOWS)
    with transaction.atomic():
        locked = Workflow.objects.select_for_update().get(pk=workflow.pk)
        kept = why_kept(locked)
        if kept is not None:
            raise kept
        audit.record(workflow.workspace, actor=actor, verb="workflow.deleted", target=workflow)
        Workflow.objects.filter(pk=workflow.pk).update(live_version=None)
        workflow.delete()


def why_kept(workflow: Workflow) -> Conflict | None:
    """Return what keeps the workflow from being deleted, None where nothing does."""
    if workflow.status in (Workflow.Status.PUBLISHED, Workflow.Status.PAUSED):
        return Conflict(f"“{workflow}” is live.", code="workflow_live", remedy="Unpublish it first.")
    if workflow.runs.exists():
        return Conflict(
            f"“{workflow}” has runs, and deleting it would delete their log.",
            code="workflow_has_runs",
            remedy="Leave it unpublished: it receives nothing and costs nothing.",
        )
    return None


def validate_draft(workflow: Workflow) -> list[Problem]:
    """Return everything that must be mended before the draft can be published."""
    try:
        definition = parse(workflow.draft)
    except InvalidDefinitionError as error:
        return list(error.problems)
    return problems_of(workflow, definition)


def problems_of(workflow: Workflow, definition: Definition) -> list[Problem]:
    """Return what must be mended before this definition can be published as the workflow's."""
    live = workflow.live_version.definition if workflow.live_version else None
    facts = connection_facts(workflow.workspace, definition.connections())
    catalog = registry.within(workflow.workspace_id)
    problems = validate(definition, connections=facts, catalog=catalog)
    return [*problems, *problems_of_switches(definition, live=live)]


def connections_named(workspace: Workspace, codes: Iterable[str]) -> dict[str, Connection]:
    """Return the workspace's own connections among these codes; a foreign code finds nothing."""
    found = Connection.objects.filter(workspace=workspace, code__in=_uuids(codes)).select_related("workspace")
    return {str(connection.code): connection for connection in found}


def fields_of(connection: Connection) -> frozenset[str]:
    """Return the keys of the Auth fields that a connection has."""
    return frozenset({*connection.values, *connection.hints})


def connection_facts(workspace: Workspace, codes: Iterable[str]) -> dict[str, ConnectionFacts]:
    """Return what validation needs to know of the connections that a definition names."""
    return {
        code: ConnectionFacts(
            app=connection.app,
            name=connection.name,
            status=connection.status,
            fields=fields_of(connection),
            sandbox=connection.sandbox,
        )
        for code, connection in connections_named(workspace, codes).items()
    }


def _note_saved(workflow: Workflow, *, actor: Actor, revision: int, changes: list[str]) -> None:
    """Tell the trail what a save changed, unless it says so already: typing saves the same field often."""
    last = AuditEntry.objects.filter(
        target_type=workflow._meta.label_lower, target_code=str(workflow.code)
    ).first()
    if (
        last is not None
        and (last.verb, last.actor_id) == (DRAFT_SAVED, actor.user.pk if actor.user else None)
        and last.after.get("changes") == changes
        and datetime.now(UTC) - last.at < SAME_EDIT
    ):
        return
    audit.record(
        workflow.workspace,
        actor=actor,
        verb=DRAFT_SAVED,
        target=workflow,
        after={"revision": revision, "changes": changes},
    )


def _uuids(codes: Iterable[str]) -> list[str]:
    valid = []
    for code in codes:
        try:
            valid.append(str(UUID(code)))
        except ValueError:
            continue  # Validation reports it as unknown.
    return valid


def _shape(definition: Mapping[str, Any]) -> Definition:
    try:
        return parse(dict(definition))
    except InvalidDefinitionError as error:
        raise ValidationFailed(
            "The definition does not have the right form.",
            code="invalid_definition",
            remedy="Mend the fields named.",
            details=[problem.as_dict() for problem in error.problems],
        ) from None


def _name(name: str) -> str:
    cleaned = " ".join(name.split())
    if not cleaned or len(cleaned) > MAX_NAME or UNSAFE.search(cleaned):
        raise ValidationFailed(
            f"A workflow's name has 1 to {MAX_NAME} characters that can be shown.",
            code="invalid_name",
            field="name",
            remedy="Shorten it, or say what it does.",
        )
    return cleaned


def _name_in_use(name: str) -> Conflict:
    return Conflict(
        f"A workflow named “{name}” exists already.",
        code="name_in_use",
        field="name",
        remedy="Choose another name.",
    )


def _stale(workflow: Workflow, wanted: Mapping[str, Any]) -> Conflict:
    who = workflow.draft_saved_by.get_username() if workflow.draft_saved_by else "Somebody"
    changes = describe_changes(wanted, workflow.draft)
    return Conflict(
        f"{who} saved this draft at {workflow.draft_saved_at:%H:%M} UTC, after you opened it.",
        code="stale_draft",
        remedy="Reload the page to see that version, then make your change again.",
        details=[{"message": change} for change in changes],
    )
