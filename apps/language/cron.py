"""Cron lines of five fields: which days and minutes of a calendar they name. No time zone, no clock.

The fields and their names are those of POSIX (`crontab`) and, for names, steps
and Sunday as 7, of the cron that Linux systems run.
"""

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from apps.language.errors import TimeError

MAX_LENGTH: Final = 200

HORIZON_YEARS: Final = 41
"""No date and weekday together stay away for longer, save across a century without a leap year."""

_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_ITEM: Final = re.compile(r"(?:(\*)|([0-9]{1,2}|[a-z]{3})(?:-([0-9]{1,2}|[a-z]{3}))?)(?:/([0-9]{1,3}))?")
_LAST_YEAR: Final = 9990


@dataclass(frozen=True, slots=True)
class _Part:
    """One of the five fields: its name, its bounds, and names that stand for numbers."""

    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()
    first: int = 0

    @property
    def allowed(self) -> str:
        """Say what the field takes."""
        named = f" or {self.names[0].upper()} to {self.names[-1].upper()}" if self.names else ""
        return f"{self.low} to {self.high}{named}, *, ranges (1-5), lists (1,3) and steps (*/2)"


_PARTS: Final = (
    _Part("minute", 0, 59),
    _Part("hour", 0, 23),
    _Part("day of the month", 1, 31),
    _Part("month", 1, 12, _MONTHS, 1),
    _Part("day of the week", 0, 7, _DAYS, 0),
)


@dataclass(frozen=True, slots=True)
class Cron:
    """A cron line that was read. Weekdays count from Sunday, 0.

    Where both kinds of day are restricted, a day that fits either is meant;
    where one of them begins with a star, a day must fit both.
    """

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either_day: bool

    @property
    def every_hour(self) -> bool:
        """Tell whether the line names every hour of the day."""
        return len(self.hours) == 24

    def fits(self, day: date) -> bool:
        """Tell whether the line names this day."""
        if day.month not in self.months:
            return False
        in_month, in_week = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return (in_month or in_week) if self.either_day else (in_month and in_week)

    def days_from(self, first: date) -> Iterator[date]:
        """List the days that the line names, from `first` on, within `HORIZON_YEARS`."""
        for year in range(first.year, min(first.year + HORIZON_YEARS, _LAST_YEAR)):
            for month in sorted(self.months):
                if (year, month) < (first.year, first.month):
                    continue
                for number in range(1, calendar.monthrange(year, month)[1] + 1):
                    day = date(year, month, number)
                    if day >= first and self.fits(day):
                        yield day


def parse_cron(line: str) -> Cron:
    """Read a cron line. Raises `TimeError` naming the field, or saying that it never comes (31 February)."""
    fields = line.lower().split()
    if len(line) > MAX_LENGTH or len(fields) != len(_PARTS):
        raise TimeError(
            f"A cron line has five fields ({', '.join(part.name for part in _PARTS)}), "
            f"but this one has {len(fields)}. For example, “0 9 * * 1-5” is 09:00 on weekdays.",
            code="bad_cron",
        )
    minutes, hours, days, months, weekdays = (
        _read(part, text) for part, text in zip(_PARTS, fields, strict=True)
    )
    cron = Cron(
        minutes=tuple(sorted(minutes)),
        hours=tuple(sorted(hours)),
        days=days,
        months=months,
        weekdays=frozenset(number % 7 for number in weekdays),
        either_day=not fields[2].startswith("*") and not fields[4].startswith("*"),
    )
    # Any first year gives the same answer: the calendar repeats within the horizon.
    if next(cron.days_from(date(2001, 1, 1)), None) is None:
        raise TimeError(
            f"“{line.strip()}” never comes: none of its months has such a day.", code="never_comes"
        )
    return cron


def _read(part: _Part, text: str) -> frozenset[int]:
    found: set[int] = set()
    for item in text.split(","):
        match = _ITEM.fullmatch(item)
        if match is None:
            raise _bad(part, text)
        star, low, high, step = match.groups()
        start, end = (part.low, part.high) if star else _bounds(part, text, low, high, stepped=bool(step))
        width = int(step) if step else 1
        if width < 1:
            raise _bad(part, text)
        found.update(range(start, end + 1, width))
    # A star and a step would count Sunday twice, as 0 and as 7.
    return frozenset(found - {7}) if part.names is _DAYS and text.startswith("*") else frozenset(found)


def _bounds(part: _Part, text: str, low: str, high: str | None, *, stepped: bool) -> tuple[int, int]:
    start = _number(part, text, low)
    if high is None:
        last = 6 if part.names is _DAYS else part.high
        return start, last if stepped else start
    end = _number(part, text, high)
    if part.names is _DAYS and end == 0 < start:
        end = 7  # Friday to Sunday.
    if end < start:
        raise TimeError(
            f"The {part.name} “{text}” counts backwards. Write it as two ranges, "
            f"such as “{start}-{part.high},{part.low}-{end}”.",
            code="bad_cron",
        )
    return start, end


def _number(part: _Part, text: str, value: str) -> int:
    if value.isdecimal():
        number = int(value)
    elif value in part.names:
        number = part.names.index(value) + part.first
    else:
        raise _bad(part, text)
    if not part.low <= number <= part.high:
        raise _bad(part, text)
    return number


def _bad(part: _Part, text: str) -> TimeError:
    return TimeError(
        f"The {part.name} of this cron line is “{text}”. It takes {part.allowed}.", code="bad_cron"
    )
