"""A pretend model behind OpenAI's dialect, in process and without an account.

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
    if not headers.get("authorization", "").startswith("Bearer sk-sandbox"):
        return _refused(401, "Incorrect API key provided.", "invalid_api_key"), opened
    path = urlsplit(request.url).path
    if request.method == "GET" and path.endswith("/models"):
        models = [{"id": name, "object": "model"} for name in ("gpt-5", "gpt-5-mini")]
        return _given({"object": "list", "data": models}), opened
    if request.method != "POST" or not path.endswith("/chat/completions"):
        return _refused(404, f"Unknown request URL: {path}", "unknown_url"), opened
    return _completed(request, opened, now), opened


def _completed(request: Request, state: dict[str, Any], now: float) -> Response:
    try:
        body = json.loads(request.body)
        prompt = str(body["messages"][-1]["content"])
    except (ValueError, LookupError, TypeError):
        return _refused(400, "We could not parse the JSON body of your request.", "invalid_json")
    fault = pretending.fault_of(prompt, state)
    if fault in _FAULTS:
        return _FAULTS[fault]
    form = body.get("response_format")
    schema = form["json_schema"]["schema"] if isinstance(form, Mapping) else None
    text = "I am not sure." if fault == "wrong-answer" else pretending.answer(prompt, schema)
    asked = sum(pretending.tokens_of(str(each.get("content"))) for each in body["messages"])
    written = pretending.tokens_of(text)
    message = {"role": "assistant", "content": text, "refusal": None}
    return _given(
        {
            "id": f"chatcmpl-sandbox{int(now)}",
            "object": "chat.completion",
            "created": int(now),
            "model": body.get("model"),
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": {
                "prompt_tokens": asked,
                "completion_tokens": written,
                "total_tokens": asked + written,
            },
        }
    )


def _given(answer: Mapping[str, Any]) -> Response:
    return Response(200, _JSON, json.dumps(answer).encode())


def _refused(status: int, message: str, code: str, **headers: str) -> Response:
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": code}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status, {**_JSON, **named}, json.dumps({"error": error}).encode())


_FAULTS = {
    "rate-limited": _refused(429, "Rate limit reached for requests.", "rate_limit_exceeded", retry_after="2"),
    "server-error": _refused(503, "The engine is currently overloaded.", "overloaded"),
    "unauthorized": _refused(401, "Incorrect API key provided.", "invalid_api_key"),
    "too-long": _refused(
        400, "This model's maximum context length is 128000 tokens.", "context_length_exceeded"
    ),
}
