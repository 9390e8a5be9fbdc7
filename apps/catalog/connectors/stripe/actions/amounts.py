"""Amounts as operators enter them, and as Stripe takes them: whole minor units.

Exponents and special currencies: https://docs.stripe.com/currencies.
"""

from collections.abc import Mapping
from typing import Any

from apps.catalog.connectors.stripe.actions.params import Param, choice, param, wrong
from apps.catalog.errors import Permanent
from apps.catalog.spec import FieldType, Semantic
from apps.language import money
from apps.language.errors import MoneyError

MOST = 99_999_999_999
"""Stripe takes at most twelve digits; anything near that is a slip."""

UNIT_KEY = "amount_unit"
_HUNDREDS = frozenset({"ISK", "UGX"})
_TENS_EXPONENT = 3

UNIT = choice(
    UNIT_KEY,
    "Amount unit",
    {"minor": "Minor units: 1250 is 12.50 dollars", "major": "Major units: 12.50 is 12.50 dollars"},
    help_text="How the amount is written. May stay empty where the amount is passed on unchanged from a "
    "field that has a unit.",
    example="minor",
    at="",
)
CURRENCY = param(
    "currency",
    "Currency",
    help_text="Three letters, such as usd.",
    example="usd",
    required=True,
    pattern=r"[A-Za-z]{3}",
    semantic=Semantic.CURRENCY,
    write=lambda value, _: value.lower(),
)


def currency_at(place: str, help_text: str) -> Param:
    """Return the currency of an amount that may be left out, at another place of the call."""
    field = CURRENCY.field.model_copy(update={"required": False, "help_text": help_text})
    return Param(field, tuple(place.split(".")), CURRENCY.write)


CURRENCY_OF_MAJOR = param(
    "currency",
    "Currency",
    help_text="Needed only to convert an amount in major units; Stripe takes the payment's own.",
    example="usd",
    pattern=r"[A-Za-z]{3}",
    semantic=Semantic.CURRENCY,
    at="",
)


def amount(
    key: str,
    label: str,
    *,
    help_text: str,
    example: int = 4900,
    at: str | None = None,
    required: bool = False,
    currency: str = "currency",
    lowest: int = 1,
    narrows: bool = False,
) -> Param:
    """Return an amount of money; `lowest` is in minor units, `currency` the input with its currency."""

    def write(value: Any, inputs: Mapping[str, Any]) -> int:
        return in_minor_units(key, label, value, inputs, currency=currency, lowest=lowest)

    return param(
        key,
        label,
        type=FieldType.NUMBER,
        help_text=f"{help_text} Say its unit, too.",
        example=example,
        required=required,
        at=at,
        write=write,
        semantic=Semantic.AMOUNT,
        unit_from=UNIT_KEY,
        narrows=narrows,
    )


def in_minor_units(
    key: str, label: str, value: Any, inputs: Mapping[str, Any], *, currency: str, lowest: int
) -> int:
    """Return an amount as Stripe takes it; raises `Permanent` naming the field and the remedy."""
    unit, code = inputs.get(UNIT_KEY), inputs.get(currency, "")
    if unit is None:
        raise wrong(
            UNIT_KEY,
            f"It is not said whether “{label}” is in minor or in major units.",
            "Choose the amount unit: minor (1250 for 12.50) or major (12.50).",
            code="unit_missing",
        )
    minor = _from_major(key, label, value, code) if unit == "major" else _whole(key, label, value)
    if not lowest <= minor <= MOST:
        bound = "too large" if minor > MOST else f"less than {lowest} minor unit{'' if lowest == 1 else 's'}"
        raise wrong(key, f"“{label}” is {bound}.", "Correct the amount or its unit.")
    _check_step(key, label, minor, code)
    return minor


def _whole(key: str, label: str, value: Any) -> int:
    if isinstance(value, float) and not value.is_integer():
        raise wrong(
            key,
            f"“{label}” has decimals, but minor units are whole.",
            "Choose major units, or round it with “| round”.",
            code="not_whole",
        )
    return int(value)


def _from_major(key: str, label: str, value: Any, code: str) -> int:
    if not code:
        raise wrong(
            "currency",
            f"“{label}” is in major units, and without a currency its decimals are not known.",
            "Fill the currency, or enter minor units.",
        )
    try:
        return money.to_minor(value, code)
    except MoneyError as error:
        field = "currency" if error.code == "unknown_currency" else key
        raise Permanent(error.message, code=error.code, remedy="Correct the field.", field=field) from None


def _check_step(key: str, label: str, minor: int, code: str) -> None:
    """Refuse what the currency has no coins for; rounding money is the writer's decision."""
    known = money.EXPONENTS.get(code.upper())
    step = 100 if code.upper() in _HUNDREDS else 10 if known == _TENS_EXPONENT else 1
    if minor % step:
        raise wrong(
            key,
            f"Stripe takes amounts in {code.upper()} only in steps of {step} minor units.",
            f"Round “{label}” first.",
            code="too_precise",
        )
