"""Amounts, their currencies, and no cent lost between them."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.language.errors import MoneyError
from apps.language.money import EXPONENTS, STYLES, exponent, format_money, to_major, to_minor

currencies = st.sampled_from(sorted(EXPONENTS))


@pytest.mark.parametrize(
    ("currency", "places"),
    [
        ("usd", 2),
        ("EUR", 2),
        ("jpy", 0),
        ("KRW", 0),
        ("vnd", 0),
        ("xaf", 0),
        ("clp", 0),
        ("mga", 0),
        ("bhd", 3),
        ("JOD", 3),
        ("kwd", 3),
        ("omr", 3),
        ("tnd", 3),
        # Stripe still counts these in hundredths.
        ("isk", 2),
        ("ugx", 2),
        ("huf", 2),
        ("twd", 2),
    ],
)
def test_a_currency_has_the_exponent_that_stripe_uses(currency: str, places: int):
    assert exponent(currency) == places


@given(st.integers(-(10**40), 10**40), currencies)
def test_minor_units_survive_the_way_to_major_units_and_back(minor: int, currency: str):
    assert to_minor(to_major(minor, currency), currency) == minor
    assert to_minor(format_money(minor, currency), currency) == minor


@given(st.integers(-(10**20), 10**20), currencies, st.sampled_from(STYLES))
def test_every_style_shows_all_decimals_of_the_currency(minor: int, currency: str, style: str):
    written = format_money(minor, currency, style)
    _, _, decimals = written.removesuffix(f" {currency}").partition(".")

    assert len(decimals) == exponent(currency)


@pytest.mark.parametrize(
    ("minor", "currency", "style", "written"),
    [
        (2000, "usd", "plain", "20.00"),
        (2000, "jpy", "plain", "2000"),
        (5, "kwd", "plain", "0.005"),
        (500, "ugx", "plain", "5.00"),
        (0, "usd", "plain", "0.00"),
        (2050, "usd", "symbol", "$20.50"),
        (-2050, "usd", "symbol", "-$20.50"),
        (2000, "chf", "symbol", "CHF 20.00"),
        (2000, "jpy", "symbol", "¥2000"),
        (2000, "eur", "code", "20.00 EUR"),
    ],
)
def test_an_amount_is_written_in_its_style(minor: int, currency: str, style: str, written: str):
    assert format_money(minor, currency, style) == written


@pytest.mark.parametrize(
    ("amount", "minor"),
    [("12.5", 1250), (Decimal("0.01"), 1), (19.99, 1999), (3, 300), (" -7.10 ", -710), ("1.000", 100)],
)
def test_an_amount_becomes_minor_units_exactly(amount: Any, minor: int):
    assert to_minor(amount, "usd") == minor


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: to_minor("0.001", "usd"), "too_precise"),
        (lambda: to_minor("1.5", "jpy"), "too_precise"),
        (lambda: to_minor("1,000", "usd"), "not_an_amount"),
        (lambda: to_minor("1e3", "usd"), "not_an_amount"),
        (lambda: to_minor(bool("x"), "usd"), "not_an_amount"),
        (lambda: to_minor(float("nan"), "usd"), "not_an_amount"),
        (lambda: to_major(20.5, "usd"), "not_an_amount"),  # type: ignore[arg-type] # what templates hand over
        (lambda: format_money("2000", "usd"), "not_an_amount"),  # type: ignore[arg-type] # likewise
        (lambda: format_money(2000, "usd", "fancy"), "unknown_style"),
        (lambda: exponent("xyz"), "unknown_currency"),
        (lambda: exponent(None), "unknown_currency"),  # type: ignore[arg-type] # likewise
    ],
)
def test_what_is_no_amount_or_currency_is_refused(call: Any, code: str):
    with pytest.raises(MoneyError) as caught:
        call()

    assert caught.value.code == code


def test_an_unknown_currency_is_named_but_other_text_is_not_repeated():
    with pytest.raises(MoneyError, match=r"“uds”.*Did you mean.*“USD”"):
        exponent("uds")
    with pytest.raises(MoneyError) as caught:
        exponent("ada@example.com")

    assert "ada" not in caught.value.message
