"""How a JSON value is named, written as text, and read as a number.

Numbers are exact: floats are taken by their shortest decimal form, so that
0.1 is a tenth. Inside a chain of filters numbers are `Decimal`; `plain` turns
them back into JSON types at the end.
"""

from decimal import Decimal
from typing import Any

from apps.language import safe_json
from apps.language.errors import UnsafeJSONError

MAX_DIGITS = safe_json.MAX_NUMBER_DIGITS


def type_name(value: Any) -> str:
    """Name the type of a value for a message: "text", "a number", "null" and so on."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float | Decimal):
        return "a number"
    if isinstance(value, str):
        return "text"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, dict):
        return "an object"
    return "a value of another kind"


def is_number(value: Any) -> bool:
    """Tell whether a value is a number; true and false are not."""
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def to_decimal(value: Any) -> Decimal | None:
    """Return a number exactly, or None for anything that is not a finite number."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, float):
        value = Decimal(repr(value))
    if isinstance(value, Decimal) and value.is_finite():
        return value
    return None


def parse_decimal(text: str) -> Decimal | None:
    """Read plain numeric text such as "-12.50", or return None.

    Plain means digits of ASCII with an optional sign and one decimal point,
    at most 64 digits, spaces around it ignored: no exponent, no thousands
    separator, no currency sign.
    """
    stripped = text.strip()
    unsigned = stripped[1:] if stripped[:1] in ("-", "+") else stripped
    whole, point, fraction = unsigned.partition(".")
    digits = whole + fraction
    if not digits.isascii() or not digits.isdigit() or len(digits) > MAX_DIGITS:
        return None
    if not whole or (point and not fraction):
        return None
    return Decimal(stripped)


def decimal_text(number: Decimal) -> str:
    """Write a number without an exponent."""
    return format(number, "f")


def to_text(value: Any) -> str:
    """Write a value as it appears inside text.

    null is empty, booleans are true and false, numbers have no exponent,
    lists and objects are compact JSON. Raises `UnsafeJSONError` for what JSON
    does not know.
    """
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        if abs(value) >= safe_json.FIRST_TOO_LONG:
            raise UnsafeJSONError("A number has more than 64 digits.", code="number_too_long")
        return str(value)
    number = to_decimal(value)
    if number is not None:
        return decimal_text(number)
    return safe_json.dumps(value).decode()


def plain(value: Any) -> Any:
    """Return a value in the types that JSON has.

    A `Decimal` becomes an integer where it is whole, else the nearest double;
    a tuple becomes a list. Everything else is returned as it is.
    """
    if isinstance(value, Decimal):
        return safe_json.json_number(value)
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    return value
