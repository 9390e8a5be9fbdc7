"""An input that comes to nothing never makes a call do more: it is fixed, or it fails the step."""

import pytest

from apps.catalog.spec import Effect
from apps.workflows.engine.definition import parse
from apps.workflows.engine.effects import RunOutcome
from tests.catalog.stripe.provider import Sandbox, action_of, run
from tests.workflows.engine.sandboxes import Sandboxes, sample

CLICKED = "customerio.trigger-email-link-clicked"
NOTHING = {"template": "{{ trigger.campaign_id }}"}
FIXED = [
    ("cancel-subscription", "cancel_at_period_end"),
    ("create-charge", "capture"),
    ("create-invoice", "auto_advance"),
    ("create-invoice", "collection_method"),
    ("create-payment-intent", "capture_method"),
    ("create-promotion-code", "first_time_transaction"),
    ("create-subscription", "cancel_at_period_end"),
    ("create-subscription", "collection_method"),
    ("finalize-invoice", "auto_advance"),
    ("pay-invoice", "paid_out_of_band"),
    ("update-subscription", "proration_behavior"),
]
FILLED = [
    ("capture-payment-intent", "amount"),
    ("create-coupon", "max_redemptions"),
    ("create-coupon", "products"),
    ("create-coupon", "redeem_by"),
    ("create-promotion-code", "customer"),
    ("create-promotion-code", "expires_at"),
    ("create-promotion-code", "max_redemptions"),
    ("create-promotion-code", "minimum_amount"),
    ("create-refund", "amount"),
    ("create-subscription", "trial_end"),
    ("create-subscription", "trial_period_days"),
    ("update-subscription", "cancel_at"),
    ("update-subscription", "cancel_at_period_end"),
    ("update-subscription", "trial_end"),
]


def turn_of(key, **inputs):
    """Return the turn of a run of one step of Stripe's, over an event without a campaign."""
    action = action_of(key)
    needed = {field.key: {"value": field.example} for field in action.inputs if field.required}
    needed |= {group[0]: {"value": action.input(group[0]).example} for group in action.one_of}
    step = {"id": "do", "kind": "action", "name": "Do", "action": f"stripe.{key}", "connection": "stripe"}
    form = {
        "schema": 1,
        "trigger": {"trigger": CLICKED, "connection": "customerio"},
        "steps": [{**step, "confirmed": True, "inputs": needed | inputs}],
    }
    return Sandboxes().run(parse(form), sample(CLICKED, campaign_id=None))


@pytest.mark.parametrize(("key", "field"), FIXED)
def test_what_decides_how_far_a_call_goes_is_fixed(key, field):
    turn = turn_of(key, **{field: NOTHING})

    assert action_of(key).input(field).literal
    assert turn.ended.outcome is RunOutcome.FAILED
    assert (turn.ended.error.code, turn.ended.error.field) == ("not_fixed", field)


@pytest.mark.parametrize(("key", "field"), FILLED)
def test_a_bound_that_comes_to_nothing_fails_the_step(key, field):
    turn = turn_of(key, **{field: NOTHING})

    assert turn.ended.outcome is RunOutcome.FAILED
    assert (turn.ended.error.code, turn.ended.error.field) == ("empty_input", field)


# How a subscription ends


@pytest.mark.parametrize(
    ("inputs", "method"),
    [
        ({}, "POST"),
        ({"cancel_at_period_end": True}, "POST"),
        ({"cancel_at_period_end": False}, "DELETE"),
    ],
)
def test_a_subscription_ends_at_once_only_where_it_is_said(inputs, method):
    sandbox = Sandbox()

    run("cancel-subscription", {"subscription_id": "sub_1", **inputs}, sandbox, api_key="sk_test_sandbox")

    assert [each for each, _ in sandbox.sent()] == [method]


def test_the_sentence_to_confirm_says_when_it_ends():
    cancel = action_of("cancel-subscription")
    later, at_once = cancel.settled(True), cancel.settled(False)

    assert later.danger == "The subscription ends with the paid period, and is not renewed."
    assert str(at_once.danger).startswith("The subscription ends at once.")
    assert (later.effect, at_once.effect) == (Effect.UPSERT, Effect.DELETE)
    assert cancel.danger == at_once.danger


def test_the_sentence_to_confirm_says_whether_an_invoice_is_charged():
    pay = action_of("pay-invoice")

    assert pay.settled(False).danger == "This charges the customer's payment method."
    assert "nothing is charged" in str(pay.settled(True).danger)
    assert "charges" in str(pay.settled(None).danger)
