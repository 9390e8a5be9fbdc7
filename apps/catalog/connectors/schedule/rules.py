"""A trigger's options made into the times that they mean. Pure: the clock is handed in."""

import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from apps.catalog.errors import Permanent
from apps.language.cron import parse_cron
from apps.language.errors import TimeError
from apps.language.paths import did_you_mean
from apps.language.recurrence import CronTimes, IntervalTimes, Recurrence

CLOCK = r"([01]?[0-9]|2[0-3]):[0-5][0-9]"
"""A time of the day, 00:00 to 23:59."""

OWN_LINE = "cron"
_PRESETS = {
    "every-hour": "{minute} * * * *",
    "every-day": "{minute} {hour} * * *",
    "weekdays": "{minute} {hour} * * 1-5",
    "every-week": "{minute} {hour} * * {weekday}",
    "every-month": "{minute} {hour} 1 * *",
}
_UNITS = {"minutes": 1, "hours": 60, "days": 24 * 60}
MAX_DAYS = 366


def cron_line(options: Mapping[str, Any]) -> str:
    """Return the cron line that the options of “At set times” mean. Raises `Permanent` naming the option."""
    when = str(options.get("when", ""))
    if when == OWN_LINE:
        line = str(options.get("cron", "")).strip()
        if not line:
            raise _wrong("cron", "There is no cron line. Enter one, such as “0 9 * * 1-5”.", code="required")
        return line
    if when not in _PRESETS:
        raise _wrong("when", "Choose when the workflow runs.", code="required")
    clock = str(options.get("at", ""))
    if not re.fullmatch(CLOCK, clock):
        raise _wrong("at", f"“{clock}” is no time of the day. Write it as 09:00 or 17:30.")
    hour, minute = map(int, clock.split(":"))
    return _PRESETS[when].format(minute=minute, hour=hour, weekday=options.get("on_day", "mon"))


def set_times(options: Mapping[str, Any]) -> Recurrence:
    """Return the times of “At set times”. Raises `Permanent` naming the option that is wrong."""
    zone, line = zone_of(options), cron_line(options)
    try:
        return CronTimes(parse_cron(line), zone)
    except TimeError as error:
        raise _wrong("cron", error.message, code=error.code) from None


def interval(options: Mapping[str, Any], start: datetime) -> Recurrence:
    """Return the times of “Every so often” from `start` on. Raises `Permanent` naming the option."""
    zone = zone_of(options)
    number, unit = options.get("every"), _UNITS.get(str(options.get("unit", "")))
    if unit is None:
        raise _wrong("unit", "Choose minutes, hours or days.", code="required")
    if isinstance(number, bool) or not isinstance(number, int) or number < 1:
        raise _wrong("every", "The shortest interval is 1 minute. Enter a whole number from 1 on.")
    if number * unit > MAX_DAYS * _UNITS["days"]:
        raise _wrong("every", f"The longest interval is {MAX_DAYS} days.")
    return IntervalTimes(start, number * unit, zone)


def zone_of(options: Mapping[str, Any]) -> ZoneInfo:
    """Return the time zone of the options. Raises `Permanent` with names that are near."""
    name = str(options.get("zone", "")).strip()
    if name not in _zones():
        near = did_you_mean(name, sorted(_zones()))
        raise _wrong(
            "zone",
            f"There is no time zone “{name}”.{near} Use a name such as Europe/Berlin or UTC.",
            code="unknown_zone",
        )
    return ZoneInfo(name)


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _wrong(field: str, message: str, *, code: str = "bad_option") -> Permanent:
    return Permanent(message, code=code, field=field)
