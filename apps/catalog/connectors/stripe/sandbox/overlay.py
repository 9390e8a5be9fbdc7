"""Parameters laid over an object, and the moment of a call."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# What Stripe takes as text and answers as a number, where the model can't tell.
_NUMBERS = frozenset(
    {
        "amount", "amount_off", "cancel_at", "days_until_due", "due_date", "duration_in_months", "expires_at",
        "interval_count", "limit", "max_redemptions", "minimum_amount", "quantity", "redeem_by", "trial_end",
        "unit_amount",
    }
)  # fmt: skip
Params = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Moment:
    """When a call is made, and what its new ids are derived from."""

    now: int
    seed: str

    def id(self, prefix: str, length: int = 24) -> str:
        """Return a new id."""
        return prefix + hashlib.sha256(f"{self.seed}{prefix}".encode()).hexdigest()[:length]


def overlay(model: Mapping[str, Any], params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the object with the parameters laid over it, each in the type that the object has there."""
    changed = dict(model)
    for name, value in params.items():
        if name == "metadata" and isinstance(value, dict):
            merged = {**(changed.get("metadata") or {}), **value}
            changed["metadata"] = {key: text for key, text in merged.items() if text != ""}
        else:
            changed[name] = _typed(name, value, changed.get(name))
    return changed


def _typed(name: str, value: Any, before: Any) -> Any:
    if value == "":
        return None
    if isinstance(value, dict):
        return overlay(before if isinstance(before, dict) else {}, value)
    if not isinstance(value, str):
        return value
    if value in {"true", "false"}:
        return value == "true"
    if name in _NUMBERS or (isinstance(before, int) and not isinstance(before, bool)):
        return int(value) if value.lstrip("-").isdecimal() else value
    if name == "percent_off":
        return float(value)
    return value
