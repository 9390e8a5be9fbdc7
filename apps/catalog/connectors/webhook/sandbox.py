"""There is nobody to call: requests come to us. A sandbox connection takes signed samples alone."""

from typing import Any

from apps.catalog.transport import Request, Response


def handle(request: Request, state: dict[str, Any], now: float) -> tuple[Response, dict[str, Any]]:
    """Answer that nothing is there, whatever is asked."""
    return Response(404, {"content-type": "application/json"}, b'{"error": "nothing is called here"}'), state
