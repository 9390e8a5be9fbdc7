"""What comes again and again: the points in time of a cron line or an interval, in a time zone.

A local time that does not exist, because clocks are put forward, is taken with
the offset before the change, so that 02:30 runs at 03:30; one that comes twice
is taken the first time (RFC 5545, 3.3.5). Either runs once. A cron line that
names every hour goes by real time instead: “every 15 minutes” also counts the
hour that comes twice. Nothing here knows what time it is.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from itertools import islice
from typing import Final, Protocol

from apps.language.cron import Cron

_SPANS: Final = tuple(timedelta(hours=hours) for hours in (1, 24, 24 * 32, 24 * 366))
_DAY: Final = timedelta(days=1)
_MINUTE: Final = timedelta(minutes=1)


class Recurrence(Protocol):
    """Points in time that follow each other; all of them aware, in UTC, on whole minutes."""

    def next_after(self, moment: datetime) -> datetime | None:
        """Return the first one behind a moment; None where there is none within decades."""
        ...


@dataclass(frozen=True, slots=True)
class CronTimes:
    """The times of a cron line in a zone."""

    cron: Cron
    zone: tzinfo

    def next_after(self, moment: datetime) -> datetime | None:
        """Return the first time behind a moment."""
        # A time that is moved out of a gap can lie on the day after its own.
        first = moment.astimezone(self.zone).date() - _DAY
        for day in self.cron.days_from(first):
            found = self._behind(day, moment)
            if found is None:
                continue
            following = day + _DAY
            if self._is_even(day) or not self.cron.fits(following):
                return found
            other = self._behind(following, moment)
            return min(found, other) if other else found
        return None

    def _behind(self, day: date, moment: datetime) -> datetime | None:
        times = _times_of(self, day)
        index = bisect_right(times, moment)
        return times[index] if index < len(times) else None

    def times_of(self, day: date) -> list[datetime]:
        """Return the times that belong to a day which the line names, in order."""
        if self._is_even(day):
            midnight = self._midnight(day)
            return [
                midnight + timedelta(hours=hour, minutes=minute)
                for hour in self.cron.hours
                for minute in self.cron.minutes
            ]
        if self.cron.every_hour:
            return list(self._real_times(day))
        walls = (
            datetime.combine(day, time(hour, minute), self.zone)
            for hour in self.cron.hours
            for minute in self.cron.minutes
        )
        return sorted({wall.astimezone(UTC) for wall in walls})

    def _real_times(self, day: date) -> Iterator[datetime]:
        """List the times of a day whose clocks change, minute by minute as they really pass."""
        minutes = frozenset(self.cron.minutes)
        moment, end = self._midnight(day), self._midnight(day + _DAY)
        while moment < end:
            if moment.astimezone(self.zone).minute in minutes:
                yield moment
            moment += _MINUTE

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.zone).astimezone(UTC)

    def _is_even(self, day: date) -> bool:
        """Tell whether the day has 24 hours."""
        return self._midnight(day + _DAY) - self._midnight(day) == _DAY


@lru_cache(maxsize=64)
def _times_of(times: CronTimes, day: date) -> list[datetime]:
    """Remember the days looked at last: a line of every minute has many times in each."""
    return times.times_of(day)


@dataclass(frozen=True, slots=True)
class IntervalTimes:
    """Every so many minutes from `start` on, which is none of them itself.

    Whole days keep the clock time that `start` has in the zone; everything else
    is time that really passes.
    """

    start: datetime
    minutes: int
    zone: tzinfo

    def next_after(self, moment: datetime) -> datetime | None:
        """Return the first time behind a moment."""
        # In UTC: two times of one zone would be subtracted by their clocks.
        start = self.start.astimezone(UTC).replace(second=0, microsecond=0)
        moment = moment.astimezone(UTC)
        days, rest = divmod(self.minutes, 24 * 60)
        if rest:
            step = timedelta(minutes=self.minutes)
            return start + step * max((moment - start) // step + 1, 1)
        local = start.astimezone(self.zone)
        # One step early, since a day may be an hour shorter or longer than it is counted.
        number = max((moment - start) // timedelta(days=days) - 1, 1)
        while (found := self._at(local, days * number)) <= moment:
            number += 1
        return found

    def _at(self, local: datetime, days: int) -> datetime:
        wall = datetime.combine(local.date() + timedelta(days=days), local.time(), self.zone)
        return wall.astimezone(UTC)


def times_after(recurrence: Recurrence, moment: datetime) -> Iterator[datetime]:
    """List the times behind a moment, one by one."""
    found = recurrence.next_after(moment)
    while found is not None:
        yield found
        found = recurrence.next_after(found)


def upcoming(recurrence: Recurrence, moment: datetime, count: int) -> list[datetime]:
    """Return the next `count` times behind a moment."""
    return list(islice(times_after(recurrence, moment), count))


def latest(recurrence: Recurrence, *, first: datetime, until: datetime) -> datetime:
    """Return the last of the times from `first`, which is one of them, up to and with `until`.

    Looks back from `until`, so that years of minutes are not walked through.
    """
    for span in _SPANS:
        if until - span <= first:
            break
        found = _last_between(recurrence, until - span, until)
        if found is not None:
            return found
    return _last_between(recurrence, first, until) or first


def _last_between(recurrence: Recurrence, after: datetime, until: datetime) -> datetime | None:
    last = None
    for found in times_after(recurrence, after):
        if found > until:
            break
        last = found
    return last
