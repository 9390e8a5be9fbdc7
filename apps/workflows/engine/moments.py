"""When a delay ends: pure arithmetic over the time of day, zones and their changes of clock."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from apps.language.errors import LanguageError, TimeError
from apps.language.times import find_zone, to_unix
from apps.language.values import parse_decimal, to_decimal

LONGEST_DELAY = timedelta(days=90)

SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400}


class DelayError(Exception):
    """A delay that can't be reckoned; `field` is the setting at fault."""

    def __init__(self, message: str, *, code: str, field: str) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.field = field


def after(amount: Any, unit: str, *, now: datetime) -> datetime:
    """Return the moment `amount` of `unit` behind `now`; a day is 24 hours. Raises `DelayError`."""
    number = parse_decimal(amount) if isinstance(amount, str) else to_decimal(amount)
    if number is None:
        raise DelayError("must be a number.", code="wrong_type", field="amount")
    if number < 0:
        raise DelayError("must not be negative.", code="out_of_range", field="amount")
    seconds = number * SECONDS[unit]
    if seconds > Decimal(LONGEST_DELAY.total_seconds()):
        raise DelayError(_TOO_FAR, code="too_far", field="amount")
    return now + timedelta(seconds=float(seconds))


def moment(value: Any, *, now: datetime) -> datetime:
    """Return a moment given as unix seconds or ISO text; one in the past is `now`. Raises `DelayError`."""
    try:
        wanted = to_unix(value)
    except LanguageError as error:
        raise DelayError(f"is not a time. {error.message}", code=error.code, field="until") from None
    # Compared as seconds: a datetime does not hold every second that is a time.
    if wanted <= now.timestamp():
        return now
    if wanted > (now + LONGEST_DELAY).timestamp():
        raise DelayError(_TOO_FAR, code="too_far", field="until")
    return datetime.fromtimestamp(wanted, UTC)


def next_time_of_day(text: str, zone: str, days: Sequence[int], *, now: datetime) -> datetime:
    """Return the next moment behind `now` at which the clocks of `zone` show "HH:MM".

    `days` are the weekdays that count, Monday being 0; none means all. A time that
    the clocks skip when they are put forward is the moment at which they jump; of
    a time that comes twice, the first counts. Raises `DelayError`.
    """
    wanted = time_of_day(text)
    try:
        here = find_zone(zone)
    except TimeError as error:
        raise DelayError(error.message, code=error.code, field="zone") from None
    today = now.astimezone(here).date()
    # From the day before: near midnight, a skipped time may belong to it.
    for ahead in range(9):
        day = today + timedelta(days=ahead)
        if days and day.weekday() not in days:
            continue
        found = _real(datetime.combine(day, wanted, tzinfo=here))
        if found > now:
            return found
    raise DelayError("has no weekday in it.", code="out_of_range", field="days")


def time_of_day(text: str) -> time:
    """Return "HH:MM" as a time of day; raises `DelayError`."""
    hours, colon, minutes = text.partition(":")
    digits = len(hours) == 2 and len(minutes) == 2 and (hours + minutes).isascii()
    if colon and digits and (hours + minutes).isdigit() and int(hours) < 24 and int(minutes) < 60:
        return time(int(hours), int(minutes))
    raise DelayError("must be a time of day such as 09:30.", code="wrong_type", field="time")


def _real(local: datetime) -> datetime:
    """Return a local time as a moment; one that is skipped becomes the moment of the jump."""
    found = local.astimezone(UTC)
    if found.astimezone(local.tzinfo).replace(tzinfo=None) == local.replace(tzinfo=None):
        return found
    # In a gap, the offset before the jump and the one behind it give two moments around it.
    behind = local.replace(fold=1).astimezone(UTC)
    low, high = min(found, behind), max(found, behind)
    before = low.astimezone(local.tzinfo).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        if middle.astimezone(local.tzinfo).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)


_TOO_FAR = f"lies more than {LONGEST_DELAY.days} days ahead."
