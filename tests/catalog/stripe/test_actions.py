"""Every action against the sandbox: what goes over the wire, and with which key."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from apps.catalog.connectors.stripe import APP
from apps.catalog.errors import Permanent
from apps.catalog.spec import Effect, Idempotency
from tests.catalog.stripe.provider import KEY, NOW, Provider, Sandbox, action_of, answer, refusal, run
from tests.catalog.stripe.wire import CUSTOMER, MINOR, PRICE, SUBSCRIPTION, WIRE

PROMISED = [
    "cancel-subscription",
    "create-charge",
    "create-checkout-session",
    "create-customer",
    "create-payment-intent",
    "create-refund",
    "get-customer",
    "update-subscription",
    "create-coupon",
    "list-customers",
    "create-invoice",
    "create-invoice-item",
    "create-payment-link",
    "create-price",
    "create-product",
    "create-subscription",
    "delete-customer",
    "finalize-invoice",
    "get-balance",
    "get-charge",
    "get-invoice",
    "get-payment-intent",
    "get-subscription",
    "list-charges",
    "list-invoices",
    "list-payment-intents",
    "list-products",
    "list-subscriptions",
    "search-customers",
    "send-invoice",
    "update-customer",
]


def test_every_promised_action_is_there_and_every_action_is_tried():
    assert len(PROMISED) == 31
    assert set(PROMISED) <= {action.key for action in APP.actions}
    assert set(WIRE) == {action.key for action in APP.actions}


MARKED = {
    "create-customer", "create-payment-intent", "create-charge", "create-refund", "create-invoice",
    "create-invoice-item", "create-subscription", "create-checkout-session", "create-payment-link",
    "create-product", "create-price", "create-coupon", "create-promotion-code",
}  # fmt: skip
"""What makes an object that takes metadata."""


@pytest.mark.parametrize("key", WIRE)
def test_an_action_is_one_request_of_the_documented_form(key):
    inputs, method, path, sent = WIRE[key]
    sandbox = Sandbox()
    action = action_of(key)
    if action.check is not None:
        action.check(inputs)

    outputs = run(key, inputs, sandbox, api_key="sk_test_sandbox")

    (request,) = sandbox.requests
    address = urlsplit(request.url)
    assert (request.method, address.path) == (method, f"/v1/{path}")
    arrived = dict(parse_qsl(request.body.decode() or address.query, keep_blank_values=True))
    assert arrived.pop("metadata[tandem_origin]", None) == (KEY if key in MARKED else None)
    assert arrived == sent
    assert not (request.body and address.query)
    assert request.headers.get("Idempotency-Key") == (None if action.effect is Effect.READ else KEY)
    if method == "POST":
        assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert set(outputs) == {field.key for field in action.outputs}


def test_what_the_operator_says_stands_before_our_mark():
    for metadata in ({"tandem_origin": "mine"}, {f"key{number}": "x" for number in range(50)}):
        sandbox = Sandbox()

        run("create-customer", {"metadata": metadata}, sandbox, api_key="sk_test_sandbox")

        sent = dict(parse_qsl(sandbox.requests[0].body.decode()))
        assert sent == {f"metadata[{key}]": value for key, value in metadata.items()}


def test_a_mark_that_was_copied_with_metadata_is_replaced_by_ours():
    for more in ({"plan": "pro"}, {f"key{number}": "x" for number in range(49)}):
        sandbox = Sandbox()
        metadata = {"tandem_origin": "a" * 64, **more}

        run("create-customer", {"metadata": metadata}, sandbox, api_key="sk_test_sandbox")

        sent = dict(parse_qsl(sandbox.requests[0].body.decode()))
        assert sent == {
            f"metadata[{key}]": value for key, value in {**metadata, "tandem_origin": KEY}.items()
        }


def test_what_moves_money_or_cannot_be_undone_says_so():
    harmless = {
        "create-customer", "update-customer", "create-invoice", "create-checkout-session",
        "create-payment-link", "deactivate-payment-link", "create-billing-portal-session",
        "create-product", "update-product", "create-price", "create-coupon", "create-promotion-code",
    }  # fmt: skip

    for action in APP.actions:
        assert bool(action.danger) == (action.effect is not Effect.READ and action.key not in harmless)


def test_creating_is_guarded_by_the_key_alone():
    for action in APP.actions:
        if action.effect is Effect.CREATE:
            assert action.idempotency is Idempotency.KEY
    natural = {
        action.key
        for action in APP.actions
        if action.effect is not Effect.READ and action.idempotency is Idempotency.NATURAL
    }
    assert natural == {"update-customer", "delete-customer", "update-product", "deactivate-payment-link"}


def test_a_legacy_charge_says_what_to_use_instead():
    assert "Create Payment Intent" in action_of("create-charge").description


@pytest.mark.parametrize(("confirm", "danger"), [(True, True), (False, False)])
def test_a_payment_intent_is_dangerous_only_when_it_is_confirmed(confirm, danger):
    assert bool(action_of("create-payment-intent").settled(confirm).danger) == danger


def test_a_subscription_is_changed_at_its_only_item():
    sandbox = Sandbox()

    run("update-subscription", {"subscription_id": SUBSCRIPTION, "quantity": 3}, sandbox, api_key="sk_test_s")

    first, second = sandbox.requests
    assert (first.method, first.headers.get("Idempotency-Key")) == ("GET", None)
    sent = dict(parse_qsl(second.body.decode()))
    assert (second.method, sent["items[0][quantity]"], sent["items[0][id]"][:3]) == ("POST", "3", "si_")


@pytest.mark.parametrize("ids", [[], ["si_1", "si_2"]])
def test_a_subscription_of_several_items_wants_to_know_which(ids):
    body = {"id": SUBSCRIPTION, "items": {"data": [{"id": each} for each in ids]}}
    send = Provider(answer(body=body))

    with pytest.raises(Permanent) as caught:
        run("update-subscription", {"subscription_id": SUBSCRIPTION, "price_id": PRICE}, send)

    assert (caught.value.field, len(send.requests)) == ("item_id", 1)


def test_a_subscription_ends_with_its_period_by_an_update():
    sandbox = Sandbox()
    inputs = {"subscription_id": SUBSCRIPTION, "cancel_at_period_end": True, "prorate": True}

    outputs = run("cancel-subscription", inputs, sandbox, api_key="sk_test_sandbox")

    (request,) = sandbox.requests
    assert (request.method, request.body) == ("POST", b"cancel_at_period_end=true")
    assert request.headers["Idempotency-Key"] == KEY
    assert outputs["cancel_at_period_end"] is True
    assert outputs["cancel_at"] > NOW - 10**7


@pytest.mark.parametrize(
    ("key", "inputs", "field"),
    [
        ("create-checkout-session", {"mode": "payment", "success_url": "https://example.com"}, "price_id"),
        ("create-checkout-session", {"mode": "setup", "price_id": PRICE}, "price_id"),
        (
            "create-checkout-session",
            {"mode": "payment", "price_id": PRICE, "customer": CUSTOMER, "customer_email": "a@example.com"},
            "customer_email",
        ),
        (
            "create-checkout-session",
            {"mode": "payment", "price_id": PRICE, "coupon": "A", "promotion_code": "promo_1"},
            "promotion_code",
        ),
        ("create-invoice", {"customer": CUSTOMER, "collection_method": "send_invoice"}, "days_until_due"),
        ("create-invoice-item", {"amount": 5, "amount_unit": "minor"}, "currency"),
        ("create-coupon", {"duration": "repeating", "percent_off": 5}, "duration_in_months"),
        ("create-coupon", {"duration": "once", "percent_off": 101}, "percent_off"),
        ("create-coupon", {"duration": "once", "amount_off": 500, "amount_unit": "minor"}, "currency"),
        ("create-product", {"name": "Pro", "interval": "month"}, "amount"),
        ("create-price", {**MINOR, "interval_count": 3}, "interval"),
        ("create-subscription", {"trial_period_days": 1, "trial_end": 5}, "trial_end"),
        ("create-subscription", {"trial_period_days": 0}, "trial_period_days"),
        ("create-payment-link", {"redirect_url": "x", "confirmation_message": "y"}, "confirmation_message"),
        ("create-billing-portal-session", {"flow": "subscription_cancel"}, "subscription"),
        ("list-customers", {"limit": 101}, "limit"),
        ("list-customers", {"limit": 0}, "limit"),
        ("update-customer", {"clear": ["balance"]}, "clear"),
        ("update-customer", {"clear": ["name"], "name": "Jane"}, "clear"),
        ("create-customer", {"metadata": {"a": {"b": 1}}}, "metadata"),
        ("create-customer", {"metadata": {"a[b]": 1}}, "metadata"),
        ("create-customer", {"metadata": {"k" * 41: 1}}, "metadata"),
        ("create-customer", {"metadata": {"a": "v" * 501}}, "metadata"),
        ("create-customer", {"metadata": {f"k{n}": n for n in range(51)}}, "metadata"),
        ("create-customer", {"preferred_locales": ["de", 5]}, "preferred_locales"),
    ],
)
def test_what_stripe_would_refuse_is_refused_before_sending(key, inputs, field):
    check = action_of(key).check
    assert check is not None

    with pytest.raises(Permanent) as caught:
        check(inputs)

    assert caught.value.field == field
    assert caught.value.remedy


def test_a_refusal_names_the_input_behind_stripes_parameter():
    send = Provider(refusal(400, param="line_items[0][price]", message="No such price: 'x'"))
    inputs = {"mode": "payment", "price_id": "x", "success_url": "https://example.com"}

    with pytest.raises(Permanent) as caught:
        run("create-checkout-session", inputs, send)

    assert caught.value.field == "price_id"


def find(*rows: dict[str, Any], has_more: bool = False) -> Any:
    body = {"object": "list", "data": list(rows), "has_more": has_more}
    return run("find-customer", {"email": "jane@example.com"}, Provider(answer(body=body)))


def test_finding_a_customer_needs_exactly_one_with_this_e_mail():
    jane, other = {"id": "cus_1", "email": "Jane@example.com"}, {"id": "cus_2", "email": "joe@example.com"}

    assert find(jane, other)["customer_id"] == "cus_1"
    for rows, code in (((), "not_found"), ((other,), "not_found"), ((jane, jane), "ambiguous")):
        with pytest.raises(Permanent) as caught:
            find(*rows)
        assert (caught.value.code, caught.value.field) == (code, "email")
    with pytest.raises(Permanent, match="More than one"):
        find(jane, has_more=True)


def test_a_page_tells_how_to_read_on():
    rows = [{"id": f"cus_{number}"} for number in range(2)]
    send = Provider(answer(body={"data": rows, "has_more": True}))

    page = run("list-customers", {"limit": 2}, send)

    assert (page["count"], page["has_more"], page["first_id"], page["last_id"]) == (2, True, "cus_0", "cus_1")
    assert page["only_id"] is None
    assert run("list-customers", {}, Provider(answer(body={"data": "odd"})))["items"] == []
    one = run("list-customers", {}, Provider(answer(body={"data": rows[:1], "has_more": False})))
    assert (one["only_id"], one["last_id"]) == ("cus_0", None)
