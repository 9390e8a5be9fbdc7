"""A Customer.io that answers by its documented rules, in process and without an account.

`handle` is pure: it gets the request, the state that it returned before (plain
JSON, `{}` at first) and the time. README.md lists the identifiers that fail on
demand. It shows what the product does; it proves nothing about Customer.io.
"""

from typing import Any
from urllib.parse import urlsplit

from apps.catalog.connectors.customerio.sandbox import app_api, people, track
from apps.catalog.connectors.customerio.sandbox.replies import not_found
from apps.catalog.transport import Request, Response


def handle(request: Request, state: dict[str, Any], now: float) -> tuple[Response, dict[str, Any]]:
    """Answer one request and return the new state; the given state is left as it was."""
    opened = people.opened(state)
    path = urlsplit(request.url).path
    if path.startswith("/api/v1/"):
        return track.answer(request, path, opened, now), opened
    if path.startswith("/v1/"):
        return app_api.answer(request, path, opened, now), opened
    return not_found(), opened
