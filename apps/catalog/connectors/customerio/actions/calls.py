"""What the actions share: a call to each of the two APIs, and the addresses of their documents."""

from collections.abc import Mapping
from typing import Any

from apps.catalog.connectors.customerio.client import Api, build, exchange
from apps.catalog.spec import CallContext

TRACK_KEYS = ("site_id", "track_api_key")
APP_KEYS = ("app_api_key",)
TRACK_DOCS = "https://customer.io/docs/api/track/"
APP_DOCS = "https://customer.io/docs/api/app/"


def track(context: CallContext, method: str, path: str, body: Mapping[str, Any]) -> None:
    """Call the Track API, whose success says nothing more. Raises a `CallError`, or what `send` raises."""
    request = build(context.account, Api.TRACK, method, path, body)
    exchange(context.send, request, Api.TRACK, deadline=context.deadline)


def ask(
    context: CallContext, method: str, path: str, body: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Call the App API and return its answer. Raises a `CallError`, or what `send` raises."""
    request = build(context.account, Api.APP, method, path, body)
    return exchange(context.send, request, Api.APP, deadline=context.deadline)
