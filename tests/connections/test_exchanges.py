"""What is kept of calls: everything but the secrets."""

import base64

import pytest

from apps.catalog.transport import Captured, NoAnswer, NotSent, Request, Response
from apps.connections import sandbox, senders
from apps.connections.exchanges import MAX_BODY_BYTES, Recording
from apps.connections.models import SandboxCall
from tests.factories import ConnectionFactory

SECRET = "canary-secret-value-0042"


def record(request, answer):
    def send(request, *, deadline):
        if isinstance(answer, Exception):
            raise answer
        return answer

    recording = Recording(send, (SECRET,))
    if isinstance(answer, Exception):
        with pytest.raises(type(answer)):
            recording(request, deadline=5)
    else:
        assert recording(request, deadline=5) is answer
    [exchange] = recording.exchanges
    return exchange


def test_request_and_answer_are_kept_as_they_were():
    request = Request("POST", "https://track.customer.io/api/v1/x", {"X-Note": "hello"}, b'{"name": "paid"}')

    exchange = record(request, Response(200, {"x-request-id": "r1"}, b'{"ok": 1}'))

    assert exchange["method"] == "POST"
    assert exchange["url"] == "https://track.customer.io/api/v1/x"
    assert exchange["headers"] == {"X-Note": "hello"}
    assert exchange["body"] == '{"name": "paid"}'
    assert exchange["status"] == 200
    assert exchange["response_headers"] == {"x-request-id": "r1"}
    assert exchange["response_body"] == '{"ok": 1}'
    assert exchange["ms"] >= 0


@pytest.mark.parametrize(
    "request_",
    [
        Request("GET", f"https://example.com/?key={SECRET}"),
        Request("GET", "https://example.com/", {"Authorization": f"Bearer {SECRET}"}),
        Request(
            "GET",
            "https://example.com/",
            {"Authorization": "Basic " + base64.b64encode(f"site:{SECRET}".encode()).decode()},
        ),
        Request("POST", "https://example.com/", {}, f"key={SECRET}".encode()),
        Request("POST", "https://example.com/", {}, f'{{"deep": ["{SECRET}"]}}'.encode()),
    ],
)
def test_a_secret_is_masked_wherever_it_stands(request_):
    exchange = record(request_, Response(200, {"echo": SECRET}, SECRET.encode()))

    assert SECRET not in repr(exchange)
    assert base64.b64encode(f"site:{SECRET}".encode()).decode() not in repr(exchange)


def test_a_secret_that_the_answer_tells_is_masked_by_its_name():
    answer = Response(200, {}, b'{"id": "we_1", "secret": "something nobody knew before"}')

    exchange = record(Request("POST", "https://example.com/"), answer)

    assert "something nobody knew" not in exchange["response_body"]
    assert "we_1" in exchange["response_body"]


@pytest.mark.parametrize("error", [NotSent("Refused.", code="refused"), NoAnswer("Lost.", code="timeout")])
def test_a_call_without_an_answer_is_kept_with_its_reason(error):
    exchange = record(Request("GET", "https://example.com/"), error)

    assert exchange["status"] is None
    assert exchange["error"] == error.reason


def test_a_dry_run_is_kept_as_not_sent():
    request = Request("GET", "https://example.com/")

    assert "dry run" in record(request, Captured(request))["error"]


@pytest.mark.parametrize("body", [b"\xff\xfe\x00", b"[" * 20000, b'{"a": NaN}', b"a\x00b"])
def test_hostile_bodies_can_be_kept(body):
    exchange = record(Request("GET", "https://example.com/"), Response(200, {}, body))

    assert "\x00" not in exchange["response_body"]


def test_a_long_body_is_cut_and_says_so():
    exchange = record(Request("GET", "https://example.com/"), Response(200, {}, b"x" * 200_000))

    assert len(exchange["response_body"].encode()) < MAX_BODY_BYTES + 100
    assert "more bytes cut" in exchange["response_body"]


def test_a_sandbox_keeps_its_calls_masked_and_its_memory_sealed(workspace):
    connection = ConnectionFactory(workspace=workspace)
    sender = senders.sender_for(connection)
    body = b"url=https%3A%2F%2Fexample.com&enabled_events[0]=charge.failed"
    headers = {"Authorization": "Bearer sk_test_sandbox", "Idempotency-Key": "k1"}

    answer = sender.send(
        Request("POST", "https://api.stripe.com/v1/webhook_endpoints", headers, body), deadline=5
    )

    assert not sender.in_thread
    assert answer.status == 200
    assert b"whsec_" in answer.body
    call = SandboxCall.objects.get()
    assert "sk_test_sandbox" not in repr(call.request_headers)
    assert "whsec_" not in call.response_body
    assert b"whsec_" not in bytes(connection.sandbox_state.state)


def test_a_sandbox_remembers_from_call_to_call(workspace):
    connection = ConnectionFactory(workspace=workspace)
    headers = {"Authorization": "Bearer sk_test_sandbox"}
    send = senders.sender_for(connection).send
    body = b"url=https%3A%2F%2Fexample.com&enabled_events[0]=charge.failed"
    send(Request("POST", "https://api.stripe.com/v1/webhook_endpoints", headers, body), deadline=5)

    listed = senders.sender_for(connection).send(
        Request("GET", "https://api.stripe.com/v1/webhook_endpoints", headers), deadline=5
    )

    assert listed.body.count(b'"we_') == 1


def test_a_sandbox_that_gives_no_answer_keeps_the_call(workspace):
    connection = ConnectionFactory(workspace=workspace)
    request = Request(
        "GET",
        "https://api.stripe.com/v1/customers/cus_timeout",
        {"Authorization": "Bearer sk_test_sandbox"},
    )

    with pytest.raises(NoAnswer):
        senders.sender_for(connection).send(request, deadline=5)

    assert SandboxCall.objects.get().status == sandbox.NO_ANSWER


def test_a_sandbox_forgets_its_oldest_calls(workspace, monkeypatch):
    monkeypatch.setattr(sandbox, "MAX_CALLS", 5)
    connection, other = ConnectionFactory(workspace=workspace), ConnectionFactory(workspace=workspace)
    request = Request("GET", "https://api.stripe.com/v1/balance", {"Authorization": "Bearer sk_test_sandbox"})
    senders.sender_for(other).send(request, deadline=5)

    for _ in range(8):
        senders.sender_for(connection).send(request, deadline=5)

    assert connection.sandbox_calls.count() == 5
    assert other.sandbox_calls.count() == 1


def test_live_calls_go_through_the_guard(workspace, settings):
    settings.EGRESS_ALLOW = []
    sender = senders.sender_for(ConnectionFactory(workspace=workspace, sandbox=False))

    assert sender.in_thread
    with pytest.raises(senders.EgressRefused):
        sender.send(Request("GET", "http://127.0.0.1:1/"), deadline=2)


def test_a_refused_connection_was_surely_not_sent(settings, stand_in):
    stand_in.close()

    with pytest.raises(NotSent):
        senders.live_send(Request("GET", stand_in.url), deadline=2)
