"""What narrows a list and comes to nothing fails the step; it never makes the list longer."""

import pytest

from apps.catalog import registry
from apps.catalog.spec import Effect
from apps.workflows.engine.definition import parse
from apps.workflows.engine.effects import RunOutcome
from tests.workflows.engine.sandboxes import Sandboxes, sample

CLICKED = "customerio.trigger-email-link-clicked"
PAT = "cus_R8kTq2LwPzNf4J"
NOT_FILTERS = {"limit", "starting_after"}


def listed(action="stripe.list-subscriptions", /, **inputs):
    """Return the turn of a run with one list, over an account that has one of Pat's subscriptions."""
    boxes = Sandboxes()
    boxes.do("stripe.create-subscription", customer=PAT, price_id="price_1")
    step = {"id": "list", "kind": "action", "name": "List", "action": action, "connection": "stripe"}
    form = {
        "schema": 1,
        "trigger": {"trigger": CLICKED, "connection": "customerio"},
        "steps": [{**step, "inputs": inputs}],
    }
    return boxes.run(parse(form), sample(CLICKED, subject="  ", campaign_id=None))


@pytest.mark.parametrize("blank", ["{{ trigger.subject }}", "{{ trigger.campaign_id }}", " {{ '' }} "])
@pytest.mark.parametrize("key", ["customer", "created_after"])
def test_a_filter_that_comes_to_nothing_fails_the_step_and_names_the_field(key, blank):
    turn = listed(**{key: {"template": blank}})

    assert turn.ended.outcome is RunOutcome.FAILED
    assert (turn.ended.error.code, turn.ended.error.field) == ("empty_input", key)
    assert f"“{key}” is empty" in turn.ended.error.message


@pytest.mark.parametrize(
    "inputs", [{}, {"customer": {"value": ""}}, {"customer": {"value": None}}, {"customer": {"template": ""}}]
)
def test_a_filter_that_was_left_out_lists_everything(inputs):
    assert listed(**inputs).records[-1].outputs["count"] == 1


def test_a_filter_that_has_a_value_is_used():
    assert listed(customer={"template": f"{{{{ '{PAT}' }}}}"}).records[-1].outputs["count"] == 1
    assert listed(customer={"template": "cus_kim"}).records[-1].outputs["count"] == 0


@pytest.mark.parametrize(
    "more", [{"list": [{"template": "{{ trigger.campaign_id }}"}]}, {"template": "{{ trigger.campaign_id }}"}]
)
def test_a_comparison_that_comes_to_nothing_fails_a_search(more):
    turn = listed(
        "stripe.search-subscriptions", field={"value": "status"}, value={"value": "active"}, more=more
    )

    assert turn.ended.error.field == "more"


@pytest.mark.parametrize(
    "action",
    [each for each in registry.get_app("stripe").actions if each.key.startswith("list-")],
    ids=lambda action: action.key,
)
def test_every_filter_of_every_list_narrows(action):
    assert action.effect is Effect.READ
    assert {field.key for field in action.inputs if not field.narrows} <= NOT_FILTERS
