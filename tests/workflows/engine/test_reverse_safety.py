"""Recipes that act in Stripe act on the person of the event, whatever anybody wrote into a profile."""

import pytest

from apps.catalog.pairings import pairings
from apps.workflows.engine.effects import RunOutcome
from apps.workflows.engine.recipes import build_recipe
from tests.workflows.engine.sandboxes import Sandboxes, completed, sample

CLICKED = "customerio.trigger-email-link-clicked"
CREATE = "stripe.create-customer"
CANCEL = "stripe.cancel-subscription"
PORTAL = "stripe.create-billing-portal-session"
UPDATE = "stripe.update-customer"
DELETE = "stripe.delete-customer"
LISTS = ["stripe.list-subscriptions", "stripe.list-invoices", "stripe.list-charges"]
BY_EMAIL = {"cio_id": None, "customer_id": None}


def account(*emails):
    """Return a Stripe account with these customers, and their ids."""
    boxes = Sandboxes()
    return boxes, [boxes.do(CREATE, email=email)["customer_id"] for email in emails]


def subscribe(boxes, customer):
    made = boxes.do("stripe.create-subscription", customer=customer, price_id="price_1", quantity=1)
    return made["subscription_id"]


def profile(boxes, identifier, **attributes):
    boxes.do("customerio.identify-person", identifier=identifier, attributes=attributes)


def run(action, boxes, **event):
    recipe = build_recipe(CLICKED, action, trigger_connection="customerio", action_connection="stripe")
    return boxes.run(completed(recipe), sample(CLICKED, **event))


def record(turn, path):
    return next(record for record in turn.records if record.path == path)


@pytest.mark.parametrize("blank", ["  ", "\t", "\u00a0", ""])
def test_a_blank_attribute_acts_on_the_persons_own_subscription(blank):
    boxes, (pat, mallory) = account("pat@example.com", "mallory@example.com")
    subscribe(boxes, pat)
    own = subscribe(boxes, mallory)
    profile(boxes, "mallory@example.com", stripe_customer_id=blank)

    turn = run(CANCEL, boxes, email="mallory@example.com", **BY_EMAIL)

    assert turn.ended.outcome is RunOutcome.SUCCEEDED
    assert turn.records[-1].inputs["subscription_id"] == own


@pytest.mark.parametrize("blank", ["  ", "\u00a0"])
def test_a_blank_attribute_of_somebody_without_a_subscription_ends_nobodys(blank):
    boxes, (pat, _) = account("pat@example.com", "mallory@example.com")
    subscribe(boxes, pat)
    profile(boxes, "mallory@example.com", stripe_customer_id=blank)

    turn = run(CANCEL, boxes, email="mallory@example.com", **BY_EMAIL)

    assert turn.ended.outcome is RunOutcome.FAILED
    assert CANCEL not in boxes.calls


def test_a_list_is_never_of_everybody_where_no_customer_is_found():
    boxes, (pat,) = account("pat@example.com")
    subscribe(boxes, pat)
    profile(boxes, "mallory@example.com", stripe_customer_id="  ")

    turn = run(CANCEL, boxes, email="mallory@example.com", **BY_EMAIL)

    assert turn.ended.step == "only_running_subscription"
    assert turn.ended.error.field == "customer"
    assert not {CANCEL, *LISTS} & set(boxes.calls)


def test_what_is_looked_up_of_a_customer_is_compared_with_the_customer():
    for each in pairings("customerio", "stripe"):
        recipe = build_recipe(each.trigger_ref, each.action_ref)
        before = [step for step in recipe.steps[:-1] if step.kind == "action"]
        looked_up = [step for step in before if step.id.startswith(("only_", "newest_"))]
        assert ("of_this_customer" in {step.id for step in recipe.steps}) is bool(looked_up), each.title


def test_a_row_of_another_customer_ends_the_run():
    boxes, (pat, mallory) = account("pat@example.com", "mallory@example.com")
    subscription = subscribe(boxes, mallory)
    do = boxes.do

    def answering_for_another(ref, **inputs):
        outputs = do(ref, **inputs)
        for item in outputs.get("items", ()) if ref == "stripe.list-subscriptions" else ():
            item["customer"] = pat
        return outputs

    boxes.do = answering_for_another
    turn = run(CANCEL, boxes, email="mallory@example.com", **BY_EMAIL)

    assert subscription == record(turn, "only_running_subscription").outputs["only_id"]
    assert (turn.ended.outcome, turn.ended.step) == (RunOutcome.FILTERED, "of_this_customer")


def test_the_id_of_another_customer_in_a_profile_ends_the_run():
    boxes, (pat, _) = account("pat@example.com", "mallory@example.com")
    profile(boxes, "mallory@example.com", stripe_customer_id=pat)

    turn = run(PORTAL, boxes, email="mallory@example.com", **BY_EMAIL)

    assert (turn.ended.outcome, turn.ended.step) == (RunOutcome.FILTERED, "same_email")
    assert PORTAL not in boxes.calls


def test_the_id_of_a_customer_without_an_e_mail_proves_nothing():
    boxes, (pat,) = account("pat@example.com")
    boxes.states["stripe"]["objects"]["customers"][pat]["email"] = None
    profile(boxes, "user-9", stripe_customer_id=pat)

    turn = run(PORTAL, boxes, email="pat@example.com", cio_id=None, customer_id="user-9")

    assert turn.ended.step == "same_email"
    assert PORTAL not in boxes.calls


def test_the_kept_id_counts_where_the_e_mail_is_the_same_in_other_letters():
    boxes, (pat,) = account("Pat@Example.com")
    profile(boxes, "pat@example.com", stripe_customer_id=pat)

    turn = run(UPDATE, boxes, email="pat@example.com", **BY_EMAIL)

    assert turn.ended.outcome is RunOutcome.SUCCEEDED
    assert turn.records[-1].inputs["customer_id"] == pat


def test_a_kept_customer_who_was_deleted_ends_the_run_with_the_reason():
    boxes, (pat,) = account("pat@example.com")
    boxes.do(DELETE, customer_id=pat)
    profile(boxes, "pat@example.com", stripe_customer_id=pat)

    turn = run(UPDATE, boxes, email="pat@example.com", **BY_EMAIL)

    assert turn.ended.step == "kept_customer"
    assert "deleted" in turn.ended.error.message


def test_without_the_attribute_nothing_is_asked_about_it():
    boxes, _ = account("kim@example.com")

    run(UPDATE, boxes, email="kim@example.com", **BY_EMAIL)

    assert "stripe.get-customer" not in boxes.calls


def test_the_persons_own_e_mail_goes_before_the_recipient_of_a_message():
    boxes, (kim, _) = account("kim@example.com", "pat@example.com")
    boxes.do("customerio.identify-person", identifier="user-9", email="kim@example.com")

    turn = run(DELETE, boxes, email="pat@example.com", cio_id=None, customer_id="user-9")

    assert turn.records[-1].inputs["customer_id"] == kim


def test_the_recipient_counts_for_nothing_where_the_person_is_known_without_an_e_mail():
    boxes, _ = account("pat@example.com")
    profile(boxes, "user-9", plan="pro")

    turn = run(DELETE, boxes, email="pat@example.com", cio_id=None, customer_id="user-9")

    assert turn.ended.outcome is RunOutcome.FAILED
    assert DELETE not in boxes.calls


@pytest.mark.parametrize("action", [UPDATE, PORTAL, "stripe.create-checkout-session"])
def test_every_recipe_finds_a_customer_whose_e_mail_is_written_in_other_letters(action):
    boxes, (jane,) = account("Jane@Example.com")

    turn = run(action, boxes, email="jane@example.com", cio_id=None, customer_id="unknown-1")

    assert turn.ended.outcome is RunOutcome.SUCCEEDED
    assert jane in turn.records[-1].inputs.values()


def test_the_notes_say_whom_a_billing_page_is_for_and_what_a_coupon_replaces():
    portal, update = (
        build_recipe(CLICKED, f"stripe.{key}").notes
        for key in ("create-billing-portal-session", "update-subscription")
    )

    assert "for this customer alone" in portal
    assert "steps.create_billing_portal_session.url" in portal
    assert "takes the place of every discount" in update
