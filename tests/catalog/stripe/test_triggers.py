"""The triggers read today's events and those of 2020, and never fail on anything else."""

import copy
import re
from collections.abc import Callable
from operator import itemgetter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stripe.params import WebhookEndpointCreateParams

from apps.catalog.connectors.stripe import APP
from apps.catalog.connectors.stripe.event_types import EVENT_TYPES as ALL_EVENT_TYPES
from apps.catalog.registry import get_trigger, sample_payload, trigger_data
from apps.catalog.spec import FieldType, Semantic
from apps.workflows.engine.options import event_types_of
from tests.catalog.stripe.provider import action_of, trigger_of
from tests.catalog.stripe.reference import VERSIONS, load

Read = Callable[[Any], Any]


def same(*names: str) -> dict[str, Read]:
    """Return readers of properties that have the name of the field."""
    return {name: itemgetter(name) for name in names}


EVENT_TYPES = {
    "charge-failed": "charge.failed",
    "checkout-completed": "checkout.session.completed",
    "customer-created": "customer.created",
    "dispute-created": "charge.dispute.created",
    "invoice-paid": "invoice.paid",
    "invoice-payment-failed": "invoice.payment_failed",
    "payment-succeeded": "payment_intent.succeeded",
    "subscription-cancelled": "customer.subscription.deleted",
    "subscription-created": "customer.subscription.created",
    "subscription-updated": "customer.subscription.updated",
    "trial-will-end": "customer.subscription.trial_will_end",
    "customer-updated": "customer.updated",
    "charge-refunded": "charge.refunded",
    "refund-created": "refund.created",
    "payment-failed": "payment_intent.payment_failed",
    "invoice-created": "invoice.created",
    "invoice-finalized": "invoice.finalized",
    "dispute-closed": "charge.dispute.closed",
}
SUBSCRIPTION: dict[str, Read] = {
    "subscription_id": lambda o: o["id"],
    "customer": lambda o: o["customer"],
    "status": lambda o: o["status"],
    "cancel_at_period_end": lambda o: o["cancel_at_period_end"],
    "price_id": lambda o: o["items"]["data"][0]["price"]["id"],
    "product_id": lambda o: o["items"]["data"][0]["price"]["product"],
    "unit_amount": lambda o: o["items"]["data"][0]["price"]["unit_amount"],
    "interval": lambda o: o["items"]["data"][0]["price"]["recurring"]["interval"],
    "quantity": lambda o: o["items"]["data"][0]["quantity"],
    "currency": lambda o: o["items"]["data"][0]["price"]["currency"],
    "created": lambda o: o["created"],
}
LIVING: dict[str, Read] = {
    **SUBSCRIPTION,
    "collection_method": lambda o: o["collection_method"],
    "latest_invoice": lambda o: o["latest_invoice"],
    "current_period_start": lambda o: (
        o["current_period_start"]
        if "current_period_start" in o
        else o["items"]["data"][0]["current_period_start"]
    ),
    "current_period_end": lambda o: (
        o["current_period_end"] if "current_period_end" in o else o["items"]["data"][0]["current_period_end"]
    ),
}
INVOICE: dict[str, Read] = {
    "invoice_id": lambda o: o["id"],
    "number": lambda o: o["number"],
    "status": lambda o: o["status"],
    "customer": lambda o: o["customer"],
    "customer_email": lambda o: o["customer_email"],
    "email": lambda o: o["customer_email"],
    "amount_due": lambda o: o["amount_due"],
    "amount_paid": lambda o: o["amount_paid"],
    "currency": lambda o: o["currency"],
    "subscription": lambda o: (
        o["parent"]["subscription_details"]["subscription"] if "parent" in o else o["subscription"]
    ),
    "hosted_invoice_url": lambda o: o["hosted_invoice_url"],
    "invoice_pdf": lambda o: o["invoice_pdf"],
    "attempt_count": lambda o: o["attempt_count"],
    "next_payment_attempt": lambda o: o["next_payment_attempt"],
    "paid_at": lambda o: o["status_transitions"]["paid_at"],
    "price_id": lambda o: (
        o["lines"]["data"][0]["pricing"]["price_details"]["price"]
        if "pricing" in o["lines"]["data"][0]
        else o["lines"]["data"][0]["price"]["id"]
    ),
    "created": lambda o: o["created"],
}
EXPECTED: dict[str, dict[str, Read]] = {
    "charge-failed": {
        "charge_id": lambda o: o["id"],
        "amount": lambda o: o["amount"],
        "currency": lambda o: o["currency"],
        "customer": lambda o: o["customer"],
        "status": lambda o: o["status"],
        "created": lambda o: o["created"],
        "failure_code": lambda o: o["failure_code"],
        "failure_message": lambda o: o["failure_message"],
        "receipt_email": lambda o: o["receipt_email"],
        "email": lambda o: o["billing_details"]["email"] or o["receipt_email"],
        "payment_intent": lambda o: o["payment_intent"],
        "payment_method": lambda o: o["payment_method"],
        "card_brand": lambda o: o["payment_method_details"]["card"]["brand"],
        "card_last4": lambda o: o["payment_method_details"]["card"]["last4"],
        "failure_reason": lambda o: o["outcome"]["reason"],
    },
    "checkout-completed": {
        "id": lambda o: o["id"],
        "mode": lambda o: o["mode"],
        "amount_total": lambda o: o["amount_total"],
        "currency": lambda o: o["currency"],
        "customer": lambda o: o["customer"],
        "customer_email": lambda o: o["customer_details"]["email"],
        "email": lambda o: o["customer_details"]["email"],
        "payment_status": lambda o: o["payment_status"],
        "payment_intent": lambda o: o["payment_intent"],
        "amount_discount": lambda o: o["total_details"]["amount_discount"],
    },
    "customer-created": {
        "customer_id": lambda o: o["id"],
        **same("email", "name", "phone", "description", "currency", "balance", "created", "metadata"),
    },
    "dispute-created": {
        "dispute_id": lambda o: o["id"],
        "evidence_due_by": lambda o: o["evidence_details"]["due_by"],
        **same("charge", "amount", "currency", "reason", "status", "created", "payment_intent"),
    },
    "invoice-paid": INVOICE,
    "invoice-payment-failed": INVOICE,
    "payment-succeeded": {
        "payment_intent_id": lambda o: o["id"],
        "email": lambda o: o["receipt_email"],
        "latest_charge": lambda o: o["charges"]["data"][0]["id"] if "charges" in o else o["latest_charge"],
        **same(
            "amount",
            "amount_received",
            "currency",
            "customer",
            "description",
            "receipt_email",
            "payment_method",
            "status",
            "created",
        ),
    },
    "subscription-cancelled": {
        **SUBSCRIPTION,
        "canceled_at": lambda o: o["canceled_at"],
        "ended_at": lambda o: o["ended_at"],
        "cancellation_reason": lambda o: (o.get("cancellation_details") or {}).get("reason"),
    },
    "subscription-created": LIVING,
    "subscription-updated": LIVING,
}
"""Of the triggers whose events are among the payloads that this project did not write."""
PYTHON_TYPES = {
    FieldType.TEXT: str,
    FieldType.LONG_TEXT: str,
    FieldType.EMAIL: str,
    FieldType.URL: str,
    FieldType.INTEGER: int,
    FieldType.TIME: int,
    FieldType.BOOLEAN: bool,
    FieldType.OBJECT: dict,
    FieldType.LIST: list,
}


def assert_typed(trigger, flat):
    assert list(flat) == [field.key for field in trigger.fields]
    for field in trigger.fields:
        value = flat[field.key]
        assert value is None or type(value) is PYTHON_TYPES[field.type], (field.key, value)


_NEW_SUBSCRIPTION = (
    "subscription_id customer status collection_method current_period_start current_period_end "
    "cancel_at_period_end latest_invoice currency created"
)
PROMISED = {
    "charge-failed": "charge_id amount currency customer status created failure_code failure_message "
    "receipt_email payment_intent payment_method",
    "checkout-completed": "id mode amount_total currency customer customer_email payment_status",
    "customer-created": "customer_id email name phone description currency balance created",
    "dispute-created": "dispute_id charge amount currency reason status created payment_intent "
    "evidence_due_by",
    "invoice-paid": "invoice_id number status customer customer_email amount_due amount_paid currency "
    "subscription hosted_invoice_url invoice_pdf created",
    "invoice-payment-failed": "invoice_id number status customer customer_email amount_due currency "
    "attempt_count next_payment_attempt subscription hosted_invoice_url",
    "payment-succeeded": "payment_intent_id amount amount_received currency customer description "
    "receipt_email payment_method status created",
    "subscription-cancelled": "subscription_id customer status canceled_at ended_at cancel_at_period_end "
    "cancellation_reason currency created",
    "subscription-created": _NEW_SUBSCRIPTION,
    "subscription-updated": f"{_NEW_SUBSCRIPTION} previous_attributes",
    "trial-will-end": f"{_NEW_SUBSCRIPTION} trial_end trial_start default_payment_method price_id",
    "customer-updated": "customer_id email name phone previous_attributes",
    "charge-refunded": "charge_id email amount amount_refunded refunded receipt_url customer currency",
    "refund-created": "refund_id amount currency reason status charge payment_intent receipt_number",
    "payment-failed": "payment_intent_id email failure_code decline_code failure_message amount currency "
    "customer latest_charge card_last4",
    "invoice-created": "invoice_id status customer email amount_due billing_reason auto_advance",
    "invoice-finalized": "invoice_id number hosted_invoice_url invoice_pdf finalized_at due_date",
    "dispute-closed": "dispute_id charge amount currency reason status",
    "any-event": "object_type object_id customer email amount currency object previous_attributes",
}


@pytest.mark.parametrize(("slug", "fields"), PROMISED.items())
def test_every_promised_field_is_there(slug, fields):
    assert set(fields.split()) <= {field.key for field in trigger_of(slug).fields}


def test_the_slugs_and_event_types_are_the_products():
    assert {trigger.key: trigger.event_types for trigger in APP.triggers} == {
        **{slug: (event_type,) for slug, event_type in EVENT_TYPES.items()},
        "any-event": ALL_EVENT_TYPES,
    }


def test_any_event_offers_every_type_that_the_sdk_knows_for_an_endpoint():
    written = str(WebhookEndpointCreateParams.__annotations__["enabled_events"])
    known = set(re.findall(r"'([^']+)'", written)) - {"*"}

    assert len(known) > 200
    assert set(ALL_EVENT_TYPES) == known
    assert len(ALL_EVENT_TYPES) == len(known)
    assert all(kept in known for kept in EVENT_TYPES.values())


def test_any_event_listens_for_what_was_chosen_once_each():
    trigger = trigger_of("any-event")

    assert event_types_of(trigger, {"events": ["payout.paid", "payout.failed", "payout.paid"]}) == (
        "payout.paid",
        "payout.failed",
    )
    assert event_types_of(trigger, {}) == ()


def test_any_event_reads_what_the_event_is_about():
    customer = trigger_of("any-event").flatten(sample_payload("stripe", "customer-updated"))
    payout = {"id": "po_1", "object": "payout", "amount": 1200, "currency": "eur", "status": "paid"}

    paid = trigger_of("any-event").flatten({"data": {"object": payout}})

    assert (customer["customer"], customer["email"]) == ("cus_R8kTq2LwPzNf4J", "jane@example.com")
    assert customer["previous_attributes"]["email"] == "jane.old@example.com"
    assert (paid["object_type"], paid["object_id"], paid["amount"]) == ("payout", "po_1", 1200)
    assert (paid["customer"], paid["email"], paid["object"]) == (None, None, payout)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("slug", EXPECTED)
def test_both_shapes_of_an_event_give_the_documented_fields(slug, version):
    payload = load(f"{version}/{EVENT_TYPES[slug]}.json")
    _, trigger = get_trigger(f"stripe.trigger-{slug}")

    data = trigger_data(APP, trigger, payload)

    about = payload["data"]["object"]
    assert {name: data[name] for name in EXPECTED[slug]} == {
        name: read(about) for name, read in EXPECTED[slug].items()
    }
    assert (data["event_id"], data["event_type"], data["livemode"], data["occurred_at"]) == (
        payload["id"],
        EVENT_TYPES[slug],
        False,
        payload["created"],
    )
    assert data["raw"] == payload
    assert_typed(trigger, trigger.flatten(payload))


def test_what_changed_stands_beside_the_object():
    payload = load("2026-08-26/customer.subscription.updated.json")

    flat = trigger_of("subscription-updated").flatten(payload)

    assert flat["previous_attributes"] == payload["data"]["previous_attributes"]
    assert flat["previous_attributes"]["cancel_at_period_end"] is False
    assert flat["cancel_at_period_end"] is True


@pytest.mark.parametrize("trigger", APP.triggers, ids=lambda trigger: trigger.key)
def test_the_sample_fills_most_of_the_fields(trigger):
    flat = trigger.flatten(sample_payload("stripe", trigger.key))

    assert_typed(trigger, flat)
    empty = [key for key, value in flat.items() if value is None]
    # A draft has no number, no pages and no payment yet.
    assert len(empty) <= (5 if trigger.key == "invoice-created" else 3), empty


@pytest.mark.parametrize("trigger", APP.triggers, ids=lambda trigger: trigger.key)
def test_a_trigger_finds_the_person_by_itself_or_by_a_look_up(trigger):
    flat = trigger.flatten(sample_payload("stripe", trigger.key))
    emails = [field.key for field in trigger.fields if field.semantic is Semantic.EMAIL]

    assert emails in ([], ["email"])
    if not emails:
        assert trigger.email_from
    found_before: set[str] = set()
    for look_up in trigger.email_from:
        action = action_of(look_up.action)
        assert flat.get(look_up.source) or look_up.source in found_before
        found_before |= {field.key for field in action.outputs}
        assert look_up.input in [field.key for field in action.inputs if field.required]
        assert look_up.output in [field.key for field in action.outputs]


@pytest.mark.parametrize("trigger", APP.triggers, ids=lambda trigger: trigger.key)
def test_amounts_have_a_currency_and_units_are_named(trigger):
    semantics = [field.semantic for field in trigger.fields]

    assert Semantic.AMOUNT not in semantics or semantics.count(Semantic.CURRENCY) == 1
    assert semantics.count(Semantic.CUSTOMER) <= 1
    assert all(field.unit == "seconds" for field in trigger.fields if field.type is FieldType.TIME)
    assert all(field.unit == "minor units" for field in trigger.fields if field.semantic is Semantic.AMOUNT)


@pytest.mark.parametrize(
    ("slug", "place", "value"),
    [
        ("charge-failed", ("billing_details", "email"), "first@example.com"),
        ("charge-failed", ("receipt_email",), "second@example.com"),
        ("charge-failed", ("customer",), {"id": "cus_1", "email": "third@example.com"}),
        ("checkout-completed", ("customer_details", "email"), "first@example.com"),
        ("checkout-completed", ("customer_email",), "second@example.com"),
        (
            "payment-failed",
            ("last_payment_error", "payment_method", "billing_details", "email"),
            "first@example.com",
        ),
        ("payment-succeeded", ("receipt_email",), "first@example.com"),
        ("payment-succeeded", ("latest_charge",), {"billing_details": {"email": "second@example.com"}}),
        (
            "payment-succeeded",
            ("charges",),
            {"data": [{"billing_details": {"email": "third@example.com"}}]},
        ),
        ("invoice-paid", ("customer_email",), "first@example.com"),
        ("invoice-paid", ("customer",), {"id": "cus_1", "email": "second@example.com"}),
    ],
)
def test_the_e_mail_is_found_wherever_stripe_puts_it(slug, place, value):
    about: dict[str, Any] = {}
    target = about
    for name in place[:-1]:
        target = target.setdefault(name, {})
    target[place[-1]] = value

    flat = trigger_of(slug).flatten({"data": {"object": about}})

    assert flat["email"].endswith("@example.com")


def test_an_empty_e_mail_is_none_and_the_next_place_is_read():
    about = {"billing_details": {"email": " "}, "receipt_email": "jane@example.com"}

    assert trigger_of("charge-failed").flatten({"data": {"object": about}})["email"] == "jane@example.com"


def test_an_expanded_object_is_read_as_its_id():
    payload = copy.deepcopy(sample_payload("stripe", "charge-failed"))
    payload["data"]["object"]["customer"] = {"id": "cus_expanded", "object": "customer", "email": None}

    flat = trigger_of("charge-failed").flatten(payload)

    assert flat["customer"] == "cus_expanded"


@pytest.mark.parametrize("odd", [True, 12.5, "soon", [], {"id": 7}, {"id": {"id": "x"}}])
def test_a_value_of_another_type_is_null(odd):
    about = dict.fromkeys(("amount", "created", "customer", "metadata", "currency", "billing_details"), odd)
    trigger = trigger_of("charge-failed")

    flat = trigger.flatten({"data": {"object": about}})

    assert_typed(trigger, flat)
    assert flat["amount"] is None
    assert flat["created"] is None


def test_unknown_fields_pass():
    payload = copy.deepcopy(sample_payload("stripe", "invoice-paid"))
    before = trigger_of("invoice-paid").flatten(payload)
    payload["data"]["object"]["newly_invented"] = {"deep": [1, 2, 3]}
    payload["newly_invented"] = True

    assert trigger_of("invoice-paid").flatten(payload) == before


NAMES = st.sampled_from(
    sorted(
        {
            "data", "object", "id", "items", "price", "plan", "lines", "parent", "subscription_details",
            "subscription", "customer", "billing_details", "email", "charges", "latest_charge",
            "payment_method_details", "card", "evidence_details", "due_by", "cancellation_details",
            "previous_attributes", "status_transitions", "pricing", "price_details", "outcome", "created",
        }
    )
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=20,
)


@given(payload=st.dictionaries(NAMES, JSON, max_size=4), about=JSON)
def test_nothing_that_arrives_makes_flattening_fail(payload, about):
    for trigger in APP.triggers:
        for hostile in (payload, {"data": about}, {"data": {"object": about, "previous_attributes": about}}):
            assert_typed(trigger, trigger.flatten(hostile))
