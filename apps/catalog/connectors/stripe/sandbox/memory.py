"""Idempotency as Stripe has it: the first answer to a key is the answer for a day."""

import hashlib
import json
from typing import Any

from apps.catalog.connectors.stripe.sandbox.replies import Reply, State, error

MAX_KEYS = 100
_KEPT_SECONDS = 86_400
# Stripe keeps no answer to what it refused before it began.
_NOT_KEPT = frozenset({400, 401, 403, 404, 429})


def fingerprint(method: str, path: str, params: dict[str, Any]) -> str:
    """Return what two calls with the same key must have in common."""
    said = json.dumps([method, path, params], sort_keys=True)
    return hashlib.sha256(said.encode("utf-8")).hexdigest()


def recall(state: State, key: str, said: str, now: float) -> Reply | None:
    """Return what the key was answered with, an error if it meant something else, or None."""
    kept = state.get("idempotency", {}).get(key)
    if kept is None or now - kept["at"] > _KEPT_SECONDS:
        return None
    if kept["fingerprint"] != said:
        return error(
            400,
            "Keys for idempotent requests can only be used with the same parameters as at first.",
            kind="idempotency_error",
        )
    return Reply(kept["status"], kept["body"], {"idempotent-replayed": "true"})


def remember(state: State, key: str, said: str, reply: Reply, now: float) -> State:
    """Return the state with this answer kept, and without the oldest beyond the limit."""
    if reply.status in _NOT_KEPT:
        return state
    entry = {"fingerprint": said, "status": reply.status, "body": dict(reply.body), "at": now}
    others = {name: value for name, value in state.get("idempotency", {}).items() if name != key}
    kept = list({**others, key: entry}.items())[-MAX_KEYS:]
    return {**state, "idempotency": dict(kept)}
