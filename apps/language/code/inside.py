"""The prelude: fed to the sandbox before a program, never imported by the product itself.

Everything here is what `apps.language.code.prelude` documents. It keeps to the
part of Python that the sandbox knows, so no classes, no generators, no `del`.
"""

import json
import math
import re
import unicodedata as _unicodedata
from datetime import date as _date
from datetime import datetime as _datetime
from datetime import timedelta as _timedelta
from datetime import timezone as _timezone
from decimal import ROUND_HALF_UP as _ROUND_HALF_UP
from decimal import Decimal as _Decimal
from typing import Any as _Any

# A program may give these names to something else; the prelude goes on by its own.
_json, _math, _re = json, math, re

_UTC = _timezone.utc  # noqa: UP017 - the sandbox has no datetime.UTC.
_EPOCH = _datetime(1970, 1, 1, tzinfo=_UTC)


def parse_json(text: str) -> _Any:
    """Return the value of a JSON text."""
    return _json.loads(text)


def to_json(value: _Any) -> str:
    """Return JSON text."""
    return _json.dumps(_plain(value), ensure_ascii=False, allow_nan=False)


def get(value: _Any, path: str, default: _Any = None) -> _Any:
    """Return a value by its path."""
    for name in str(path).split("."):
        if isinstance(value, dict) and name in value:
            value = value[name]
        elif isinstance(value, (list, tuple)) and name.isdigit() and int(name) < len(value):
            value = value[int(name)]
        else:
            return default
    return default if value is None else value


def round_money(amount: _Any, places: int = 2) -> _Any:
    """Return an amount, rounded half up."""
    unit = _Decimal(1).scaleb(-places)
    rounded = _Decimal(str(amount)).quantize(unit, rounding=_ROUND_HALF_UP)
    return float(rounded) if places > 0 else int(rounded)


def parse_time(value: _Any) -> _datetime:
    """Return the time that text or unix seconds tell."""
    if isinstance(value, _datetime):
        parsed = value
    elif isinstance(value, (int, float)):
        return _EPOCH + _timedelta(seconds=value)
    else:
        parsed = _datetime.fromisoformat(str(value).strip())
    if parsed.tzinfo is None:
        parsed = parsed.replace(tzinfo=_UTC)
    return parsed


_time = parse_time


def format_time(value: _Any, pattern: str = "%Y-%m-%d %H:%M") -> str:
    """Return a time as text."""
    return _time(value).strftime(pattern)


def unix(value: _Any) -> int:
    """Return a time as unix seconds."""
    return int((_time(value) - _EPOCH).total_seconds())


def slugify(text: _Any) -> str:
    """Return text for an address."""
    plain = _unicodedata.normalize("NFKD", str(text)).lower()
    kept = "".join([letter for letter in plain if not _unicodedata.combining(letter)])
    return _re.sub(r"[^a-z0-9]+", "-", kept).strip("-")


def unique(values: _Any) -> list[_Any]:
    """Return values without repetition."""
    seen = []
    for value in values:
        if value not in seen:
            seen.append(value)
    return seen


def mean(values: _Any) -> _Any:
    """Return the average."""
    numbers = list(values)
    if not numbers:
        raise ValueError("mean needs at least one number")
    return sum(numbers) / len(numbers)


def median(values: _Any) -> _Any:
    """Return the middle one."""
    numbers = sorted(values)
    if not numbers:
        raise ValueError("median needs at least one number")
    middle = len(numbers) // 2
    if len(numbers) % 2:
        return numbers[middle]
    return (numbers[middle - 1] + numbers[middle]) / 2


def _plain(value: _Any) -> _Any:
    """Return a value in the types of JSON."""
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, dict):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if isinstance(value, (_datetime, _date)):
        return value.isoformat()
    if isinstance(value, _Decimal):
        return int(value) if value == int(value) else float(value)
    kind = type(value).__name__
    remedy = (
        "Use sorted(…) or list(…)."
        if kind in ("set", "frozenset")
        else "Make it text, a number, a list or a dict."
    )
    raise TypeError("a " + kind + " can't be the output. " + remedy)


def _tandem_output(value: _Any) -> str:
    """Return what a program gives, as JSON text."""
    try:
        return _json.dumps(value, ensure_ascii=False, allow_nan=False)
    except TypeError:
        return _json.dumps(_plain(value), ensure_ascii=False, allow_nan=False)
