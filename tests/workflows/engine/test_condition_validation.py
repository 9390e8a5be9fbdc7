"""What of a condition is refused before it can fail every run."""

import pytest

from apps.workflows.engine.validation import validate
from tests.workflows.engine.fakes import CATALOG, CONNECTIONS, act, only_if, workflow

AMOUNT = {"template": "{{ trigger.amount }}"}
EMAIL = {"template": "{{ trigger.email }}"}


def codes(left, op, right=None):
    leaf = {"left": left, "op": op} | ({} if right is None else {"right": right})
    steps = [only_if({"all": [leaf]}), act("tag")]
    found = validate(workflow(*steps), connections=CONNECTIONS, catalog=CATALOG)
    return [(problem.code, problem.path) for problem in found]


@pytest.mark.parametrize(
    ("left", "op", "right"),
    [
        (AMOUNT, "greater_than", {"value": 5000}),
        (AMOUNT, "greater_than", {"value": "5000"}),
        (AMOUNT, "greater_than", {"template": "{{ trigger.raw.limit }}"}),
        (AMOUNT, "equals", {"value": "fifty"}),
        (EMAIL, "ends_with", {"value": "@example.com"}),
        ({"template": "{{ trigger.raw.any }}"}, "before", {"value": "2026-01-31"}),
        ({"template": "{{ trigger.amount | divided_by: 100 }}"}, "at_most", {"value": 50.5}),
        (EMAIL, "is_not_empty", None),
    ],
)
def test_what_can_be_decided_is_taken(left, op, right):
    assert codes(left, op, right) == []


@pytest.mark.parametrize(
    ("left", "op", "right", "side"),
    [
        (AMOUNT, "greater_than", {"value": "50,00"}, "right"),
        (AMOUNT, "less_than", {"value": True}, "right"),
        (AMOUNT, "greater_than", EMAIL, "right"),
        ({"template": "{{ trigger.raw.any }}"}, "at_least", {"value": "much"}, "right"),
        ({"template": "{{ trigger.raw.any }}"}, "before", {"value": "soon"}, "right"),
        (EMAIL, "greater_than", {"value": 5}, "right"),
        (AMOUNT, "starts_with", {"value": "5"}, "right"),
        (AMOUNT, "is_true", None, "left"),
    ],
)
def test_a_comparison_that_would_fail_every_run_is_refused(left, op, right, side):
    [(code, path)] = codes(left, op, right)

    assert code == "incomparable"
    assert path.endswith(f".condition.all.0.{side}")


def test_it_says_what_to_write():
    leaf = {"left": AMOUNT, "op": "greater_than", "right": {"value": "50,00"}}
    steps = [only_if({"all": [leaf]}), act("tag")]

    [problem] = validate(workflow(*steps), connections=CONNECTIONS, catalog=CATALOG)

    assert problem.message.endswith("Write a number, such as 5000 or 12.5.")
