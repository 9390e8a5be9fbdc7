"""A first look at a template's tags: each is closed, none is empty, none is huge.

The interpreter finds tags with regular expressions whose time grows with the
square of a tag's length, and it tells little about a tag that is not closed.
This look is linear and can point at the place.
"""

import re
from typing import Final

from apps.language import safe_json
from apps.language.errors import TemplateError, UnsafeJSONError

MAX_SOURCE: Final = 20_000
MAX_TAG: Final = 2_000

_OPENING: Final = re.compile(r"\{\{|\{%")
_NAME: Final = re.compile(r"\{%-?\s*(\w+)")
_RAW: Final = re.compile(r"\{%-?\s*raw\s*-?%\}")
_END_RAW: Final = re.compile(r"\{%-?\s*endraw\s*-?%\}")
_BLOCKS: Final = frozenset({"if", "unless", "case", "for", "capture", "comment"})
_SHOWN: Final = 80


def place(source: str, index: int) -> tuple[int, int]:
    """Return the line and column of an index, both counted from 1."""
    before = source[:index]
    return before.count("\n") + 1, index - (before.rfind("\n") + 1) + 1


def tag_around(source: str, index: int) -> str:
    """Return the tag that an index lies in, shortened for a message, or nothing."""
    start = max(source.rfind("{{", 0, index + 2), source.rfind("{%", 0, index + 2))
    if start < 0:
        return ""
    closing = "}}" if source.startswith("{{", start) else "%}"
    end = source.find(closing, start)
    tag = " ".join(source[start : end + 2 if end >= 0 else start + _SHOWN].split())
    return tag if len(tag) <= _SHOWN else tag[: _SHOWN - 1] + "…"


def error_at(source: str, index: int, message: str, code: str) -> TemplateError:
    """Make an error that names the tag at an index, and its line and column."""
    line, column = place(source, index)
    tag = tag_around(source, index)
    told = f"{tag}: {message}" if tag else f"This template: {message}"
    if "\n" in source:
        told += f" (line {line}, column {column})"
    return TemplateError(told, code=code, line=line, column=column)


def check_tags(source: str) -> None:
    """Raise `TemplateError` for a template whose tags can't be told apart, or are too long."""
    if len(source) > MAX_SOURCE:
        message = f"This template has {len(source):,} characters; {MAX_SOURCE:,} are allowed."
        raise TemplateError(message, code="too_long")
    try:
        safe_json.check(source)
    except UnsafeJSONError as error:
        raise TemplateError(f"This template: {error.message}", code=error.code) from error
    open_blocks: list[tuple[str, int]] = []
    position = 0
    while opening := _OPENING.search(source, position):
        position = _after_tag(source, opening.start())
        _follow_blocks(source, opening.start(), open_blocks)
    if open_blocks:
        name, start = open_blocks[-1]
        raise error_at(source, start, f"“{name}” is never closed with {{% end{name} %}}.", "syntax")


def _after_tag(source: str, start: int) -> int:
    closing = "}}" if source.startswith("{{", start) else "%}"
    end = source.find(closing, start + 2)
    if end < 0:
        message = f"“{source[start : start + 2]}” is never closed with “{closing}”."
        raise error_at(source, start, message, "syntax")
    if end - start > MAX_TAG:
        raise error_at(source, start, f"a tag may have {MAX_TAG:,} characters.", "too_long")
    if not source[start + 2 : end].strip("- \t\r\n"):
        raise error_at(source, start, "this tag is empty. Put a path such as trigger.id in it.", "syntax")
    if not _RAW.match(source, start):
        return end + 2
    end_raw = _END_RAW.search(source, end)
    if end_raw is None:
        raise error_at(source, start, "“raw” is never closed with {% endraw %}.", "syntax")
    return end_raw.end()


def _follow_blocks(source: str, start: int, open_blocks: list[tuple[str, int]]) -> None:
    match = _NAME.match(source, start)
    name = match[1] if match else ""
    inside = open_blocks[-1][0] if open_blocks else ""
    if inside == "comment" and name not in ("comment", "endcomment"):
        return
    if name == "doc":
        # The lexer would take all up to “enddoc” for its text.
        raise error_at(source, start, "there is no tag “doc”.", "unknown_tag")
    if name in _BLOCKS:
        open_blocks.append((name, start))
    elif name.startswith("end") and name[3:] in _BLOCKS:
        if name[3:] != inside:
            message = f"“{name}” closes nothing here" + (f"; “{inside}” is still open." if inside else ".")
            raise error_at(source, start, message, "syntax")
        open_blocks.pop()
