"""Fields that a pasted sample suggests, for people to keep or remove. Pure."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from apps.catalog.custom.places import as_type, seconds_of
from apps.catalog.spec import FieldType
from apps.language.paths import Path, flatten_paths, format_path

MOST = 40
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_ADDRESS = re.compile(r"https?://\S+")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(Z|[+-][0-9:]+)")
_TIME_NAME = re.compile(r".*(_at|_time|timestamp)|created|updated|time")
_EARLIEST = 1_000_000_000  # Smaller numbers under such a name are no times of today.
_RESERVED = frozenset({"event_id", "event_type", "livemode", "occurred_at", "raw"})
_MEANINGS = {
    "first_name": "first_name",
    "last_name": "last_name",
    "phone": "phone",
    "currency": "currency",
    "plan": "plan",
    "status": "status",
    "description": "description",
}


def propose_fields(sample: Mapping[str, Any], taken: frozenset[str] = frozenset()) -> list[dict[str, Any]]:
    """Return a row for each value of a sample, except those at the paths in `taken`; at most 40."""
    return list(_rows(sample, taken))[:MOST]


def _rows(sample: Mapping[str, Any], taken: frozenset[str]) -> Iterator[dict[str, Any]]:
    keys: set[str] = set(_RESERVED)
    for path, value in flatten_paths(sample):
        place = format_path(path)
        if value is None or place in taken or len(place) > 300:
            continue
        kind = _kind(path, value)
        key = _key(path, keys)
        keys.add(key)
        yield {
            "key": key,
            "label": key.replace("_", " ").capitalize(),
            "path": place,
            "type": kind.value,
            "example": as_type(kind, value),
            "semantic": "email" if kind is FieldType.EMAIL else _MEANINGS.get(key),
            "help_text": "",
        }


def _kind(path: Path, value: Any) -> FieldType:
    if isinstance(value, bool):
        return FieldType.BOOLEAN
    if isinstance(value, list):
        return FieldType.LIST
    if isinstance(value, Mapping):
        return FieldType.OBJECT
    name = str(path[-1]).lower()
    if isinstance(value, int | float):
        is_time = isinstance(value, int) and value >= _EARLIEST and _TIME_NAME.fullmatch(name)
        return (
            FieldType.TIME if is_time else FieldType.INTEGER if isinstance(value, int) else FieldType.NUMBER
        )
    text = str(value)
    if _EMAIL.fullmatch(text):
        return FieldType.EMAIL
    if _MOMENT.fullmatch(text) and seconds_of(text) is not None:
        return FieldType.TIME
    return FieldType.URL if _ADDRESS.fullmatch(text) else FieldType.TEXT


def _key(path: Path, taken: set[str]) -> str:
    """Return a short key that is free: the last name of the path, then with those before it."""
    words = [_word(part) for part in path if isinstance(part, str)]
    for length in range(1, len(words) + 1):
        key = "_".join(word for word in words[-length:] if word)
        key = key if key[:1].isalpha() else f"field_{key}".rstrip("_")
        if key not in taken and len(key) <= 60:
            return key
    return next(key for number in range(2, 10_000) if (key := f"field_{number}") not in taken)


def _word(name: str) -> str:
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return "_".join(re.findall(r"[a-z0-9]+", parted.lower()))
