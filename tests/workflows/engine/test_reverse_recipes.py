"""Recipes that act in Stripe on what Customer.io reports: the person is found first, or nothing is done."""

import pytest

from apps.catalog import registry
from apps.catalog.pairings import pairings
from apps.catalog.spec import Effect, Semantic
from apps.workflows.engine.effects import RunOutcome, StepOutcome
from apps.workflows.engine.recipes import build_recipe, open_fields
from apps.workflows.engine.recipes.billing import PLANS
from apps.workflows.engine.recipes.remarks import REMARKS
from apps.workflows.engine.validation import validate
from tests.workflows.engine.sandboxes import CONNECTIONS, Sandboxes, completed, sample

CLICKED = "customerio.trigger-email-link-clicked"
BOUNCED = "customerio.trigger-email-bounced"
UPDATE = "stripe.update-customer"
CREATE = "stripe.create-customer"
CHECKOUT = "stripe.create-checkout-session"
JANE = "cus_R8kTq2LwPzNf4J"
TRACK_ONLY = frozenset({"site_id", "track_api_key", "webhook_signing_key"})
STRANGER = {"email": "kim@example.com", "customer_id": None, "cio_id": None}


def recipe(trigger, action, **rest):
    return build_recipe(trigger, action, trigger_connection="customerio", action_connection="stripe", **rest)


def run(trigger, action, boxes=None, *, account_fields=None, **event):
    definition = completed(recipe(trigger, action, account_fields=account_fields))
    return (boxes or Sandboxes("run")).run(definition, sample(trigger, **event))


def customers(*emails):
    """Return a Stripe account with these customers."""
    boxes = Sandboxes()
    for email in emails:
        boxes.do(CREATE, email=email)
    return boxes


def id_of(boxes, email):
    return boxes.do("stripe.find-customer", email=email)["customer_id"]


def outcomes(turn):
    return {record.path: record.outcome for record in turn.records}


def test_the_id_that_customer_io_keeps_of_the_person_is_taken():
    turn = run(CLICKED, UPDATE)

    assert outcomes(turn)["list_customers"] is StepOutcome.SKIPPED
    assert outcomes(turn)["search_customers"] is StepOutcome.SKIPPED
    assert turn.records[-1].inputs["customer_id"] == JANE


def test_a_person_without_the_id_is_looked_for_in_stripe_by_e_mail():
    boxes = customers("kim@example.com", "pat@example.com")

    turn = run(CLICKED, UPDATE, boxes, **STRANGER)

    assert outcomes(turn)["kept_customer"] is StepOutcome.SKIPPED
    assert turn.records[-1].inputs["customer_id"] == id_of(boxes, "kim@example.com")


def test_without_an_app_key_only_stripe_is_asked():
    boxes = customers("jane@example.com")

    turn = run(CLICKED, UPDATE, boxes, account_fields=TRACK_ONLY)

    assert list(outcomes(turn)) == ["list_customers", "search_customers", "update_customer"]
    assert turn.ended.outcome is RunOutcome.SUCCEEDED


@pytest.mark.parametrize(
    "known",
    [["pat@example.com"], ["kim@example.com"] * 2, ["Kim@example.com", "KIM@example.com"]],
)
def test_nobody_and_several_end_the_run_with_the_reason(known):
    boxes = customers(*known)

    turn = run(CLICKED, UPDATE, boxes, **STRANGER)

    assert turn.ended.outcome is RunOutcome.FAILED
    assert "No customer has the e-mail of this person, or more than one has." in turn.ended.error.message
    assert UPDATE not in boxes.calls


def test_an_event_that_names_nobody_ends_the_run_with_the_reason():
    turn = run(CLICKED, UPDATE, account_fields=TRACK_ONLY, email=None)

    assert turn.ended.step == "list_customers"
    assert "“email” can't be filled by {{ trigger.email" in turn.ended.error.message


@pytest.mark.parametrize(
    ("event", "id_type", "identifier"),
    [
        ({}, "cio_id", "03000001"),
        ({"cio_id": None}, "id", "user-123"),
        ({"cio_id": None, "customer_id": None}, "email", "jane@example.com"),
    ],
)
def test_a_person_is_named_by_the_surest_identifier_that_the_event_has(event, id_type, identifier):
    turn = run("customerio.trigger-email-opened", UPDATE, **event)

    inputs = turn.records[0].inputs
    assert (inputs["id_type"], inputs["identifier"]) == (id_type, identifier)
    assert turn.records[0].outputs["found"] is True


def test_a_new_customer_is_made_with_what_is_known_of_the_person():
    boxes = customers("pat@example.com")
    boxes.do("customerio.identify-person", identifier="kim@example.com", first_name="Kim", last_name="Doe")

    turn = run(CLICKED, CREATE, boxes, email="kim@example.com", cio_id=None, customer_id=None)

    assert turn.ended.outcome is RunOutcome.SUCCEEDED
    assert turn.records[-1].inputs == {"email": "kim@example.com", "name": "Kim Doe"}
    assert boxes.calls.count(CREATE) == 2


def test_a_new_customer_keeps_who_the_person_is_in_customer_io():
    turn = run(CLICKED, CREATE, customers("pat@example.com"), account_fields=TRACK_ONLY)

    assert turn.records[-1].inputs["metadata"] == {"customerio_id": "03000001"}


@pytest.mark.parametrize("account_fields", [None, TRACK_ONLY])
def test_a_customer_who_is_there_is_not_made_again(account_fields):
    boxes = customers("jane@example.com")

    turn = run(CLICKED, CREATE, boxes, account_fields=account_fields)

    assert turn.ended.outcome is RunOutcome.SUCCEEDED
    assert outcomes(turn)["create_customer"] is StepOutcome.SKIPPED
    assert boxes.calls.count(CREATE) == 1


def test_without_an_e_mail_no_list_of_all_customers_is_taken_for_an_answer():
    turn = run(CLICKED, CREATE, account_fields=TRACK_ONLY, email=None)

    assert turn.ended.outcome is RunOutcome.FAILED
    assert turn.ended.step == "list_customers"


def test_a_checkout_is_the_customers_where_there_is_one():
    inputs = run(CLICKED, CHECKOUT).records[-1].inputs

    assert inputs["customer"] == JANE
    assert "customer_email" not in inputs


def test_a_checkout_of_somebody_new_gets_the_e_mail():
    inputs = run(CLICKED, CHECKOUT, customers("pat@example.com"), **STRANGER).records[-1].inputs

    assert inputs["customer_email"] == "kim@example.com"
    assert "customer" not in inputs


def test_a_checkout_is_not_made_while_it_is_unknown_whose_it_is():
    boxes = customers("kim@example.com", "kim@example.com")

    turn = run(CLICKED, CHECKOUT, boxes, **STRANGER)

    assert turn.ended.outcome is RunOutcome.FILTERED
    assert turn.ended.step == "one_customer"
    assert CHECKOUT not in boxes.calls


def test_a_bounce_is_noted_on_the_customer_and_nothing_else_is_changed():
    inputs = run(BOUNCED, UPDATE).records[-1].inputs

    assert set(inputs) == {"customer_id", "metadata"}
    assert inputs["metadata"]["email_status"] == "bounced"
    assert inputs["metadata"]["email_bounce_reason"].startswith("550")


def test_topics_are_noted_as_text():
    trigger = "customerio.trigger-subscription-preferences-changed"

    told = run(trigger, UPDATE).records[-1].inputs["metadata"]
    untold = run(trigger, UPDATE, subscribed_topics=None, unsubscribed_topics=None)

    assert isinstance(told["topics_on"], str)
    assert untold.ended.outcome is RunOutcome.SUCCEEDED


def test_a_long_address_is_shortened_to_what_stripe_keeps():
    turn = run(CLICKED, UPDATE, href=f"https://example.com/{'a' * 2000}")

    assert turn.ended.outcome is RunOutcome.SUCCEEDED
    assert len(turn.records[-1].inputs["metadata"]["last_clicked_link"]) == 500


def test_every_event_of_customer_io_has_its_own_note():
    app = registry.get_app("customerio")

    assert {trigger.key for trigger in app.triggers} <= set(REMARKS)
    assert all(len(key) <= 40 for remark in REMARKS.values() for key in remark)


@pytest.mark.parametrize("several", [False, True])
def test_a_subscription_is_changed_only_where_the_customer_has_exactly_one(several):
    boxes = Sandboxes()
    boxes.do("stripe.create-subscription", customer=JANE, price_id="price_1")
    if several:
        boxes.do("stripe.create-subscription", customer=JANE, price_id="price_2")

    turn = run(CLICKED, "stripe.cancel-subscription", boxes)

    assert (turn.ended.outcome is RunOutcome.SUCCEEDED) is not several
    if several:
        assert "{{ steps.only_running_subscription.only_id }}" in turn.ended.error.message
        assert "stripe.cancel-subscription" not in boxes.calls


def test_ending_a_subscription_keeps_what_is_paid_for():
    step = recipe(CLICKED, "stripe.cancel-subscription").to_json()["steps"][-1]

    assert step["inputs"]["cancel_at_period_end"] == {"value": True}
    assert step["confirmed"] is False


def test_no_amount_no_price_and_no_refund_is_ever_guessed():
    for each in pairings("customerio", "stripe"):
        given = set(recipe(each.trigger_ref, each.action_ref).steps[-1].inputs)
        amounts = {field.key for field in each.action.inputs if field.semantic is Semantic.AMOUNT}
        assert not given & (amounts | {"price_id", "charge", "percent_off", "currency"}), each.title


def test_what_changes_a_customer_never_runs_before_the_customer_is_found():
    for each in pairings("customerio", "stripe"):
        *before, last = recipe(each.trigger_ref, each.action_ref).steps
        effects = {registry.get_action(step.action)[1].effect for step in before if step.kind == "action"}
        assert effects <= {Effect.READ}, each.title
        needs = [
            field.key
            for field in each.action.inputs
            if field.semantic is Semantic.CUSTOMER and field.required
        ]
        assert set(needs) <= set(last.inputs), each.title


@pytest.mark.parametrize("trigger", [CLICKED, "customerio.trigger-email-opened"])
def test_what_machines_do_starts_nothing(trigger):
    boxes = Sandboxes()

    turn = run(trigger, UPDATE, boxes, prefetched=True, machine=True)

    assert turn.ended.outcome is RunOutcome.FILTERED
    assert boxes.calls == []


def test_each_look_up_asks_the_app_that_knows():
    steps = recipe(CLICKED, "stripe.create-invoice").steps

    assert [(step.action, step.connection) for step in steps if step.kind == "action"] == [
        ("customerio.find-person", "customerio"),
        ("stripe.get-customer", "stripe"),
        ("stripe.list-customers", "stripe"),
        ("stripe.search-customers", "stripe"),
        ("stripe.create-invoice", "stripe"),
    ]


def test_every_plan_is_of_an_action_that_is_offered():
    offered = {action.key for action in registry.get_app("stripe").actions if not action.hidden}

    assert set(PLANS) <= offered


@pytest.mark.parametrize("trigger", registry.get_app("stripe").triggers, ids=lambda trigger: trigger.key)
def test_a_recipe_reads_no_look_up_that_was_left_out(trigger):
    ref = f"stripe.trigger-{trigger.key}"
    for action in ("identify-person", "track-event", "send-transactional-email"):
        definition = build_recipe(
            ref,
            f"customerio.{action}",
            trigger_connection="stripe",
            action_connection="customerio",
            account_fields=frozenset({"webhook_secret"}),
        )

        assert validate(definition, connections=CONNECTIONS) == open_fields(definition)


@pytest.mark.parametrize(
    "action", ["create-coupon", "create-checkout-session", "create-billing-portal-session"]
)
def test_the_notes_say_how_what_is_made_gets_to_the_person(action):
    definition = recipe(CLICKED, f"stripe.{action}")

    made = definition.notes.partition("{{ ")[2].partition(" }}")[0].split(".")
    assert made[:2] == ["steps", definition.steps[-1].id]
    assert made[2] in {field.key for field in registry.get_action(f"stripe.{action}")[1].outputs}


def test_a_customer_whose_e_mail_is_written_otherwise_is_not_made_again():
    boxes = customers("Kim@Example.com")

    made = run(CLICKED, CREATE, boxes, **STRANGER)
    checkout = run(CLICKED, CHECKOUT, boxes, **STRANGER)

    assert outcomes(made)["create_customer"] is StepOutcome.SKIPPED
    assert checkout.records[-1].inputs["customer"].startswith("cus_")
