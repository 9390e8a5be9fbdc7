"""Exact arithmetic. Whole results are integers; null and text are refused, never taken as zero."""

from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal
from decimal import localcontext as decimal_context
from typing import Any, Final

from apps.language.filters.registry import FilterError, register, text_of
from apps.language.values import MAX_DIGITS, parse_decimal, to_decimal, type_name

# Sums and products of numbers of 64 digits are exact with this many.
_EXACT: Final = Context(prec=4 * MAX_DIGITS)
_DIVISION: Final = Context(prec=28)


def _number(value: Any, name: str) -> Decimal:
    number = to_decimal(value)
    if number is None:
        remedy = {
            "null": "Put “| default: 0” before it if nothing means zero.",
            "text": "Put “| number” before it.",
        }.get(type_name(value), "")
        raise FilterError(f"{name} needs a number, but got {type_name(value)}. {remedy}".strip())
    return _bounded(number)


def _bounded(number: Decimal) -> Decimal:
    _, digits, exponent = number.as_tuple()
    if number.adjusted() >= MAX_DIGITS or max(len(digits), -int(exponent)) > 4 * MAX_DIGITS:
        raise FilterError(f"a number has more than {MAX_DIGITS} digits.", code="limit")
    return number


def _result(number: Decimal) -> int | Decimal:
    if _bounded(number) == number.to_integral_value():
        return int(number)
    # Digits that no reader of JSON keeps are not carried through a chain.
    return number.normalize(Context(prec=MAX_DIGITS))


def _combine(
    name: str, left: Any, right: Any, combine: Callable[[Decimal, Decimal], Decimal]
) -> int | Decimal:
    first, second = _number(left, name), _number(right, name)
    with decimal_context(_EXACT):
        return _result(combine(first, second))


@register("plus", help="Adds a number.", example="{{ 0.1 | plus: 0.2 }}", gives="0.3", arguments=(1, 1))
def _plus(left: Any, right: Any) -> int | Decimal:
    return _combine("plus", left, right, lambda first, second: first + second)


def add(values: list[Any], name: str) -> int | Decimal:
    """Add up numbers exactly, for the filter of that name."""
    total = Decimal(0)
    with decimal_context(_EXACT):
        for value in values:
            total = _bounded(total + _number(value, name))
    return _result(total)


@register("minus", help="Subtracts a number.", example="{{ 5 | minus: 7 }}", gives="-2", arguments=(1, 1))
def _minus(left: Any, right: Any) -> int | Decimal:
    return _combine("minus", left, right, lambda first, second: first - second)


@register(
    "times",
    help="Multiplies by a number.",
    example="{{ 19.99 | times: 100 }}",
    gives="1999",
    arguments=(1, 1),
)
def _times(left: Any, right: Any) -> int | Decimal:
    return _combine("times", left, right, lambda first, second: first * second)


def _refuse_zero(right: Any, name: str) -> None:
    if _number(right, name) == 0:
        raise FilterError(f"{name} can't divide by zero.", code="wrong_type")


@register(
    "divided_by",
    help="Divides exactly: 10 by 4 is 2.5, also for whole numbers. Use floor for whole results.",
    example="{{ 10 | divided_by: 4 }}",
    gives="2.5",
    arguments=(1, 1),
)
def _divided_by(left: Any, right: Any) -> int | Decimal:
    _refuse_zero(right, "divided_by")
    first, second = _number(left, "divided_by"), _number(right, "divided_by")
    with decimal_context(_EXACT):
        quotient = first / second
        is_whole = quotient == quotient.to_integral_value()
    return _result(quotient) if is_whole else _result(quotient.normalize(_DIVISION))


@register(
    "modulo",
    help="Gives the remainder of a division, with the sign of the divisor.",
    example="{{ -7 | modulo: 3 }}",
    gives="2",
    arguments=(1, 1),
)
def _modulo(left: Any, right: Any) -> int | Decimal:
    _refuse_zero(right, "modulo")
    return _combine("modulo", left, right, _remainder)


def _remainder(first: Decimal, second: Decimal) -> Decimal:
    return first - second * (first / second).to_integral_value(rounding=ROUND_FLOOR)


def _rounded(left: Any, places: Any, name: str, rounding: str) -> int | Decimal:
    number = _number(left, name)
    if isinstance(places, bool) or not isinstance(places, int) or not 0 <= places <= 20:
        raise FilterError(f"{name} needs a number of decimals from 0 to 20 as its argument.")
    with decimal_context(_EXACT):
        return _result(number.quantize(Decimal(1).scaleb(-places), rounding=rounding))


@register(
    "round",
    help="Rounds half away from zero, to whole numbers or to the given number of decimals.",
    example="{{ 2.345 | round: 2 }}",
    gives="2.35",
    arguments=(0, 1),
)
def _round(left: Any, places: Any = 0) -> int | Decimal:
    return _rounded(left, places, "round", ROUND_HALF_UP)


@register("ceil", help="Rounds up to a whole number.", example="{{ 1.2 | ceil }}", gives="2")
def _ceil(left: Any) -> int | Decimal:
    return _rounded(left, 0, "ceil", ROUND_CEILING)


@register("floor", help="Rounds down to a whole number.", example="{{ -1.2 | floor }}", gives="-2")
def _floor(left: Any) -> int | Decimal:
    return _rounded(left, 0, "floor", ROUND_FLOOR)


@register("abs", help="Drops the sign of a number.", example="{{ -4 | abs }}", gives="4")
def _abs(left: Any) -> int | Decimal:
    return _result(_number(left, "abs").copy_abs())


@register(
    "at_least",
    help="Raises a number to a minimum.",
    example="{{ 3 | at_least: 5 }}",
    gives="5",
    arguments=(1, 1),
)
def _at_least(left: Any, right: Any) -> int | Decimal:
    return _combine("at_least", left, right, max)


@register(
    "at_most",
    help="Lowers a number to a maximum.",
    example="{{ 9 | at_most: 5 }}",
    gives="5",
    arguments=(1, 1),
)
def _at_most(left: Any, right: Any) -> int | Decimal:
    return _combine("at_most", left, right, min)


@register(
    "number",
    help="Reads plain numeric text such as “12.50” as a number. Null stays null.",
    example="{{ '12.50' | number | plus: 1 }}",
    gives="13.5",
)
def _to_number(left: Any) -> int | Decimal | None:
    if left is None:
        return None
    number = to_decimal(left)
    if number is None:
        number = parse_decimal(text_of(left, "number"))
    if number is None:
        message = "number can read plain digits such as “-12.50”, but not this text."
        raise FilterError(message, code="wrong_type")
    return _result(number)
