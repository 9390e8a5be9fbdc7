"""The door to a run that waits for a request from outside."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.views.decorators.csrf import csrf_exempt

from apps.language import safe_json
from apps.language.errors import UnsafeJSONError
from apps.runs.waits import services
from apps.runs.waits.services import MAX_BODY_BYTES, Receipt

_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


@csrf_exempt
@transaction.non_atomic_requests
def receive(request: HttpRequest, token: str) -> HttpResponse:
    """Take one POST with a JSON or form body for the run that waits at this address."""
    if request.method != "POST":
        words = "A run of a workflow waits at this address for one POST request with a JSON or form body."
        return _answer(Receipt(405, "method_not_allowed", words))
    if _declared_length(request) > MAX_BODY_BYTES:
        return _answer(_too_large())
    hook = services.find_hook(token)
    if hook is None:
        return _answer(services.UNKNOWN)
    try:
        raw = _read(request)
    except UnreadablePostError:
        return _answer(
            Receipt(400, "incomplete_body", "The connection ended before the whole body had come.")
        )
    if len(raw) > MAX_BODY_BYTES:
        return _answer(_too_large())
    try:
        body = _body(request, raw)
    except UnsafeJSONError as error:
        return _answer(Receipt(400, error.code, f"The body can't be read: {error.message}"))
    except (MultiPartParserError, UnicodeError, ValueError):
        return _answer(Receipt(400, "unreadable_body", "The form in the body can't be read."))
    return _answer(services.receive(hook, body))


def _declared_length(request: HttpRequest) -> int:
    text = request.META.get("CONTENT_LENGTH") or ""
    # Eighteen digits are too many bytes already, whatever stands behind them.
    return int(text[:18]) if text.isascii() and text.isdigit() else 0


def _read(request: HttpRequest) -> bytes:
    """Return the body, of a chunked one no more than tells that it is too large."""
    if not request.META.get("CONTENT_LENGTH") and request.META.get("wsgi.input_terminated"):
        stream: Any = request.META["wsgi.input"]
        chunked: bytes = stream.read(MAX_BODY_BYTES + 1)
        request._body = chunked  # Where Django keeps what was read.
        return chunked
    return request.body


def _body(request: HttpRequest, raw: bytes) -> Any:
    """Return what came as a JSON value: a form as an object of its fields, nothing as None."""
    if request.content_type not in _FORMS:
        return safe_json.loads(raw) if raw.strip() else None
    fields = request.POST if request.content_type == _FORMS[1] else QueryDict(raw, encoding="utf-8")
    form = {name: values[0] if len(values) == 1 else values for name, values in fields.lists()}
    safe_json.check(form)
    return form


def _too_large() -> Receipt:
    return Receipt(413, "too_large", f"The body is larger than {MAX_BODY_BYTES // 1024} KiB.")


def _answer(receipt: Receipt) -> HttpResponse:
    response = JsonResponse({"code": receipt.code, "message": receipt.message}, status=receipt.status)
    if receipt.status == 405:
        response["Allow"] = "POST"
    response["Cache-Control"] = "no-store"
    return response
