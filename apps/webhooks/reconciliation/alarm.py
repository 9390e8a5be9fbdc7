"""Tells people of events that are missing and could not be recovered."""

from apps.alerts.kinds import Kind
from apps.alerts.services import clear_alert, raise_alert
from apps.webhooks.reconciliation.models import Gap, Reconciliation


def look_at(row: Reconciliation) -> None:
    """Raise an alert while gaps of the connection are open, and clear it when none is."""
    connection = row.connection
    subject = str(connection.code)
    count = Gap.objects.filter(connection=connection, status=Gap.Status.OPEN).count()
    if not count:
        clear_alert(connection.workspace, kind=Kind.RECONCILIATION, subject=subject)
        return
    events = "1 event" if count == 1 else f"{count:,} events"
    raise_alert(
        connection.workspace,
        kind=Kind.RECONCILIATION,
        subject=subject,
        message=f"The provider of “{connection}” lists {events} that never arrived here.",
        remedy="Open the page and look at the open events: each says what can be done.",
        url=row.get_absolute_url(),
        times=0,
    )
