"""The door for providers."""

from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt

from apps.webhooks import services
from apps.webhooks.services import Receipt

RETRY_AFTER_SECONDS = 5


@csrf_exempt
@transaction.non_atomic_requests
def receive(request: HttpRequest, path: str) -> HttpResponse:
    """Hand a provider's POST to the service and tell the provider what became of it."""
    if request.method != "POST":
        return _answer(
            Receipt(405, "method_not_allowed", "This address takes the POST requests of a provider.")
        )
    length = _declared_length(request)
    if length is None and request.META.get("CONTENT_LENGTH"):
        return _answer(Receipt(400, "bad_length", "The header Content-Length is no number."))
    if length is not None and length > settings.MAX_BODY_BYTES:
        return _answer(services.refuse_size(path))
    try:
        body = _read_body(request, length)
    except UnreadablePostError:
        body = b""
    if len(body) < (length or 0):
        return _answer(
            Receipt(400, "incomplete_body", "The connection ended before the whole body had come.")
        )
    headers = {name.lower(): value for name, value in request.headers.items()}
    query = request.META.get("QUERY_STRING", "")
    return _answer(services.receive(path, headers, body, query=query))


def _declared_length(request: HttpRequest) -> int | None:
    text = request.META.get("CONTENT_LENGTH") or ""
    # Eighteen digits are too many bytes already, whatever stands behind them.
    return int(text[:18]) if text.isascii() and text.isdigit() else None


def _read_body(request: HttpRequest, length: int | None) -> bytes:
    """Return the body, of a chunked one no more than tells that it is too large.

    Django reads nothing of a body without a length, which is how a proxy may
    pass one on.
    """
    if length is None and request.META.get("wsgi.input_terminated"):
        stream: Any = request.META["wsgi.input"]
        chunked: bytes = stream.read(settings.MAX_BODY_BYTES + 1)
        return chunked
    return request.body


def _answer(receipt: Receipt) -> HttpResponse:
    body = {"code": receipt.code, "message": receipt.message}
    if receipt.delivery:
        body["delivery"] = receipt.delivery
    response = JsonResponse(body, status=receipt.status)
    if receipt.status == 405:
        response["Allow"] = "POST"
    if receipt.status == 503:
        response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response
