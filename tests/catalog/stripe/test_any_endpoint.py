"""Any call of Stripe's API: a literal path, values encoded whole, no secret in the answer."""

import json

import pytest

from apps.catalog.errors import Permanent
from apps.catalog.spec import Effect
from apps.workflows.engine.coercion import UnfitError, coerce
from tests.catalog.stripe.provider import KEY, Provider, action_of, answer, run

ACTION = action_of("call-any-endpoint")
(PATH,) = [field for field in ACTION.inputs if field.key == "path"]


def call(method="GET", path="/v1/customers/{id}", send=None, **inputs):
    provider = send or Provider(answer(body={"id": "x"}))
    values = {} if "{" not in path else {"path_values": {"id": "cus_1"}}
    outputs = run(ACTION.key, {"method": method, "path": path, **values, **inputs}, provider)
    return provider.requests[0], outputs


@pytest.mark.parametrize(
    "path",
    [
        "https://example.com/v1/x",
        "//example.com",
        "/v1/../v2/x",
        "/v1/./x",
        "/v1/x?y=1",
        "/v1/x#y",
        "/v1/",
        "/v1/x/",
        "/v3/x",
        "/v1/{Id}",
        "/v1/a{id}",
        "/v1/x y",
        "/v1/{id}",
        "/v1/{kind}/{id}",
        "/v2/{id}",
        "/v2/{space}/event_destinations",
        "/v2/core/{kind}",
        "/v2/core",
        "/v1/%2e%2e/x",
        "customers",
    ],
)
def test_a_path_is_one_below_the_api(path):
    with pytest.raises(UnfitError):
        coerce(PATH, path)


@pytest.mark.parametrize(
    "path", ["/v1/customers", "/v1/tax/rates.x/{id}/lines", "/v2/core/accounts/{id}/close"]
)
def test_a_path_may_have_parts_in_braces(path):
    assert coerce(PATH, path) == path


def test_a_value_fills_one_part_of_the_path_whatever_it_holds():
    request, _ = call(path_values={"id": "a/../b?c=d#é"})

    assert request.url == "https://api.stripe.com/v1/customers/a%2F..%2Fb%3Fc%3Dd%23%C3%A9"


@pytest.mark.parametrize("value", ["", "  ", ".", "..", None, True, {"a": 1}])
def test_a_value_that_is_no_part_of_a_path_is_refused(value):
    with pytest.raises(Permanent) as caught:
        call(path_values={"id": value})

    assert caught.value.field == "path_values"


def test_values_and_parts_belong_together():
    wrong: list[dict[str, str]] = [{}, {"id": "x", "other": "y"}]
    for values in wrong:
        with pytest.raises(Permanent):
            call(path_values=values)


@pytest.mark.parametrize(
    ("method", "effect"), [("GET", Effect.READ), ("POST", Effect.CREATE), ("DELETE", Effect.DELETE)]
)
def test_the_method_decides_effect_key_and_danger(method, effect):
    request, _ = call(method)

    assert request.method == method
    assert request.headers.get("Idempotency-Key") == (None if method == "GET" else KEY)
    assert ACTION.settled(method).effect is effect
    assert bool(ACTION.settled(method).danger) == (method != "GET")


def test_the_newer_api_takes_json():
    request, _ = call("POST", "/v2/core/accounts", parameters={"contact_email": "a@example.com", "n": [1]})

    assert request.url == "https://api.stripe.com/v2/core/accounts"
    assert request.headers["Content-Type"] == "application/json"
    assert json.loads(request.body) == {"contact_email": "a@example.com", "n": [1]}
    assert request.headers["Stripe-Version"]


def test_parameters_of_a_read_go_into_the_query():
    request, _ = call(parameters={"usage": "on_session", "created": {"gte": 5}})

    assert request.url.endswith("?usage=on_session&created[gte]=5")


def test_the_connections_own_settings_are_no_parameters():
    request, _ = call("POST", "/v1/x", parameters={"api_key": "sk_test_other", "stripe_account": "acct_1"})

    assert "sk_test_other" not in request.headers["Authorization"]
    assert "Stripe-Account" not in request.headers


def test_no_secret_of_the_answer_is_kept():
    body = {"id": "pi_1", "object": "x", "client_secret": "s1", "list": [{"secret": "s2", "keep": None}]}

    _, outputs = call("POST", "/v1/payment_intents", send=Provider(answer(body=body)))

    assert "s1" not in str(outputs)
    assert "s2" not in str(outputs)
    assert (outputs["id"], outputs["answer"]["list"][0]["keep"]) == ("pi_1", None)


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("/v1/{kind}", {"kind": "webhook_endpoints"}),
        ("/v1/{kind}/{id}", {"kind": "webhook_endpoints", "id": "we_1"}),
        ("/v1/{kind}", {"kind": "webhook_endpoints/we_1"}),
        ("/v2/core/{kind}", {"kind": "event_destinations"}),
        ("/v2/{space}/event_destinations", {"space": "core"}),
        ("/v1/webhook_endpoints/{id}", {"id": "we_1"}),
        ("/v1/Webhook_Endpoints", {}),
    ],
)
def test_no_value_makes_a_path_one_of_webhooks(path, values):
    provider = Provider(answer(body={}))

    for method in ("POST", "DELETE"):
        with pytest.raises(Permanent) as caught:
            call(method, path, send=provider, path_values=values)
        assert caught.value.field == "path"
    assert provider.requests == []


def test_what_only_begins_like_a_webhook_is_none():
    assert call("POST", "/v1/webhook_endpoints_of_others")[0].method == "POST"


@pytest.mark.parametrize("path", ["/v1/webhook_endpoints", "/v2/core/event_destinations"])
def test_webhooks_are_left_to_publishing(path):
    with pytest.raises(Permanent) as caught:
        call("POST", path)

    assert caught.value.field == "path"
    assert call("GET", path)[0].method == "GET"


@pytest.mark.parametrize(
    "parameters",
    [
        {"expand": ["cardholder", "number"]},
        {"expand": ["data.cvc"]},
        {"expand": [" Number "]},
        {"expand": "number"},
        {"expand[]": ["number"]},
        {"expand[0]": "number"},
        {"expand": {"0": "card.cvc"}},
        {"include": ["credentials.us_bank_account.account_number"]},
        {"card": {"number": "4242424242424242", "exp_year": 2030}},
        {"card[cvc]": "123"},
        {"payment_method_data": {"us_bank_account": {"account_number": "000123456789"}}},
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_data_of_a_card_neither_leaves_nor_comes(method, parameters):
    provider = Provider(answer(body={"id": "ic_1", "number": "4242424242424242"}))

    with pytest.raises(Permanent) as caught:
        call(method, "/v1/issuing/cards/{id}", send=provider, parameters=parameters)

    assert caught.value.field == "parameters"
    assert "4242" not in str(caught.value)
    assert provider.requests == []
    assert ACTION.check is not None
    with pytest.raises(Permanent):
        ACTION.check({"method": method, "path": "/v1/issuing/cards", "parameters": parameters})


@pytest.mark.parametrize(
    "parameters",
    [{"number": "INV-0042"}, {"expand": ["customer", "data.number_of"]}, {"card": {"exp_year": 2030}}],
)
def test_what_is_no_card_data_is_sent(parameters):
    assert call("POST", "/v1/invoices", parameters=parameters)[0].method == "POST"
