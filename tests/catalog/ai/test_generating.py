"""What both dialects must do: ask, read the answer, class errors, and pretend in the sandbox."""

import json
from typing import Any

import pytest

from apps.catalog import registry
from apps.catalog.errors import NeedsHuman, Permanent, Retryable
from apps.catalog.spec import Account, CallContext
from apps.catalog.transport import Response

JSON = {"content-type": "application/json"}
SCHEMA = {
    "type": "object",
    "properties": {"ok": {"type": "boolean"}},
    "required": ["ok"],
    "additionalProperties": False,
}


class Server:
    """Answers with what it is given, one answer for each request, and keeps the requests."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.requests = []

    def __call__(self, request, *, deadline):
        self.requests.append(request)
        status, body, *headers = self.answers.pop(0)
        return Response(status, {**JSON, **(headers[0] if headers else {})}, json.dumps(body).encode())

    @property
    def bodies(self):
        return [json.loads(request.body) for request in self.requests]


def ask(app, send, values=None, base_url="", **inputs):
    declared = registry.get_app(app)
    account = Account({**declared.auth.sandbox_values, **(values or {})}, base_url)
    context = CallContext({"prompt": "Hello", **inputs}, account, send, key="", event_time=1)
    return declared.action("generate").call(context)


def in_sandbox(app, *prompts, **inputs):
    state: dict[str, Any] = {}
    declared = registry.get_app(app)

    def send(request, *, deadline):
        nonlocal state
        response, state = declared.sandbox(request, state, 1_795_000_000)
        return response

    return [ask(app, send, prompt=prompt, **inputs) for prompt in prompts]


def completion(content, **also):
    message = {"role": "assistant", "content": content, **also.pop("message", {})}
    choice = {"index": 0, "message": message, "finish_reason": also.pop("finish_reason", "stop")}
    usage = {"prompt_tokens": 1000, "completion_tokens": 100}
    return {"model": "gpt-5-mini-2025", "choices": [choice], "usage": usage, **also}


def message(*blocks, **also):
    usage = {"input_tokens": 1000, "output_tokens": 100}
    return {"model": "claude", "content": list(blocks), "stop_reason": "end_turn", "usage": usage, **also}


def sample(app, name):
    return json.loads((registry.get_app(app).samples / name).read_text())


def test_openai_is_asked_in_its_dialect():
    server = Server((200, completion('{"ok": true}')))

    outputs = ask("openai", server, system="Rules", schema=SCHEMA, temperature=0, max_tokens=9)

    (body,) = server.bodies
    assert server.requests[0].url == "https://api.openai.com/v1/chat/completions"
    assert server.requests[0].headers["Authorization"] == "Bearer sk-sandbox-0000000000"
    assert body["messages"] == [{"role": "system", "content": "Rules"}, {"role": "user", "content": "Hello"}]
    assert (body["model"], body["max_completion_tokens"], body["temperature"]) == ("gpt-5-mini", 9, 0)
    assert body["response_format"]["json_schema"] == {"name": "answer", "schema": SCHEMA, "strict": True}
    assert outputs == {
        "text": '{"ok": true}',
        "model": "gpt-5-mini-2025",
        "input_tokens": 1000,
        "output_tokens": 100,
        "cost": 0.00045,
        "stop_reason": "stop",
    }


def test_anthropic_is_asked_in_its_dialect():
    block = {"type": "tool_use", "name": "answer", "input": {"ok": True}}
    server = Server((200, message({"type": "text", "text": "Well"}, block, stop_reason="tool_use")))

    outputs = ask("anthropic", server, system="Rules", schema=SCHEMA, temperature=1.5)

    (body,) = server.bodies
    headers = server.requests[0].headers
    assert server.requests[0].url == "https://api.anthropic.com/v1/messages"
    assert (headers["x-api-key"], headers["anthropic-version"]) == ("sk-ant-sandbox-0000000000", "2023-06-01")
    assert (body["system"], body["temperature"], body["max_tokens"]) == ("Rules", 1, 1024)
    assert body["tools"][0]["input_schema"] == SCHEMA
    assert body["tool_choice"] == {"type": "tool", "name": "answer"}
    assert json.loads(outputs["text"]) == {"ok": True}
    assert (outputs["cost"], outputs["stop_reason"]) == (0.0015, "stop")


@pytest.mark.parametrize(
    ("app", "answer"),
    [("openai", "chat-completion.json"), ("anthropic", "message.json")],
)
def test_a_label_is_given_as_plain_text(app, answer):
    outputs = ask(app, Server((200, sample(app, answer))), labels=["question", "other"])

    assert outputs["text"] == "question"


@pytest.mark.parametrize(
    ("app", "body"),
    [
        ("openai", completion("half", finish_reason="length")),
        ("anthropic", message({"type": "text", "text": "half"}, stop_reason="max_tokens")),
    ],
)
def test_a_cut_answer_says_so(app, body):
    outputs = ask(app, Server((200, body)))

    assert (outputs["text"], outputs["stop_reason"]) == ("half", "length")


@pytest.mark.parametrize(
    ("app", "body"),
    [
        ("openai", completion(None, message={"refusal": "No."})),
        ("anthropic", message({"type": "text", "text": "No."}, stop_reason="refusal")),
    ],
)
def test_a_refusal_says_so(app, body):
    outputs = ask(app, Server((200, body)))

    assert (outputs["text"], outputs["stop_reason"]) == ("No.", "refusal")


def test_without_prices_or_a_count_the_cost_is_not_known():
    assert ask("openai", Server((200, completion("a"))), {"input_price": ""})["cost"] is None
    assert ask("openai", Server((200, completion("a", usage=None))))["cost"] is None


def refused(words, param=None):
    return 400, {"error": {"message": words, "param": param, "code": None}}


def test_what_a_server_does_not_know_is_left_out():
    server = Server(
        refused("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.", "max_tokens"),
        refused("'response_format.type' must be 'text'"),
        refused("temperature does not support 0 with this model", "temperature"),
        (200, completion("yes")),
    )

    outputs = ask(
        "openai", server, {"address": "http://127.0.0.1:11434/v1"}, labels=["yes", "no"], temperature=0
    )

    assert outputs["text"] == "yes"
    assert "max_tokens" in server.bodies[0]
    assert "max_completion_tokens" in server.bodies[1]
    assert "response_format" in server.bodies[1]
    assert "response_format" not in server.bodies[2]
    assert "temperature" not in server.bodies[3]
    assert {request.url for request in server.requests} == {"http://127.0.0.1:11434/v1/chat/completions"}


def test_another_refusal_is_told_in_the_providers_words_and_not_repeated():
    server = Server(refused("Invalid model name."))

    with pytest.raises(Permanent, match="Invalid model name"):
        ask("openai", server, schema=SCHEMA)

    assert len(server.requests) == 1


@pytest.mark.parametrize("app", ["openai", "anthropic"])
@pytest.mark.parametrize(
    ("prompt", "error", "code"),
    [
        ("rate-limited", Retryable, "rate_limited"),
        ("server-error", Retryable, "provider_error"),
        ("unauthorized", NeedsHuman, "unauthorized"),
        ("too-long", Permanent, "context_too_long"),
    ],
)
def test_the_sandbox_fails_on_demand(app, prompt, error, code):
    with pytest.raises(error) as caught:
        in_sandbox(app, prompt)

    assert caught.value.code == code
    if code == "rate_limited":
        assert caught.value.after == 2


@pytest.mark.parametrize("app", ["openai", "anthropic"])
def test_a_model_that_nobody_chose_is_named(app):
    with pytest.raises(Permanent) as caught:
        ask(app, Server(), {"model": ""})

    assert caught.value.field == "model"


@pytest.mark.parametrize("app", ["openai", "anthropic"])
@pytest.mark.parametrize("body", [[], {}, {"choices": []}, {"content": None}, {"choices": [{"message": 5}]}])
def test_an_answer_of_another_shape_is_unreadable(app, body):
    with pytest.raises(Retryable) as caught:
        ask(app, Server((200, body)))

    assert caught.value.code == "unreadable_answer"


@pytest.mark.parametrize("app", ["openai", "anthropic"])
def test_the_pretend_model_answers_plausibly(app):
    schema = {
        "type": "object",
        "properties": {
            "email": {"type": "string"},
            "amount": {"type": "integer", "minimum": 1},
            "urgency": {"type": "string", "enum": ["low", "high"]},
            "code": {"type": ["string", "null"], "pattern": "[A-Z]{3}"},
            "tags": {"type": "array", "items": {"type": "string", "maxLength": 5}},
        },
        "required": ["email", "amount", "urgency", "code", "tags"],
    }
    prompt = "Urgent! jane@example.com wants 42 back."
    (first, again) = in_sandbox(app, prompt, prompt, schema=schema)
    (label,) = in_sandbox(app, "How do I change my card?", labels=["complaint", "question", "other"])
    (wrong,) = in_sandbox(app, "wrong-answer", labels=["a", "b"])
    (text,) = in_sandbox(app, "Hello there. More.")

    value = json.loads(first["text"])
    assert first["text"] == again["text"]
    assert (value["email"], value["amount"], value["urgency"]) == ("jane@example.com", 42, "high")
    assert value["tags"] == ["Urgen"]
    assert label["text"] == "question"
    assert wrong["text"] not in ("a", "b")
    assert "Hello there." in text["text"]
    assert first["cost"] > 0


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({}, "key"),
        ({"address": "https://api.openai.com/v1"}, "key"),
        ({"address": "ftp://models.example.com", "key": "sk-1"}, "address"),
        ({"address": "http://models.example.com/v1", "key": "sk-1"}, "address"),
        ({"key": "sk-1", "input_price": "cheap"}, "input_price"),
        ({"key": "sk 1"}, "key"),
    ],
)
def test_values_that_can_not_work_are_refused_with_the_field(values, field):
    with pytest.raises(Permanent) as caught:
        registry.get_app("openai").auth.check(values)

    assert caught.value.field == field


def test_a_local_server_needs_no_key():
    registry.get_app("openai").auth.check({"address": "http://127.0.0.1:11434/v1"})
    server = Server((200, completion("hi")))

    ask("openai", server, {"address": "http://127.0.0.1:11434/v1", "key": ""})

    assert "Authorization" not in server.requests[0].headers


def test_the_test_call_looks_for_the_usual_model():
    auth = registry.get_app("openai").auth
    server = Server((200, {"data": [{"id": "other"}]}))

    checked = auth.test(Account(auth.sandbox_values), server)

    assert server.requests[0].url == "https://api.openai.com/v1/models"
    assert "gpt-5-mini" in checked.warnings[0]
