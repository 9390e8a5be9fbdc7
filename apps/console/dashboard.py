"""What the admin's first page shows: whether it works, what needs a person, and the way on."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Case, Count, When
from django.http import HttpRequest

from apps.common import look
from apps.connections.models import Connection
from apps.console.doctor import FRESH
from apps.runs.models import Heartbeat, Run
from apps.runs.worker import heartbeats
from apps.workflows.models import Workflow
from apps.workspaces.models import Workspace
from apps.workspaces.roles import Permission
from apps.workspaces.scoping import scope_of

SHOWN_WORKFLOWS = 8
WINDOW = timedelta(hours=24)


def dashboard(request: HttpRequest) -> dict[str, Any]:
    """Return the template's context for the workspace that the person works in."""
    scope = scope_of(request)
    workspace = scope.workspace
    if workspace is None:
        return {"workspace": None}
    now = datetime.now(UTC)
    return {
        "workspace": workspace,
        "counts": _counts(workspace, since=now - WINDOW),
        "workflows": _workflows(workspace),
        "troubled": workspace.connections.filter(
            status__in=(Connection.Status.BROKEN, Connection.Status.NEEDS_ATTENTION)
        ),
        "decisions": workspace.runs.filter(status=Run.Status.NEEDS_DECISION).count(),
        "approvals": workspace.approvals.pending().count(),
        "guarded": workspace.runs.guarded().count(),
        "has_connections": workspace.connections.usable().exists(),
        "worker_alive": Heartbeat.objects.filter(kind=heartbeats.DRAIN, beat_at__gte=now - FRESH).exists(),
        "may_edit": scope.allows(Permission.EDIT_WORKFLOWS),
        "may_operate": scope.allows(Permission.OPERATE_RUNS),
        "may_connect": scope.allows(Permission.MANAGE_CONNECTIONS),
    }


def _counts(workspace: Workspace, *, since: datetime) -> list[dict[str, Any]]:
    found = dict(
        workspace.runs.filter(received_at__gte=since)
        .order_by()
        .values("status")
        .annotate(number=Count("pk"))
        .values_list("status", "number")
    )
    return [
        {"status": status, "badge": look.badge(status, status.label), "number": found[status.value]}
        for status in Run.Status
        if status.value in found
    ]


def _workflows(workspace: Workspace) -> list[dict[str, Any]]:
    live = (Workflow.Status.PUBLISHED, Workflow.Status.PAUSED)
    # Drafts that are tried out must not push what runs off the page.
    is_draft = Case(When(status__in=live, then=0), default=1)
    rows = workspace.workflows.select_related("live_version").order_by(is_draft, "-pk")[:SHOWN_WORKFLOWS]
    return [
        {
            "workflow": row,
            "badge": look.badge(row.status, row.get_status_display()),
            "live": row.status in live,
        }
        for row in rows
    ]
