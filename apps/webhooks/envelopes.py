"""The outermost level of JSON that can't be read as a whole: enough to tell whose it is. Pure."""

import json
import re
from typing import Any

from apps.language import safe_json
from apps.language.errors import UnsafeJSONError

# A quote that no other closes ends the reading: behind it text and structure can't be told apart.
_MARK = re.compile(r'"(?:[^"\\]|\\.)*+"|["\[\]{}:,]|\b(?:true|false|null)\b', re.DOTALL)
_WORDS = {"true": True, "false": False, "null": None}


def read_top_level(body: bytes) -> dict[str, Any]:
    """Return the texts, booleans and nulls that stand at the top of an object; {} of anything else.

    Nothing is refused: whatever lies deeper is passed over, however deep, and what
    is no storable text is left out. Of a repeated name the last value wins. The
    work is linear in the length of the body.
    """
    found: dict[str, Any] = {}
    depth, text, name = 0, None, None
    # One by one, so that a text that never ends is scanned once.
    for match in _MARK.finditer(body.decode("utf-8", "replace")):
        mark = match[0]
        depth += (mark in "[{") - (mark in "]}")
        if mark == '"' or depth < 1 or (mark == "[" and depth == 1):
            break
        if depth > 1:
            continue
        if mark in ",{":
            text = name = None
        elif mark == ":":
            name = text
            found.pop(name or "", None)
        elif mark in _WORDS and name is not None:
            found[name] = _WORDS[mark]
        elif mark[0] == '"':
            text = _text(mark)
            found |= {name: text} if name is not None and text is not None else {}
    return found


def _text(written: str) -> str | None:
    try:
        text = json.loads(written, strict=False)
        safe_json.check(text)
    except (ValueError, UnsafeJSONError):
        return None
    return str(text)
