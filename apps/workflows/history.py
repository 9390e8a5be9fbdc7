"""A workflow's versions: finding one, what each changed, and going back to one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from apps.workflows import services
from apps.workflows.changes import describe_changes
from apps.workflows.models import Workflow, WorkflowVersion
from apps.workspaces import audit
from apps.workspaces.access import Actor, require
from apps.workspaces.roles import Permission


@dataclass(frozen=True, slots=True)
class Entry:
    """One version, and in words what it changed against the one before it; none for the first."""

    version: WorkflowVersion
    changes: tuple[str, ...]


def entries(workflow: Workflow, *, below: int | None = None, limit: int = 20) -> list[Entry]:
    """Return versions with what they changed, the newest first, in one query. `below` is a number."""
    rows = workflow.versions.select_related("published_by").order_by("-number")
    if below is not None:
        rows = rows.filter(number__lt=below)
    return list(_compared(list(rows[: limit + 1]), limit))


def find_version(workflow: Workflow, number: int) -> WorkflowVersion:
    """Return a published version; raises `WorkflowVersion.DoesNotExist`."""
    return workflow.versions.select_related("published_by").get(number=number)


def restore_version(workflow: Workflow, number: int, *, actor: Actor, revision: int) -> Workflow:
    """Make a version the draft again; what is live stays until somebody publishes.

    `revision` is the draft's revision that the operator saw: raises `Conflict`
    ("stale_draft") when it is not the newest, or `WorkflowVersion.DoesNotExist`.
    """
    require(actor, workflow.workspace, Permission.EDIT_WORKFLOWS)
    version = find_version(workflow, number)
    with transaction.atomic():
        saved = services.save_draft(workflow, actor=actor, definition=version.definition, revision=revision)
        audit.record(
            workflow.workspace,
            actor=actor,
            verb="workflow.version_restored",
            target=workflow,
            after={"version": number, "revision": saved.draft_revision},
        )
    return saved


def _compared(rows: list[WorkflowVersion], limit: int) -> Iterator[Entry]:
    for index, version in enumerate(rows[:limit]):
        before: Mapping[str, Any] | None = rows[index + 1].definition if index + 1 < len(rows) else None
        changes = () if before is None else tuple(describe_changes(before, version.definition))
        yield Entry(version, changes)
