"""A customer whose e-mail changes in Stripe stays one person in Customer.io."""

import pytest

from apps.workflows.engine.effects import RunOutcome
from apps.workflows.engine.recipes import build_recipe
from tests.workflows.engine.sandboxes import Sandboxes, completed, sample

UPDATED = "stripe.trigger-customer-updated"
IDENTIFY = "customerio.identify-person"
OLD, NEW = "old@example.com", "new@example.com"


def recipe():
    return build_recipe(UPDATED, IDENTIFY, trigger_connection="stripe", action_connection="customerio")


def run(boxes, previous):
    return boxes.run(completed(recipe()), sample(UPDATED, email=NEW, previous_attributes=previous))


def person(boxes, identifier):
    return boxes.do("customerio.find-person", identifier=identifier, id_type="email", when_missing="go_on")


def test_a_changed_e_mail_makes_no_second_person():
    boxes = Sandboxes()
    boxes.do(IDENTIFY, identifier=OLD, attributes={"plan": "pro"})

    turn = run(boxes, {"email": OLD})

    assert turn.ended.outcome is RunOutcome.SUCCEEDED
    assert (turn.records[-1].inputs["identifier"], turn.records[-1].inputs["email"]) == (OLD, NEW)
    assert [person(boxes, each)["found"] for each in (OLD, NEW)].count(True) == 1


@pytest.mark.parametrize("previous", [None, {}, {"email": None}, {"email": "  "}, {"name": "Jane"}])
def test_an_e_mail_that_did_not_change_names_the_person(previous):
    turn = run(Sandboxes(), previous)

    assert turn.records[-1].inputs["identifier"] == NEW


def test_the_notes_say_what_customer_io_does_with_the_new_e_mail():
    assert "keeps the old e-mail" in recipe().notes
