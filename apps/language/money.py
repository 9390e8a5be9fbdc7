"""Amounts of money: a whole number of a currency's minor units, and its exponent.

Exponents are those that Stripe's API uses (https://docs.stripe.com/currencies);
currencies that Stripe does not take have their ISO 4217 exponent.
"""

from decimal import Decimal
from typing import Any, Final

from apps.language.errors import MoneyError
from apps.language.paths import did_you_mean
from apps.language.values import parse_decimal, to_decimal, type_name

_ZERO_DECIMAL: Final = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF"

# Stripe takes the first five and demands that their last digit is 0, so an
# action that charges rounds to ten; IQD and LYD are ISO 4217 alone.
_THREE_DECIMAL: Final = "BHD JOD KWD OMR TND IQD LYD"

# Four of these are special to Stripe. ISK and UGX have no minor unit in daily
# life, but their amounts are still sent as hundredths that end in 00: 5 UGX is
# 500. HUF and TWD are charged in hundredths; only payouts must end in 00.
_TWO_DECIMAL: Final = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD "
    "CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD "
    "GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IRR ISK JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD "
    "LSL MAD MDL MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK "
    "PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STN SVC SYP SZL "
    "THB TJS TMT TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES WST XCD XCG YER ZAR ZMW ZWG"
)

EXPONENTS: Final[dict[str, int]] = {
    **dict.fromkeys(_ZERO_DECIMAL.split(), 0),
    **dict.fromkeys(_TWO_DECIMAL.split(), 2),
    **dict.fromkeys(_THREE_DECIMAL.split(), 3),
}

_SYMBOLS: Final = {
    "AUD": "A$",
    "BRL": "R$",
    "CAD": "CA$",
    "CNY": "CN¥",
    "EUR": "€",
    "GBP": "£",
    "HKD": "HK$",
    "ILS": "₪",
    "INR": "₹",
    "JPY": "¥",
    "KRW": "₩",
    "MXN": "MX$",
    "NZD": "NZ$",
    "PHP": "₱",
    "TWD": "NT$",
    "USD": "$",
    "VND": "₫",
}

STYLES: Final = ("plain", "symbol", "code")


def _code(currency: Any) -> str:
    if not isinstance(currency, str):
        message = f"A currency must be a code such as “usd”, but is {type_name(currency)}."
        raise MoneyError(message, code="unknown_currency")
    code = currency.strip().upper()
    if code in EXPONENTS:
        return code
    # Only what looks like a code is repeated: anything else may be an event's data.
    is_code_like = len(code) == 3 and code.isascii() and code.isalpha()
    name = f"“{currency.strip()}”" if is_code_like else "This text"
    near = did_you_mean(code, EXPONENTS) if is_code_like else ""
    message = f"{name} is not the code of a currency. Use three letters such as “usd”.{near}"
    raise MoneyError(message, code="unknown_currency")


def _shift(number: Decimal, places: int) -> Decimal:
    # Decimal.scaleb would round to the precision of the thread's context.
    sign, digits, own = number.as_tuple()
    # `own` is text for NaN and infinity, which `to_decimal` has refused.
    return Decimal((sign, digits, int(own) + places))


def exponent(currency: str) -> int:
    """Return how many decimals a currency's amount has: 2 for usd, 0 for jpy, 3 for kwd.

    The code is read without regard to case; an unknown one is a `MoneyError`.
    """
    return EXPONENTS[_code(currency)]


def to_minor(amount: Decimal | str | int | float, currency: str) -> int:
    """Return an amount in major units (12.50) as minor units (1250).

    Raises `MoneyError` for what is no number, and for a fraction smaller than
    the minor unit: rounding money is the writer's decision.
    """
    code = _code(currency)
    number = parse_decimal(amount) if isinstance(amount, str) else to_decimal(amount)
    if number is None:
        message = f"An amount must be a number such as 12.50, but is {type_name(amount)}."
        raise MoneyError(message, code="not_an_amount")
    minor = _shift(number, EXPONENTS[code])
    if minor != minor.to_integral_value():
        message = (
            f"An amount has more decimals than {code} knows, which is {EXPONENTS[code]}. "
            f"Round it first, with “| round: {EXPONENTS[code]}”."
        )
        raise MoneyError(message, code="too_precise")
    return int(minor)


def to_major(minor: int, currency: str) -> Decimal:
    """Return minor units (1250) as a decimal in major units (12.50), with all decimals."""
    code = _code(currency)
    number = to_decimal(minor)
    if number is None or number != number.to_integral_value():
        message = (
            f"An amount in minor units must be a whole number, but is {type_name(minor)}"
            f"{' with a fraction' if number is not None else ''}."
        )
        raise MoneyError(message, code="not_an_amount")
    return _shift(Decimal(int(number)), -EXPONENTS[code])


def format_money(minor: int, currency: str, style: str = "plain") -> str:
    """Write minor units for people.

    `plain` gives "12.50", `symbol` "$12.50" (or "CHF 12.50" where no symbol
    is common), `code` "12.50 USD". Never grouped, always a decimal point.
    """
    if style not in STYLES:
        message = f"There is no such style of money. Use one of {', '.join(STYLES)}."
        raise MoneyError(message, code="unknown_style")
    code = _code(currency)
    number = to_major(minor, code)
    if style == "plain":
        return f"{number:f}"
    if style == "code":
        return f"{number:f} {code}"
    sign = "-" if number < 0 else ""
    return f"{sign}{_SYMBOLS.get(code, code + ' ')}{abs(number):f}"
