"""Whether a silence is unusual: pure, on counts by the quarter of an hour.

A quarter is numbered by the quarters since 1970. A silence is looked at from the
quarter after that of the last event to the one before the present. A first quarter
and the last two of it are left out, so that a batch may come a little early, and half
an hour late. In the rest the same time of the weeks before must have had at least
`LEAST` events: in each of two or three known weeks, and in all but one of four, so
that one week with an outage or a holiday does not count. What rests at night or
over the weekend did so in the weeks before, too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

SECONDS = 900
WEEK = 7 * 24 * 4
WEEKS = 4
KEPT = (WEEKS + 1) * WEEK
FEWEST_WEEKS = 2
LEAST = 10
EARLY, LATE = 1, 2


@dataclass(frozen=True, slots=True)
class Silence:
    """An unusual one: how long it lasts, and how often events usually came in the part that was compared."""

    lasts: timedelta
    usual: int
    compared: timedelta
    weeks: int

    @property
    def every(self) -> timedelta:
        """Return the usual time from one event to the next."""
        return self.compared / self.usual


def quarter_of(at: datetime) -> int:
    """Return the number of the quarter that a moment is in."""
    return int(at.timestamp()) // SECONDS


def begin_of(quarter: int) -> datetime:
    """Return when a quarter begins."""
    return datetime.fromtimestamp(quarter * SECONDS, UTC)


def rolled(history: Sequence[int], *, quarter: int, count: int, to: int) -> list[int]:
    """Return the history before the quarter `to`, of one before `quarter`, which had `count` events."""
    if to <= quarter:
        return list(history)
    passed = [count, *([0] * min(to - quarter - 1, KEPT))]
    return [*history, *passed][-KEPT:]


def unusual(history: Sequence[int], *, now: datetime, last_at: datetime, since: datetime) -> Silence | None:
    """Return the silence behind the last event, if it is unusual.

    `history` ends with the quarter before that of `now`, in which nothing came;
    before `since` events may have been missed.
    """
    present = quarter_of(now)
    begin = max(quarter_of(last_at), quarter_of(since)) + 1 + EARLY
    end = present - LATE
    length = min(end - begin, WEEK)
    if length <= 0:
        return None
    sums = _weeks_before(history, first=len(history) - (present - end) - length, length=length)
    if len(sums) < FEWEST_WEEKS:
        return None
    ordered = sorted(sums)
    usual = ordered[1] if len(ordered) >= WEEKS else ordered[0]
    if usual < LEAST:
        return None
    return Silence(now - last_at, usual, timedelta(seconds=length * SECONDS), len(sums))


def weeks_known(history: Sequence[int]) -> float:
    """Return how many weeks a history covers."""
    return len(history) / WEEK


def _weeks_before(history: Sequence[int], *, first: int, length: int) -> list[int]:
    """Return how many events the same time of each week before had, as far as that is known."""
    sums = []
    for week in range(1, WEEKS + 1):
        begin = first - week * WEEK
        if begin < 0:
            break
        sums.append(sum(history[begin : begin + length]))
    return sums
