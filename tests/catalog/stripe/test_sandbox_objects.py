"""What is made in the sandbox stays, takes its steps in order, and can be found."""

import pytest

from apps.catalog.connectors.stripe.origins import MARK
from apps.catalog.connectors.stripe.sandbox.finding import search
from apps.catalog.errors import Permanent
from apps.catalog.spec import Account, CallContext
from tests.catalog.stripe.provider import NOW, Sandbox, action_of

PRICE = "price_1SQcVdLm2VtXe0ZbN5kYt9Hs"
MINOR = {"amount_unit": "minor", "currency": "usd"}


class Shop:
    """One account of the sandbox; each call has a key of its own."""

    def __init__(self) -> None:
        self.sandbox = Sandbox()
        self.calls = 0

    def do(self, key, **inputs):
        self.calls += 1
        context = CallContext(
            inputs=inputs,
            account=Account({"api_key": "sk_test_sandbox"}),
            send=self.sandbox,
            key=f"{self.calls:064d}",
            event_time=NOW,
        )
        return action_of(key).call(context)


@pytest.fixture
def shop():
    return Shop()


def code_of(shop, key, **inputs):
    with pytest.raises(Permanent) as caught:
        shop.do(key, **inputs)
    return caught.value.code


def test_a_customer_lives_its_life(shop):
    made = shop.do("create-customer", email="joe@example.com", name="Joe", metadata={"plan": "pro"})
    customer = made["customer_id"]

    changed = shop.do("update-customer", customer_id=customer, metadata={"seats": 3}, clear=["name"])

    assert len(changed["metadata"].pop(MARK)) == 64
    assert (changed["name"], changed["metadata"]) == (None, {"plan": "pro", "seats": "3"})
    assert shop.do("get-customer", customer_id=customer)["email"] == "joe@example.com"
    assert shop.do("find-customer", email="joe@example.com")["customer_id"] == customer
    found = shop.do("search-customers", field="metadata", metadata_key="plan", operator="is", value="pro")
    assert found["only_id"] == customer
    assert shop.do("delete-customer", customer_id=customer)["deleted"] is True
    assert code_of(shop, "delete-customer", customer_id=customer) == "resource_missing"
    assert code_of(shop, "get-customer", customer_id=customer) == "deleted"
    assert code_of(shop, "find-customer", email="joe@example.com") == "not_found"


def test_lists_are_read_page_by_page(shop):
    ids = [shop.do("create-customer", email=f"c{number}@example.com")["customer_id"] for number in range(5)]

    first = shop.do("list-customers", limit=3)
    rest = shop.do("list-customers", limit=3, starting_after=first["last_id"])

    assert [item["customer_id"] for item in first["items"] + rest["items"]] == ids[::-1]
    assert (first["has_more"], rest["has_more"]) == (True, False)
    assert shop.do("list-customers", created_after=NOW + 1)["count"] == 0
    assert code_of(shop, "list-customers", starting_after="cus_other") == "resource_missing"


def test_an_invoice_takes_its_steps_in_order(shop):
    customer = shop.do("create-customer", email="joe@example.com")["customer_id"]
    shop.do("create-invoice-item", customer=customer, amount=4000, **MINOR)
    shop.do("create-invoice-item", customer=customer, price_id=PRICE, quantity=2)

    draft = shop.do("create-invoice", customer=customer, pending_invoice_items_behavior="include")
    invoice = draft["invoice_id"]
    assert (draft["status"], draft["amount_due"], draft["email"]) == ("draft", 13_800, "joe@example.com")
    assert code_of(shop, "void-invoice", invoice_id=invoice) == "invoice_not_editable"

    final = shop.do("finalize-invoice", invoice_id=invoice)
    assert (final["status"], bool(final["number"])) == ("open", True)
    assert code_of(shop, "finalize-invoice", invoice_id=invoice) == "invoice_not_editable"
    assert code_of(shop, "pay-invoice", invoice_id=invoice, payment_method="pm_declined") == "card_declined"

    paid = shop.do("pay-invoice", invoice_id=invoice)
    assert (paid["status"], paid["amount_paid"], paid["paid_at"]) == ("paid", 13_800, NOW)
    assert shop.do("create-invoice", customer=customer)["amount_due"] == 0


def test_a_payment_is_held_captured_and_paid_back(shop):
    held = shop.do(
        "create-payment-intent",
        amount=5000,
        **MINOR,
        payment_method="pm_1",
        capture_method="manual",
        confirm=True,
    )
    intent = held["payment_intent_id"]
    assert (held["status"], held["amount_capturable"]) == ("requires_capture", 5000)

    captured = shop.do("capture-payment-intent", payment_intent_id=intent, amount=4900, **MINOR)
    assert (captured["status"], captured["amount_received"]) == ("succeeded", 4900)
    unexpected = "payment_intent_unexpected_state"
    assert code_of(shop, "cancel-payment-intent", payment_intent_id=intent) == unexpected

    part = shop.do("create-refund", payment_intent=intent, amount=1000, **MINOR)
    rest = shop.do("create-refund", payment_intent=intent)
    assert (part["amount"], rest["amount"], rest["charge"]) == (1000, 3900, captured["latest_charge"])
    assert code_of(shop, "create-refund", payment_intent=intent) == "charge_already_refunded"
    charge = shop.do("get-charge", charge_id=rest["charge"])
    assert (charge["refunded"], charge["amount_refunded"]) == (True, 4900)


def test_a_payment_waits_for_its_method_and_can_be_declined(shop):
    intent = shop.do("create-payment-intent", amount=5, **MINOR)
    assert intent["status"] == "requires_payment_method"
    named = {"payment_intent_id": intent["payment_intent_id"]}

    assert code_of(shop, "confirm-payment-intent", **named, payment_method="pm_declined") == "card_declined"
    assert shop.do("confirm-payment-intent", **named, payment_method="pm_1")["status"] == "succeeded"
    assert code_of(shop, "create-charge", amount=5, **MINOR, source="tok_declined") == "card_declined"


def test_a_subscription_changes_and_ends(shop):
    made = shop.do("create-subscription", customer="cus_1", price_id=PRICE, quantity=1, trial_period_days=14)
    subscription = made["subscription_id"]
    assert (made["status"], made["trial_end"]) == ("trialing", NOW + 14 * 86_400)

    changed = shop.do("update-subscription", subscription_id=subscription, price_id="price_2", quantity=3)
    assert (changed["price_id"], changed["quantity"]) == ("price_2", 3)

    ending = shop.do("cancel-subscription", subscription_id=subscription, cancel_at_period_end=True)
    assert (ending["status"], ending["cancel_at"]) == ("trialing", NOW + 30 * 86_400)
    ended = shop.do(
        "cancel-subscription", subscription_id=subscription, cancel_at_period_end=False, feedback="unused"
    )
    assert (ended["status"], ended["ended_at"], ended["cancellation_feedback"]) == ("canceled", NOW, "unused")
    assert (
        code_of(shop, "cancel-subscription", subscription_id=subscription, cancel_at_period_end=False)
        == "resource_missing"
    )


def test_products_have_prices_and_prices_make_products(shop):
    product = shop.do("create-product", name="Pro", amount=700, **MINOR, interval="month")
    assert product["default_price"].startswith("price_")

    price = shop.do("create-price", product_name="Basic", amount=300, **MINOR)

    options = shop.do("price-options")["options"]
    assert [each["label"] for each in options] == ["Basic, 3.00 USD", "Pro, 7.00 USD each month"]
    assert shop.do("price-options", search="basic")["options"][0]["value"] == price["price_id"]
    session = shop.do(
        "create-checkout-session",
        mode="payment",
        price_id=price["price_id"],
        quantity=4,
        success_url="https://example.com",
    )
    assert (session["amount_total"], session["payment_status"]) == (1200, "unpaid")


def test_a_coupons_own_id_is_taken_once(shop):
    shop.do("create-coupon", percent_off=10, duration="once", coupon_id="SPRING")

    again = {"percent_off": 10, "duration": "once", "coupon_id": "SPRING"}
    assert code_of(shop, "create-coupon", **again) == "resource_already_exists"
    code = shop.do("create-promotion-code", coupon="SPRING")
    assert (code["coupon_id"], bool(code["code"])) == ("SPRING", True)


def test_no_more_than_a_hundred_of_a_kind_are_kept(shop):
    for number in range(105):
        shop.do("create-product", name=f"P{number}")

    kept = shop.sandbox.state["objects"]["products"]
    assert len(kept) == 100
    assert next(iter(kept.values()))["name"] == "P5"


def test_words_in_what_is_named_make_failures(shop):
    for word, code in (("rate_limited", "rate_limited"), ("server_error", "provider_error")):
        with pytest.raises(Exception, match="Stripe") as caught:
            shop.do("create-subscription", customer=f"cus_{word}", price_id=PRICE)
        assert caught.value.code == code


def test_a_query_that_is_none_is_refused(shop):
    for wrong in ("", "email", 'email:"a" AND', 'a:"1" AND b:"2" OR c:"3"', 'email:"a'):
        assert search("customers", {"query": wrong}, {}).status == 400
    assert search("products", {"query": 'name:"x"'}, {}) is None
