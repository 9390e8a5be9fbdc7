"""Objects of the sandbox: those in the state, else made up from the id, always the same for the same id."""

import re
from collections.abc import Mapping
from typing import Any

from apps.catalog.connectors.stripe.sandbox.models import KINDS, Kind
from apps.catalog.connectors.stripe.sandbox.replies import Reply, State, missing

BALANCE: Mapping[str, Any] = {
    "object": "balance",
    "available": [{"amount": 125_000, "currency": "usd", "source_types": {"card": 125_000}}],
    "livemode": False,
    "pending": [{"amount": 4_900, "currency": "usd", "source_types": {"card": 4_900}}],
}

MAX_OBJECTS = 100
"""Objects kept of each resource; the oldest are forgotten."""

_ID = re.compile(r"[a-z]+_[A-Za-z0-9_]{1,200}")
_OWN_ID = re.compile(r"[A-Za-z0-9_\-]{1,200}")
# The objects that the samples name belong to the samples' person.
_OF_SAMPLES = frozenset({"cus_R8kTq2LwPzNf4J", "ch_3SVn8aLm2VtXe0Zb0rTq6XyC"})


def held(resource: str, state: State) -> dict[str, dict[str, Any]]:
    """Return the resource's objects in the state by id, oldest first."""
    found: dict[str, dict[str, Any]] = state.get("objects", {}).get(resource, {})
    return found


def keep(resource: str, changed: Mapping[str, Any], state: State) -> State:
    """Return the state with this object in it, and without the oldest beyond the limit."""
    rows = {**held(resource, state), changed["id"]: dict(changed)}
    kept = dict(list(rows.items())[-MAX_OBJECTS:])
    return {
        **state,
        "objects": {**state.get("objects", {}), resource: kept},
        "count": state.get("count", 0) + 1,
    }


def look_up(resource: str, object_id: str, state: State) -> dict[str, Any] | None:
    """Return the object: from the state, else made up; None where the id names nothing."""
    kind, kept = KINDS[resource], held(resource, state).get(object_id)
    if kept is not None:
        return kept
    form = _ID if kind.prefix else _OWN_ID
    plausible = object_id.startswith(kind.prefix) and form.fullmatch(object_id)
    if not plausible or "missing" in object_id or "wrongmode" in object_id:
        return None
    return _made_up(kind, object_id)


def retrieve(resource: str, object_id: str, state: State) -> Reply:
    """Return the object as a reply, or Stripe's 404."""
    kind, found = KINDS[resource], look_up(resource, object_id, state)
    if found is None:
        return missing(kind.name, object_id)
    if "deleted" in object_id and resource == "customers":
        return Reply(200, {"id": object_id, "object": kind.name, "deleted": True})
    return Reply(200, found)


def _made_up(kind: Kind, object_id: str) -> dict[str, Any]:
    made = kind.copy()
    if object_id in {made["id"], *_OF_SAMPLES}:
        return {**made, "id": object_id}
    address = f"{object_id.lower()}@example.com"
    for *above, last in kind.emails:
        target = made
        for name in above:
            target = target[name]
        target[last] = address
    return {**made, "id": object_id}
