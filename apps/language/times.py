"""Points in time: unix seconds, ISO 8601, and a small strftime of our own.

Nothing here knows what time it is. Years run from 1 to 5138, where unix
seconds reach the size that milliseconds have today.
"""

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo

from apps.language.errors import TimeError
from apps.language.values import parse_decimal, to_decimal, type_name

# 10^11 seconds is the year 5138, 10^11 milliseconds is 1973: what is larger was
# meant as milliseconds.
MAX_SECONDS: Final = 100_000_000_000

# The year 9999 ends: a datetime holds nothing later, and a webhook that says
# so is no event of today.
LAST_SECOND: Final = 253_402_300_799

MAX_FORMAT_LENGTH: Final = 200

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def to_unix(value: Any, *, zone: str | None = None) -> int:
    """Return a point in time as whole unix seconds; fractions are cut off downwards.

    Takes unix seconds as a number or numeric text, and ISO 8601 text with a
    zone. A date alone is its midnight, in UTC or `zone`; a date with a time
    but no zone needs `zone` (an IANA name), because guessing shifts events by
    hours. Raises `TimeError`: `milliseconds`, `no_zone`, `not_a_time`.
    """
    number = parse_decimal(value) if isinstance(value, str) else to_decimal(value)
    if number is not None:
        return _checked(math.floor(number))
    if not isinstance(value, str):
        message = f"A time must be unix seconds or ISO 8601 text, but is {type_name(value)}."
        raise TimeError(message, code="not_a_time")
    seconds = math.floor((_parse_iso(value, zone) - _EPOCH).total_seconds())
    if seconds > MAX_SECONDS:
        raise TimeError("This time lies after the year 5138.", code="not_a_time")
    return seconds


def _checked(seconds: int) -> int:
    if abs(seconds) > MAX_SECONDS:
        message = (
            "A time this large is in milliseconds; unix seconds are needed. "
            "Divide it first, with “| divided_by: 1000”."
        )
        raise TimeError(message, code="milliseconds")
    return seconds


def _parse_iso(text: str, zone: str | None) -> datetime:
    stripped = text.strip()
    try:
        moment = datetime.fromisoformat(stripped)
    except ValueError:
        message = "This text is not a time. Use unix seconds, or ISO 8601 such as 2026-01-31T10:00:00Z."
        raise TimeError(message, code="not_a_time") from None
    if moment.tzinfo is not None:
        return moment
    is_date = "T" not in stripped.upper() and " " not in stripped and ":" not in stripped
    if zone is None and not is_date:
        message = (
            "This time names no zone. Let it end in Z for UTC or in an offset such as +02:00, "
            "or name its zone, such as “Europe/Berlin”."
        )
        raise TimeError(message, code="no_zone")
    return moment.replace(tzinfo=find_zone(zone) if zone is not None else UTC)


def find_zone(name: str) -> tzinfo:
    """Return a time zone by its IANA name, "UTC", or an offset such as "+02:00"."""
    if name.upper() in ("UTC", "Z"):
        return UTC
    offset = _parse_offset(name)
    if offset is not None:
        return offset
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        message = "There is no time zone of that name. Use one such as “Europe/Berlin” or “UTC”."
        raise TimeError(message, code="unknown_zone") from None


def _parse_offset(name: str) -> timezone | None:
    if len(name) != 6 or name[0] not in "+-" or name[3] != ":":
        return None
    hours, minutes = name[1:3], name[4:]
    if not (hours + minutes).isascii() or not (hours + minutes).isdigit() or int(hours) > 23:
        return None
    delta = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(-delta if name[0] == "-" else delta)


def to_datetime(unix: int, zone: str | None = None) -> datetime:
    """Return unix seconds as an aware datetime, in UTC or the named zone."""
    try:
        moment = _EPOCH + timedelta(seconds=_checked(unix))
        return moment.astimezone(find_zone(zone)) if zone is not None else moment
    except OverflowError:
        raise TimeError("This time lies before the year 1.", code="not_a_time") from None


def to_iso(unix: int) -> str:
    """Write unix seconds as ISO 8601 in UTC, such as "2026-01-31T10:00:00Z"."""
    return to_datetime(unix).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def _offset(moment: datetime) -> str:
    minutes = int((moment.utcoffset() or timedelta()).total_seconds()) // 60
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}{abs(minutes) % 60:02}"


def _twelve(moment: datetime) -> int:
    return moment.hour % 12 or 12


_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

# The C library's strftime depends on platform and locale, knows the machine's
# zone, and pads to any width that is asked for. These directives do not.
_DIRECTIVES: Final[dict[str, Callable[[datetime], str]]] = {
    "%": lambda _: "%",
    "n": lambda _: "\n",
    "t": lambda _: "\t",
    "Y": lambda moment: f"{moment.year:04}",
    "C": lambda moment: f"{moment.year // 100:02}",
    "y": lambda moment: f"{moment.year % 100:02}",
    "m": lambda moment: f"{moment.month:02}",
    "B": lambda moment: _MONTHS[moment.month - 1],
    "b": lambda moment: _MONTHS[moment.month - 1][:3],
    "h": lambda moment: _MONTHS[moment.month - 1][:3],
    "d": lambda moment: f"{moment.day:02}",
    "e": lambda moment: f"{moment.day:2}",
    "j": lambda moment: f"{moment.timetuple().tm_yday:03}",
    "A": lambda moment: _DAYS[moment.weekday()],
    "a": lambda moment: _DAYS[moment.weekday()][:3],
    "u": lambda moment: str(moment.isoweekday()),
    "w": lambda moment: str(moment.isoweekday() % 7),
    "G": lambda moment: f"{moment.isocalendar().year:04}",
    "V": lambda moment: f"{moment.isocalendar().week:02}",
    "H": lambda moment: f"{moment.hour:02}",
    "k": lambda moment: f"{moment.hour:2}",
    "I": lambda moment: f"{_twelve(moment):02}",
    "l": lambda moment: f"{_twelve(moment):2}",
    "M": lambda moment: f"{moment.minute:02}",
    "S": lambda moment: f"{moment.second:02}",
    "p": lambda moment: "AM" if moment.hour < 12 else "PM",
    "P": lambda moment: "am" if moment.hour < 12 else "pm",
    "s": lambda moment: str(math.floor(moment.timestamp())),
    "z": _offset,
    "Z": lambda moment: moment.tzname() or "",
    "D": lambda moment: format_time(moment, "%m/%d/%y"),
    "F": lambda moment: format_time(moment, "%Y-%m-%d"),
    "R": lambda moment: format_time(moment, "%H:%M"),
    "T": lambda moment: format_time(moment, "%H:%M:%S"),
    "X": lambda moment: format_time(moment, "%H:%M:%S"),
    "x": lambda moment: format_time(moment, "%m/%d/%y"),
    "c": lambda moment: format_time(moment, "%a %b %e %H:%M:%S %Y"),
}


def format_time(moment: datetime, pattern: str) -> str:
    """Write an aware datetime by a strftime pattern, in English, the same everywhere.

    "%-d" drops leading zeros and spaces, "%^a" writes capitals. Raises
    `TimeError` with code `bad_format` for an unknown directive.
    """
    if len(pattern) > MAX_FORMAT_LENGTH:
        raise TimeError(f"A date format may have {MAX_FORMAT_LENGTH} characters.", code="bad_format")
    head, *rest = pattern.split("%")
    text, pending = head, rest[::-1]
    while pending:
        part = pending.pop()
        if not part and pending:
            text += "%" + pending.pop()
        else:
            text += _expand(moment, part)
    return text


def _expand(moment: datetime, part: str) -> str:
    flag = part[:1] if part[:1] in ("-", "^") else ""
    name = part[len(flag) :][:1]
    directive = _DIRECTIVES.get(name)
    if directive is None:
        shown = f"“%{flag}{name}”" if name else "A “%” at its end"
        message = f"{shown} is not known in a date format. Use, for example, “%Y-%m-%d %H:%M”."
        raise TimeError(message, code="bad_format")
    written = directive(moment)
    if flag == "-":
        written = written.lstrip("0 ") or "0"
    elif flag == "^":
        written = written.upper()
    return written + part[len(flag) + 1 :]
