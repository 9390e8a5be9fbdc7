"""Requests in OpenAI's dialect of chat completions, and what the answers mean.

Facts: https://platform.openai.com/docs/api-reference/chat/create and
https://platform.openai.com/docs/guides/error-codes. Other servers know a part
of it: what one of them refuses is left out, and the question is sent again.
"""

import json
import time
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

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

API: Final = "https://api.openai.com/v1"
DOCS: Final = "https://platform.openai.com/docs/api-reference/chat"
_MOST_REQUESTS: Final = 4
_LEAST_SECONDS: Final = 1.0

# Keywords that OpenAI holds an answer to strictly; with others the schema is a wish.
_STRICT: Final = frozenset(
    ("type", "properties", "required", "additionalProperties", "enum", "items", "title", "description")
)


def provider_of(account: Account) -> str:
    """Return who is asked, for messages."""
    host = urlsplit(base_of(account)).netloc
    return "OpenAI" if host == urlsplit(API).netloc else host


def base_of(account: Account) -> str:
    """Return the base address of the connection."""
    return (account.values.get("address") or API).rstrip("/")


def headers_of(account: Account) -> dict[str, str]:
    """Return the headers of every request; a local server may need no key."""
    headers = {"Accept": "application/json"}
    if account.values.get("key"):
        headers["Authorization"] = f"Bearer {account.values['key']}"
    return headers


def call(context: CallContext) -> dict[str, Any]:
    """Ask the model; return the outputs of `generate`. Raises a `CallError`, or what `send` raises."""
    account, inputs = context.account, context.inputs
    body = body_of(account, inputs)
    ends_at = time.monotonic() + context.deadline
    for _ in range(_MOST_REQUESTS):
        headers = {**headers_of(account), "Content-Type": "application/json"}
        sent = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        request = Request("POST", f"{base_of(account)}/chat/completions", headers, sent)
        response = context.send(request, deadline=max(ends_at - time.monotonic(), _LEAST_SECONDS))
        simpler = _simpler(body, response)
        if simpler is None:
            break
        body = simpler
    return _read(account, inputs, response)


def body_of(account: Account, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body of the first request."""
    system = inputs.get("system")
    ours = urlsplit(base_of(account)).netloc == urlsplit(API).netloc
    body: dict[str, Any] = {
        "model": model_of(account, inputs),
        "messages": [
            *([{"role": "system", "content": system}] if system else []),
            {"role": "user", "content": inputs["prompt"]},
        ],
        # OpenAI's newer models take this name alone, other servers often only the former one.
        ("max_completion_tokens" if ours else "max_tokens"): inputs.get("max_tokens", MAX_TOKENS),
    }
    if inputs.get("temperature") is not None:
        body["temperature"] = inputs["temperature"]
    schema = wanted_schema(inputs)
    if schema is not None:
        form = {"name": ANSWER, "schema": schema, "strict": _is_strict(schema)}
        body["response_format"] = {"type": "json_schema", "json_schema": form}
    return body


def _is_strict(schema: Any) -> bool:
    """Tell whether OpenAI can hold an answer to this schema: all required, nothing else allowed."""
    if not isinstance(schema, Mapping) or not schema.keys() <= _STRICT:
        return False
    properties = schema.get("properties")
    if properties is not None:
        closed = schema.get("additionalProperties") is False
        if not closed or set(schema.get("required", ())) != set(properties):
            return False
        if not all(_is_strict(inner) for inner in properties.values()):
            return False
    return "items" not in schema or _is_strict(schema["items"])


def _simpler(body: Mapping[str, Any], response: Response) -> dict[str, Any] | None:
    """Return a body without what this answer refuses; None where that would not help."""
    if response.status not in (400, 404, 415, 422, 500, 501):
        return None
    words = f"{own_words(response)} {_error(response, 'param')}".lower()
    rest = dict(body)
    if "max_completion_tokens" in words and "max_tokens" in body:
        rest["max_completion_tokens"] = rest.pop("max_tokens")
    elif "max_tokens" in words and "max_completion_tokens" not in words and "max_completion_tokens" in body:
        rest["max_tokens"] = rest.pop("max_completion_tokens")
    elif "response_format" in body and any(
        each in words for each in ("response_format", "json_schema", "schema")
    ):
        del rest["response_format"]
    elif "temperature" in body and "temperature" in words:
        del rest["temperature"]
    else:
        return None
    return rest


def _error(response: Response, key: str) -> str:
    error = (json_object(response) or {}).get("error")
    value = error.get(key) if isinstance(error, Mapping) else None
    return value if isinstance(value, str) else ""


def error_of(account: Account, response: Response) -> CallError | None:
    """Class an answer; None for one that was given."""
    provider, words, code = provider_of(account), own_words(response), _error(response, "code")
    if response.status == 400 and (code == "context_length_exceeded" or "context length" in words.lower()):
        return Permanent(
            f"{provider}: the prompt is too long for the model ({response.status}): {words}",
            code="context_too_long",
            remedy="Choose fewer fields, cut them with “truncate”, or use a model with a larger context.",
            status=response.status,
            field="prompt",
        )
    remedy = ""
    if code == "insufficient_quota":
        remedy = "The account has no credit left: check plan and billing at the provider."
    elif response.status == 404:
        remedy = "Check the model's name and the connection's base address."
    return failure(response, provider=provider, detail=words, remedy=remedy)


def _read(account: Account, inputs: Mapping[str, Any], response: Response) -> dict[str, Any]:
    error = error_of(account, response)
    if error is not None:
        raise error
    answer = json_object(response)
    choices = answer.get("choices") if answer is not None else None
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = choice.get("message") if isinstance(choice, Mapping) else None
    if answer is None or not isinstance(choice, Mapping) or not isinstance(message, Mapping):
        raise unreadable(response, provider=provider_of(account))
    refusal = message.get("refusal")
    refused = isinstance(refusal, str) and bool(refusal)
    usage = answer.get("usage")
    return outputs_of(
        account,
        inputs,
        text=str(refusal) if refused else _text(message.get("content")),
        model=answer.get("model"),
        tokens=(count_of(usage, "prompt_tokens"), count_of(usage, "completion_tokens")),
        stop_reason=REFUSED if refused else _stopped(choice.get("finish_reason")),
    )


def _text(content: Any) -> str:
    """Return a message's text; some servers give it in parts."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    texts = [part.get("text") for part in parts if isinstance(part, Mapping)]
    return "".join(text for text in texts if isinstance(text, str))


def _stopped(reason: Any) -> str:
    if reason in (None, "", "stop", "eos"):
        return STOPPED
    return {"length": CUT, "content_filter": REFUSED}.get(str(reason), str(reason)[:40])
