"""What a connection says of the requests that it takes: how they are verified, where id and type stand."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from apps.catalog.signatures import Hmac, NoVerification, Scheme, SharedSecret
from apps.language.errors import LanguageError
from apps.language.paths import Path, parse_path

WAYS = ("none", "secret", "hmac")
PLACES = ("body", "headers", "query")
"""Where an id or a type may stand, as templates name it too."""

HEADERS = {"secret": "X-Webhook-Secret", "hmac": "X-Signature"}
"""The header that carries the proof where none is named."""

SIGNED = "{timestamp}.{body}"
TOLERANCE = 300


@dataclass(frozen=True, slots=True)
class Settings:
    """A connection's values, read. Without `id_from` every request is an event of its own."""

    verification: Scheme
    id_from: Path = ()
    type_from: Path = ()


def read_settings(values: Mapping[str, str]) -> Settings:
    """Return the settings. Nothing falls back to no verification: what is not named is a signature."""
    return Settings(
        _verification(values),
        read_place(values.get("event_id_from", "")),
        read_place(values.get("event_type_from", "")),
    )


def read_place(text: str) -> Path:
    """Return a place such as `body.data.id`, () for an empty text; raises `LanguageError`."""
    if not text:
        return ()
    path = parse_path(text)
    if path[0] not in PLACES or len(path) < 2:
        raise LanguageError(f"“{text[:80]}” does not begin with one of {', '.join(PLACES)}.", code="bad_path")
    return ("headers", *(str(part).lower() for part in path[1:])) if path[0] == "headers" else path


def text_at(place: Path, parts: Mapping[str, Any], longest: int) -> str:
    """Return the text or the whole number that stands there, on one line, "" for anything else."""
    found: Any = parts
    for part in place:
        if isinstance(found, Mapping):
            found = found.get(str(part))
        elif isinstance(found, list) and isinstance(part, int) and -len(found) <= part < len(found):
            found = found[part]
        else:
            return ""
    if isinstance(found, bool) or not isinstance(found, str | int):
        return ""
    text = "".join(sign if sign.isprintable() else " " for sign in str(found)).strip()
    return text if len(text) <= longest else ""


def put_at(place: Path, parts: Any, value: Any) -> Any:
    """Return a copy of the parts with a value there; what is missing on the way is made."""
    if not place:
        return value
    name, rest = place[0], place[1:]
    if isinstance(name, int) and isinstance(parts, list) and 0 <= name < len(parts):
        return [*parts[:name], put_at(rest, parts[name], value), *parts[name + 1 :]]
    members = dict(parts) if isinstance(parts, Mapping) else {}
    return {**members, str(name): put_at(rest, members.get(str(name)), value)}


def _verification(values: Mapping[str, str]) -> Scheme:
    way = values.get("verification", "")
    if way == "none":
        return NoVerification()
    header = values.get("header") or HEADERS["secret" if way == "secret" else "hmac"]
    prefix = values.get("prefix", "")
    if way == "secret":
        # “Bearer” is entered without the blank behind it, which forms cut off.
        return SharedSecret(header=header, prefix=f"{prefix} " if prefix[-1:].isalnum() else prefix)
    return Hmac.model_validate(
        {
            "header": header,
            "prefix": prefix,
            "algorithm": values.get("algorithm") or "sha256",
            "encoding": values.get("encoding") or "hex",
            "timestamp_header": values.get("timestamp_header", ""),
            "signed": values.get("signed") or SIGNED,
            # A 0 can't be entered, and never means any age where one is stored.
            "tolerance": int(values.get("tolerance") or 0) or TOLERANCE,
        }
    )
