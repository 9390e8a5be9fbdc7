"""Whether anything is executed at all, as far as it can be known.

A worker that stands still can tell nobody, so the web process looks as well: a
thread of it reads the worker's signs of life once a minute and sends what is due
itself (`apps.alerts.watching.watchman`). Where the web process stands still too,
nothing here can tell; the next worker that starts does, with the time that
nothing ran. Somebody outside should ask /readyz.
"""

from datetime import datetime, timedelta

from django.db.models import Max, OuterRef, Subquery

from apps.alerts.kinds import Kind, Severity
from apps.alerts.models import Alert
from apps.alerts.services import clear_alert, raise_alert
from apps.alerts.watching.models import Watch
from apps.alerts.watching.words import in_words
from apps.runs.models import Heartbeat, Run
from apps.runs.querysets import CLAIMABLE
from apps.workspaces.models import Workspace

WATCH = "worker"
SUBJECT = "worker"
STOPPED_AFTER = timedelta(minutes=3)
GAP = timedelta(minutes=5)
REMEDY = "Start the worker (manage.py worker), or look into its log. Nothing is lost: events wait."


def alive(*, at: datetime) -> bool:
    """Tell whether a worker has given a sign of life in the last three minutes."""
    last = Heartbeat.objects.aggregate(last=Max("beat_at"))["last"]
    return last is not None and last > at - STOPPED_AFTER


def look_from_outside(*, at: datetime) -> bool:
    """Raise an alert in every workspace whose runs wait while no worker runs; tell whether one is missing."""
    if alive(at=at):
        return False
    waiting = Run.objects.filter(status__in=CLAIMABLE, due_at__lte=at - STOPPED_AFTER)
    found = waiting.order_by("due_at").values_list("workspace", flat=True)[:500]
    for workspace in Workspace.objects.filter(pk__in=set(found)):
        raise_alert(
            workspace,
            kind=Kind.WORKER,
            subject=SUBJECT,
            message="No worker runs, and runs are due. Events are received, but nothing is executed.",
            remedy=REMEDY,
            url="/admin/",
            severity=Severity.CRITICAL,
            times=0,
            at=at,
        )
    return True


def look_from_inside(*, at: datetime) -> None:
    """Say that a worker runs, and where none did for minutes, how long that was. Called by the worker."""
    watch, is_new = Watch.objects.get_or_create(name=WATCH, defaults={"at": at})
    last = watch.at or at
    Watch.objects.filter(pk=watch.pk).update(at=at)
    if not is_new and at - last > GAP:
        for workspace in _late(since=last):
            raise_alert(
                workspace,
                kind=Kind.WORKER,
                subject=SUBJECT,
                message=f"No worker ran for {in_words(at - last)}, from {last:%Y-%m-%d %H:%M} to "
                f"{at:%Y-%m-%d %H:%M} UTC. What came meanwhile is executed now.",
                remedy=REMEDY,
                url="/admin/",
                severity=Severity.CRITICAL,
                at=at,
            )
        return  # It stands until the next look, so that the channels hear of it.
    for workspace in Workspace.objects.filter(
        alerts__kind=Kind.WORKER, alerts__status__in=Alert.STANDING
    ).distinct():
        clear_alert(workspace, kind=Kind.WORKER, subject=SUBJECT, at=at)


def _late(*, since: datetime) -> list[Workspace]:
    """Return the workspaces that have had an event since then."""
    newest = Run.objects.filter(workspace=OuterRef("pk")).order_by("-id").values("received_at")[:1]
    return list(Workspace.objects.annotate(newest=Subquery(newest)).filter(newest__gt=since))
