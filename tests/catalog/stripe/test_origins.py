"""Which events go back to a call of ours: by the request's key, else by the mark on what was created."""

import copy

import pytest

from apps.catalog.connectors.stripe.origins import MARK
from apps.catalog.connectors.stripe.webhook import read_event
from apps.catalog.registry import iter_triggers, sample_payload
from tests.catalog.stripe.provider import KEY

OTHER = "0c6f6a0e-6d0c-4c1b-8a54-3f2f6b1de911"
BY_ITSELF = {"id": None, "idempotency_key": None}


def event(request, **about):
    payload = copy.deepcopy(sample_payload("stripe", "invoice-finalized"))
    payload["request"] = request
    payload["data"]["object"] |= about
    return payload


@pytest.mark.parametrize(
    ("request_", "about", "origins"),
    [
        ({"id": "req_1", "idempotency_key": KEY}, {}, (KEY,)),
        ({"id": "req_1", "idempotency_key": OTHER}, {}, ()),
        (BY_ITSELF, {}, ()),
        (BY_ITSELF, {"metadata": {MARK: KEY, "plan": "pro"}}, (KEY,)),
        (BY_ITSELF, {"parent": {"subscription_details": {"metadata": {MARK: KEY}}}}, (KEY,)),
        (None, {"metadata": {MARK: KEY}}, (KEY,)),
        (BY_ITSELF, {"metadata": {MARK: "something else"}}, ()),
        (BY_ITSELF, {"metadata": {MARK: 7}}, ()),
    ],
)
def test_an_event_names_the_call_that_it_goes_back_to(request_, about, origins):
    assert read_event(event(request_, **about)).origins == origins


@pytest.mark.parametrize(
    "request_",
    [{"id": "req_1", "idempotency_key": OTHER}, {"id": "req_1", "idempotency_key": None}, "req_1"],
)
def test_what_somebody_else_does_to_a_marked_object_is_not_ours(request_):
    assert read_event(event(request_, metadata={MARK: KEY})).origins == ()


@pytest.mark.parametrize(
    "event_type",
    [
        *("checkout.session.completed", "checkout.session.async_payment_succeeded"),
        *("payment_intent.succeeded", "payment_intent.payment_failed", "charge.succeeded", "charge.failed"),
        *("invoice.paid", "invoice.payment_succeeded", "invoice.payment_failed"),
        *("customer.subscription.updated", "customer.subscription.deleted", "setup_intent.succeeded"),
    ],
)
def test_what_a_buyer_does_with_a_marked_object_is_a_person_s_act_though_no_request_is_named(event_type):
    assert read_event(event(BY_ITSELF, metadata={MARK: KEY}) | {"type": event_type}).origins == ()


def test_a_change_of_plan_is_a_person_s_act_and_so_is_its_invoice():
    about = {"parent": {"subscription_details": {"metadata": {MARK: KEY}}}}

    assert read_event(event(BY_ITSELF, **about, billing_reason="subscription_cycle")).origins == (KEY,)
    assert read_event(event(BY_ITSELF, **about, billing_reason="subscription_update")).origins == ()


@pytest.mark.parametrize("event_type", ["checkout.session.expired", "invoice.created", "refund.failed"])
def test_what_nobody_but_stripe_does_counts(event_type):
    assert read_event(event(BY_ITSELF, metadata={MARK: KEY}) | {"type": event_type}).origins == (KEY,)


@pytest.mark.parametrize("event_type", ["payment_intent.succeeded", "customer.updated"])
def test_whatever_our_own_request_did_counts(event_type):
    ours = {"id": "req_1", "idempotency_key": KEY}
    assert read_event(event(ours) | {"type": event_type}).origins == (KEY,)


@pytest.mark.parametrize("odd", [[], 5, "x", {"idempotency_key": 5}, {"id": [], "idempotency_key": {}}])
def test_nothing_that_arrives_makes_it_fail(odd):
    for about in ({}, {"metadata": odd}, {"parent": odd}):
        assert read_event(event(odd, **about)).origins == ()


def test_no_sample_claims_to_be_ours():
    for app, trigger in iter_triggers():
        if app.key == "stripe":
            assert read_event(sample_payload("stripe", trigger.key)).origins == (), trigger.key
