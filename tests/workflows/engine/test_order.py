"""What a workflow's runs may be kept in order by."""

import pytest

from apps.workflows.engine.definition import parse
from apps.workflows.engine.order import plan_of
from apps.workflows.engine.validation import validate
from tests.factories import definition


def problems(by):
    found = validate(parse({**definition(), "order": {"by": by}}), connections={})
    return [problem.code for problem in found if problem.path == "order.by"]


@pytest.mark.parametrize("by", ["{{ trigger.customer }}", "{{trigger.customer}}", "{{ trigger.raw.id }}"])
def test_a_field_of_the_event_orders(by):
    assert problems(by) == []


@pytest.mark.parametrize(
    ("by", "code"),
    [
        ("customer", "bad_order"),
        ("{{ trigger.customer | upcase }}", "bad_order"),
        ("{{ steps.a.id }}", "bad_order"),
        ("{{ trigger.custmer }}", "unknown_field"),
    ],
)
def test_anything_else_is_a_problem_of_the_field(by, code):
    assert problems(by) == [code]


def test_a_definition_without_an_order_says_no_word_of_it():
    assert "order" not in parse(definition()).to_json()


def test_an_event_without_the_value_is_in_no_order():
    plan = plan_of(parse({**definition(), "order": {"by": "{{ trigger.customer }}", "late": "supersede"}}))

    assert plan is not None
    assert plan.supersedes
    assert plan.value_in({"customer": " cus_1 "}) == "cus_1"
    assert plan.value_in({"customer": None}) == plan.value_in({}) == ""
