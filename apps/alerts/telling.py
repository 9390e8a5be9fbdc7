"""Telling the channels: what is to be said is planned in rows, and handed over by tasks, each attempt once.

A message is a row with a number, so planning twice plans it once. An attempt is
leased by putting the row's next one off; the task that carries it begins only
if it is still that attempt, so that a task which is late or doubled sends
nothing. Only a worker that dies between the hand-over and its note lets a
message be repeated, under the same id.
"""

import time
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.utils import timezone
from django_q.tasks import async_task

from apps.alerts import carrying
from apps.alerts.models import Alert, Channel, Notice
from apps.catalog.errors import CallError, Retryable
from apps.common.errors import ServiceError

SEND_TASK = "apps.alerts.telling.send"
EVERY_SECONDS = 2.0
BATCH = 50
LEASE = timedelta(seconds=60)
"""Longer than a hand-over may take; the first pause behind one that failed."""

MAX_ATTEMPTS = 8

log = structlog.get_logger(__name__)

_next = [0.0]


def look(*, at: datetime) -> int:
    """Plan what the channels are to be told and queue what is due, every two seconds. Moves no run."""
    now = time.monotonic()
    if now < _next[0]:
        return 0
    _next[0] = now + EVERY_SECONDS
    plan(at=at)
    for number, attempt in lease_due(at=at):
        async_task(SEND_TASK, number, attempt)
    return 0


def plan(*, at: datetime) -> int:
    """Write the messages that alerts call for now; returns how many."""
    alerts = list(Alert.objects.to_tell(at=at)[:BATCH])
    if not alerts:
        return 0
    channels = Channel.objects.filter(workspace__in={alert.workspace_id for alert in alerts})
    by_workspace: dict[int, list[Channel]] = {}
    for channel in channels:
        by_workspace.setdefault(channel.workspace_id, []).append(channel)
    return sum(_plan_one(alert, by_workspace.get(alert.workspace_id, []), at=at) for alert in alerts)


def lease_due(*, at: datetime) -> list[tuple[int, int]]:
    """Lease the messages that are due; returns the number and attempt of each that this call won."""
    rows = Notice.objects.due(at=at).values_list("pk", "attempts")[:BATCH]
    return [(pk, attempts + 1) for pk, attempts in rows if Notice.objects.lease(pk, at=at, until=at + LEASE)]


def send(number: int, attempt: int) -> None:
    """Hand one message over as the attempt that was leased, and note what came of it."""
    if not Notice.objects.begin(number, attempt=attempt, until=timezone.now() + LEASE):
        return
    rows = Notice.objects.select_related("channel__workspace", "alert__workspace")
    notice = rows.get(pk=number)
    if not notice.channel.enabled and notice.sort != Notice.Sort.TEST:
        Notice.objects.filter(pk=number).update(status=Notice.Status.DROPPED, next_at=None)
        return
    try:
        carrying.hand_over(notice)
    except Retryable as error:
        _failed(notice, error.message, error.remedy, after=error.after)
    except (CallError, ServiceError) as error:
        _failed(notice, error.message, error.remedy, final=True)
    except Exception as error:
        log.exception("alerts.send_failed", notice=str(notice.code))
        _failed(notice, f"The message could not be made ({type(error).__name__}).", _LOG_REMEDY)
    else:
        Notice.objects.filter(pk=number, attempts=attempt).update(
            status=Notice.Status.SENT, sent_at=timezone.now(), next_at=None, error="", remedy=""
        )


def _plan_one(alert: Alert, channels: list[Channel], *, at: datetime) -> int:
    """Plan the messages about one alert, and note when it is to be looked at next."""
    last = {notice.channel_id: notice for notice in alert.notices.order_by("number")}
    planned: list[Notice] = []
    looks: list[datetime] = []
    with transaction.atomic():
        for channel in channels:
            found, again_at = (
                _next_of(alert, channel, last.get(channel.pk), at=at)
                if alert.stands
                else (_ending(alert, channel, at=at), None)
            )
            planned += [found] if found else []
            looks += [again_at] if again_at else []
        Notice.objects.bulk_create(planned, ignore_conflicts=True)
        # What came meanwhile is looked at in the next turn.
        rows = Alert.objects.filter(pk=alert.pk, count=alert.count, status=alert.status)
        rows.update(look_at=min(looks, default=None))
    return len(planned)


def _next_of(
    alert: Alert, channel: Channel, last: Notice | None, *, at: datetime
) -> tuple[Notice | None, datetime | None]:
    """Return what a channel is told about an alert that stands, or when that is to be asked again."""
    if alert.status != Alert.Status.OPEN or not channel.wants(alert):
        return None, None
    if last is None:
        return _notice(alert, channel, Notice.Sort.OPENED, number=1, since=alert.count, at=at), None
    if alert.count <= last.told:
        return None, None
    free_at = last.created_at + channel.period
    if free_at > at:
        return None, free_at
    if last.next_at is not None:  # It has not arrived; one message more would tell nothing.
        return None, at + channel.period
    since = alert.count - last.told
    return _notice(alert, channel, Notice.Sort.AGAIN, number=last.number + 1, since=since, at=at), None


def _ending(alert: Alert, channel: Channel, *, at: datetime) -> Notice | None:
    """Return the message that an alert is over, for a channel that was told of it.

    What was not sent yet is not needed any more.
    """
    mine = Notice.objects.filter(alert=alert, channel=channel)
    unsent = (Notice.Status.QUEUED, Notice.Status.WAITING)
    mine.filter(status__in=unsent).update(status=Notice.Status.DROPPED, next_at=None)
    told = mine.filter(status__in=(Notice.Status.SENT, Notice.Status.SENDING)).order_by("-number").first()
    if told is None or told.sort == Notice.Sort.RESOLVED or not (channel.enabled and channel.tell_resolved):
        return None
    number = mine.order_by("-number").values_list("number", flat=True)[0] + 1
    return _notice(alert, channel, Notice.Sort.RESOLVED, number=number, since=0, at=at)


def _notice(
    alert: Alert, channel: Channel, sort: Notice.Sort, *, number: int, since: int, at: datetime
) -> Notice:
    return Notice(
        alert=alert,
        channel=channel,
        sort=sort,
        number=number,
        told=alert.count,
        since=since,
        created_at=at,
        next_at=at,
    )


def _failed(
    notice: Notice, error: str, remedy: str, *, after: float | None = None, final: bool = False
) -> None:
    over = final or notice.attempts >= MAX_ATTEMPTS
    pause = max(LEASE * 2 ** min(notice.attempts, 6), timedelta(seconds=after or 0))
    Notice.objects.filter(pk=notice.pk, attempts=notice.attempts).update(
        status=Notice.Status.FAILED if over else Notice.Status.WAITING,
        next_at=None if over else timezone.now() + pause,
        error=error[:1000],
        remedy=remedy[:1000],
    )


_LOG_REMEDY = "Look into the worker's log, where the details are."
