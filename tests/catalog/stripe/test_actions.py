"""Every action against the sandbox: what goes over the wire, and with which key."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from apps.catalog.connectors.stripe import APP
from apps.catalog.errors import Permanent
from apps.catalog.spec import Effect, Idempotency
from tests.catalog.stripe.provider import KEY, NOW, Provider, Sandbox, action_of, answer, refusal, run

CUSTOMER, PRICE, SUBSCRIPTION = "cus_R8kTq2LwPzNf4J", "price_1SQcVd", "sub_1SWq5b"
MINOR = {"amount": 4900, "amount_unit": "minor", "currency": "USD"}
PAID = {"amount": "4900", "currency": "usd"}
ADDRESS = {"line1": "1 Main Street", "city": "Portland", "country": "US"}

WIRE: dict[str, tuple[dict[str, Any], str, str, dict[str, str]]] = {
    "create-customer": (
        {
            "email": "jane@example.com",
            "name": "Jane",
            "address": ADDRESS,
            "metadata": {"plan": "pro", "seats": 3, "trial": False},
            "preferred_locales": ["de", "en"],
        },
        "POST",
        "customers",
        {
            "email": "jane@example.com",
            "name": "Jane",
            "address[line1]": "1 Main Street",
            "address[city]": "Portland",
            "address[country]": "US",
            "metadata[plan]": "pro",
            "metadata[seats]": "3",
            "metadata[trial]": "false",
            "preferred_locales[0]": "de",
            "preferred_locales[1]": "en",
        },
    ),
    "get-customer": ({"customer_id": CUSTOMER}, "GET", f"customers/{CUSTOMER}", {}),
    "find-customer": (
        {"email": "jane@example.com"},
        "GET",
        "customers",
        {"email": "jane@example.com", "limit": "2"},
    ),
    "update-customer": (
        {"customer_id": CUSTOMER, "name": "Jane", "clear": ["phone"], "default_payment_method": "pm_1"},
        "POST",
        f"customers/{CUSTOMER}",
        {"name": "Jane", "phone": "", "invoice_settings[default_payment_method]": "pm_1"},
    ),
    "delete-customer": ({"customer_id": CUSTOMER}, "DELETE", f"customers/{CUSTOMER}", {}),
    "list-customers": (
        {"limit": 5, "created_after": 1794744000, "created_before": 1795000000},
        "GET",
        "customers",
        {"limit": "5", "created[gte]": "1794744000", "created[lt]": "1795000000"},
    ),
    "search-customers": (
        {"field": "email", "operator": "is", "value": "jane@example.com", "limit": 3},
        "GET",
        "customers/search",
        {"query": 'email:"jane@example.com"', "limit": "3"},
    ),
    "create-payment-intent": (
        {
            **MINOR,
            "confirm": True,
            "payment_method": "pm_1",
            "off_session": True,
            "automatic_payment_methods": "never",
        },
        "POST",
        "payment_intents",
        {
            **PAID,
            "confirm": "true",
            "payment_method": "pm_1",
            "off_session": "true",
            "automatic_payment_methods[enabled]": "true",
            "automatic_payment_methods[allow_redirects]": "never",
        },
    ),
    "get-payment-intent": ({"payment_intent_id": "pi_1"}, "GET", "payment_intents/pi_1", {}),
    "confirm-payment-intent": (
        {"payment_intent_id": "pi_1", "payment_method": "pm_1"},
        "POST",
        "payment_intents/pi_1/confirm",
        {"payment_method": "pm_1"},
    ),
    "capture-payment-intent": (
        {"payment_intent_id": "pi_1", "amount": 12.5, "amount_unit": "major", "currency": "usd"},
        "POST",
        "payment_intents/pi_1/capture",
        {"amount_to_capture": "1250"},
    ),
    "cancel-payment-intent": (
        {"payment_intent_id": "pi_1", "cancellation_reason": "abandoned"},
        "POST",
        "payment_intents/pi_1/cancel",
        {"cancellation_reason": "abandoned"},
    ),
    "list-payment-intents": (
        {"customer": CUSTOMER, "limit": 10},
        "GET",
        "payment_intents",
        {"customer": CUSTOMER, "limit": "10"},
    ),
    "search-payment-intents": (
        {
            "field": "amount",
            "operator": "at_least",
            "value": "1000",
            "more": [{"field": "status", "operator": "is", "value": "succeeded"}],
        },
        "GET",
        "payment_intents/search",
        {"query": 'amount>=1000 AND status:"succeeded"'},
    ),
    "create-charge": ({**MINOR, "source": "tok_visa"}, "POST", "charges", {**PAID, "source": "tok_visa"}),
    "get-charge": ({"charge_id": "ch_1"}, "GET", "charges/ch_1", {}),
    "list-charges": ({"customer": CUSTOMER}, "GET", "charges", {"customer": CUSTOMER}),
    "create-refund": (
        {"charge": "ch_1", "amount": 10, "amount_unit": "major", "currency": "usd", "reason": "duplicate"},
        "POST",
        "refunds",
        {"charge": "ch_1", "amount": "1000", "reason": "duplicate"},
    ),
    "get-balance": ({}, "GET", "balance", {}),
    "create-invoice": (
        {
            "customer": CUSTOMER,
            "collection_method": "send_invoice",
            "days_until_due": 30,
            "pending_invoice_items_behavior": "include",
            "currency": "EUR",
        },
        "POST",
        "invoices",
        {
            "customer": CUSTOMER,
            "collection_method": "send_invoice",
            "days_until_due": "30",
            "pending_invoice_items_behavior": "include",
            "currency": "eur",
        },
    ),
    "create-invoice-item": (
        {"customer": CUSTOMER, "price_id": PRICE, "quantity": 2},
        "POST",
        "invoiceitems",
        {"customer": CUSTOMER, "pricing[price]": PRICE, "quantity": "2"},
    ),
    "get-invoice": ({"invoice_id": "in_1"}, "GET", "invoices/in_1", {}),
    "finalize-invoice": (
        {"invoice_id": "in_1", "auto_advance": False},
        "POST",
        "invoices/in_1/finalize",
        {"auto_advance": "false"},
    ),
    "send-invoice": ({"invoice_id": "in_1"}, "POST", "invoices/in_1/send", {}),
    "pay-invoice": (
        {"invoice_id": "in_1", "paid_out_of_band": True},
        "POST",
        "invoices/in_1/pay",
        {"paid_out_of_band": "true"},
    ),
    "void-invoice": ({"invoice_id": "in_1"}, "POST", "invoices/in_1/void", {}),
    "list-invoices": ({"status": "open"}, "GET", "invoices", {"status": "open"}),
    "search-invoices": (
        {"field": "metadata", "metadata_key": "order", "operator": "is_not", "value": "7"},
        "GET",
        "invoices/search",
        {"query": '-metadata["order"]:"7"'},
    ),
    "create-subscription": (
        {
            "customer": CUSTOMER,
            "price_id": PRICE,
            "quantity": 2,
            "more_items": [{"price": "price_2", "quantity": 1}],
            "coupon": "WELCOME20",
            "trial_period_days": 14,
        },
        "POST",
        "subscriptions",
        {
            "customer": CUSTOMER,
            "items[0][price]": PRICE,
            "items[0][quantity]": "2",
            "items[1][price]": "price_2",
            "items[1][quantity]": "1",
            "discounts[0][coupon]": "WELCOME20",
            "trial_period_days": "14",
        },
    ),
    "get-subscription": ({"subscription_id": SUBSCRIPTION}, "GET", f"subscriptions/{SUBSCRIPTION}", {}),
    "update-subscription": (
        {"subscription_id": SUBSCRIPTION, "item_id": "si_1", "price_id": PRICE, "proration_behavior": "none"},
        "POST",
        f"subscriptions/{SUBSCRIPTION}",
        {"items[0][id]": "si_1", "items[0][price]": PRICE, "proration_behavior": "none"},
    ),
    "cancel-subscription": (
        {
            "subscription_id": SUBSCRIPTION,
            "cancel_at_period_end": False,
            "prorate": True,
            "feedback": "unused",
        },
        "DELETE",
        f"subscriptions/{SUBSCRIPTION}",
        {"prorate": "true", "cancellation_details[feedback]": "unused"},
    ),
    "list-subscriptions": (
        {"price_id": PRICE, "status": "all"},
        "GET",
        "subscriptions",
        {"price": PRICE, "status": "all"},
    ),
    "search-subscriptions": (
        {"field": "status", "operator": "is", "value": "active"},
        "GET",
        "subscriptions/search",
        {"query": 'status:"active"'},
    ),
    "create-checkout-session": (
        {
            "mode": "subscription",
            "price_id": PRICE,
            "quantity": 1,
            "success_url": "https://example.com/thanks",
            "customer_email": "jane@example.com",
            "trial_period_days": 7,
        },
        "POST",
        "checkout/sessions",
        {
            "mode": "subscription",
            "line_items[0][price]": PRICE,
            "line_items[0][quantity]": "1",
            "success_url": "https://example.com/thanks",
            "customer_email": "jane@example.com",
            "subscription_data[trial_period_days]": "7",
        },
    ),
    "create-payment-link": (
        {
            "price_id": PRICE,
            "quantity": 1,
            "redirect_url": "https://example.com/thanks",
            "completed_limit": 1,
        },
        "POST",
        "payment_links",
        {
            "line_items[0][price]": PRICE,
            "line_items[0][quantity]": "1",
            "after_completion[type]": "redirect",
            "after_completion[redirect][url]": "https://example.com/thanks",
            "restrictions[completed_sessions][limit]": "1",
        },
    ),
    "deactivate-payment-link": (
        {"payment_link_id": "plink_1"},
        "POST",
        "payment_links/plink_1",
        {"active": "false"},
    ),
    "create-billing-portal-session": (
        {"customer": CUSTOMER, "flow": "subscription_cancel", "subscription": SUBSCRIPTION},
        "POST",
        "billing_portal/sessions",
        {
            "customer": CUSTOMER,
            "flow_data[type]": "subscription_cancel",
            "flow_data[subscription_cancel][subscription]": SUBSCRIPTION,
        },
    ),
    "create-product": (
        {"name": "Pro", **MINOR, "interval": "month"},
        "POST",
        "products",
        {
            "name": "Pro",
            "default_price_data[unit_amount]": "4900",
            "default_price_data[currency]": "usd",
            "default_price_data[recurring][interval]": "month",
        },
    ),
    "update-product": (
        {"product_id": "prod_1", "active": False},
        "POST",
        "products/prod_1",
        {"active": "false"},
    ),
    "list-products": ({"active": True, "limit": 100}, "GET", "products", {"active": "true", "limit": "100"}),
    "create-price": (
        {**MINOR, "product_name": "Pro", "interval": "month", "interval_count": 3},
        "POST",
        "prices",
        {
            "unit_amount": "4900",
            "currency": "usd",
            "product_data[name]": "Pro",
            "recurring[interval]": "month",
            "recurring[interval_count]": "3",
        },
    ),
    "create-coupon": (
        {"percent_off": 12.5, "duration": "repeating", "duration_in_months": 3, "coupon_id": "SPRING"},
        "POST",
        "coupons",
        {"percent_off": "12.5", "duration": "repeating", "duration_in_months": "3", "id": "SPRING"},
    ),
    "create-promotion-code": (
        {
            "coupon": "SPRING",
            "code": "HELLO",
            "minimum_amount": 20,
            "amount_unit": "major",
            "currency": "usd",
        },
        "POST",
        "promotion_codes",
        {
            "promotion[type]": "coupon",
            "promotion[coupon]": "SPRING",
            "code": "HELLO",
            "restrictions[minimum_amount]": "2000",
            "restrictions[minimum_amount_currency]": "usd",
        },
    ),
    "call-any-endpoint": (
        {
            "method": "POST",
            "path": "/v1/customers/{customer}",
            "path_values": {"customer": CUSTOMER},
            "parameters": {"name": "Jane", "address": {"city": "Ulm"}, "preferred_locales": ["de"]},
        },
        "POST",
        f"customers/{CUSTOMER}",
        {"name": "Jane", "address[city]": "Ulm", "preferred_locales[0]": "de"},
    ),
    "price-options": ({}, "GET", "prices", {"limit": "100", "active": "true", "expand[0]": "data.product"}),
    "product-options": ({}, "GET", "products", {"limit": "100", "active": "true"}),
    "customer-options": (
        {"search": "jane"},
        "GET",
        "customers/search",
        {"limit": "100", "query": 'email~"jane" OR name~"jane"'},
    ),
    "coupon-options": ({"search": "wel"}, "GET", "coupons", {"limit": "100"}),
    "subscription-options": (
        {},
        "GET",
        "subscriptions",
        {"limit": "100", "status": "all", "expand[0]": "data.customer"},
    ),
}

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


@pytest.mark.parametrize(
    ("key", "row", "label"),
    [
        (
            "price-options",
            {"id": "price_1", "product": {"name": "Pro"}, "unit_amount": 4900, "currency": "jpy"},
            "Pro, 4900 JPY",
        ),
        ("price-options", {"id": "price_1", "unit_amount": 5, "currency": "zzz"}, "5 zzz"),
        ("product-options", {"id": "prod_1", "name": "Pro"}, "Pro"),
        ("product-options", {"id": "prod_1"}, "prod_1"),
        ("coupon-options", {"id": "C", "amount_off": 500, "currency": "usd"}, "5.00 USD off"),
        ("subscription-options", {"id": "sub_1", "customer": "cus_1", "status": "active"}, "cus_1, active"),
    ],
)
def test_options_are_labelled_for_people(key, row, label):
    options = run(key, {}, Provider(answer(body={"data": [row, {"id": None}]})))["options"]

    assert options == [{"value": row["id"], "label": label}]


def test_options_are_narrowed_by_every_word():
    rows = [{"id": "prod_1", "name": "Pro plan"}, {"id": "prod_2", "name": "Basic plan"}]

    found = run("product-options", {"search": "plan PRO"}, Provider(answer(body={"data": rows})))

    assert [each["value"] for each in found["options"]] == ["prod_1"]


@pytest.mark.parametrize(
    ("key", "row", "path", "label"),
    [
        ("customer-options", {"id": "cus_1", "name": "Pat"}, "/v1/customers/cus_1", "Pat"),
        ("product-options", {"id": "prod_1", "name": "Pro"}, "/v1/products/prod_1", "Pro"),
        ("price-options", {"id": "price_1", "product": {"name": "Pro"}}, "/v1/prices/price_1", "Pro"),
        ("subscription-options", {"id": "sub_1", "status": "active"}, "/v1/subscriptions/sub_1", "active"),
    ],
)
def test_an_id_finds_what_it_names_however_old(key, row, path, label):
    send = Provider(answer(body=row))

    found = run(key, {"search": f" {row['id']} "}, send)

    assert found["options"] == [{"value": row["id"], "label": label}]
    [request] = send.requests
    assert (request.method, urlsplit(request.url).path) == ("GET", path)


def test_an_id_that_names_nothing_is_an_empty_list_and_a_refusal_stays_one():
    gone = answer(404, {"error": {"code": "resource_missing", "message": "No such price"}})
    assert run("price-options", {"search": "price_gone"}, Provider(gone)) == {
        "options": [],
        "has_more": False,
    }


def test_what_the_newest_products_do_not_have_is_searched_for():
    newest = answer(body={"data": [{"id": "prod_1", "name": "Mini"}], "has_more": True})
    older = answer(body={"data": [{"id": "prod_2", "name": "Enterprise plan"}], "has_more": False})
    send = Provider(newest, older)

    found = run("product-options", {"search": "Enterprise"}, send)

    assert [each["value"] for each in found["options"]] == ["prod_2"]
    assert found["has_more"] is False
    query = dict(parse_qsl(urlsplit(send.requests[1].url).query))["query"]
    assert query == 'active:"true" AND name~"Enterprise"'


def test_a_coupon_that_is_not_among_the_newest_is_found_by_its_id():
    newest = answer(body={"data": [{"id": "A", "percent_off": 5}], "has_more": True})
    send = Provider(newest, answer(body={"id": "OLD20", "percent_off": 20}))

    found = run("coupon-options", {"search": "OLD20"}, send)

    assert found["options"] == [{"value": "OLD20", "label": "20 % off"}]
    gone = answer(404, {"error": {"code": "resource_missing", "message": "No such coupon"}})
    assert run("coupon-options", {"search": "OLD21"}, Provider(newest, gone)) == {
        "options": [],
        "has_more": True,
    }


def test_a_refusal_of_one_by_its_id_is_told():

    with pytest.raises(Permanent):
        run("price-options", {"search": "price_1"}, Provider(answer(403, {"error": {"message": "no"}})))


def test_every_input_that_names_a_thing_offers_a_list():
    named = {
        "customer": "customer-options",
        "customer_id": "customer-options",
        "price_id": "price-options",
        "product_id": "product-options",
        "coupon": "coupon-options",
        "subscription": "subscription-options",
        "subscription_id": "subscription-options",
    }

    for action in APP.actions:
        for field in action.inputs:
            if field.key in named:
                assert field.options_from == named[field.key], (action.key, field.key)
