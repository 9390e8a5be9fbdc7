"""The sandbox's reporting webhooks. Like Customer.io's they never tell a signing key."""

import re
from typing import Any

from apps.catalog.connectors.customerio.events import EVENT_TYPES, registered_name
from apps.catalog.connectors.customerio.sandbox.people import State
from apps.catalog.connectors.customerio.sandbox.replies import body_of, not_found, refused, reply
from apps.catalog.transport import Request, Response

MAX_WEBHOOKS = 20
_ONE = re.compile(r"/v1/reporting_webhooks/([0-9]+)")
_NAMES = {registered_name(event_type) for event_type in EVENT_TYPES}
_FLAGS = ("disabled", "full_resolution", "with_content")
_FIRST_ID = 501


def answer(request: Request, path: str, state: State) -> Response:
    """Answer one request; changes the state."""
    held: dict[str, Any] = state["webhooks"]
    if path == "/v1/reporting_webhooks":
        if request.method == "GET":
            # An empty list is null, as is reported of Customer.io's.
            return reply(200, {"reporting_webhooks": list(held.values()) or None})
        return (
            _write(request, state, str(_FIRST_ID + state.get("hooks", 0)))
            if request.method == "POST"
            else not_found()
        )
    match = _ONE.fullmatch(path)
    if match is None:
        return not_found()
    if match.group(1) not in held:
        return refused(404, "reporting webhook not found")
    if request.method == "GET":
        return reply(200, held[match.group(1)])
    if request.method == "PUT":
        return _write(request, state, match.group(1))
    if request.method == "DELETE":
        del held[match.group(1)]
        return Response(204)
    return not_found()


def _write(request: Request, state: State, number: str) -> Response:
    body = body_of(request)
    problem = "the body is not a JSON object" if body is None else _problem(body)
    if body is None or problem:
        return refused(400, problem)
    if number not in state["webhooks"]:
        if len(state["webhooks"]) >= MAX_WEBHOOKS:
            return refused(400, "too many reporting webhooks")
        state["hooks"] = state.get("hooks", 0) + 1
    webhook = {
        "id": int(number),
        "type": "webhook",
        **{key: body[key] for key in ("name", "endpoint", "events")},
    }
    state["webhooks"][number] = webhook | {flag: bool(body.get(flag, False)) for flag in _FLAGS}
    return reply(200, state["webhooks"][number])


def _problem(body: dict[str, Any]) -> str:
    events = body.get("events")
    if not isinstance(body.get("name"), str) or not body["name"]:
        return "name is required"
    if not isinstance(body.get("endpoint"), str) or not body["endpoint"].startswith(("https://", "http://")):
        return "endpoint must be an address"
    if not isinstance(events, list) or not events or not set(map(str, events)) <= _NAMES:
        return "events must hold at least one known event"
    return ""
