"""A Customer.io that answers by its documented rules, in process and without an account.

`handle` is pure: it gets the request, the state that it returned before (plain
JSON, `{}` at first) and the time. README.md lists the identifiers that fail on
demand. It shows what the product does; it proves nothing about Customer.io.
"""

import hashlib
import json
import re
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from apps.catalog.connectors.customerio import limits, sandbox_people
from apps.catalog.connectors.customerio.auth import SANDBOX_VALUES
from apps.catalog.connectors.customerio.sandbox_people import State
from apps.catalog.connectors.customerio.ulid import ULID_PATTERN
from apps.catalog.transport import Request, Response

WORKSPACE_ID = 100_001
REGION = "us"
_DAYS_AHEAD = 90 * 86_400

_MESSAGES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "samples" / "transactional.json").read_text(encoding="utf-8")
)["messages"]
_BASIC = b64encode(f"{SANDBOX_VALUES['site_id']}:{SANDBOX_VALUES['track_api_key']}".encode()).decode()
_TRACK_AUTH = f"Basic {_BASIC}"
_APP_AUTH = f"Bearer {SANDBOX_VALUES['app_api_key']}"
_PERSON = re.compile(r"/api/v1/customers/([^/]+)(/events)?")
_PAGE = (
    b"<!DOCTYPE html><html><head><title>Not found</title></head><body>This page does not exist.</body></html>"
)


def handle(request: Request, state: dict[str, Any], now: float) -> tuple[Response, dict[str, Any]]:
    """Answer one request and return the new state; the given state is left as it was."""
    opened = sandbox_people.opened(state)
    path = urlsplit(request.url).path
    if path.startswith("/api/v1/"):
        return _track(request, path, opened, now), opened
    if path.startswith("/v1/"):
        return _app(request, path, opened, now), opened
    return _not_found(), opened


def _track(request: Request, path: str, state: State, now: float) -> Response:
    if _header(request, "authorization") != _TRACK_AUTH:
        return _unauthorized({"www-authenticate": 'Basic realm="Customer.io edge event collection"'})
    if (request.method, path) == ("GET", "/api/v1/accounts/region"):
        return _json(
            200, {"url": "https://track.customer.io", "region": REGION, "environment_id": WORKSPACE_ID}
        )
    match = _PERSON.fullmatch(path)
    operation = (request.method, match.group(2) or "") if match else None
    if match is None or operation not in {("PUT", ""), ("DELETE", ""), ("POST", "/events")}:
        return _not_found()
    identifier = unquote(match.group(1))
    return _fault(identifier, state) or _person(request, identifier, state, now)


def _person(request: Request, identifier: str, state: State, now: float) -> Response:
    body = _body(request)
    if body is None:
        return _bad("the body is not a JSON object")
    if _bytes(identifier) > limits.MAX_IDENTIFIER:
        return _bad("identifier is too long")
    if request.method == "DELETE":
        sandbox_people.delete(state, identifier)
        return _json(200, {})
    if request.method == "POST":
        return _event(identifier, body, state, now)
    problem = _attribute_problem(body)
    if problem:
        return _bad(problem)
    sandbox_people.identify(state, identifier, body, now)
    return _json(200, {})


def _attribute_problem(body: Mapping[str, Any]) -> str:
    if len(body) > limits.MAX_ATTRIBUTES:
        return "too many attributes"
    for name, value in body.items():
        if _bytes(name) > limits.MAX_ATTRIBUTE_NAME:
            return "attribute name is too long"
        if _bytes(value if isinstance(value, str) else _compact(value)) > limits.MAX_ATTRIBUTE_VALUE:
            return f"attribute {name[:50]} is too long"
    return ""


def _event(identifier: str, body: Mapping[str, Any], state: State, now: float) -> Response:
    problem = _event_problem(body)
    if problem:
        return _bad(problem)
    event_id = body.get("id")
    if event_id is not None and event_id in state["seen"]:
        sandbox_people.note(state, identifier, f"Ignored: event {event_id} was received before", now)
        return _json(200, {})
    if event_id is not None:
        sandbox_people.append(state, "seen", event_id, sandbox_people.MAX_SEEN)
    if sandbox_people.find(state, identifier) is None and not identifier.startswith("cio_"):
        sandbox_people.create(state, identifier)
    entry = {
        "person": identifier,
        "name": body["name"].strip(),
        "id": event_id,
        "timestamp": body.get("timestamp"),
    }
    sandbox_people.append(state, "events", entry)
    return _json(200, {})


def _event_problem(body: Mapping[str, Any]) -> str:
    name, event_id = body.get("name"), body.get("id")
    if not isinstance(name, str) or not name.strip():
        return "name can't be blank"
    if _bytes(name.strip()) > limits.MAX_EVENT_NAME:
        return "name is too long"
    if event_id is not None and not (isinstance(event_id, str) and re.fullmatch(ULID_PATTERN, event_id)):
        return "id is not a valid ULID"
    if not isinstance(body.get("data", {}), dict):
        return "data must be an object"
    if _bytes(_compact(body.get("data", {}))) > limits.MAX_EVENT_DATA:
        return "data is too large"
    if not isinstance(body.get("timestamp", 0), int):
        return "timestamp must be an integer"
    return ""


def _app(request: Request, path: str, state: State, now: float) -> Response:
    if _header(request, "authorization") != _APP_AUTH:
        return _unauthorized({})
    operation = (request.method, path)
    if operation == ("GET", "/v1/workspaces"):
        workspace = {"id": WORKSPACE_ID, "name": "Sandbox", "people": len(state["people"])}
        return _json(200, {"workspaces": [workspace | {"messages_sent": len(state["sent"])}]})
    if operation == ("GET", "/v1/transactional"):
        return _json(200, {"messages": _MESSAGES})
    if operation == ("POST", "/v1/send/email"):
        return _send_email(request, state, now)
    return _not_found()


def _send_email(request: Request, state: State, now: float) -> Response:
    body = _body(request)
    if body is None:
        return _json(400, {"meta": {"error": "the body is not a JSON object"}})
    identifiers = body.get("identifiers")
    chosen = list(identifiers.values()) if isinstance(identifiers, dict) else []
    person = str(chosen[0]) if chosen else ""
    fault = _fault(person, state) or _fault(str(body.get("to", "")), state)
    if fault:
        return fault
    problem = _email_problem(body, now)
    if problem:
        return _json(400, {"meta": {"error": problem}})
    if "cio_id" not in body["identifiers"] and sandbox_people.find(state, person) is None:
        sandbox_people.create(state, person)
    number = state.get("count", 0) + 1
    state["count"] = number
    digest = hashlib.sha256(f"{number}:".encode() + request.body).hexdigest()
    answer: dict[str, Any] = {"delivery_id": f"SBX{digest[:21]}", "queued_at": int(now)}
    if body.get("send_at", 0) > now:
        answer["send_at"] = body["send_at"]
    message = body["transactional_message_id"]
    sandbox_people.append(state, "sent", answer | {"to": body["to"], "transactional_message_id": message})
    return _json(200, answer)


def _email_problem(body: Mapping[str, Any], now: float) -> str:
    identifiers = body.get("identifiers")
    if not isinstance(body.get("to"), str) or "@" not in body["to"]:
        return "'to' is required"
    if (
        not isinstance(identifiers, dict)
        or len(identifiers) != 1
        or not identifiers.keys() <= {"id", "email", "cio_id"}
    ):
        return "'identifiers' must hold exactly one of id, email, cio_id"
    if sum(str(body.get(key, "")).count("@") for key in ("to", "cc", "bcc")) > limits.MAX_RECIPIENTS:
        return "too many recipients"
    wanted = str(body.get("transactional_message_id", "")).lower()
    if not any(wanted in {str(message["id"]), message["trigger_name"]} for message in _MESSAGES):
        return "transactional message not found"
    send_at = body.get("send_at", 0)
    if not isinstance(send_at, int) or send_at > now + _DAYS_AHEAD:
        return "'send_at' must be at most 90 days ahead"
    return ""


def _fault(identifier: str, state: State) -> Response | None:
    """Return the failure that an identifier asks for; one with -once fails the first time only."""
    kind = next((kind for kind in _FAULTS if identifier.startswith(kind)), None)
    if kind is None:
        return None
    if "-once" in identifier:
        mark = hashlib.sha256(identifier.encode()).hexdigest()[:16]
        if mark in state["faults"]:
            return None
        sandbox_people.append(state, "faults", mark)
    return _FAULTS[kind]


def _header(request: Request, name: str) -> str:
    return next((value for key, value in request.headers.items() if key.lower() == name), "")


def _body(request: Request) -> dict[str, Any] | None:
    try:
        parsed = json.loads(request.body or b"{}")
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) else None


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def _json(status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Response:
    content = _compact(dict(body)).encode("utf-8") + b"\n"
    return Response(status, {"content-type": "application/json; charset=utf-8", **(headers or {})}, content)


def _bad(problem: str) -> Response:
    return _json(400, {"meta": {"errors": [problem]}})


def _unauthorized(headers: Mapping[str, str]) -> Response:
    return _json(401, {"meta": {"error": "Unauthorized request"}}, headers)


def _not_found() -> Response:
    return Response(404, {"content-type": "text/html; charset=utf-8"}, _PAGE)


_RATE_LIMITED = {
    "errors": [{"detail": "rate limited to 10 requests per 1s (reference sandbox)", "status": "429"}]
}
_FAULTS = {
    "rate-limited": _json(429, _RATE_LIMITED, {"retry-after": "2"}),
    "server-error": Response(503, {"content-type": "text/html; charset=utf-8"}, _PAGE),
    "unauthorized": _unauthorized({}),
    "bad-request": _bad("this identifier asks for a refusal"),
    "forbidden": _json(403, {"meta": {"error": "this identifier asks for a refusal"}}),
}
