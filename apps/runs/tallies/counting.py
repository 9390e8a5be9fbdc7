"""Counts runs by workflow and five minutes, so that no page counts millions of rows."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, F, Min

from apps.runs.models import Effect, Run
from apps.runs.retention.ages import first_since
from apps.runs.retention.models import Bookmark
from apps.runs.tallies.latency import added, histogram
from apps.runs.tallies.models import Tally
from apps.runs.worker.sharing import every
from apps.workflows.models import Workflow

MINUTES = 5
SPAN = timedelta(minutes=MINUTES)
SAMPLE = 1000
"""Effects of one span that are looked at for their time."""

RECOUNTED = 12
"""Spans with unfinished runs that one look counts again, the one that was not looked at for longest first."""

OUT_OF_ORDER = 2000
"""Ids by which rows that came at the same time may stand apart."""

LATEST = timedelta(minutes=10)
"""Spans so young are counted at every look."""

MERGED_AFTER = timedelta(days=2)
MERGED_AT_ONCE = 2000
KEPT = timedelta(days=400)

_COUNTED = ("succeeded", "filtered", "failed", "cancelled")


@every(seconds=10)
def look(*, at: datetime) -> int:
    """Count what came since the last look, and again what had not ended; returns how many spans."""
    spans = _to_count(at)
    for start in spans:
        count(start)
    merge(before=at - MERGED_AFTER)
    Tally.objects.filter(pk__in=list(_expired(at))).delete()
    return len(spans)


def span_of(moment: datetime) -> datetime:
    """Return the beginning of the five minutes that a moment lies in."""
    moment = moment.astimezone(UTC)
    return moment.replace(minute=moment.minute - moment.minute % MINUTES, second=0, microsecond=0)


def count(start: datetime) -> None:
    """Count the runs whose events came in the five minutes from `start`; tests of drafts are none."""
    first = first_since(Run.objects.all(), "received_at", start) - OUT_OF_ORDER
    last = first_since(Run.objects.all(), "received_at", start + SPAN) + OUT_OF_ORDER
    came = Run.objects.filter(
        pk__gte=first, pk__lt=last, received_at__gte=start, received_at__lt=start + SPAN
    ).exclude(version__number__isnull=True)
    numbers: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for workflow, status, number in (
        came.order_by()
        .values("workflow", "status")
        .annotate(number=Count("pk"))
        .values_list("workflow", "status", "number")
    ):
        numbers[workflow][status if status in _COUNTED else "unfinished"] += number
    times = _times(first, last)
    spaces = dict(Workflow.objects.filter(pk__in=numbers).values_list("pk", "workspace"))
    rows = [
        Tally(
            workspace_id=spaces[workflow],
            workflow_id=workflow,
            start=start,
            minutes=MINUTES,
            latency=histogram(times.get(workflow, ())),
            **found,
        )
        for workflow, found in numbers.items()
        if workflow in spaces
    ]
    Tally.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["workflow", "start", "minutes"],
        update_fields=[*_COUNTED, "unfinished", "latency"],
    )


def merge(*, before: datetime) -> None:
    """Make hours of the spans that began before this moment and whose runs have all ended."""
    hour = before.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    rows = Tally.objects.filter(minutes=MINUTES, start__lt=hour, unfinished=0).order_by("start")[
        :MERGED_AT_ONCE
    ]
    by_hour: dict[tuple[int, datetime], list[Tally]] = defaultdict(list)
    for row in rows:
        by_hour[row.workflow_id, row.start.astimezone(UTC).replace(minute=0)].append(row)
    for (_, start), found in by_hour.items():
        with transaction.atomic():
            _merge_hour(found, start)


def _merge_hour(found: list[Tally], start: datetime) -> None:
    """Put these spans of one workflow into the row of their hour, of which the first of them becomes one."""
    former = Tally.objects.filter(workflow=found[0].workflow_id, start=start, minutes=60).first()
    parts = [*([former] if former else []), *found]
    Tally.objects.filter(pk__in=[row.pk for row in parts]).delete()
    Tally.objects.create(
        workspace_id=found[0].workspace_id,
        workflow_id=found[0].workflow_id,
        start=start,
        minutes=60,
        latency=added(row.latency for row in parts),
        **{name: sum(getattr(row, name) for row in parts) for name in _COUNTED},
    )


def _to_count(at: datetime) -> list[datetime]:
    """Return the spans to be counted now: those since the last look, and some that have unfinished runs."""
    mark, _ = Bookmark.objects.get_or_create(name="tallies", defaults={"position": int(at.timestamp())})
    since = min(datetime.fromtimestamp(mark.position, UTC), at - LATEST)
    spans = {span_of(since)}
    while max(spans) + SPAN <= at and len(spans) < RECOUNTED:
        spans.add(max(spans) + SPAN)
    Bookmark.objects.filter(pk=mark.pk).update(position=int(min(max(spans) + SPAN, at).timestamp()))
    return sorted(spans | set(_unfinished(at)))


def _unfinished(at: datetime) -> Iterable[datetime]:
    """Return spans that have runs which had not ended, a few at each look and in turn."""
    rows = Tally.objects.filter(minutes=MINUTES, unfinished__gt=0, start__lt=at - LATEST)
    starts = list(rows.order_by("start").values_list("start", flat=True).distinct()[:500])
    turn = int(at.timestamp()) // 10 * RECOUNTED
    return [starts[(turn + offset) % len(starts)] for offset in range(min(RECOUNTED, len(starts)))]


def _times(first: int, last: int) -> Mapping[int, list[float]]:
    """Return, by workflow, how long a sample of events took until their first effect was answered."""
    step = max(1, (last - first) // SAMPLE)
    sampled = range(first, last, step)
    done = (
        Effect.objects.filter(run__in=list(sampled)[: SAMPLE + 1], answered_at__isnull=False)
        .order_by()
        .values("run", workflow=F("run__workflow"), came=F("run__received_at"))
        .annotate(answered=Min("answered_at"))
    )
    times: dict[int, list[float]] = defaultdict(list)
    for row in done:
        times[row["workflow"]].append((row["answered"] - row["came"]).total_seconds())
    return times


def _expired(at: datetime) -> Any:
    rows = Tally.objects.filter(start__lt=at - KEPT).order_by("start")
    return rows.values_list("pk", flat=True)[:1000]
