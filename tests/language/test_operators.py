"""Operators, one by one: what they find, and what they refuse to compare."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.language.errors import ConditionError
from apps.language.operators import OPERATORS


def holds(left: Any, key: str, right: Any = None, *, ignore_case: bool = False) -> bool:
    return OPERATORS[key].decide(left, right, str.casefold if ignore_case else str).result


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        ("a", "a", True),
        ("a", "A", False),
        (10, 10.0, True),
        (0.1, "0.10", True),
        ("10", 10, True),
        ("10", "10.0", False),
        ("ten", 10, False),
        ("1e1", 10, False),
        (True, True, True),
        (True, "true", True),
        ("False", False, True),
        (True, "yes", False),
        (True, 1, False),
        (0, False, False),
        (None, None, True),
        (None, "", False),
        (None, 0, False),
        ("", 0, False),
        ([1, "a"], [1, "a"], True),
        ([1], 1, False),
        ({"a": 1}, {"a": 1}, True),
        ({}, [], False),
        (10**40, 10**40 + 1, False),
    ],
)
def test_equality_looks_at_types(left: Any, right: Any, *, equal: bool):
    assert holds(left, "equals", right) is equal
    assert holds(right, "equals", left) is equal
    assert holds(left, "not_equals", right) is not equal


scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    scalars | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=4,
)


@given(json_values, json_values)
def test_equality_is_total_symmetric_and_reflexive(left: Any, right: Any):
    assert holds(left, "equals", right) is holds(right, "equals", left)
    assert holds(left, "equals", left)


@given(key=st.sampled_from(sorted(OPERATORS)), left=json_values, right=json_values, fold=st.booleans())
def test_an_operator_decides_or_refuses_and_nothing_else(key: str, left: Any, right: Any, *, fold: bool):
    try:
        assert holds(left, key, right, ignore_case=fold) in (True, False)
    except ConditionError as error:
        assert error.code == "incomparable"  # noqa: PT017 - either outcome is checked


@pytest.mark.parametrize(
    ("left", "key", "right", "result"),
    [
        ("ada@example.com", "contains", "@example", True),
        ("order 42", "contains", 42, True),
        (["usd", "eur"], "contains", "usd", True),
        ([1, 2], "contains", "2", True),
        ([1, 2], "contains", "3", False),
        ({"plan": 1}, "contains", "plan", True),
        (None, "contains", "x", False),
        ("x", "contains", None, False),
        (None, "not_contains", "x", True),
        ("abc", "not_contains", "d", True),
        ("cus_1", "starts_with", "cus_", True),
        ("cus_1", "starts_with", "CUS_", False),
        ("a@example.com", "ends_with", "@example.com", True),
        (None, "starts_with", "a", False),
        (5, "greater_than", 4.9, True),
        ("5", "greater_than", 4, True),
        (5, "greater_than", 5, False),
        (5, "at_least", "5.0", True),
        (4, "less_than", 5, True),
        (5, "at_most", 5, True),
        (None, "less_than", 5, False),
        (5, "at_most", None, False),
        ("2026-01-31T10:00:00Z", "before", 1769853601, True),
        ("2026-01-31", "after", "2026-01-30T23:59:59Z", True),
        (1769853600, "after", "1769853600", False),
        (None, "before", 1, False),
        ("usd", "in_list", ["usd", "eur"], True),
        ("usd", "in_list", "eur, usd", True),
        (5, "in_list", "4,5", True),
        (None, "in_list", [None], True),
        ("gbp", "not_in_list", ["usd"], True),
        (None, "is_empty", None, True),
        ("  ", "is_empty", None, True),
        ([], "is_empty", None, True),
        ({}, "is_empty", None, True),
        (0, "is_empty", None, False),
        (False, "is_empty", None, False),
        ("x", "is_not_empty", None, True),
        (True, "is_true", None, True),
        ("TRUE", "is_true", None, True),
        ("yes", "is_true", None, False),
        (None, "is_true", None, False),
        (False, "is_false", None, True),
        (None, "is_false", None, False),
        ("", "exists", None, True),
        (None, "exists", None, False),
    ],
)
def test_an_operator_decides(left: Any, key: str, right: Any, *, result: bool):
    assert holds(left, key, right) is result


@pytest.mark.parametrize(
    ("left", "key", "right"),
    [
        ("Ada", "equals", "ADA"),
        ("Straße", "equals", "STRASSE"),
        ("ADA@example.com", "contains", "ada"),
        (["USD"], "contains", "usd"),
        ("CUS_1", "starts_with", "cus_"),
        ("A@Example.com", "ends_with", "example.COM"),
        ("usd", "in_list", "EUR,USD"),
    ],
)
def test_case_can_be_ignored_where_texts_are_compared(left: Any, key: str, right: Any):
    assert not holds(left, key, right)
    assert holds(left, key, right, ignore_case=True)
    assert OPERATORS[key].takes_ignore_case


@pytest.mark.parametrize(
    ("left", "key", "right"),
    [
        (5, "contains", 5),
        ("a", "contains", ["a"]),
        ({"a": 1}, "contains", 1),
        (5, "starts_with", "5"),
        ("a", "ends_with", 1),
        ("abc", "greater_than", "abd"),
        ("abc", "less_than", 5),
        (True, "at_least", 0),
        ([1], "at_most", 5),
        ("tomorrow", "before", 5),
        (1769853600000, "after", 5),
        (True, "after", 5),
        ("a", "in_list", 5),
        ("a", "not_in_list", {"a": 1}),
        (1, "is_true", None),
        ([], "is_false", None),
    ],
)
def test_what_can_not_be_compared_is_an_error(left: Any, key: str, right: Any):
    with pytest.raises(ConditionError) as caught:
        holds(left, key, right)

    assert caught.value.code == "incomparable"


def test_every_operator_has_what_a_page_shows_of_it():
    for key, operator in OPERATORS.items():
        assert operator.key == key
        assert operator.label
        assert operator.arity in (1, 2)
        assert operator.kinds
