"""What the sandbox answers before it becomes a response."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

State = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reply:
    """Status, JSON body, and headers beside the usual ones."""

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)


def error(
    status: int,
    message: str,
    *,
    code: str = "",
    param: str = "",
    kind: str = "invalid_request_error",
    headers: Mapping[str, str] | None = None,
    **more: str,
) -> Reply:
    """Return an error in Stripe's shape (https://docs.stripe.com/api/errors)."""
    said = {"type": kind, "code": code, "message": message, "param": param, **more}
    return Reply(status, {"error": {name: value for name, value in said.items() if value}}, headers or {})


def missing(what: str, object_id: str, *, param: str = "id") -> Reply:
    """Return Stripe's answer for an id that names nothing."""
    return error(404, f"No such {what}: '{object_id}'", code="resource_missing", param=param)
