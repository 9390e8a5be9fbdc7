"""A workspace's figures over a day, a week or a month, summed up from tallies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Sum

from apps.runs.models import Tally
from apps.runs.tallies.latency import added, percentile
from apps.workspaces.models import Workspace

COUNTED = ("succeeded", "filtered", "failed", "cancelled", "unfinished")
MAX_FAILING = 5
CHART_HEIGHT = 96
BAR_WIDTH = 10


@dataclass(frozen=True, slots=True)
class Period:
    """A choice of the page: how far back, and how long one bar of the chart is."""

    key: str
    label: str
    bars: int
    bar: timedelta

    @property
    def length(self) -> timedelta:
        """Return how far it goes back."""
        return self.bar * self.bars


PERIODS = (
    Period("24h", "24 hours", 24, timedelta(hours=1)),
    Period("7d", "7 days", 28, timedelta(hours=6)),
    Period("30d", "30 days", 30, timedelta(days=1)),
)


@dataclass(frozen=True, slots=True)
class Bar:
    """One column of the chart: heights in pixels from the bottom, and what it says."""

    x: int
    failed: int
    others: int
    title: str

    @property
    def others_y(self) -> int:
        """Return where the upper part begins."""
        return CHART_HEIGHT - self.failed - self.others

    @property
    def failed_y(self) -> int:
        """Return where the lower part begins."""
        return CHART_HEIGHT - self.failed


@dataclass(frozen=True, slots=True)
class Figures:
    """What the page shows of a period. Times are milliseconds, None where nothing was measured."""

    period: Period
    total: int
    counts: Mapping[str, int]
    success: float | None
    p50: int | None
    p95: int | None
    bars: tuple[Bar, ...]

    @property
    def chart_width(self) -> int:
        """Return the width of the chart's own coordinates."""
        return BAR_WIDTH * len(self.bars)


def period_of(key: str) -> Period:
    """Return the period that was chosen, by default the day."""
    return next((each for each in PERIODS if each.key == key), PERIODS[0])


def figures(workspace: Workspace, period: Period, *, at: datetime) -> Figures:
    """Sum the workspace's tallies up, in one query."""
    last = _bar_of(at, period)
    first = last - period.bar * (period.bars - 1)
    rows = Tally.objects.filter(workspace=workspace, start__gte=first)
    found = list(rows.values_list("start", "latency", *COUNTED))
    counts = dict.fromkeys(COUNTED, 0)
    columns = [[0, 0] for _ in range(period.bars)]
    for start, _, *numbers in found:
        for name, number in zip(COUNTED, numbers, strict=True):
            counts[name] += number
        column = columns[min(int((start - first) / period.bar), period.bars - 1)]
        column[0] += numbers[COUNTED.index("failed")]
        column[1] += sum(numbers) - numbers[COUNTED.index("failed")]
    ended = counts["succeeded"] + counts["filtered"] + counts["failed"]
    times = added(latency for _, latency, *_ in found)
    return Figures(
        period=period,
        total=sum(counts.values()),
        counts=counts,
        success=(ended - counts["failed"]) / ended if ended else None,
        p50=_milliseconds(times, 0.5),
        p95=_milliseconds(times, 0.95),
        bars=tuple(_bars(columns, first, period)),
    )


def failing(workspace: Workspace, period: Period, *, at: datetime) -> list[dict[str, Any]]:
    """Return the workflows with the most failed runs in the period, by name."""
    rows = Tally.objects.filter(workspace=workspace, start__gte=at - period.length)
    summed = (
        rows.order_by()
        .values("workflow", "workflow__name")
        .annotate(failed=Sum("failed"), succeeded=Sum("succeeded"), filtered=Sum("filtered"))
    )
    found = summed.filter(failed__gt=0).order_by("-failed")[:MAX_FAILING]
    return [
        {
            "pk": row["workflow"],
            "name": row["workflow__name"],
            "failed": row["failed"],
            "ended": row["failed"] + row["succeeded"] + row["filtered"],
        }
        for row in found
    ]


def used_this_month(workspace: Workspace, *, at: datetime) -> int:
    """Return how many runs the workspace had since the month began, in UTC."""
    month = at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    rows = Tally.objects.filter(workspace=workspace, start__gte=month)
    summed = rows.aggregate(**{name: Sum(name) for name in COUNTED})
    return sum(number or 0 for number in summed.values())


def _bar_of(at: datetime, period: Period) -> datetime:
    """Return the beginning of the bar that a moment lies in; bars begin at midnight UTC and steps from it."""
    midnight = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + period.bar * ((at - midnight) // period.bar)


def _bars(columns: Sequence[Sequence[int]], first: datetime, period: Period) -> list[Bar]:
    tallest = max((failed + others for failed, others in columns), default=0) or 1
    bars = []
    for place, (failed, others) in enumerate(columns):
        begin = first + period.bar * place
        form = "%d %b" if period.bar >= timedelta(days=1) else "%d %b %H:%M"
        many = f"{failed + others:,} runs" + (f", {failed:,} failed" if failed else "")
        bars.append(
            Bar(
                x=place * BAR_WIDTH,
                failed=_height(failed, tallest),
                others=_height(others, tallest),
                title=f"{begin.strftime(form)} UTC: {many}",
            )
        )
    return bars


def _height(number: int, tallest: int) -> int:
    """Return a height that shows one of many as well."""
    return max(2, number * CHART_HEIGHT // tallest) if number else 0


def _milliseconds(times: Mapping[str, int], part: float) -> int | None:
    seconds = percentile(times, part)
    return None if seconds is None else round(seconds * 1000)
