"""Filters for what is missing, for money and time, and for identifiers."""

import hashlib
from typing import Any

from apps.language import money, safe_json, times
from apps.language.errors import MoneyError, UnsafeJSONError
from apps.language.filters.registry import FilterError, register, text_of
from apps.language.values import type_name


@register(
    "default",
    help="Gives another value for null and empty text. False stays, unless allow_false: false is given.",
    example="{{ trigger.phone | default: 'unknown' }}",
    gives="unknown",
    arguments=(1, 1),
    keywords=("allow_false",),
)
def _default(left: Any, other: Any, *, allow_false: Any = True) -> Any:
    is_missing = left is None or left == "" or (left is False and allow_false is False)
    return other if is_missing else left


@register(
    "required",
    help="Fails the step when the value is null or empty text, with your message if you give one.",
    example="{{ trigger.email | required }}",
    gives="ada@example.com",
    arguments=(0, 1),
)
def _required(left: Any, message: Any = None) -> Any:
    if left is None or left == "":
        told = text_of(message, "required") or (
            "it has no value in this event. Set a default, or add a filter step before this one."
        )
        raise FilterError(told, code="required")
    return left


@register(
    "json",
    help="Writes a value as JSON text.",
    example="{{ trigger.tags | json }}",
    gives='["new","paid"]',
)
def _json(left: Any) -> str:
    try:
        return safe_json.dumps(left).decode()
    except UnsafeJSONError as error:
        raise FilterError(error.message, code=error.code) from error


@register(
    "sha256",
    help="Gives the SHA-256 of text in lower-case hexadecimal. Lower and trim an e-mail first.",
    example="{{ 'ada@example.com' | sha256 | slice: 0, 12 }}",
    gives="b5fc85e55755",
)
def _sha256(left: Any) -> str | None:
    if left is None:
        return None
    return hashlib.sha256(text_of(left, "sha256").encode()).hexdigest()


@register(
    "money",
    help="Writes minor units in their currency’s decimals; a style “symbol” or “code” may follow. With "
    "strict: false a currency that is not known gives null.",
    example="{{ trigger.amount_due | money: trigger.currency }}",
    gives="20.00",
    arguments=(1, 2),
    keywords=("strict",),
)
def _money(left: Any, currency: Any, style: Any = "plain", *, strict: Any = True) -> str | None:
    if left is None:
        return None
    try:
        return money.format_money(left, currency, style)
    except MoneyError as error:
        if strict is False and error.code == "unknown_currency":
            return None
        raise


@register(
    "minor_units",
    help="Turns an amount such as 12.50 into its currency’s minor units.",
    example="{{ '12.50' | minor_units: 'usd' }}",
    gives="1250",
    arguments=(1, 1),
)
def _minor_units(left: Any, currency: Any) -> int | None:
    if left is None:
        return None
    return money.to_minor(left, currency)


def _zone(zone: Any) -> str | None:
    if zone is None or isinstance(zone, str):
        return zone
    raise FilterError(f"A time zone must be a name such as “Europe/Berlin”, but is {type_name(zone)}.")


def _unix_or_null(left: Any, zone: Any = None) -> int | None:
    return None if left is None or left == "" else times.to_unix(left, zone=_zone(zone))


@register(
    "unix",
    help="Gives whole unix seconds for ISO 8601 text. A zone may follow, for text that names none.",
    example="{{ '2026-01-31T10:00:00Z' | unix }}",
    gives="1769853600",
    arguments=(0, 1),
)
def _unix(left: Any, zone: Any = None) -> int | None:
    return _unix_or_null(left, zone)


@register(
    "iso_time",
    help="Writes a time as ISO 8601 in UTC.",
    example="{{ 1769853600 | iso_time }}",
    gives="2026-01-31T10:00:00Z",
)
def _iso_time(left: Any) -> str | None:
    seconds = _unix_or_null(left)
    return None if seconds is None else times.to_iso(seconds)


@register(
    "iso_date",
    help="Writes the date of a time as ISO 8601, in UTC or the zone that follows.",
    example="{{ 1769853600 | iso_date: 'Asia/Tokyo' }}",
    gives="2026-01-31",
    arguments=(0, 1),
)
def _iso_date(left: Any, zone: Any = None) -> str | None:
    return _written(left, "%Y-%m-%d", zone)


def _written(left: Any, pattern: str, zone: Any) -> str | None:
    seconds = _unix_or_null(left)
    if seconds is None:
        return None
    return times.format_time(times.to_datetime(seconds, _zone(zone)), pattern)


@register(
    "date",
    help="Writes a time in a format of your own (strftime), in UTC or the zone that follows.",
    example="{{ 1769853600 | date: '%B %-d, %Y at %H:%M', 'Europe/Berlin' }}",
    gives="January 31, 2026 at 11:00",
    arguments=(1, 2),
)
def _date(left: Any, pattern: Any, zone: Any = None) -> str | None:
    if not isinstance(pattern, str):
        raise FilterError(f"date needs a format such as “%Y-%m-%d”, but got {type_name(pattern)}.")
    return _written(left, pattern, zone)
