"""Recipes: every Stripe trigger with every Customer.io action, and the fallback for other pairs."""

import re

import pytest

from apps.catalog import registry
from apps.catalog.spec import LookUp
from apps.workflows.engine.definition import parse
from apps.workflows.engine.effects import Answered, RunOutcome, StepOutcome
from apps.workflows.engine.executor import RunScope, drive, execute
from apps.workflows.engine.program import compile_program
from apps.workflows.engine.recipes import build_recipe, open_fields, recipe_title
from apps.workflows.engine.recipes.stories import STORIES
from apps.workflows.engine.validation import ConnectionFacts, validate
from config.env import BASE_DIR
from tests.workflows.engine.fakes import MAILER, NOW, ORDER_PLACED, SHOP, FakeCatalog

TRIGGERS = [registry.trigger_ref(app, spec) for app, spec in registry.iter_triggers() if app.key == "stripe"]
ANY_EVENT = "stripe.trigger-any-event"
IDENTIFY = "customerio.identify-person"
TRACK = "customerio.track-event"
SEND = "customerio.send-transactional-email"
DELETE = "customerio.delete-person"
OPEN = {IDENTIFY: [], TRACK: [], SEND: ["transactional_message_id"], DELETE: ["confirmed"]}
PAIRS = [(trigger, action) for trigger in TRIGGERS for action in OPEN]

CONNECTIONS = {
    key: ConnectionFacts(
        app=key,
        name=key,
        status="connected",
        fields=frozenset(field.key for field in registry.get_app(key).auth.fields),
    )
    for key in ("stripe", "customerio")
}
PROFILE = {"email": "found@example.com", "name": "Jane van Example", "customer": "cus_found"}


def recipe(trigger, action):
    return build_recipe(trigger, action, trigger_connection="stripe", action_connection="customerio")


def filled(definition):
    """Do what a recipe leaves to the operator."""
    form = definition.to_json()
    if form["trigger"]["trigger"] == ANY_EVENT:
        form["trigger"]["options"] = {"events": ["payout.paid"]}
    step = form["steps"][-1]
    step["confirmed"] = True
    if form["trigger"]["trigger"] == "stripe.trigger-any-event":
        form["trigger"]["options"] = {"events": ["charge.succeeded"]}
    if step["action"] == SEND:
        step["inputs"]["transactional_message_id"] = {"value": "3"}
    return parse(form)


def sample(trigger, **changed):
    app, spec = registry.get_trigger(trigger)
    return registry.trigger_data(app, spec, registry.sample_payload(app.key, spec.key)) | changed


def run(trigger, action, **changed):
    """Run the recipe on the trigger's sample; look-ups find the profile. Return the turn."""
    program = compile_program(filled(recipe(trigger, action)))
    scope = RunScope(sample(trigger, **changed), "r", "evt", "w", "stripe")

    def perform(call):
        outputs = PROFILE if call.action.startswith("stripe.") else {}
        return Answered(outputs, at=NOW)

    return drive(execute(program, scope, {}, now=NOW), perform)


def inputs_of(*pair, **changed):
    turn = run(*pair, **changed)
    assert turn.ended.outcome is RunOutcome.SUCCEEDED, turn.ended
    return turn.records[-1].inputs


def test_every_trigger_has_a_story():
    assert len(PAIRS) == 4 * len(STORIES)
    assert set(STORIES) == set(TRIGGERS)


@pytest.mark.parametrize(("trigger", "action"), PAIRS)
def test_a_recipe_is_sound_but_for_what_only_the_operator_knows(trigger, action):
    definition = recipe(trigger, action)

    chosen = ["events"] if trigger == ANY_EVENT else []
    assert [problem.field for problem in open_fields(definition)] == [*chosen, *OPEN[action]]
    assert validate(definition, connections=CONNECTIONS) == open_fields(definition)
    assert validate(filled(definition), connections=CONNECTIONS) == []
    assert parse(definition.to_json()) == definition


@pytest.mark.parametrize(("trigger", "action"), PAIRS)
def test_a_recipe_runs_on_the_sample_and_names_the_person_by_e_mail(trigger, action):
    inputs = inputs_of(trigger, action)

    identifier = inputs["to" if action == SEND else "identifier"]
    assert identifier.endswith("@example.com")


@pytest.mark.parametrize("trigger", TRIGGERS)
def test_an_event_is_named_for_what_happened_and_carries_data(trigger):
    inputs = inputs_of(trigger, TRACK)

    assert inputs["name"] == STORIES[trigger].event_name
    assert inputs["data"]["stripe_customer_id"].startswith("cus_")
    assert not {"recipient", "from_address", "reply_to"} & set(inputs["data"])


def test_event_names_are_distinct():
    names = [story.event_name for story in STORIES.values()]

    assert len(set(names)) == len(names)


def test_an_amount_is_sent_whole_with_its_currency_and_as_the_currency_writes_it():
    data = inputs_of("stripe.trigger-invoice-payment-failed", TRACK)["data"]
    yen = inputs_of("stripe.trigger-invoice-payment-failed", TRACK, currency="jpy")["data"]

    assert (data["amount"], data["currency"], data["amount_decimal"]) == (4900, "usd", "49.00")
    assert yen["amount_decimal"] == "4900"


def test_a_failed_invoice_payment_tells_what_a_reminder_needs():
    data = inputs_of("stripe.trigger-invoice-payment-failed", TRACK)["data"]

    assert data["hosted_invoice_url"].startswith("https://invoice.stripe.com/")
    assert data["attempt_count"] == 1
    assert data["next_attempt_at"] == 1795089600


@pytest.mark.parametrize("trigger", TRIGGERS)
def test_a_person_gets_the_stripe_id_and_no_reserved_attribute(trigger):
    inputs = inputs_of(trigger, IDENTIFY)

    assert inputs["attributes"]["stripe_customer_id"].startswith("cus_")
    before = sample(trigger).get("previous_attributes") or {}
    assert inputs["identifier"] == before.get("email", inputs["email"])
    assert not {"id", "email", "created_at", "first_name", "plan"} & set(inputs["attributes"])


def test_only_a_new_customer_sets_when_the_person_was_created():
    setting = [trigger for trigger in TRIGGERS if "created_at" in inputs_of(trigger, IDENTIFY)]

    assert setting == ["stripe.trigger-customer-created"]


def test_subscriptions_keep_status_and_plan_of_the_person():
    inputs = inputs_of("stripe.trigger-subscription-updated", IDENTIFY)

    assert inputs["plan"] == "Pro monthly"
    assert inputs["attributes"]["subscription_status"] == "active"


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("Jane Example", "Jane", "Example"),
        ("  Jane   van Example ", "Jane", "van Example"),
        ("Jane", "Jane", None),
        ("", None, None),
        (None, None, None),
    ],
)
def test_a_whole_name_is_split(name, first, last):
    inputs = inputs_of("stripe.trigger-customer-created", IDENTIFY, name=name)

    assert (inputs.get("first_name"), inputs.get("last_name")) == (first, last)


def test_an_event_with_an_e_mail_needs_no_look_up():
    turn = run("stripe.trigger-charge-failed", TRACK)

    assert [record.outcome for record in turn.records] == [StepOutcome.SKIPPED, StepOutcome.SUCCEEDED]
    assert turn.records[-1].inputs["identifier"] == "jane@example.com"


def test_an_event_without_an_e_mail_is_completed_by_the_look_up():
    turn = run("stripe.trigger-charge-failed", TRACK, email=None)

    assert turn.records[0].inputs == {"customer_id": "cus_R8kTq2LwPzNf4J"}
    assert turn.records[-1].inputs["identifier"] == "found@example.com"


def test_a_guest_without_an_e_mail_fails_with_the_reason():
    turn = run("stripe.trigger-charge-failed", TRACK, email=None, customer=None)

    assert turn.records[0].outcome is StepOutcome.SKIPPED
    assert turn.ended.error.field == "identifier"
    assert "is empty because {{ trigger.email | default: steps.customer.email" in turn.ended.error.message


@pytest.mark.parametrize("trigger", [ref for ref in TRIGGERS if "subscription" in ref or "dispute" in ref])
def test_an_event_that_never_has_an_e_mail_is_looked_up_first(trigger):
    turn = run(trigger, DELETE)

    assert turn.records[0].action.startswith("stripe.get-")
    assert turn.records[0].outcome is StepOutcome.SUCCEEDED
    assert turn.records[-1].inputs["identifier"] == "found@example.com"


@pytest.mark.parametrize("trigger", TRIGGERS)
def test_a_mail_goes_to_the_person_with_the_events_data(trigger):
    inputs = inputs_of(trigger, SEND)

    assert inputs["to"] == inputs["identifiers_email"]
    assert inputs["message_data"]["stripe_customer_id"].startswith("cus_")


def test_deleting_is_never_confirmed_by_a_recipe():
    assert recipe("stripe.trigger-charge-failed", DELETE).to_json()["steps"][-1]["confirmed"] is False


def test_look_ups_use_the_triggers_connection():
    steps = recipe("stripe.trigger-subscription-created", TRACK).to_json()["steps"]

    assert [step["connection"] for step in steps] == ["stripe", "customerio"]


def test_a_recipe_has_a_title():
    assert recipe_title("stripe.trigger-invoice-payment-failed", TRACK) == (
        "When Invoice Payment Failed in Stripe, Track Custom Event in Customer.io"
    )


def test_an_unknown_name_is_told():
    with pytest.raises(registry.UnknownKeyError):
        build_recipe("stripe.trigger-nothing", TRACK)


def chained(*look_ups):
    """Return a catalog whose order tells no e-mail and is looked up in turn."""
    fields = tuple(field for field in ORDER_PLACED.fields if field.key != "email")
    trigger = ORDER_PLACED.model_copy(update={"fields": fields, "email_from": look_ups})
    shop = SHOP.model_copy(update={"triggers": (trigger,), "actions": (*SHOP.actions, *MAILER.actions)})
    return FakeCatalog(shop, MAILER)


BY_BUYER = LookUp(action="get-buyer", input="buyer", source="customer", output="email")
BY_FINDING = LookUp(action="find", input="customer", source="email", output="email")


def test_look_ups_are_tried_in_turn():
    definition = build_recipe(
        "shop.trigger-order-placed", "mailer.wipe", catalog=chained(BY_BUYER, BY_FINDING)
    )

    first, second, last = definition.to_json()["steps"]
    assert first["run_if"] is None
    assert second["inputs"] == {"customer": {"template": "{{ steps.buyer.email }}"}}
    assert second["run_if"]["all"][0]["left"] == {"template": "{{ steps.buyer.email }}"}
    assert last["inputs"] == {"person": {"template": "{{ steps.buyer.email | default: steps.find.email }}"}}


def test_a_look_up_by_what_nothing_gives_is_a_mistake_of_the_declaration():
    wrong = LookUp(action="find", input="customer", source="nowhere", output="email")

    with pytest.raises(ValueError, match="gives nowhere"):
        build_recipe("shop.trigger-order-placed", "mailer.wipe", catalog=chained(wrong))


def test_a_pair_that_nobody_wrote_by_hand_is_mapped_by_meaning():
    definition = build_recipe("stripe.trigger-invoice-paid", "stripe.get-customer")

    step = definition.to_json()["steps"][-1]
    assert step["inputs"] == {"customer_id": {"template": "{{ trigger.customer }}"}}


def test_amounts_are_never_mapped_by_meaning_alone():
    catalog = FakeCatalog(SHOP, MAILER)

    definition = build_recipe("shop.trigger-order-placed", "mailer.charge", catalog=catalog)

    assert set(definition.to_json()["steps"][-1]["inputs"]) == {"person"}
    assert [problem.field for problem in open_fields(definition, catalog=catalog)] == ["amount"]


def test_a_look_up_that_the_account_can_t_make_is_left_out_where_the_event_has_an_e_mail():
    failed = "stripe.trigger-invoice-payment-failed"
    created = "stripe.trigger-subscription-created"
    events_only = frozenset({"webhook_secret"})

    with_key = build_recipe(failed, "customerio.track-event")
    without_key = build_recipe(failed, "customerio.track-event", account_fields=events_only)
    needed = build_recipe(created, "customerio.track-event", account_fields=events_only)

    assert [step.id for step in with_key.steps] == ["customer", "track_event"]
    assert [step.id for step in without_key.steps] == ["track_event"]
    assert [step.id for step in needed.steps] == ["customer", "track_event"]


def test_the_page_on_ready_made_workflows_names_what_there_is():
    page = (BASE_DIR / "docs" / "recipes.md").read_text()
    table = [row.split(" | ") for row in page.splitlines() if row.startswith("| ")][1:]
    names = {trigger.name for _, trigger in registry.iter_triggers()}
    events = {story.event_name for story in STORIES.values()}

    assert len(table) == 12
    assert {row[0].removeprefix("| ") for row in table} <= names
    assert set(re.findall(r"Event `(\w+)`", page)) <= events


def test_between_two_things_of_one_app_the_id_says_it_all():
    inputs = build_recipe("stripe.trigger-invoice-paid", "stripe.update-customer").steps[-1].inputs

    assert set(inputs) == {"customer_id"}


def test_of_inputs_that_exclude_each_other_one_is_filled():
    inputs = build_recipe("stripe.trigger-charge-failed", "stripe.create-refund").steps[-1].inputs

    assert set(inputs) == {"charge"}


def test_an_id_of_one_app_is_none_of_another():
    customer = ORDER_PLACED.fields[3].model_copy(update={"required": True})
    bill = MAILER.actions[0].model_copy(update={"key": "bill", "inputs": (customer,)})
    catalog = FakeCatalog(SHOP, MAILER.model_copy(update={"actions": (bill,)}))

    definition = build_recipe("shop.trigger-order-placed", "mailer.bill", catalog=catalog)

    assert definition.steps[-1].inputs == {}


def test_where_the_id_is_known_nobody_is_looked_up():
    steps = build_recipe("stripe.trigger-subscription-updated", "stripe.update-customer").steps

    assert [step.action for step in steps] == ["stripe.update-customer"]


@pytest.mark.parametrize("currency", [None, "", "xyz", "usdc"])
@pytest.mark.parametrize(
    "trigger", ["stripe.trigger-invoice-payment-failed", "stripe.trigger-charge-refunded"]
)
def test_a_currency_that_is_not_known_does_not_stop_a_reminder(trigger, currency):
    data = inputs_of(trigger, "customerio.track-event", currency=currency)["data"]

    assert isinstance(data["amount"], int)
    assert "amount_decimal" not in data
