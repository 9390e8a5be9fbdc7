"""The requests and answers of a step as its page shows them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString

from apps.common import look


@dataclass(frozen=True, slots=True)
class ShownExchange:
    """One request and its answer, as logged."""

    method: str
    url: str
    status: int | None
    tone: str
    ms: int
    error: str
    request_headers: SafeString
    request_body: SafeString | None
    response_headers: SafeString | None
    response_body: SafeString | None


def exchanges_in(log: Mapping[str, Any]) -> tuple[ShownExchange, ...]:
    """Return what was exchanged, and the request of a call that was cut off."""
    planned = log.get("planned")
    return tuple(_exchange(each) for each in (*log.get("exchanges", ()), *([planned] if planned else [])))


def _exchange(each: Mapping[str, Any]) -> ShownExchange:
    status = each.get("status")
    good = isinstance(status, int) and 200 <= status < 300
    answered = status is not None
    return ShownExchange(
        method=str(each.get("method", "")),
        url=str(each.get("url", "")),
        status=status,
        tone="success" if good else "danger",
        ms=int(each.get("ms") or 0),
        error=str(each.get("error", "")),
        request_headers=look.kv_table(_headers(each.get("headers")), caption="Headers"),
        request_body=_block(each.get("body"), "Request body"),
        response_headers=look.kv_table(_headers(each.get("response_headers")), caption="Headers")
        if answered
        else None,
        response_body=_block(each.get("response_body"), "Response body"),
    )


def _headers(headers: Any) -> list[tuple[object, object]]:
    return list(headers.items()) if isinstance(headers, dict) else []


def _block(value: Any, label: str) -> SafeString | None:
    return look.code_block(value, label=label) if value else None
