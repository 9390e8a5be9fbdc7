"""How values are written as text and read as numbers."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.language.errors import UnsafeJSONError
from apps.language.values import parse_decimal, plain, to_decimal, to_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ("a", "a"),
        (True, "true"),
        (False, "false"),
        (2000, "2000"),
        (20.0, "20.0"),
        (1e22, "10000000000000000000000"),
        (1e-7, "0.0000001"),
        (Decimal("20.00"), "20.00"),
        (Decimal("1E+3"), "1000"),
        ([1, "a", None], '[1,"a",null]'),
        ({"a": {"é": Decimal("1.5")}}, '{"a":{"é":1.5}}'),
    ],
)
def test_a_value_is_written_as_text(value: Any, text: str):
    assert to_text(value) == text


def test_a_number_that_is_too_long_is_not_written():
    with pytest.raises(UnsafeJSONError):
        to_text(10**5_000)


@pytest.mark.parametrize("text", ["12.50", "-1", "+7", " 3 ", "007", "0.1"])
def test_plain_numeric_text_is_a_number(text: str):
    assert parse_decimal(text) == Decimal(text.strip())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        ".5",
        "5.",
        "1e3",
        "1,000",
        "0x10",
        "١٢",
        "²",
        "NaN",
        "Infinity",
        "1_000",
        "--1",
        "1 2",
        "9" * 65,
    ],
)
def test_other_text_is_no_number(text: str):
    assert parse_decimal(text) is None


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_double_is_taken_by_its_shortest_form_and_given_back(number: float):
    exact = to_decimal(number)

    assert exact is not None
    assert float(exact) == number


@pytest.mark.parametrize("value", [True, None, "1", float("nan"), Decimal("Infinity"), [1]])
def test_what_is_no_finite_number_is_none(value: Any):
    assert to_decimal(value) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [(Decimal("5.00"), 5), (Decimal("2.5"), 2.5), ((1, Decimal(2)), [1, 2]), ({"a": 1}, {"a": 1})],
)
def test_values_leave_the_language_in_json_types(value: Any, expected: Any):
    assert plain(value) == expected
    assert type(plain(value)) is type(expected)
