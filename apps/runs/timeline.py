"""When what happened in a run: moments to the millisecond, and lengths on one scale."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.common import look
from apps.runs.models import Run, StepRun

MIN_WIDTH = 0.6
"""Percent of a bar: shorter things are still seen."""


TICKS = 4
"""Parts of the axis."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One stretch of the timeline, in percent of its whole length."""

    left: float
    width: float
    tone: str
    title: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the waterfall: what began when, how long it took, and what came of it.

    `kind` is `queue`, `step`, `call` or `end`; `anchor` is the id of the step's record on the page.
    """

    name: str
    began: SafeString
    after: str = ""
    told: str = ""
    bars: tuple[Bar, ...] = ()
    kind: str = "step"
    anchor: str = ""
    result: str = ""


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark of the axis: where, in percent, and how long after the arrival."""

    left: float
    told: str


@dataclass(frozen=True, slots=True)
class Waterfall:
    """The lines of a run on one scale, and the scale's marks."""

    lines: tuple[Line, ...]
    ticks: tuple[Tick, ...]
    total: str


def timeline(run: Run, rows: Sequence[StepRun], *, now: datetime) -> Waterfall:
    """Return the queue, each step with its calls, and the end, on one scale."""
    end = run.finished_at or max([now, *(row.finished_at or now for row in rows)])
    scale = _Scale(run.received_at, end)
    begun = run.started_at or run.finished_at or now
    waited = duration(run.received_at, begun)
    lines = [
        Line(
            "In the queue",
            _clock(run.received_at),
            after=in_words(0),
            told=waited,
            bars=(scale.bar(run.received_at, begun, "neutral", f"Waited {waited}"),),
            kind="queue",
            result=_queued(run),
        )
    ]
    for row in rows:
        # A retry leaves what was done in an earlier try: it may have ended before this run's span.
        if (row.finished_at or end) >= row.started_at:
            lines += _step_lines(row, scale, end)
    if run.finished_at is not None:
        took = duration(run.received_at, run.finished_at)
        last = Line(
            "Finished",
            _clock(run.finished_at),
            after=took,
            told=f"{took} in all",
            kind="end",
            result=run.get_status_display(),
        )
        lines.append(last)
    return Waterfall(tuple(lines), scale.ticks(), duration(run.received_at, end))


def _queued(run: Run) -> str:
    if run.started_at is not None:
        return "Taken by a worker"
    return "Never begun" if run.finished else "Waits for a worker"


class _Scale:
    """Where moments stand between the arrival and the end."""

    def __init__(self, start: datetime, end: datetime) -> None:
        self.start = start
        self.span = max((end - start).total_seconds(), 0.001)

    def bar(self, begin: datetime, stop: datetime, tone: str, title: str) -> Bar:
        """Return the bar between two moments, wide enough to be seen."""
        left = min(max((begin - self.start).total_seconds() / self.span * 100, 0.0), 100 - MIN_WIDTH)
        width = (stop - begin).total_seconds() / self.span * 100
        return Bar(round(left, 2), round(min(max(width, MIN_WIDTH), 100 - left), 2), tone, title)

    def ticks(self) -> tuple[Tick, ...]:
        """Return the marks of the axis."""
        return tuple(
            Tick(round(100 * part / TICKS, 2), in_words(self.span * part / TICKS))
            for part in range(TICKS + 1)
        )

    def after(self, moment: datetime) -> str:
        """Return how long after the arrival a moment is."""
        return duration(self.start, moment)


def _step_lines(row: StepRun, scale: _Scale, end: datetime) -> Iterator[Line]:
    stop = row.finished_at or end
    taken = duration(row.started_at, stop)
    told = f"{taken} · {row.attempts} attempts" if row.attempts > 1 else taken
    waits = row.status == StepRun.Status.WAITING
    tone = "waits" if waits else look.tone_of(row.status).value
    yield Line(
        row.name,
        _clock(row.started_at),
        after=scale.after(row.started_at),
        told=told,
        bars=(scale.bar(row.started_at, stop, tone, f"{row.name}: {taken}"),),
        anchor=f"step-{row.path}",
        result=row.get_status_display(),
    )
    calls = row.log.get("exchanges", ()) if isinstance(row.log, dict) else ()
    sent = [(each, moment) for each in calls if (moment := _moment(each.get("started_at"))) is not None]
    for count, (each, moment) in enumerate(sent, start=1):
        number = count if len(sent) > 1 else 0
        yield _call_line(each, moment, scale, number=number, anchor=f"step-{row.path}")


def _call_line(each: Mapping[str, Any], sent: datetime, scale: _Scale, *, number: int, anchor: str) -> Line:
    ms = int(each.get("ms") or 0)
    status = each.get("status")
    host = urlsplit(str(each.get("url", ""))).hostname or "the provider"
    good = isinstance(status, int) and 200 <= status < 300
    came = str(status) if status is not None else "No answer"
    name = f"{each.get('method', '')} {host}".strip()
    answered = sent + timedelta(milliseconds=ms)
    return Line(
        f"{number}. {name}" if number else name,
        _clock(sent),
        after=scale.after(sent),
        told=f"{came} · {in_words(ms / 1000)}",
        bars=(scale.bar(sent, answered, "call" if good else "call-bad", f"{name} {came}"),),
        kind="call",
        anchor=anchor,
        result=came,
    )


def exact(moment: datetime) -> SafeString:
    """Return the whole moment in UTC, to the millisecond."""
    return _time(moment, f"{_text(moment)} UTC")


def duration(start: datetime | None, end: datetime | None) -> str:
    """Return the time between two moments in words; nothing where one is missing."""
    if start is None or end is None:
        return ""
    return in_words(max(0.0, (end - start).total_seconds()))


def in_words(seconds: float) -> str:
    """Return a length of time in the unit that reads best."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 100:
        return f"{seconds:.1f} s"
    if seconds < 6000:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h" if seconds < 172_800 else f"{seconds / 86_400:.0f} days"


def _clock(moment: datetime) -> SafeString:
    """Return the time of day, with the whole moment as its title."""
    return _time(moment, _text(moment)[11:])


def _time(moment: datetime, shown: str) -> SafeString:
    whole = moment.astimezone(UTC).isoformat()
    return format_html('<time datetime="{}" title="{} UTC">{}</time>', whole, _text(moment), shown)


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(sep=" ", timespec="milliseconds").removesuffix("+00:00")


def _moment(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        return None
