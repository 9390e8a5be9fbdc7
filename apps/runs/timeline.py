"""When what happened in a run: moments to the millisecond, and lengths on one scale."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.common import look
from apps.runs.models import Run, StepRun

MIN_WIDTH = 0.6
"""Percent of a bar: shorter things are still seen."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One stretch of the timeline, in percent of its whole length."""

    left: float
    width: float
    tone: str
    title: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the timeline: what began when, and how long it took."""

    name: str
    began: SafeString
    told: str = ""
    bars: tuple[Bar, ...] = ()


def timeline(run: Run, rows: Sequence[StepRun], *, now: datetime) -> Iterable[Line]:
    """Yield a line for the arrival, the queue, each step and the end, on one scale."""
    end = run.finished_at or max([now, *(row.finished_at or now for row in rows)])
    span = max((end - run.received_at).total_seconds(), 0.001)

    def bar(start: datetime, stop: datetime, tone: str, title: str) -> Bar:
        left = min(max((start - run.received_at).total_seconds() / span * 100, 0.0), 100 - MIN_WIDTH)
        width = (stop - start).total_seconds() / span * 100
        return Bar(round(left, 2), round(min(max(width, MIN_WIDTH), 100 - left), 2), tone, title)

    begun = run.started_at or run.finished_at or now
    waited = duration(run.received_at, begun)
    yield Line("Received", _clock(run.received_at))
    queued = bar(run.received_at, begun, "neutral", f"Waited {waited}")
    yield Line("In the queue", _clock(run.received_at), waited, (queued,))
    for row in rows:
        stop = row.finished_at or end
        if stop < row.started_at:
            continue
        taken = duration(row.started_at, stop)
        bars = [bar(row.started_at, stop, look.tone_of(row.status).value, f"{row.name}: {taken}")]
        for each in row.log.get("exchanges", ()) if isinstance(row.log, dict) else ():
            sent = _moment(each.get("started_at"))
            if sent is not None:
                ms = int(each.get("ms") or 0)
                answered = datetime.fromtimestamp(sent.timestamp() + ms / 1000, UTC)
                bars.append(bar(sent, answered, "call", f"{each.get('method', '')} {ms} ms"))
        yield Line(row.name, _clock(row.started_at), taken, tuple(bars))
    if run.finished_at is not None:
        yield Line(
            "Finished", _clock(run.finished_at), f"{duration(run.received_at, run.finished_at)} in all"
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
