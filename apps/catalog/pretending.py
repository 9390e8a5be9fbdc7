"""A pretend language model: the same answer to the same question, good enough to try a workflow with.

Pure. It reads no meaning. It picks labels by words, takes e-mail addresses and numbers
from the prompt, and else repeats its first sentence.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

FAULTS: Final = ("rate-limited", "server-error", "unauthorized", "too-long", "wrong-answer")
MAX_KEPT: Final = 100

_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
_NUMBER = re.compile(r"-?\d{1,12}(?:\.\d{1,6})?")
_WORD = re.compile(r"[a-z]+")

_HINTS: Final = {
    "complaint": ("refund", "angry", "broken", "terrible", "unhappy", "wrong", "failed", "cancel", "late"),
    "question": ("how", "what", "when", "where", "why", "which", "can", "does"),
    "negative": ("refund", "angry", "broken", "terrible", "bad", "unhappy", "failed"),
    "positive": ("thanks", "thank", "great", "love", "good", "perfect"),
    "urgent": ("urgent", "asap", "immediately", "now"),
    "high": ("urgent", "asap", "immediately", "now"),
    "spam": ("winner", "lottery", "casino"),
    "billing": ("invoice", "card", "payment", "charge", "refund", "price"),
}
_CANDIDATES: Final = ("A-1001", "ABC123", "1001", "EUR", "eur", "2026-01-31", "example", "x", "")


def fault_of(prompt: str, state: dict[str, Any]) -> str | None:
    """Return the failure that a prompt begins with; one with -once fails the first time only."""
    first = prompt.strip().partition("\n")[0][:200]
    kind = next((kind for kind in FAULTS if first.startswith(kind)), None)
    if kind is not None and first.startswith(f"{kind}-once"):
        seen = state.setdefault("faults", [])
        if first in seen:
            return None
        state["faults"] = [*seen, first][-MAX_KEPT:]
    return kind


def answer(prompt: str, schema: Mapping[str, Any] | None) -> str:
    """Return text, or JSON that fits the schema as far as it is simple."""
    if schema is None:
        return f"(Sandbox) You wrote: {_sentence(prompt)}"
    return json.dumps(value_of(schema, "", prompt), ensure_ascii=False)


def tokens_of(text: str) -> int:
    """Return about as many tokens as a model would count."""
    return max(len(text) // 4, 1)


def value_of(schema: Mapping[str, Any], name: str, prompt: str) -> Any:
    """Return a value that fits a schema, taken from the prompt where that is easy."""
    if isinstance(schema.get("enum"), list) and schema["enum"]:
        return _chosen(schema["enum"], prompt)
    if "const" in schema:
        return schema["const"]
    named = schema.get("type", "object" if "properties" in schema else "string")
    kinds = named if isinstance(named, list) else [named]
    match kinds[0] if kinds else "string":
        case "object":
            properties = schema.get("properties", {})
            return {key: value_of(inner, str(key), prompt) for key, inner in properties.items()}
        case "array":
            count = max(int(schema.get("minItems", 1)), 1)
            return [value_of(schema.get("items", {"type": "string"}), name, prompt)] * min(count, 10)
        case "boolean":
            return "yes" in _words(prompt)
        case "integer" | "number" as kind:
            return _number(schema, prompt, whole=kind == "integer")
        case "null":
            return None
    return _text(schema, name, prompt, may_be_null="null" in kinds)


def _chosen(values: list[Any], prompt: str) -> Any:
    words = _words(prompt)
    for value in values:
        if isinstance(value, str) and _words(value) and _words(value) <= words:
            return value
    for value in values:
        if isinstance(value, str) and any(hint in words for hint in _HINTS.get(value.casefold(), ())):
            return value
    return values[-1]


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.casefold()))


def _number(schema: Mapping[str, Any], prompt: str, *, whole: bool) -> int | float:
    found = _NUMBER.search(prompt)
    number = float(found[0]) if found else 1.0
    number = max(number, schema.get("minimum", number))
    number = min(number, schema.get("maximum", number))
    return int(number) if whole or number == int(number) else number


def _text(schema: Mapping[str, Any], name: str, prompt: str, *, may_be_null: bool) -> str | None:
    email = _EMAIL.search(prompt) if "mail" in name else None
    if email is not None:
        return email[0]
    pattern = schema.get("pattern")
    if isinstance(pattern, str):
        try:
            fits = next((each for each in _CANDIDATES if re.fullmatch(pattern, each)), None)
        except re.error:
            fits = None
        return None if may_be_null else fits or ""
    return _sentence(prompt)[: min(int(schema.get("maxLength", 300)), 300)].ljust(
        int(schema.get("minLength", 0)), "."
    )


def _sentence(prompt: str) -> str:
    flat = " ".join(prompt.split())
    end = re.search(r"[.!?](\s|$)", flat)
    return (flat[: end.end()] if end else flat).strip()[:300]
