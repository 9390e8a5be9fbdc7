"""The sandbox's Track API, version 1 (https://customer.io/docs/api/track/)."""

import re
from base64 import b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from apps.catalog.connectors.customerio import limits
from apps.catalog.connectors.customerio.auth import SANDBOX_VALUES
from apps.catalog.connectors.customerio.sandbox import catalog, people
from apps.catalog.connectors.customerio.sandbox.people import State
from apps.catalog.connectors.customerio.sandbox.replies import (
    bad,
    body_of,
    compact,
    fault,
    header,
    not_found,
    query_of,
    reply,
    size,
    unauthorized,
)
from apps.catalog.connectors.customerio.ulid import ULID_PATTERN
from apps.catalog.transport import Request, Response

_BASIC = b64encode(f"{SANDBOX_VALUES['site_id']}:{SANDBOX_VALUES['track_api_key']}".encode()).decode()
_AUTH = f"Basic {_BASIC}"
_PERSON = re.compile(r"/api/v1/customers/([^/]+)(/events|/suppress|/unsuppress)?")
_SEGMENT = re.compile(r"/api/v1/segments/([0-9]+)/(add|remove)_customers")
_ON_PERSON = {
    ("PUT", ""),
    ("DELETE", ""),
    ("POST", "/events"),
    ("POST", "/suppress"),
    ("POST", "/unsuppress"),
}
_ID_TYPES = ("id", "email", "cio_id")


def answer(request: Request, path: str, state: State, now: float) -> Response:
    """Answer one request; changes the state."""
    if header(request, "authorization") != _AUTH:
        return unauthorized({"www-authenticate": 'Basic realm="Customer.io edge event collection"'})
    if (request.method, path) == ("GET", "/api/v1/accounts/region"):
        region = {"url": "https://track.customer.io", "region": catalog.REGION}
        return reply(200, region | {"environment_id": catalog.WORKSPACE_ID})
    body = body_of(request)
    if body is None:
        return bad("the body is not a JSON object")
    if (request.method, path) == ("POST", "/api/v1/events"):
        return _anonymous(body, state, now)
    if (request.method, path) == ("POST", "/api/v1/merge_customers"):
        return _merge(body, state, now)
    segment = _SEGMENT.fullmatch(path)
    if segment and request.method == "POST":
        return _segment(segment, body, query_of(request).get("id_type", "id"), state, now)
    match = _PERSON.fullmatch(path)
    operation = (request.method, match.group(2) or "") if match else None
    if match is None or operation not in _ON_PERSON:
        return not_found()
    identifier = unquote(match.group(1))
    return fault(identifier, state) or _person(
        request.method, match.group(2) or "", identifier, body, state, now
    )


def _person(
    method: str, part: str, identifier: str, body: Mapping[str, Any], state: State, now: float
) -> Response:
    if size(identifier) > limits.MAX_IDENTIFIER:
        return bad("identifier is too long")
    if part == "/unsuppress":
        people.unsuppress(state, identifier)
        return reply(200, {})
    if people.is_suppressed(state, identifier):
        people.note(state, identifier, "Ignored: the person is suppressed", now)
        return reply(200, {})
    if part == "/suppress":
        people.suppress(state, identifier)
        return reply(200, {})
    if method == "DELETE":
        people.delete(state, identifier)
        return reply(200, {})
    if method == "POST":
        return _event(identifier, body, state, now)
    problem = _attribute_problem(body)
    if problem:
        return bad(problem)
    people.identify(state, identifier, body, now)
    return reply(200, {})


def _attribute_problem(body: Mapping[str, Any]) -> str:
    if len(body) > limits.MAX_ATTRIBUTES:
        return "too many attributes"
    for name, value in body.items():
        if size(name) > limits.MAX_ATTRIBUTE_NAME:
            return "attribute name is too long"
        if size(value if isinstance(value, str) else compact(value)) > limits.MAX_ATTRIBUTE_VALUE:
            return f"attribute {name[:50]} is too long"
    return ""


def _event(identifier: str, body: Mapping[str, Any], state: State, now: float) -> Response:
    problem = _event_problem(body)
    if problem:
        return bad(problem)
    if _is_repeated(body, identifier, state, now):
        return reply(200, {})
    if people.find(state, identifier) is None and not identifier.startswith("cio_"):
        people.create(state, identifier)
    _keep_event(identifier, body, state)
    return reply(200, {})


def _anonymous(body: Mapping[str, Any], state: State, now: float) -> Response:
    anonymous_id, data = body.get("anonymous_id"), body.get("data")
    given = anonymous_id if isinstance(anonymous_id, str) else ""
    failing = fault(given, state)
    if failing:
        return failing
    problem = _event_problem(body)
    if problem:
        return bad(problem)
    if not given and not (isinstance(data, dict) and data.get("recipient")):
        return bad("anonymous_id or data.recipient is required")
    if not _is_repeated(body, given, state, now):
        _keep_event(given, body, state)
    return reply(200, {})


def _is_repeated(body: Mapping[str, Any], identifier: str, state: State, now: float) -> bool:
    event_id = body.get("id")
    if event_id is None:
        return False
    if event_id in state["seen"]:
        people.note(state, identifier, f"Ignored: event {event_id} was received before", now)
        return True
    people.append(state, "seen", event_id, people.MAX_SEEN)
    return False


def _keep_event(identifier: str, body: Mapping[str, Any], state: State) -> None:
    entry = {"person": identifier, "name": body["name"].strip(), "id": body.get("id")}
    people.append(state, "events", entry | {"timestamp": body.get("timestamp")})


def _event_problem(body: Mapping[str, Any]) -> str:
    name, event_id = body.get("name"), body.get("id")
    if not isinstance(name, str) or not name.strip():
        return "name can't be blank"
    if size(name.strip()) > limits.MAX_EVENT_NAME:
        return "name is too long"
    if event_id is not None and not (isinstance(event_id, str) and re.fullmatch(ULID_PATTERN, event_id)):
        return "id is not a valid ULID"
    if not isinstance(body.get("data", {}), dict):
        return "data must be an object"
    if size(compact(body.get("data", {}))) > limits.MAX_EVENT_DATA:
        return "data is too large"
    if not isinstance(body.get("timestamp", 0), int):
        return "timestamp must be an integer"
    return ""


def _merge(body: Mapping[str, Any], state: State, now: float) -> Response:
    sides = [_one_identifier(body.get(side)) for side in ("primary", "secondary")]
    named = [side for side in sides if side is not None]
    failing = next((failing for _, value in named if (failing := fault(value, state))), None)
    if failing:
        return failing
    if len(named) < 2 or named[0] == named[1]:
        return reply(400, {"meta": {"error": "primary and secondary must each hold one identifier"}})
    people.merge(state, named[0][1], _by(*named[0]), _by(*named[1]), now)
    return reply(200, {})


def _one_identifier(side: Any) -> tuple[str, str] | None:
    if not isinstance(side, dict) or len(side) != 1:
        return None
    kind, value = next(iter(side.items()))
    return (kind, value) if kind in _ID_TYPES and isinstance(value, str) and value else None


def _by(kind: str, value: str) -> str:
    return f"cio_{value}" if kind == "cio_id" else value


def _segment(
    match: re.Match[str], body: Mapping[str, Any], id_type: str, state: State, now: float
) -> Response:
    ids, number = body.get("ids"), int(match.group(1))
    if id_type not in _ID_TYPES:
        return bad("id_type must be one of id, email, cio_id")
    if not isinstance(ids, list) or not 0 < len(ids) <= limits.MAX_SEGMENT_IDS:
        return bad(f"ids must hold between 1 and {limits.MAX_SEGMENT_IDS} identifiers")
    if not all(isinstance(each, str) and each for each in ids):
        return bad("ids must be texts")
    failing = next((failing for each in ids if (failing := fault(each, state))), None)
    if failing:
        return failing
    if not any(each["id"] == number and each["type"] == "manual" for each in catalog.SEGMENTS):
        return bad("segment is not a manual segment of this workspace")
    members = set(state["segments"].get(str(number), []))
    for each in ids:
        cio_id = people.find(state, _by(id_type, each))
        if cio_id is None:
            people.note(state, each, "Ignored: the person is unknown", now)
        elif match.group(2) == "add":
            members.add(cio_id)
        else:
            members.discard(cio_id)
    state["segments"][str(number)] = sorted(members)
    return reply(200, {})
