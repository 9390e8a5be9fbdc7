"""The payload fields by which runs can be searched, and the text under which a value is found.

A run is found under `path=value`, hashed with the key of the workspace; the value
itself is stored nowhere else than in the sealed body.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from threading import Lock
from time import monotonic
from typing import Any

from apps.language.errors import LanguageError
from apps.language.paths import Path, format_path, lookup, parse_path
from apps.runs.finding.models import SearchPath

KIND = "field"
LIMIT = 10
"""Searchable fields of a workspace."""

MAX_TEXT = 320
FRESH_SECONDS = 10.0
"""How long a process keeps what it knows of the table: a new field holds after this at the latest."""

_PREFIX = "trigger."


@dataclass(slots=True)
class _Known:
    until: float = 0.0
    paths: Mapping[tuple[int, str], tuple[Path, ...]] | None = None


_known = _Known()
_lock = Lock()


def paths_of(workspace_id: int, trigger: str) -> tuple[Path, ...]:
    """Return the searchable paths of a trigger in a workspace; without a query most of the time."""
    if _known.paths is None or monotonic() >= _known.until:
        _read()
    return (_known.paths or {}).get((workspace_id, trigger), ())


def forget() -> None:
    """Read the table again at the next question."""
    _known.until, _known.paths = 0.0, None


def _read() -> None:
    found: dict[tuple[int, str], tuple[Path, ...]] = {}
    for workspace, trigger, path in SearchPath.objects.values_list("workspace_id", "trigger", "path"):
        try:
            parsed = parse_path(path)
        except LanguageError:
            continue  # Checked when it was added; a row that says something else finds nothing.
        found[workspace, trigger] = (*found.get((workspace, trigger), ()), parsed)
    with _lock:
        _known.paths, _known.until = found, monotonic() + FRESH_SECONDS


def values_at(paths: Sequence[Path], data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the (kind, `path=value`) pairs of an event, leaving out what is no single short value."""
    for path in paths:
        text = text_of(lookup(data, path))
        if text:
            yield KIND, f"{format_path(path)}={text}"


def text_of(value: Any) -> str:
    """Return how a person would type a value: true, 20, 19.9, a text without space around it; "" for none."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        value = int(value)
    if isinstance(value, str | int | float | Decimal):
        text = str(value).strip()
        return text if len(text) <= MAX_TEXT else ""
    return ""


def read_term(term: str) -> tuple[str, str] | None:
    """Return the path and the text of `path=value`; None for a term that has not this form."""
    written, sign, text = term.partition("=")
    if not sign or not text.strip():
        return None
    try:
        path = parse_path(written.strip().removeprefix(_PREFIX))
    except LanguageError:
        return None
    return format_path(path), text.strip()
