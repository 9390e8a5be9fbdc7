"""Webhook endpoints in the sandbox (https://docs.stripe.com/api/webhook_endpoints)."""

import hashlib
from typing import Any

from apps.catalog.connectors.stripe.sandbox.replies import Reply, State, error, missing

MAX_ENDPOINTS = 16
_RESOURCE = "webhook_endpoints"
_MAX_PAGE = 100
_CREATE = frozenset({"url", "enabled_events", "api_version", "connect", "description", "metadata"})
_UPDATE = frozenset({"url", "enabled_events", "disabled", "description", "metadata"})

Params = dict[str, Any]


def answer(
    method: str, endpoint_id: str, params: Params, state: State, *, seed: str, now: float
) -> tuple[Reply, State]:
    """Answer a call to the resource; `seed` is what ids and secrets are derived from."""
    held: dict[str, Any] = state.get("objects", {}).get(_RESOURCE, {})
    if not endpoint_id:
        if method == "POST":
            return _create(params, state, held, seed=seed, now=now)
        return (_page(params, held), state) if method == "GET" else (_not_here(method), state)
    endpoint = held.get(endpoint_id)
    if endpoint is None:
        return missing("webhook endpoint", endpoint_id, param="webhook_endpoint"), state
    if method == "GET":
        return Reply(200, endpoint), state
    if method == "POST":
        return _update(params, state, held, endpoint)
    if method == "DELETE":
        rest = {name: value for name, value in held.items() if name != endpoint_id}
        return Reply(200, {"id": endpoint_id, "object": "webhook_endpoint", "deleted": True}), _with(
            state, rest
        )
    return _not_here(method), state


def _create(
    params: Params, state: State, held: dict[str, Any], *, seed: str, now: float
) -> tuple[Reply, State]:
    refused = _refusal(params, _CREATE, required=("url", "enabled_events"))
    if refused is not None:
        return refused, state
    if len(held) >= MAX_ENDPOINTS:
        return error(400, f"You have reached the maximum of {MAX_ENDPOINTS} test webhook endpoints."), state
    endpoint = {
        "id": f"we_1{_derived(seed, 'id', 23)}",
        "object": "webhook_endpoint",
        "api_version": params.get("api_version"),
        "application": None,
        "created": int(now),
        "description": params.get("description"),
        "enabled_events": list(params["enabled_events"]),
        "livemode": False,
        "metadata": dict(params.get("metadata") or {}),
        "status": "enabled",
        "url": params["url"],
    }
    told_once = {**endpoint, "secret": f"whsec_{_derived(seed, 'secret', 32)}"}
    return Reply(200, told_once), _with(state, {**held, endpoint["id"]: endpoint})


def _update(
    params: Params, state: State, held: dict[str, Any], endpoint: dict[str, Any]
) -> tuple[Reply, State]:
    refused = _refusal(params, _UPDATE)
    if refused is not None:
        return refused, state
    changed = {**endpoint, **{name: value for name, value in params.items() if name != "disabled"}}
    if "metadata" in params:
        merged = {**endpoint["metadata"], **params["metadata"]}
        changed["metadata"] = {name: value for name, value in merged.items() if value != ""}
    if "disabled" in params:
        changed["status"] = "disabled" if params["disabled"] == "true" else "enabled"
    return Reply(200, changed), _with(state, {**held, endpoint["id"]: changed})


def _refusal(params: Params, allowed: frozenset[str], *, required: tuple[str, ...] = ()) -> Reply | None:
    for name in params:
        if name not in allowed:
            return error(400, f"Received unknown parameter: {name}", code="parameter_unknown", param=name)
    for name in required:
        if not params.get(name):
            return error(400, f"Missing required param: {name}.", code="parameter_missing", param=name)
    if "enabled_events" in params and not isinstance(params["enabled_events"], list):
        return error(400, "Invalid array", param="enabled_events")
    if not isinstance(params.get("metadata", {}), dict):
        return error(400, "Invalid object", param="metadata")
    if "url" in params and not str(params["url"]).startswith(("https://", "http://")):
        return error(
            400,
            "Invalid URL: an explicit scheme (such as https) is required.",
            code="url_invalid",
            param="url",
        )
    return None


def _page(params: Params, held: dict[str, Any]) -> Reply:
    newest_first = list(held.values())[::-1]
    after = params.get("starting_after")
    if after is not None:
        if after not in held:
            return error(
                400, f"No such webhook endpoint: '{after}'", code="resource_missing", param="starting_after"
            )
        newest_first = newest_first[[each["id"] for each in newest_first].index(after) + 1 :]
    asked = str(params.get("limit", 10))
    limit = min(int(asked), _MAX_PAGE) if asked.isdecimal() and int(asked) > 0 else 10
    body = {
        "object": "list",
        "data": newest_first[:limit],
        "has_more": len(newest_first) > limit,
        "url": f"/v1/{_RESOURCE}",
    }
    return Reply(200, body)


def _with(state: State, held: dict[str, Any]) -> State:
    objects = {**state.get("objects", {}), _RESOURCE: held}
    return {**state, "objects": objects, "count": state.get("count", 0) + 1}


def _not_here(method: str) -> Reply:
    return error(404, f"Unrecognized request URL ({method}: /v1/{_RESOURCE}).")


def _derived(seed: str, what: str, length: int) -> str:
    return hashlib.sha256(f"{seed}{what}".encode()).hexdigest()[:length]
