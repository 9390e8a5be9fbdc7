"""Between JSON and the text of a control."""

import json
import re
from typing import Any

from apps.language import safe_json
from apps.language.errors import UnsafeJSONError

_TEXT_TYPES = frozenset({"text", "long_text", "email", "url", "choice"})


def written(reads: str, value: Any) -> str:
    """Return stored JSON as the text of a control."""
    match reads:
        case "bool":
            return "on" if value else ""
        case "json":
            return "" if value is None else json.dumps(value, indent=2, ensure_ascii=False)
        case "lines" | "numbers":
            return ("\n" if reads == "lines" else ", ").join(map(str, value or ()))
        case "choices":
            return "\n".join(f"{each['value']} = {each['label']}" for each in value or ())
        case "example":
            return (
                ""
                if value is None
                else value
                if isinstance(value, str)
                else json.dumps(value, ensure_ascii=False)
            )
        case _:
            return "" if value is None else str(value)


def read(reads: str, text: str, field_type: str) -> Any:
    """Return the text of a control as JSON; raises `UnsafeJSONError` or `ValueError`."""
    match reads:
        case "bool":
            return text == "on"
        case "raw":
            return text
        case "json":
            return safe_json.loads(text.encode("utf-8", "surrogatepass")) if text.strip() else None
        case "lines":
            return [line.strip() for line in text.splitlines() if line.strip()]
        case "numbers":
            return [int(number) for number in re.split(r"[,\s]+", text.strip()) if number]
        case "choices":
            return [_choice(line) for line in text.splitlines() if line.strip()]
        case "example":
            return _example(text, field_type)
        case _:
            return text.strip()


def _choice(line: str) -> dict[str, str]:
    value, _, label = line.partition("=")
    return {"value": value.strip(), "label": (label or value).strip()}


def _example(text: str, field_type: str) -> Any:
    """Return an example as its field's type, where the text is one; the contract tells where it is none."""
    if not text.strip():
        return None
    if field_type in _TEXT_TYPES:
        return text.strip()
    try:
        return safe_json.loads(text.strip().encode("utf-8", "surrogatepass"))
    except UnsafeJSONError:
        return text.strip()
