"""The sandbox's list of events (https://docs.stripe.com/api/events/list).

Nothing that is done in the sandbox makes an event: the list holds what was put into
it, as if its delivery had failed. POST is the sandbox's own; Stripe has no such call.
"""

import json
from typing import Any

from apps.catalog.connectors.stripe.sandbox.replies import Reply, State, error, missing

MAX_EVENTS = 100
_MAX_TYPES = 20
_MAX_PAGE = 100

Params = dict[str, Any]


def answer(method: str, event_id: str, params: Params, state: State) -> tuple[Reply, State]:
    """Answer a call to the resource."""
    held: dict[str, Any] = state.get("events", {})
    if method == "POST" and not event_id:
        return _put(params, state, held)
    if method != "GET":
        return error(404, f"Unrecognized request URL ({method}: /v1/events)."), state
    if event_id:
        found = held.get(event_id)
        return (Reply(200, found) if found else missing("event", event_id)), state
    return _page(params, held), state


def _put(params: Params, state: State, held: dict[str, Any]) -> tuple[Reply, State]:
    try:
        event = json.loads(str(params.get("event", "")))
    except ValueError:
        event = None
    if not isinstance(event, dict) or not isinstance(event.get("id"), str):
        return error(400, "Missing required param: event.", code="parameter_missing", param="event"), state
    kept = dict(list({**held, event["id"]: event}.items())[-MAX_EVENTS:])
    return Reply(200, event), {**state, "events": kept, "count": state.get("count", 0) + 1}


def _page(params: Params, held: dict[str, Any]) -> Reply:
    types = params.get("types")
    if isinstance(types, list) and len(types) > _MAX_TYPES:
        return error(400, f"You may list at most {_MAX_TYPES} types.", param="types")
    rows = [row for row in _newest_first(held) if _is_asked_for(row, params)]
    after = params.get("starting_after")
    if after is not None:
        ids = [row["id"] for row in rows]
        if after not in ids:
            return error(400, f"No such event: '{after}'", code="resource_missing", param="starting_after")
        rows = rows[ids.index(after) + 1 :]
    asked = str(params.get("limit", 10))
    limit = min(int(asked), _MAX_PAGE) if asked.isdecimal() and int(asked) > 0 else 10
    body = {
        "object": "list",
        "data": rows[:limit],
        "has_more": len(rows) > limit,
        "url": "/v1/events",
    }
    return Reply(200, body)


def _newest_first(held: dict[str, Any]) -> list[dict[str, Any]]:
    return sorted(held.values(), key=lambda row: int(row.get("created", 0)), reverse=True)


def _is_asked_for(row: dict[str, Any], params: Params) -> bool:
    types, created, at = params.get("types"), params.get("created"), int(row.get("created", 0))
    if isinstance(types, list) and row.get("type") not in types:
        return False
    bounds = created if isinstance(created, dict) else {}
    # No delivery of these was tried, so that they count as undelivered; nothing else is listed.
    return int(bounds.get("gte", at)) <= at <= int(bounds.get("lte", at))
