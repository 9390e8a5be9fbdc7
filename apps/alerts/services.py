"""Alerts: raised by whoever finds something wrong, cleared when it is over, acknowledged by people.

`raise_alert` and `clear_alert` are cheap, may be called any number of times, in or outside a
transaction, and send nothing themselves: the worker tells the channels.
"""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.alerts.kinds import CLOSED_BY_HAND, Severity
from apps.alerts.models import Alert, AlertQuerySet
from apps.common.errors import Conflict
from apps.workspaces import audit
from apps.workspaces.access import Actor, require
from apps.workspaces.models import Workspace
from apps.workspaces.roles import Permission

MAX_SUBJECT = 120


def raise_alert(
    workspace: Workspace,
    *,
    kind: str,
    subject: str,
    message: str,
    remedy: str,
    url: str,
    severity: str = Severity.WARNING,
    times: int = 1,
    at: datetime | None = None,
) -> Alert:
    """Say that something is wrong: a new alert, or one more of the one that stands.

    Alerts are grouped by workspace, `kind` (one of `kinds.Kind`) and `subject`,
    which names the thing for good (a code, not a name that people change).
    `message` and `remedy` are for an operator and hold no secret; `url` is the
    path of the page that shows it. `times` is how often it happened; 0 refreshes
    the words of a state that lasts without counting it again.
    """
    now = at or timezone.now()
    told = {
        "severity": Severity(severity),
        "message": message[:2000],
        "remedy": remedy[:2000],
        "url": url[:400],
    }
    rows = Alert.objects.filter(workspace=workspace, kind=kind, subject=subject[:MAX_SUBJECT])
    if not _grow(rows.standing(), told, times=times, at=now):
        try:
            with transaction.atomic():
                return Alert.objects.create(
                    workspace=workspace,
                    kind=kind,
                    subject=subject[:MAX_SUBJECT],
                    count=max(times, 1),
                    first_at=now,
                    last_at=now,
                    look_at=now,
                    **told,
                )
        except IntegrityError:  # Somebody else has found it in this moment.
            _grow(rows.standing(), told, times=times, at=now)
    return rows.latest("id")


def clear_alert(workspace: Workspace, *, kind: str, subject: str, at: datetime | None = None) -> bool:
    """Say that it is over; tell whether an alert stood. The channels that were told hear of it."""
    rows = Alert.objects.filter(workspace=workspace, kind=kind, subject=subject[:MAX_SUBJECT])
    # A look first: it takes no lock where nothing is wrong, which is the rule.
    return rows.standing().exists() and bool(rows.close(at=at or timezone.now()))


def _grow(rows: AlertQuerySet, told: dict[str, str], *, times: int, at: datetime) -> bool:
    if times:
        return bool(rows.grow(times=times, at=at, **told))
    found = rows.values(*told).first()
    if found is not None and found != told:
        rows.update(**told)
    return found is not None


def acknowledge(alert: Alert, *, actor: Actor) -> None:
    """Note that a person knows: nothing more is sent until it is over. Raises `Conflict` where that is so."""
    require(actor, alert.workspace, Permission.OPERATE_RUNS)
    by = actor.user.pk if actor.user else None
    with transaction.atomic():
        if not Alert.objects.filter(pk=alert.pk).acknowledge(by=by, at=timezone.now()):
            alert.refresh_from_db()
            raise Conflict(
                f"This alert is {alert.get_status_display().lower()} already.",
                code="wrong_status",
                remedy="Reload the page.",
            )
        audit.record(alert.workspace, actor=actor, verb="alert.acknowledged", target=alert)
    alert.refresh_from_db()


def close(alert: Alert, *, actor: Actor) -> None:
    """Close an alert by hand; what happens again raises a new one.

    Raises `Conflict` where it is closed, or tells of a state that lasts (`kinds.CLOSED_BY_HAND`).
    """
    require(actor, alert.workspace, Permission.OPERATE_RUNS)
    if alert.kind not in CLOSED_BY_HAND:
        raise Conflict(
            "This alert closes by itself when what it tells of is over.",
            code="closes_itself",
            remedy="Acknowledge it: nothing more is sent then.",
        )
    with transaction.atomic():
        if not Alert.objects.filter(pk=alert.pk).close(at=timezone.now()):
            raise Conflict("This alert is closed already.", code="wrong_status", remedy="Reload the page.")
        audit.record(alert.workspace, actor=actor, verb="alert.closed", target=alert)
    alert.refresh_from_db()
