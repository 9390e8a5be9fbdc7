"""The sandbox's list of messages, which holds what was put into it.

GET is Customer.io's, POST with a reporting event is the sandbox's own.
"""

from typing import Any

from apps.catalog.connectors.customerio.sandbox import people
from apps.catalog.connectors.customerio.sandbox.people import State
from apps.catalog.connectors.customerio.sandbox.replies import body_of, not_found, query_of, refused, reply
from apps.catalog.transport import Request, Response

_MOST = 1_000


def answer(request: Request, state: State) -> Response:
    """Answer one request; changes the state."""
    if request.method == "GET":
        return _page(query_of(request), state)
    return _put(body_of(request), state) if request.method == "POST" else not_found()


def _page(query: dict[str, str], state: State) -> Response:
    numbers = {key: query.get(key, "") for key in ("start_ts", "end_ts", "limit", "start")}
    if any(value and not value.isdecimal() for value in numbers.values()):
        return refused(400, "start_ts, end_ts, limit and start must be numbers")
    since, until = int(numbers["start_ts"] or 0), int(numbers["end_ts"] or 2**40)
    rows = [row for row in state.get("messages", []) if since <= row["created"] <= until][::-1]
    first, limit = int(numbers["start"] or 0), min(int(numbers["limit"] or 50), _MOST)
    following = str(first + limit) if len(rows) > first + limit else ""
    return reply(200, {"messages": rows[first : first + limit] or None, "next": following})


def _put(event: dict[str, Any] | None, state: State) -> Response:
    data = (event or {}).get("data")
    at = (event or {}).get("timestamp")
    if event is None or not isinstance(data, dict) or not isinstance(at, int):
        return refused(400, "the body is no reporting event")
    message = {
        "id": data.get("delivery_id"),
        "type": event.get("object_type"),
        "created": at,
        "recipient": data.get("recipient"),
        "subject": data.get("subject"),
        "customer_identifiers": data.get("identifiers"),
        "metrics": {str(event.get("metric")): at},
    }
    state.setdefault("messages", [])
    people.append(state, "messages", message)
    return reply(200, message)
