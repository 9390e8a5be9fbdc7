"""Looks at the rooms below: each kind of alert is raised while its state lasts, and cleared when it is over.

Every look reads an index of few rows, or one entry per workspace; none depends on
how many runs are stored.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef
from django.urls import reverse

from apps.alerts.kinds import Kind, Severity
from apps.alerts.models import Alert
from apps.alerts.services import clear_alert, raise_alert
from apps.alerts.watching.words import in_words, subject_of, workflow_page
from apps.connections.models import Connection
from apps.runs.models import Approval, Run
from apps.runs.querysets import CLAIMABLE
from apps.workflows.models import Workflow
from apps.workspaces.models import Workspace

APPROVAL_WAITS = timedelta(hours=24)
BACKLOG_AGE = timedelta(minutes=10)
OLDEST = 200
"""So many of the oldest due runs are looked at: their workspaces are those with an old backlog."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with one subject of a kind."""

    workspace: Workspace
    message: str
    remedy: str
    url: str
    severity: Severity = Severity.WARNING


def look(*, at: datetime) -> None:
    """Raise and clear the alerts of every state that lasts."""
    settle(Kind.WORKFLOW_PAUSED, _paused(), at=at)
    settle(Kind.CONNECTION, _connections(), at=at)
    settle(Kind.DECISION, _decisions(), at=at)
    settle(Kind.APPROVAL, _approvals(at=at), at=at)
    settle(Kind.BACKLOG, _backlogs(at=at), at=at)


def settle(kind: Kind, found: Mapping[str, Finding], *, at: datetime) -> None:
    """Raise an alert for every subject that was found, and clear those of the kind that were not."""
    for subject, finding in found.items():
        raise_alert(
            finding.workspace,
            kind=kind,
            subject=subject,
            message=finding.message,
            remedy=finding.remedy,
            url=finding.url,
            severity=finding.severity,
            times=0,
            at=at,
        )
    over = Alert.objects.standing().filter(kind=kind).exclude(subject__in=found)
    for alert in over.select_related("workspace"):
        clear_alert(alert.workspace, kind=kind, subject=alert.subject, at=at)


def _paused() -> dict[str, Finding]:
    rows = Workflow.objects.filter(status=Workflow.Status.PAUSED, paused_at__isnull=False)
    return {
        subject_of(workflow): Finding(
            workflow.workspace,
            f"“{workflow.name}” was paused, as it only failed. {workflow.paused_because}",
            "Mend the cause, then press Resume on the workflow's page. Its events are kept and run then.",
            workflow_page(workflow),
            Severity.CRITICAL,
        )
        for workflow in rows.select_related("workspace").defer("draft")
    }


def _connections() -> dict[str, Finding]:
    troubled = (Connection.Status.BROKEN, Connection.Status.NEEDS_ATTENTION)
    found: dict[str, Finding] = {}
    for connection in Connection.objects.filter(status__in=troubled).select_related("workspace"):
        broken = connection.status == Connection.Status.BROKEN
        state = "is broken: its credentials are refused." if broken else "needs attention."
        found[f"connection:{connection.code}"] = Finding(
            connection.workspace,
            f"Connection “{connection.name}” {state} {connection.status_reason}".strip(),
            "Reconnect it on its page; what waits for it then goes on by itself."
            if broken
            else "Look at its page, mend what it names, then press Test.",
            reverse("admin:connections_connection_change", args=[connection.pk]),
            Severity.CRITICAL if broken else Severity.WARNING,
        )
    return found


def _decisions() -> dict[str, Finding]:
    asking = Run.objects.filter(workspace=OuterRef("pk"), status=Run.Status.NEEDS_DECISION)
    found: dict[str, Finding] = {}
    for workspace in Workspace.objects.filter(Exists(asking)):
        rows = Run.objects.filter(workspace=workspace, status=Run.Status.NEEDS_DECISION)
        number = rows[:1001].count()
        told = "1 run needs" if number == 1 else f"{min(number, 1000):,}{'+' * (number > 1000)} runs need"
        found[f"workspace:{workspace.code}"] = Finding(
            workspace,
            f"{told} a decision: nobody knows whether a call happened.",
            "Look at the provider whether it happened, then choose on each run's page.",
            reverse("admin:runs_run_changelist") + "?status__exact=needs_decision",
            Severity.CRITICAL,
        )
    return found


def _approvals(*, at: datetime) -> dict[str, Finding]:
    waiting = Approval.objects.pending().filter(deadline_at__gt=at)
    oldest: dict[int, Approval] = {}
    numbers: dict[int, int] = {}
    for approval in waiting.select_related("workspace").defer("shown").order_by("deadline_at")[:2000]:
        # Half of the time that it has, or a day, whichever ends first.
        patience = min(APPROVAL_WAITS, (approval.deadline_at - approval.asked_at) / 2)
        if approval.asked_at + patience <= at:
            oldest.setdefault(approval.workspace_id, approval)
            numbers[approval.workspace_id] = numbers.get(approval.workspace_id, 0) + 1
    return {
        f"workspace:{first.workspace.code}": Finding(
            first.workspace,
            f"{_times(numbers[key], 'approval waits', 'approvals wait')} for a decision. "
            f"The next deadline is {first.deadline_at:%Y-%m-%d %H:%M} UTC (“{first.name}”).",
            "Decide them under Approvals, or by the links that were sent.",
            reverse("admin:runs_approval_changelist"),
        )
        for key, first in oldest.items()
    }


def _backlogs(*, at: datetime) -> dict[str, Finding]:
    old = Run.objects.filter(status__in=CLAIMABLE, due_at__lte=at - BACKLOG_AGE)
    oldest: dict[int, datetime] = {}
    for workspace, due_at in old.order_by("due_at", "id").values_list("workspace", "due_at")[:OLDEST]:
        oldest.setdefault(workspace, due_at)
    return {
        f"workspace:{workspace.code}": Finding(
            workspace,
            f"The oldest run that is due has waited for {in_words(at - oldest[workspace.pk])}.",
            "Add a worker, or look at the worker's log and at slow providers. Nothing is lost: runs wait.",
            reverse("admin:runs_run_changelist") + "?status__exact=queued",
        )
        for workspace in Workspace.objects.filter(pk__in=oldest)
    }


def _times(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
