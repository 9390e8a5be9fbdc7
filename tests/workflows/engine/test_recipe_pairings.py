"""Every trigger with every action of another app: a sound recipe, and one that runs."""

import itertools

import pytest

from apps.catalog import registry
from apps.catalog.pairings import pairings
from apps.workflows.engine.definition import parse
from apps.workflows.engine.effects import RunOutcome
from apps.workflows.engine.recipes import build_recipe, open_fields
from apps.workflows.engine.validation import validate
from tests.workflows.engine.sandboxes import CONNECTIONS, Sandboxes, completed, sample

KEYS = [app.key for app in registry.APPS]


def triggers(directions):
    """Return each trigger of these directions with the app whose actions follow it."""
    return [
        (registry.trigger_ref(registry.get_app(source), trigger), target)
        for source, target in directions
        for trigger in registry.get_app(source).triggers
        if registry.get_app(target).actions
    ]


ALL = triggers(itertools.product(KEYS, repeat=2))
BETWEEN_APPS = triggers(itertools.permutations(KEYS, 2))
PRICE = {"amount": 4900, "amount_unit": "minor", "currency": "usd"}
# What stands ready for the actions that look for a payment.
PAYMENTS: dict[str, dict[str, object]] = {
    "stripe.confirm-payment-intent": {"payment_method": "pm_1"},
    "stripe.capture-payment-intent": {"payment_method": "pm_1", "confirm": True, "capture_method": "manual"},
    "stripe.cancel-payment-intent": {},
}
JANE = "cus_R8kTq2LwPzNf4J"


def refs_of(trigger_ref, target):
    source = trigger_ref.partition(".")[0]
    return [each.action_ref for each in pairings(source, target) if each.trigger_ref == trigger_ref]


def recipe(trigger_ref, action_ref, **rest):
    source, target = (ref.partition(".")[0] for ref in (trigger_ref, action_ref))
    return build_recipe(trigger_ref, action_ref, trigger_connection=source, action_connection=target, **rest)


@pytest.fixture(scope="module")
def furnished():
    """A Stripe account where Jane has one of each thing that an action may look for."""
    boxes = Sandboxes()
    boxes.do("stripe.create-subscription", customer=JANE, price_id="price_1")
    boxes.do("stripe.create-invoice", customer=JANE)
    opened = boxes.do("stripe.create-invoice", customer=JANE)["invoice_id"]
    # In the sandbox an invoice has no amount, so that finalizing it would leave none to pay.
    boxes.states["stripe"]["objects"]["invoices"][opened] |= {"status": "open", "amount_due": 4900}
    return boxes.states


@pytest.mark.parametrize(("trigger_ref", "target"), ALL)
def test_a_recipe_leaves_open_only_what_the_operator_knows(trigger_ref, target):
    for action_ref in refs_of(trigger_ref, target):
        definition = recipe(trigger_ref, action_ref)

        assert validate(definition, connections=CONNECTIONS) == open_fields(definition), action_ref
        assert validate(completed(definition), connections=CONNECTIONS) == [], action_ref
        assert parse(definition.to_json()) == definition, action_ref
        assert not any(step.kind == "action" and step.confirmed for step in definition.steps)


@pytest.mark.parametrize(("trigger_ref", "target"), BETWEEN_APPS)
def test_a_recipe_runs_over_the_sandboxes(trigger_ref, target, furnished):
    failed = {}
    for action_ref in refs_of(trigger_ref, target):
        boxes = Sandboxes("run", dict(furnished))
        if action_ref in PAYMENTS:
            boxes.do("stripe.create-payment-intent", customer=JANE, **PRICE, **PAYMENTS[action_ref])
        turn = boxes.run(completed(recipe(trigger_ref, action_ref)), sample(trigger_ref))
        if turn.ended is None or turn.ended.outcome is not RunOutcome.SUCCEEDED:
            failed[action_ref] = turn.ended.error.message if turn.ended else turn.stopped

    assert failed == {}
