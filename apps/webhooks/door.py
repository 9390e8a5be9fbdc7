"""The door for providers: plain WSGI, since Django's way in costs as much as the work behind it.

It takes the usual POST alone and answers it as the view would, headers and log
included. Everything else (another method, host or form of body, a redirect to
HTTPS) goes to Django, whose view asks the same functions.
"""

import json
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import structlog
from csp.middleware import CSPMiddleware
from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.security import SecurityMiddleware

from apps.common import logs
from apps.webhooks.receipts import INCOMPLETE, NOT_STORED, Post, Receipt

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

PREFIX = "/v1/webhooks/"
ROUTE = "/v1/webhooks/<path:path>"
RETRY_AFTER_SECONDS = 5
MAX_FRAMES = 64

_REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 503: "Service Unavailable"}

type Headers = list[tuple[str, str]]

log = structlog.get_logger(__name__)


class Door:
    """A WSGI application in front of Django's, `behind`; `hand_in` receives a request."""

    def __init__(self, behind: "WSGIApplication", hand_in: Callable[[Post], Receipt]) -> None:
        self._behind = behind
        self._hand_in = hand_in
        self._frames: dict[tuple[str | None, ...], Headers] = {}

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer a provider's POST, or let Django answer."""
        started = time.perf_counter()
        length = self._usual(environ)
        frame = self._frame(environ) if length is not None else None
        if length is None or frame is None:
            return self._behind(environ, start_response)
        request = logs.request_id(environ.get("HTTP_X_REQUEST_ID", ""))
        with logs.bound(request=request):
            receipt = self._receipt(environ, length, request)
            logs.log_request("POST", ROUTE, receipt.status, started)
        headers, body = answer_of(receipt)
        reason = _REASONS.get(receipt.status, "Answer")
        start_response(f"{receipt.status} {reason}", [*frame, *headers, ("X-Request-ID", request)])
        return [body]

    def _usual(self, environ: Mapping[str, Any]) -> int | None:
        """Return the length of a POST that the door takes; None of anything else."""
        if environ["REQUEST_METHOD"] != "POST" or not environ["PATH_INFO"].startswith(PREFIX):
            return None
        path, text = environ["PATH_INFO"], environ.get("CONTENT_LENGTH") or ""
        if not path.isascii() or path == PREFIX or not (text.isascii() and text.isdigit() and len(text) < 19):
            return None
        return length if (length := int(text)) <= settings.MAX_BODY_BYTES else None

    def _receipt(self, environ: Mapping[str, Any], length: int, request: str) -> Receipt:
        try:
            body = environ["wsgi.input"].read(length)
        except OSError:
            return INCOMPLETE
        if len(body) < length:
            return INCOMPLETE
        path, query = environ["PATH_INFO"][len(PREFIX) :], environ.get("QUERY_STRING", "")
        try:
            return self._hand_in(
                Post(path, headers_of(environ), body, datetime.now(UTC), query, request=request)
            )
        except Exception:
            log.exception("webhook.receive_failed")
            return NOT_STORED

    def _frame(self, environ: Mapping[str, Any]) -> Headers | None:
        """Return the headers that Django's middleware puts on every answer; None where it would not let in.

        They depend on the host and on whether the request came by HTTPS.
        """
        proxy = (getattr(settings, "SECURE_PROXY_SSL_HEADER", None) or ("",))[0]
        names = ("HTTP_HOST", "SERVER_NAME", "SERVER_PORT", "wsgi.url_scheme", proxy)
        key = tuple(environ.get(name) for name in names)
        frame = self._frames.get(key)
        if frame is None:
            frame = _made_by_django(environ)
            if frame is not None and len(self._frames) < MAX_FRAMES:
                self._frames[key] = frame
        return frame


def answer_of(receipt: Receipt) -> tuple[Headers, bytes]:
    """Return the headers and the body that a provider is answered with."""
    told = {"code": receipt.code, "message": receipt.message}
    if receipt.delivery:
        told["delivery"] = receipt.delivery
    body = json.dumps(told).encode()
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    if receipt.status == 405:
        headers.append(("Allow", "POST"))
    if receipt.status == 503:
        headers.append(("Retry-After", str(RETRY_AFTER_SECONDS)))
    return headers, body


def headers_of(environ: Mapping[str, Any]) -> dict[str, str]:
    """Return the request's headers with lower-case names."""
    found = {
        name[5:].replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if name in environ:
            found[name.replace("_", "-").lower()] = environ[name]
    return found


def _made_by_django(environ: Mapping[str, Any]) -> Headers | None:
    request = WSGIRequest(dict(environ))
    try:
        request.get_host()
    except DisallowedHost:
        return None
    security = SecurityMiddleware(_never)
    if security.process_request(request) is not None:
        return None
    response = HttpResponse(content_type="application/json")
    CSPMiddleware(_never).process_response(request, response)
    XFrameOptionsMiddleware(_never).process_response(request, response)
    security.process_response(request, response)
    return [(name, value) for name, value in response.items() if name != "Content-Type"]


def _never(request: Any) -> HttpResponse:
    """Stand where the next middleware would; it is never asked."""
    return HttpResponse()
