"""What the admin's first page shows: whether it works, what needs a person, and the way on."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Case, Min, When
from django.http import HttpRequest

from apps.common import look
from apps.connections.models import Connection
from apps.console import figures
from apps.console.doctor import FRESH
from apps.runs.models import Heartbeat, Run
from apps.runs.worker import heartbeats
from apps.webhooks.models import Delivery
from apps.workflows.models import Workflow
from apps.workspaces.models import Workspace
from apps.workspaces.roles import Permission
from apps.workspaces.scoping import scope_of

SHOWN_WORKFLOWS = 8
NOTICEABLE = timedelta(seconds=5)
"""So long a run may wait before the page speaks of it."""


def dashboard(request: HttpRequest) -> dict[str, Any]:
    """Return the template's context for the workspace that the person works in."""
    scope = scope_of(request)
    workspace = scope.workspace
    if workspace is None:
        return {"workspace": None}
    now = datetime.now(UTC)
    period = figures.period_of(request.GET.get("period", ""))
    return {
        "workspace": workspace,
        "figures": figures.figures(workspace, period, at=now),
        "periods": figures.PERIODS,
        "failing": figures.failing(workspace, period, at=now),
        "used": figures.used_this_month(workspace, at=now),
        "now": _now(workspace),
        "backlog_age": _backlog_age(workspace, now),
        "workflows": _workflows(workspace),
        "troubled": workspace.connections.filter(
            status__in=(Connection.Status.BROKEN, Connection.Status.NEEDS_ATTENTION)
        ),
        "decisions": workspace.runs.filter(status=Run.Status.NEEDS_DECISION).count(),
        "approvals": workspace.approvals.pending().count(),
        "guarded": workspace.runs.guarded().count(),
        "quarantined": workspace.deliveries.filter(status=Delivery.Status.QUARANTINED).count(),
        "has_connections": workspace.connections.usable().exists(),
        "loops": Heartbeat.objects.filter(kind=heartbeats.DRAIN, beat_at__gte=now - FRESH).count(),
        "may_edit": scope.allows(Permission.EDIT_WORKFLOWS),
        "may_operate": scope.allows(Permission.OPERATE_RUNS),
        "may_connect": scope.allows(Permission.MANAGE_CONNECTIONS),
    }


def _now(workspace: Workspace) -> list[dict[str, Any]]:
    """Count what has not ended, status by status: each by an index of its own, however many have."""
    rows = [
        {
            "status": status,
            "badge": look.badge(status, status.label),
            "number": workspace.runs.filter(status=status).count(),
        }
        for status in Run.Status
        if status not in Run.FINISHED
    ]
    return [row for row in rows if row["number"]]


def _backlog_age(workspace: Workspace, now: datetime) -> timedelta | None:
    """Return how long the oldest due run of the workspace has waited, if that is noticeable."""
    due = workspace.runs.filter(status=Run.Status.QUEUED, due_at__lte=now).aggregate(due=Min("due_at"))["due"]
    return now - due if due is not None and now - due > NOTICEABLE else None


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
