"""A server that answers with what it was asked, in process.

`handle` is pure. README.md lists the paths that fail on demand.
"""

import hashlib
import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from apps.catalog.transport import NoAnswer, Request, Response
from apps.common.masking import is_sensitive_header

MAX_REMEMBERED = 200

_FAILURES = {
    "rate-limited": (429, {"retry-after": "2"}, "slow down"),
    "server-error": (503, {}, "out of order"),
    "unauthorized": (401, {}, "unknown token"),
    "not-found": (404, {}, "there is no such thing"),
    "refused": (422, {}, "a value is missing"),
    "moved": (301, {"location": "https://other.example.com/v1"}, "moved"),
}


def handle(request: Request, state: dict[str, Any], now: float) -> tuple[Response, dict[str, Any]]:
    """Answer one request and return the new state. Raises `NoAnswer` for a path with a part like lost."""
    if request.headers.get("Authorization") != "Bearer sandbox-token":
        return _answer(401, {"error": "unknown token"}), state
    parts = urlsplit(request.url)
    failed = set(state.get("failed", []))
    for segment in parts.path.split("/"):
        if segment.startswith("lost"):
            raise NoAnswer("The sandbox hung up before it answered.", code="disconnected")
        word = next((word for word in _FAILURES if segment.startswith(word)), None)
        if word is None or segment in failed:
            continue
        status, headers, text = _FAILURES[word]
        once = {segment} if "-once" in segment else set()
        remembered = sorted(failed | once)[-MAX_REMEMBERED:]
        return _answer(status, {"error": text}, headers), {**state, "failed": remembered}
    return _answer(201 if request.method == "POST" else 200, _echo(request)), state


def _echo(request: Request) -> dict[str, Any]:
    parts = urlsplit(request.url)
    text = request.body.decode("utf-8", "replace")
    try:
        body = json.loads(text) if text else None
    except ValueError:
        body = text
    digest = hashlib.sha256(f"{request.method} {request.url}".encode() + request.body).hexdigest()
    return {
        "id": f"sandbox_{digest[:12]}",
        "method": request.method,
        "path": parts.path,
        "query": dict(parse_qsl(parts.query, keep_blank_values=True)),
        "headers": {name: value for name, value in request.headers.items() if not is_sensitive_header(name)},
        "body": body,
    }


def _answer(status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    return Response(
        status, {"content-type": "application/json", **(headers or {})}, json.dumps(body).encode()
    )
