"""Django's way to the door for providers, for what `door` leaves to it."""

from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt

from apps.webhooks import services
from apps.webhooks.door import answer_of, headers_of
from apps.webhooks.receipts import INCOMPLETE, Receipt


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
        return _answer(INCOMPLETE)
    query = request.META.get("QUERY_STRING", "")
    return _answer(services.receive(path, headers_of(request.META), body, query=query))


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
    headers, body = answer_of(receipt)
    return HttpResponse(body, status=receipt.status, headers=dict(headers))
