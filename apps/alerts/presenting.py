"""Alerts and their messages for pages."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.safestring import SafeString

from apps.alerts.kinds import Severity
from apps.alerts.models import Alert, Notice
from apps.common import look

_SEVERITY = {
    Severity.INFO: look.Tone.INFO,
    Severity.WARNING: look.Tone.WARNING,
    Severity.CRITICAL: look.Tone.DANGER,
}
_STATUS = {
    Alert.Status.OPEN: look.Tone.DANGER,
    Alert.Status.ACKNOWLEDGED: look.Tone.WARNING,
    Alert.Status.CLOSED: look.Tone.SUCCESS,
}
_NOTICE = {
    Notice.Status.SENT: look.Tone.SUCCESS,
    Notice.Status.FAILED: look.Tone.DANGER,
    Notice.Status.WAITING: look.Tone.WARNING,
    Notice.Status.DROPPED: look.Tone.NEUTRAL,
}


def severity_badge(alert: Alert) -> SafeString:
    """Return how bad it is, as a badge."""
    severity = Severity(alert.severity)
    return look.badge(severity.value, severity.label, tone=_SEVERITY[severity])


def alert_badge(alert: Alert) -> SafeString:
    """Return how it stands, as a badge."""
    return look.badge(alert.status, alert.get_status_display(), tone=_STATUS[Alert.Status(alert.status)])


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """One message as a page shows it; `leads_to` is the channel's page, where one may see it."""

    notice: Notice
    badge: SafeString
    leads_to: str


def notice_rows(notices: Iterable[Notice], *, links: bool) -> list[NoticeRow]:
    """Return messages for a page."""
    return [
        NoticeRow(
            notice,
            look.badge(
                notice.status,
                notice.get_status_display(),
                tone=_NOTICE.get(Notice.Status(notice.status), look.Tone.INFO),
            ),
            notice.channel.get_absolute_url() if links else "",
        )
        for notice in notices
    ]
