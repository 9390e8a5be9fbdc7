"""Reading of requests and the forms of answers, as Customer.io writes them; and failures on demand."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from apps.catalog.connectors.customerio.sandbox import people
from apps.catalog.connectors.customerio.sandbox.people import State
from apps.catalog.transport import Request, Response

_PAGE = (
    b"<!DOCTYPE html><html><head><title>Not found</title></head><body>This page does not exist.</body></html>"
)


def header(request: Request, name: str) -> str:
    """Return a header whatever its case, "" where it is missing."""
    return next((value for key, value in request.headers.items() if key.lower() == name), "")


def body_of(request: Request) -> dict[str, Any] | None:
    """Return the body as a JSON object, {} where there is none; None for anything else."""
    try:
        parsed = json.loads(request.body or b"{}")
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) else None


def query_of(request: Request) -> dict[str, str]:
    """Return the decoded query."""
    return dict(parse_qsl(urlsplit(request.url).query, keep_blank_values=True))


def compact(value: Any) -> str:
    """Return JSON without spaces."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def size(text: str) -> int:
    """Return the UTF-8 bytes of a text."""
    return len(text.encode("utf-8", "surrogatepass"))


def reply(status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Response:
    """Return an answer with a JSON object."""
    content = compact(dict(body)).encode("utf-8") + b"\n"
    return Response(status, {"content-type": "application/json; charset=utf-8", **(headers or {})}, content)


def bad(problem: str) -> Response:
    """Return the Track API's 400."""
    return reply(400, {"meta": {"errors": [problem]}})


def refused(status: int, problem: str) -> Response:
    """Return the App API's refusal of a request that it understood."""
    return reply(status, {"errors": [{"detail": problem, "status": str(status)}]})


def unauthorized(headers: Mapping[str, str]) -> Response:
    """Return the 401 of both APIs."""
    return reply(401, {"meta": {"error": "Unauthorized request"}}, headers)


def not_found() -> Response:
    """Return what unknown addresses get: a web page."""
    return Response(404, {"content-type": "text/html; charset=utf-8"}, _PAGE)


def fault(identifier: str, state: State) -> Response | None:
    """Return the failure that an identifier asks for; one with -once fails the first time only."""
    kind = next((kind for kind in _FAULTS if identifier.startswith(kind)), None)
    if kind is None:
        return None
    if "-once" in identifier:
        mark = hashlib.sha256(identifier.encode()).hexdigest()[:16]
        if mark in state["faults"]:
            return None
        people.append(state, "faults", mark)
    return _FAULTS[kind]


_RATE_LIMITED = {
    "errors": [{"detail": "rate limited to 10 requests per 1s (reference sandbox)", "status": "429"}]
}
_FAULTS = {
    "rate-limited": reply(429, _RATE_LIMITED, {"retry-after": "2"}),
    "server-error": Response(503, {"content-type": "text/html; charset=utf-8"}, _PAGE),
    "unauthorized": unauthorized({}),
    "bad-request": bad("this identifier asks for a refusal"),
    "forbidden": reply(403, {"meta": {"error": "this identifier asks for a refusal"}}),
}
