"""Requests to Anthropic's Messages API, and what the answers mean.

Facts: https://docs.anthropic.com/en/api/messages and
https://docs.anthropic.com/en/api/errors. An object is asked for by a tool that
the model is forced to use; what it is called with is the answer.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from apps.catalog.errors import CallError, Permanent
from apps.catalog.generating import (
    ANSWER,
    CUT,
    MAX_TOKENS,
    REFUSED,
    STOPPED,
    count_of,
    model_of,
    outputs_of,
    wanted_schema,
)
from apps.catalog.responses import failure, json_object, own_words, unreadable
from apps.catalog.spec import Account, CallContext
from apps.catalog.transport import Request, Response

PROVIDER: Final = "Anthropic"
API: Final = "https://api.anthropic.com"
VERSION: Final = "2023-06-01"
DOCS: Final = "https://docs.anthropic.com/en/api/messages"

_CUT: Final = ("max_tokens", "model_context_window_exceeded")
_TOO_LONG: Final = ("prompt is too long", "context window", "exceed context limit")
_STOPS: Final = {
    "end_turn": STOPPED,
    "tool_use": STOPPED,
    "stop_sequence": STOPPED,
    "refusal": REFUSED,
    **dict.fromkeys(_CUT, CUT),
}


def base_of(account: Account) -> str:
    """Return the base address of the connection."""
    return account.base_url.rstrip("/") or API


def headers_of(account: Account) -> dict[str, str]:
    """Return the headers of every request."""
    return {
        "x-api-key": account.values.get("key", ""),
        "anthropic-version": VERSION,
        "Accept": "application/json",
    }


def call(context: CallContext) -> dict[str, Any]:
    """Ask the model; return the outputs of `generate`. Raises a `CallError`, or what `send` raises."""
    account, inputs = context.account, context.inputs
    headers = {**headers_of(account), "Content-Type": "application/json"}
    body = json.dumps(body_of(account, inputs), ensure_ascii=False, separators=(",", ":"))
    request = Request("POST", f"{base_of(account)}/v1/messages", headers, body.encode("utf-8", "replace"))
    return _read(account, inputs, context.send(request, deadline=context.deadline))


def body_of(account: Account, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body of the request."""
    body: dict[str, Any] = {
        "model": model_of(account, inputs),
        "max_tokens": inputs.get("max_tokens", MAX_TOKENS),
        "messages": [{"role": "user", "content": inputs["prompt"]}],
    }
    if inputs.get("system"):
        body["system"] = inputs["system"]
    if inputs.get("temperature") is not None:
        # From 0 to 1 here, to 2 elsewhere.
        body["temperature"] = min(inputs["temperature"], 1)
    schema = wanted_schema(inputs)
    if schema is not None:
        what = "Give the answer. Call this once, with the answer in the form that is asked for."
        body["tools"] = [{"name": ANSWER, "description": what, "input_schema": schema}]
        body["tool_choice"] = {"type": "tool", "name": ANSWER}
    return body


def error_of(response: Response) -> CallError | None:
    """Class an answer; None for one that was given."""
    words = own_words(response)
    if response.status in (400, 413) and any(each in words.lower() for each in _TOO_LONG):
        return Permanent(
            f"{PROVIDER}: the prompt is too long for the model ({response.status}): {words}",
            code="context_too_long",
            remedy="Choose fewer fields, cut them with “truncate”, or use a model with a larger context.",
            status=response.status,
            field="prompt",
        )
    remedy = "Check the model's name." if response.status == 404 else ""
    if response.status == 400 and "credit balance" in words:
        remedy = "The account has no credit left: check plan and billing at the provider."
    return failure(response, provider=PROVIDER, detail=words, remedy=remedy)


def _read(account: Account, inputs: Mapping[str, Any], response: Response) -> dict[str, Any]:
    error = error_of(response)
    if error is not None:
        raise error
    answer = json_object(response)
    blocks = answer.get("content") if answer is not None else None
    if answer is None or not isinstance(blocks, list):
        raise unreadable(response, provider=PROVIDER)
    usage = answer.get("usage")
    reason = answer.get("stop_reason")
    return outputs_of(
        account,
        inputs,
        text=_text(blocks),
        model=answer.get("model"),
        tokens=(count_of(usage, "input_tokens"), count_of(usage, "output_tokens")),
        stop_reason=_STOPS.get(str(reason), str(reason or STOPPED)[:40]),
    )


def _text(blocks: list[Any]) -> str:
    """Return what the tool was called with as JSON, else the texts."""
    known = [block for block in blocks if isinstance(block, Mapping)]
    for block in known:
        if block.get("type") == "tool_use" and block.get("name") == ANSWER:
            return json.dumps(block.get("input"), ensure_ascii=False)
    texts = [block.get("text") for block in known if block.get("type") == "text"]
    return "".join(text for text in texts if isinstance(text, str))
