"""A pretend model behind Anthropic's Messages API, in process and without an account.

`handle` is pure. README.md lists the prompts that fail on demand.
"""

import copy
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from apps.catalog import pretending
from apps.catalog.transport import Request, Response

_JSON = {"content-type": "application/json"}


def handle(request: Request, state: dict[str, Any], now: float) -> tuple[Response, dict[str, Any]]:
    """Answer one request and return the new state; the given state is left as it was."""
    opened = copy.deepcopy(state)
    headers = {name.lower(): value for name, value in request.headers.items()}
    if not headers.get("x-api-key", "").startswith("sk-ant-sandbox"):
        return _refused(401, "invalid x-api-key", "authentication_error"), opened
    if "anthropic-version" not in headers:
        return _refused(400, "anthropic-version: header is required", "invalid_request_error"), opened
    path = urlsplit(request.url).path
    if request.method == "GET" and path.endswith("/v1/models"):
        models = [{"id": name, "type": "model"} for name in ("claude-sonnet-4-5", "claude-haiku-4-5")]
        return _given({"data": models, "has_more": False}), opened
    if request.method != "POST" or not path.endswith("/v1/messages"):
        return _refused(404, "Not found", "not_found_error"), opened
    return _message(request, opened, now), opened


def _message(request: Request, state: dict[str, Any], now: float) -> Response:
    try:
        body = json.loads(request.body)
        prompt = str(body["messages"][-1]["content"])
        tools = body.get("tools") or []
        schema = tools[0]["input_schema"] if tools else None
    except (ValueError, LookupError, TypeError):
        return _refused(400, "The request body is not valid JSON.", "invalid_request_error")
    fault = pretending.fault_of(prompt, state)
    if fault in _FAULTS:
        return _FAULTS[fault]
    wrong = fault == "wrong-answer"
    text = "I am not sure." if wrong else pretending.answer(prompt, schema)
    block: dict[str, Any] = {"type": "text", "text": text}
    if schema is not None and not wrong:
        block = {"type": "tool_use", "id": f"toolu_{int(now)}", "name": tools[0]["name"]}
        block["input"] = json.loads(text)
    asked = f"{body.get('system', '')}{prompt}"
    return _given(
        {
            "id": f"msg_sandbox{int(now)}",
            "type": "message",
            "role": "assistant",
            "model": body.get("model"),
            "content": [block],
            "stop_reason": "tool_use" if block["type"] == "tool_use" else "end_turn",
            "usage": {
                "input_tokens": pretending.tokens_of(asked),
                "output_tokens": pretending.tokens_of(text),
            },
        }
    )


def _given(answer: Mapping[str, Any]) -> Response:
    return Response(200, _JSON, json.dumps(answer).encode())


def _refused(status: int, message: str, kind: str, headers: Mapping[str, str] | None = None) -> Response:
    body = {"type": "error", "error": {"type": kind, "message": message}}
    return Response(status, {**_JSON, **(headers or {})}, json.dumps(body).encode())


_FAULTS = {
    "rate-limited": _refused(
        429, "This request would exceed your rate limit.", "rate_limit_error", {"retry-after": "2"}
    ),
    "server-error": _refused(529, "Overloaded", "overloaded_error"),
    "unauthorized": _refused(401, "invalid x-api-key", "authentication_error"),
    "too-long": _refused(400, "prompt is too long: 210000 tokens > 200000 maximum", "invalid_request_error"),
}
