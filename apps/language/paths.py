"""Paths into JSON data, such as `steps.lookup.items[0].id`.

A path is a sequence of names and list indexes. Its text form is the one that
templates use, so what a picker offers can be pasted between braces.
"""

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from apps.language.errors import LanguageError

Path = tuple[str | int, ...]

MAX_FLATTENED = 2_000
MAX_FLATTENED_DEPTH = 16

_BARE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_SEGMENT = re.compile(
    r"""(?P<name>[^.\[\]"'\s]+)"""
    r"""|\[\s*(?P<index>-?[0-9]{1,9})\s*\]"""
    r"""|\[\s*"(?P<double>[^"]*)"\s*\]"""
    r"""|\[\s*'(?P<single>[^']*)'\s*\]"""
)


def lookup(data: Any, path: Sequence[str | int], default: Any = None) -> Any:
    """Return the value at a path in objects and lists, or `default` where there is none."""
    for segment in path:
        if isinstance(data, dict) and segment in data:
            data = data[segment]
        elif isinstance(data, list) and isinstance(segment, int):
            if not -len(data) <= segment < len(data):
                return default
            data = data[segment]
        else:
            return default
    return data


def parse_path(text: str) -> Path:
    """Read a path from its text form.

    Raises `LanguageError` with code `bad_path` for text that is none.
    """
    segments: list[str | int] = []
    position = 0
    while position < len(text):
        if segments and text[position] == ".":
            position += 1
            dotted = True
        else:
            dotted = False
        match = _SEGMENT.match(text, position)
        if match is None or not _joins(match, first=not segments, dotted=dotted):
            raise _bad_path(text)
        segments.append(_segment(match))
        position = match.end()
    if not segments or text.endswith("."):
        raise _bad_path(text)
    return tuple(segments)


def _joins(match: re.Match[str], *, first: bool, dotted: bool) -> bool:
    is_name = match.lastgroup == "name"
    return is_name if first else is_name == dotted


def _segment(match: re.Match[str]) -> str | int:
    if match.lastgroup == "index":
        return int(match["index"])
    return match[match.lastgroup or "name"]


def _bad_path(text: str) -> LanguageError:
    message = f"“{text[:80]}” is not a path. Write one like trigger.customer or steps.find.items[0]."
    return LanguageError(message, code="bad_path")


def format_path(path: Sequence[str | int]) -> str:
    """Write a path in the text form that templates and `parse_path` read."""
    text = ""
    for segment in path:
        if isinstance(segment, int):
            text += f"[{segment}]"
        elif not text:
            text = segment
        elif _BARE_NAME.fullmatch(segment):
            text += f".{segment}"
        else:
            quote = "'" if '"' in segment else '"'
            text += f"[{quote}{segment}{quote}]"
    return text


def near_matches(name: str, candidates: Iterable[str]) -> list[str]:
    """Return up to three candidates that a misspelt name may have meant, best first."""
    if len(name) > 200:
        return []
    by_folded = {candidate.casefold(): candidate for candidate in candidates}
    near = difflib.get_close_matches(name.casefold(), by_folded, n=3, cutoff=0.6)
    return [by_folded[folded] for folded in near]


def did_you_mean(name: str, candidates: Iterable[str]) -> str:
    """Return " Did you mean “x”?" for a message, or nothing where no candidate is near."""
    near = near_matches(name, candidates)
    if not near:
        return ""
    return " Did you mean " + " or ".join(f"“{candidate}”" for candidate in near) + "?"


def flatten_paths(sample: Any) -> list[tuple[Path, Any]]:
    """List what a sample offers to a picker: every path to a value, with the value.

    Empty objects and lists are values themselves; of a list only the first
    element is opened, since events differ in how many they have. At most
    2,000 paths, 16 levels deep.
    """
    found: list[tuple[Path, Any]] = []
    for entry in _leaves(sample, ()):
        found.append(entry)
        if len(found) == MAX_FLATTENED:
            break
    return found


def _leaves(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    if len(path) >= MAX_FLATTENED_DEPTH or not value:
        yield path, value
    elif isinstance(value, dict):
        for key, child in value.items():
            yield from _leaves(child, (*path, str(key)))
    elif isinstance(value, list):
        yield from _leaves(value[0], (*path, 0))
    else:
        yield path, value
