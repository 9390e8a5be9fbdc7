"""The door for providers."""

from datetime import UTC, datetime

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from apps.webhooks import services


@csrf_exempt
@require_POST
def receive(request: HttpRequest, path: str) -> HttpResponse:
    """Hand a provider's POST to the service and tell the provider what became of it."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if length.isdecimal() and int(length) > settings.MAX_BODY_BYTES:
        return _answer(services.refuse_size(None, at=datetime.now(UTC)))
    try:
        body = request.body
    except RequestDataTooBig:
        return _answer(services.refuse_size(None, at=datetime.now(UTC)))
    headers = {name.lower(): value for name, value in request.headers.items()}
    return _answer(services.receive(path, headers, body))


def _answer(receipt: services.Receipt) -> HttpResponse:
    body = {"code": receipt.code, "message": receipt.message}
    if receipt.delivery:
        body["delivery"] = receipt.delivery
    response = JsonResponse(body, status=receipt.status)
    if receipt.status == 503:
        response["Retry-After"] = "5"
    return response
