"""Where a value stands in a JSON document: `data.items[0].id`, or `$` for all of it. Pure."""

from collections.abc import Mapping
from typing import Any

from apps.catalog.spec import FieldType
from apps.language import times
from apps.language.errors import LanguageError, TimeError
from apps.language.paths import Path, parse_path
from apps.language.values import to_text

ROOT = "$"
_MOST_ITEMS = 20


def read_place(text: str) -> Path:
    """Return the path that a text names; raises `LanguageError`. `$[0]` and `$.a` begin at the root."""
    if text == ROOT:
        return ()
    if text.startswith("$["):
        return parse_path("x" + text[1:])[1:]
    return parse_path(text.removeprefix("$."))


def find(data: Any, place: Path) -> Any:
    """Return the value at a place, None where there is none; digits name a list's item, too."""
    for part in place:
        if isinstance(data, Mapping):
            data = data.get(str(part))
        elif isinstance(data, list):
            index = int(part) if isinstance(part, int) or (part.isdecimal() and len(part) < 6) else None
            data = data[index] if index is not None and -len(data) <= index < len(data) else None
        else:
            return None
    return data


def put(data: Any, place: Path, value: Any) -> Any:
    """Return a copy of the document with a value at a place; what is missing on the way is made."""
    if not place:
        return value
    part, rest = place[0], place[1:]
    if isinstance(part, int) or isinstance(data, list):
        index = int(part) if str(part).isdecimal() else 0
        if index >= _MOST_ITEMS:
            return data
        items = list(data) if isinstance(data, list) else []
        items += [None] * (index + 1 - len(items))
        items[index] = put(items[index], rest, value)
        return items
    members = dict(data) if isinstance(data, Mapping) else {}
    return {**members, part: put(members.get(part), rest, value)}


def as_type(kind: FieldType, value: Any) -> Any:
    """Return what was found as the declared type, None where it is none of it."""
    if value is None:
        return None
    if kind in _TEXTS:
        return to_text(value) if isinstance(value, str | int | float) else None
    if kind is FieldType.TIME:
        return seconds_of(value)
    if kind in (FieldType.INTEGER, FieldType.NUMBER):
        return _number(value, whole=kind is FieldType.INTEGER)
    if kind is FieldType.BOOLEAN:
        return value if isinstance(value, bool) else {"true": True, "false": False}.get(str(value).lower())
    wanted = {FieldType.OBJECT: dict, FieldType.LIST: list}.get(kind)
    return value if wanted is None or isinstance(value, wanted) else None


def seconds_of(value: Any) -> int | None:
    """Return unix seconds from seconds, milliseconds or ISO 8601 text; None for others."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float) and times.MAX_SECONDS <= value <= times.LAST_SECOND * 1000:
        value = value / 1000
    try:
        return times.to_unix(value)
    except TimeError:
        return None
    except (LanguageError, OverflowError, ValueError):
        return None


_TEXTS = frozenset({FieldType.TEXT, FieldType.LONG_TEXT, FieldType.EMAIL, FieldType.URL, FieldType.CHOICE})


def _number(value: Any, *, whole: bool) -> int | float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value) if isinstance(value, str) else value
    except ValueError:
        return None
    if number != number or number in (float("inf"), float("-inf")):
        return None
    if isinstance(number, float) and number.is_integer():
        number = int(number)
    return None if whole and not isinstance(number, int) else number
