"""Tells people of a quarantine that grows, and that it is empty again."""

import time
from datetime import datetime

from django.db.models import Count
from django.urls import reverse

from apps.alerts.kinds import Kind
from apps.alerts.models import Alert
from apps.alerts.services import clear_alert, raise_alert
from apps.webhooks.models import Delivery
from apps.workspaces.models import Workspace

EVERY_SECONDS = 60.0
SUBJECT = "quarantine"
_next = [0.0]


def look(*, at: datetime) -> int:
    """Look once a minute at every workspace with a quarantine or an alert of one; moves no run."""
    now = time.monotonic()
    if now < _next[0]:
        return 0
    _next[0] = now + EVERY_SECONDS
    rows = Delivery.objects.filter(status=Delivery.Status.QUARANTINED).order_by()
    full = {row["workspace"] for row in rows.values("workspace").annotate(number=Count("pk"))}
    told = Alert.objects.standing().filter(kind=Kind.QUARANTINE).values_list("workspace", flat=True)
    for workspace in Workspace.objects.filter(pk__in=full | set(told)):
        look_at(workspace)
    return 0


def look_at(workspace: Workspace) -> None:
    """Raise the alert, count what is new in it, or clear it."""
    count = Delivery.objects.filter(workspace=workspace, status=Delivery.Status.QUARANTINED).count()
    if not count:
        clear_alert(workspace, kind=Kind.QUARANTINE, subject=SUBJECT)
        return
    standing = Alert.objects.standing().filter(workspace=workspace, kind=Kind.QUARANTINE, subject=SUBJECT)
    known = standing.values_list("count", flat=True).first() or 0
    requests = "1 signed request waits" if count == 1 else f"{count:,} signed requests wait"
    raise_alert(
        workspace,
        kind=Kind.QUARANTINE,
        subject=SUBJECT,
        message=f"{requests} in quarantine: they could not be read as events, and nothing was run for them.",
        remedy="Release, map or discard each one.",
        url=reverse("admin:webhooks_quarantined_changelist"),
        times=max(count - known, 0),
    )
