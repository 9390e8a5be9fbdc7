"""What is kept of a request: one JSON document with its id, type, headers, query and body.

A JSON body stands in it byte for byte as it came. Headers that carry
credentials, cookies or the signature are left out before anything is stored.
"""

import json
import re
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from apps.catalog.connectors.webhook.settings import Settings, text_at
from apps.catalog.errors import UnreadableEventError
from apps.catalog.signatures import NoVerification
from apps.catalog.spec import ReceivedRequest
from apps.common.masking import MASK, is_sensitive_header, is_sensitive_key
from apps.language import safe_json

EVENT_TYPE = "request"
MAX_ID, MAX_TYPE = 255, 100
MAX_HEADERS, MAX_HEADER_VALUE = 60, 1_000
MAX_PAIRS = 500

ORIGIN_HEADER = "tandem-origin"
"""By it a call of HTTP Request names itself; such a name is kept beside the headers, not among them."""

_ORIGIN = re.compile(r"[0-9a-f]{64}")
_BOM = b"\xef\xbb\xbf"
# About the way of a request, not about what it says.
_ON_THE_WAY = frozenset(
    {
        "accept",
        "accept-encoding",
        "cdn-loop",
        "connection",
        "content-length",
        "forwarded",
        "host",
        "keep-alive",
        "te",
        "traceparent",
        "tracestate",
        "transfer-encoding",
        "upgrade",
        "via",
        "x-real-ip",
    }
)
_ON_THE_WAY_BEGINS = ("x-forwarded-", "cf-", "fly-", "x-envoy-", "x-amzn-", "sec-")


def pack(settings: Settings, request: ReceivedRequest) -> bytes:
    """Return the document; raises `UnreadableEventError` or `UnsafeJSONError` with why it can't be made."""
    kind = _media_type(request.headers)
    text, body = _read_body(kind, request)
    parts = {
        "headers": _kept_headers(settings, request.headers),
        "query": _pairs(request.query),
        "body": body,
    }
    every_header = {**parts, "headers": request.headers}
    head = {
        "id": _id_of(settings, every_header),
        "type": text_at(settings.type_from, every_header, MAX_TYPE) or EVENT_TYPE,
        "received_at": request.at,
        "method": "POST",
        "content_type": kind,
        "query": {name: _masked(name, value) for name, value in parts["query"].items()},
        "headers": parts["headers"],
    }
    for origin in origins_of(request.headers.get(ORIGIN_HEADER)):
        head["origin"] = origin
    opened = json.dumps(head, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return opened.removesuffix(b"}") + b',"body":' + text + b"}"


def origins_of(value: Any) -> tuple[str, ...]:
    """Return the value, if it has the form of our calls' keys."""
    return (value,) if isinstance(value, str) and _ORIGIN.fullmatch(value) else ()


def _id_of(settings: Settings, parts: Mapping[str, Any]) -> str:
    if not settings.id_from:
        return f"req_{secrets.token_hex(12)}"
    told = text_at(settings.id_from, parts, MAX_ID)
    if not told:
        place = ".".join(str(part) for part in settings.id_from)
        raise UnreadableEventError(
            f"This request has no id at {place}, where the connection says that it stands. "
            "Without it a repeated event would run twice."
        )
    return told


def _read_body(kind: str, request: ReceivedRequest) -> tuple[bytes, Any]:
    """Return the body as JSON text, and what it holds."""
    body = request.body.removeprefix(_BOM).strip()
    form = kind == "application/x-www-form-urlencoded"
    json_like = kind.endswith(("/json", "+json"))
    if not body:
        return b"null", None
    # A sender that forgot to name JSON sends it under the name of a form, or none at all.
    if json_like or ((form or not kind) and body[:1] in (b"{", b"[")):
        return body, safe_json.loads(body)
    if not (form or not kind or kind.startswith("text/")):
        raise UnreadableEventError(
            f"A body of the type {kind[:60]} is not read. Send JSON, a form or plain text."
        )
    try:
        text = request.body.decode("utf-8")
    except UnicodeDecodeError:
        raise UnreadableEventError("This body is not UTF-8 text.") from None
    value: Any = _pairs(text) if form else text
    safe_json.check(value)
    return json.dumps(value, ensure_ascii=False).encode(), value


def _media_type(headers: Mapping[str, str]) -> str:
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def _pairs(text: str) -> dict[str, Any]:
    """Return names and texts of a form or a query; a repeated name has a list."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_PAIRS, errors="replace")
    except ValueError:
        raise UnreadableEventError(f"This request has more than {MAX_PAIRS} parameters.") from None
    found: dict[str, Any] = {}
    for name, value in pairs:
        clean = value.replace("\x00", "")
        known = found.get(name)
        found[name] = (
            clean if name not in found else [*(known if isinstance(known, list) else [known]), clean]
        )
    return found


def _masked(name: str, value: Any) -> Any:
    return MASK if is_sensitive_key(name) else value


def _kept_headers(settings: Settings, headers: Mapping[str, str]) -> dict[str, str]:
    proof = "" if isinstance(settings.verification, NoVerification) else settings.verification.header.lower()
    kept = {
        name: value[:MAX_HEADER_VALUE].replace("\x00", "")
        for name, value in sorted(headers.items())
        if not (
            name == proof
            or name in _ON_THE_WAY
            or name.startswith(_ON_THE_WAY_BEGINS)
            or is_sensitive_header(name)
            or (name == ORIGIN_HEADER and origins_of(value))
        )
    }
    return dict(list(kept.items())[:MAX_HEADERS])
