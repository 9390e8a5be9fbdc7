"""Recipes that tell one's own team or programs what happened."""

import re

import pytest

from apps.workflows.engine.effects import RunOutcome
from apps.workflows.engine.recipes import build_recipe, open_fields
from tests.workflows.engine.sandboxes import Sandboxes, completed, sample

FAILED = "stripe.trigger-invoice-payment-failed"
MAIL = "email.send"


def told(trigger, action, **event):
    source, target = (ref.partition(".")[0] for ref in (trigger, action))
    definition = build_recipe(trigger, action, trigger_connection=source, action_connection=target)
    turn = Sandboxes().run(completed(definition), sample(trigger, **event))
    assert turn.ended.outcome is RunOutcome.SUCCEEDED, turn.ended
    return turn.records[-1].inputs


def test_a_mail_tells_what_happened_to_whom_and_how_much():
    inputs = told(FAILED, MAIL)

    assert inputs["subject"] == "Invoice Payment Failed in Stripe"
    lines = inputs["text"].splitlines()
    assert "E-mail: jane@example.com" in lines
    assert "Amount due: 49.00 USD" in lines
    assert "Next attempt: 2026-11-19T12:00:00Z" in lines


@pytest.mark.parametrize("missing", ["email", "currency", "next_payment_attempt", "customer"])
def test_what_an_event_does_not_tell_is_left_out(missing):
    whole, less = told(FAILED, MAIL)["text"], told(FAILED, MAIL, **{missing: None})["text"]

    assert len(less.splitlines()) == len(whole.splitlines()) - 1


def test_to_whom_it_goes_is_the_operators_choice():
    definition = build_recipe(FAILED, MAIL)

    assert [problem.field for problem in open_fields(definition)] == ["to"]


@pytest.mark.parametrize("trigger", [FAILED, "stripe.trigger-dispute-created"])
def test_nothing_is_looked_up_for_it(trigger):
    assert [step.action for step in build_recipe(trigger, MAIL).steps] == [MAIL]


def test_a_program_gets_the_events_fields_as_json():
    body = told(FAILED, "http.request")["json"]

    assert body["event"] == "payment_failed"
    assert body["event_id"].startswith("evt_")
    assert body["data"]["amount"] == 4900


def test_what_names_nobody_names_the_charge():
    assert "Charge: ch_" in told("stripe.trigger-dispute-created", MAIL)["text"]


def test_a_currency_that_is_not_known_does_not_stop_an_alert():
    text = told("stripe.trigger-invoice-payment-failed", "slack.send-message", currency="xyz")["text"]

    assert re.search(r"^Amount.*: \d+$", text, re.MULTILINE)
