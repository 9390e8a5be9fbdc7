"""What goes over the wire when the official SDK speaks through our `Send`."""

import json
import re
import subprocess
import sys
import urllib.parse
from pathlib import Path

import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st

from apps.catalog.connectors.stripe import APP
from apps.catalog.connectors.stripe.client import API_VERSION, Caller, invoke
from apps.catalog.errors import CallError, Permanent, Retryable
from apps.catalog.registry import sample_payload
from apps.catalog.spec import Account, Effect, Idempotency
from apps.catalog.transport import Captured, NoAnswer, NotSent, Request
from tests.catalog.stripe.provider import API_KEY, KEY, Provider, Sandbox, action_of, answer, refusal, run

ROOT = Path(__file__).parents[3]
LOOK_UPS = {
    "get-customer": ("customer_id", "customers", "cus_1"),
    "get-charge": ("charge_id", "charges", "ch_1"),
    "get-invoice": ("invoice_id", "invoices", "in_1"),
    "get-subscription": ("subscription_id", "subscriptions", "sub_1"),
}


def caller(send, **values):
    return Caller(Account({"api_key": API_KEY, **values}), send, 7.5)


def test_the_pinned_version_is_the_sdks_own():
    assert APP.webhook is not None
    assert stripe.api_version == API_VERSION == APP.webhook.api_version


def test_the_look_ups_are_reads():
    for action in map(action_of, LOOK_UPS):
        assert (action.effect, action.idempotency) == (Effect.READ, Idempotency.NATURAL)
        assert [field.key for field in action.inputs if field.required] == [LOOK_UPS[action.key][0]]


@pytest.mark.parametrize(("key", "wire"), LOOK_UPS.items())
def test_a_look_up_is_one_plain_get(key, wire):
    input_key, resource, object_id = wire
    send = Provider(answer(body={"id": object_id}))

    run(key, {input_key: object_id}, send)

    (request,) = send.requests
    assert request.method == "GET"
    assert request.url == f"https://api.stripe.com/v1/{resource}/{object_id}"
    assert request.body == b""
    assert request.headers["Authorization"] == f"Bearer {API_KEY}"
    assert request.headers["Stripe-Version"] == API_VERSION
    assert "Idempotency-Key" not in request.headers
    assert send.deadlines == [10.0]


def test_a_base_address_replaces_stripes_own():
    send = Provider(answer(body={"id": "cus_1"}))

    run("get-customer", {"customer_id": "cus_1"}, send, base_url="http://127.0.0.1:9/worlds/t1/")

    assert send.requests[0].url == "http://127.0.0.1:9/worlds/t1/v1/customers/cus_1"


@pytest.mark.parametrize("object_id", ["cus_a/b", "cus_?x=1", "../balance", "cus_%2e"])
def test_an_id_stays_one_segment_of_the_path(object_id):
    send = Provider(answer(body={"id": "x"}))

    run("get-customer", {"customer_id": object_id}, send)

    assert send.requests[0].url.count("/") == 5
    assert urllib.parse.urlsplit(send.requests[0].url).query == ""


@pytest.mark.parametrize("object_id", ["", ".", "..", "a/b", "a b", "a?b", "x" * 256])
def test_an_id_that_is_none_does_not_match_its_pattern(object_id):
    for action in APP.actions:
        for key in getattr(action.call, "ids", ()):
            field = action.input(key)
            assert not re.fullmatch(str(field.pattern), object_id)
            assert re.fullmatch(str(field.pattern), str(field.example))


@pytest.mark.parametrize(
    ("key", "slug"),
    [
        ("get-customer", "customer-created"),
        ("get-charge", "charge-failed"),
        ("get-invoice", "invoice-paid"),
        ("get-subscription", "subscription-created"),
    ],
)
def test_a_look_up_returns_its_declared_fields_from_the_untouched_answer(key, slug):
    about = sample_payload("stripe", slug)["data"]["object"]
    input_key = LOOK_UPS[key][0]

    outputs = run(key, {input_key: about["id"]}, Provider(answer(body=about)))

    assert list(outputs) == [field.key for field in action_of(key).outputs]
    assert outputs[input_key] == about["id"]
    assert outputs["metadata"] == about["metadata"]
    json.dumps(outputs)


def test_get_charge_finds_the_payers_e_mail_in_both_places():
    def email(**charge):
        send = Provider(answer(body={"id": "ch_1", **charge}))
        return run("get-charge", {"charge_id": "ch_1"}, send)["email"]

    assert email(billing_details={"email": "a@example.com"}, receipt_email="b@example.com") == "a@example.com"
    assert email(billing_details={"email": None}, receipt_email="b@example.com") == "b@example.com"
    assert email(billing_details=None) is None


def test_a_deleted_customer_is_told_and_names_the_input():
    gone = {"id": "cus_1", "object": "customer", "deleted": True}

    with pytest.raises(Permanent) as caught:
        run("get-customer", {"customer_id": "cus_1"}, Provider(answer(body=gone)))

    assert (caught.value.code, caught.value.field, caught.value.gone) == ("deleted", "customer_id", True)
    assert "deleted" in caught.value.message


@pytest.mark.parametrize(
    "raised",
    [
        NotSent("refused", code="connection_refused"),
        NoAnswer("slow", code="timeout"),
        Captured(Request("GET", "https://example.com")),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_send_raises_passes_through_as_it_is(raised):
    send = Provider(raised)

    with pytest.raises(type(raised)) as caught:
        run("get-customer", {"customer_id": "cus_1"}, send)

    assert caught.value is raised
    assert len(send.requests) == 1


@pytest.mark.parametrize("status", [409, 429, 500, 503])
def test_the_sdk_repeats_nothing_by_itself(status):
    send = Provider(answer(status, stripe_should_retry="true"))

    with pytest.raises(Retryable):
        run("get-customer", {"customer_id": "cus_1"}, send)

    assert len(send.requests) == 1


def test_a_write_carries_the_derived_key():
    send = Provider(answer(body={"id": "we_1"}))
    params = {"url": "https://example.com/x?a=b", "enabled_events": ["a.b", "c.d"], "metadata": {"k": "ü"}}

    invoke(caller(send), "webhook_endpoints.create", params=params, key=KEY)

    (request,) = send.requests
    assert (request.method, request.headers["Idempotency-Key"]) == ("POST", KEY)
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert urllib.parse.parse_qsl(request.body.decode()) == [
        ("url", "https://example.com/x?a=b"),
        ("enabled_events[0]", "a.b"),
        ("enabled_events[1]", "c.d"),
        ("metadata[k]", "ü"),
    ]
    assert send.deadlines == [7.5]


def test_a_write_without_a_derived_key_is_never_sent():
    send = Provider(answer())

    with pytest.raises(ValueError, match="derived idempotency key"):
        invoke(caller(send), "webhook_endpoints.create", params={"url": "https://example.com"})

    assert send.requests == []


def test_a_connection_without_a_key_calls_nobody():
    send = Provider(answer())

    with pytest.raises(Permanent) as caught:
        run("get-customer", {"customer_id": "cus_1"}, send, api_key="")

    assert (caught.value.code, send.requests) == ("missing_key", [])


def test_the_sdk_tells_stripe_nothing_of_the_machine(monkeypatch):
    for name in ("CLAUDECODE", "CODEX_CI", "CURSOR_AGENT"):
        monkeypatch.setenv(name, "1")
    send = Provider(answer(body={"id": "cus_1"}, request_id="req_1"))

    run("get-customer", {"customer_id": "cus_1"}, send)
    run("get-customer", {"customer_id": "cus_1"}, send)

    for request in send.requests:
        assert request.headers["User-Agent"].endswith(" Tandem")
        about = json.loads(request.headers["X-Stripe-Client-User-Agent"])
        assert set(about) == {"bindings_version", "lang", "httplib", "lang_version", "application"}
        assert "X-Stripe-Client-Telemetry" not in request.headers


def test_a_notice_of_stripes_is_no_python_warning():
    send = Provider(answer(body={"id": "cus_1"}, stripe_notice="Use something else."))

    assert run("get-customer", {"customer_id": "cus_1"}, send)["customer_id"] == "cus_1"


def test_nothing_is_written_to_the_home_folder(tmp_path):
    code = (
        "from apps.catalog.connectors.stripe import APP\n"
        "from apps.catalog.spec import Account, CallContext\n"
        "from apps.catalog.transport import Response\n"
        "send = lambda request, deadline: Response(200, {'request-id': 'req_1'}, b'{\"id\": \"cus_1\"}')\n"
        "account = Account({'api_key': 'sk_test_1'})\n"
        "for _ in range(2):\n"
        "    context = CallContext({'customer_id': 'cus_1'}, account, send, '', 0)\n"
        "    print(APP.action('get-customer').call(context)['customer_id'])\n"
    )
    environment = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, check=True
    )

    assert done.stdout.split() == [b"cus_1", b"cus_1"]
    assert list(tmp_path.rglob("*")) == []


def test_the_sandbox_answers_every_look_up():
    send = Sandbox()

    for key, (input_key, _, object_id) in LOOK_UPS.items():
        outputs = run(key, {input_key: object_id}, send)
        assert outputs[input_key] == object_id
    with pytest.raises(Permanent) as caught:
        run("get-customer", {"customer_id": "cus_missing"}, send)
    assert (caught.value.gone, caught.value.field) == (True, "customer_id")


def test_an_answer_for_another_resource_is_read_without_harm():
    odd = {"id": ["x"], "object": {"a": 1}, "email": 7, "metadata": "no"}

    outputs = run("get-customer", {"customer_id": "cus_1"}, Provider(answer(body=odd)))

    assert set(outputs.values()) == {None}


def test_a_refusal_never_names_the_key():
    said = f"Invalid API Key provided: {API_KEY[:12]}****dp7dc and {API_KEY}"
    for status in (400, 401, 402, 403, 404, 409, 429, 500):
        with pytest.raises(CallError, match=rf"\({status}\)") as caught:
            run("get-customer", {"customer_id": "cus_1"}, Provider(refusal(status, message=said)))
        shown = f"{caught.value!r} {caught.value.message} {caught.value.remedy} {caught.value.__cause__}"
        assert "canary" not in shown
        assert "dp7dc" not in shown
        assert caught.value.__suppress_context__


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["error", "object", "data", "id", "code", "message", "param", "type", "amount_decimal"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)


@given(status=st.sampled_from([200, 400, 401, 402, 403, 404, 409, 429, 500]), body=JSON)
def test_whatever_is_answered_is_outputs_or_a_classed_error(status, body):
    send = Provider(answer(status, body))
    try:
        outputs = run("get-invoice", {"invoice_id": "in_1"}, send)
    except CallError:
        return
    assert status == 200
    assert isinstance(outputs, dict)
