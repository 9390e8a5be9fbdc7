"""The operators of conditions: small typed functions in a table.

Numbers compare by value. Numeric text counts as a number where the other side
is one, or where the operator is about order; “true” and “false” count as
booleans where the other side is one. What can't be compared raises
`ConditionError` naming both types; null is never smaller or larger than
anything.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from apps.language import times
from apps.language.errors import ConditionError, TimeError
from apps.language.values import is_number, parse_decimal, to_decimal, to_text, type_name


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an operator found. `note` says why, where that is not plain."""

    result: bool
    note: str = ""


_NULL: Final = Outcome(result=False, note="null can't be compared, so this is false")


# What case is made alike with: `str` leaves text as it is, `str.casefold` ignores case.
Fold = Callable[[str], str]
Decide = Callable[[Any, Any, Fold], Outcome]


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator. `arity` is 1 or 2; `kinds` are the types that its left side is made for.

    `decide` is handed left, right (None for arity 1) and what to fold text with.
    """

    key: str
    label: str
    arity: int
    kinds: tuple[str, ...]
    decide: Decide
    takes_ignore_case: bool = False


def _incomparable(verb: str, left: Any, right: Any) -> ConditionError:
    message = f"“{verb}” can't compare {type_name(left)} with {type_name(right)}."
    return ConditionError(message, code="incomparable")


def _boolean(value: Any) -> bool | None:
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().casefold())
    return value if isinstance(value, bool) else None


def same(left: Any, right: Any, fold: Fold = str) -> bool:
    """Tell whether two values are equal; different types never are, but for text of a number or boolean."""
    if isinstance(left, bool) or isinstance(right, bool):
        return _boolean(left) is not None and _boolean(left) is _boolean(right)
    if is_number(left) or is_number(right):
        first, second = _as_number(left), _as_number(right)
        return first is not None and first == second
    if isinstance(left, str) and isinstance(right, str):
        return fold(left) == fold(right)
    return type_name(left) == type_name(right) and bool(left == right)


def _as_number(value: Any) -> Decimal | None:
    return parse_decimal(value) if isinstance(value, str) else to_decimal(value)


def _equals(left: Any, right: Any, fold: Fold) -> Outcome:
    return Outcome(same(left, right, fold))


def _includes(left: Any, right: Any, fold: Fold) -> Outcome:
    if left is None or right is None:
        return Outcome(result=False, note="null contains nothing and is in nothing")
    if isinstance(left, list):
        return Outcome(any(same(item, right, fold) for item in left))
    if isinstance(left, str) and not isinstance(right, list | dict):
        return Outcome(fold(to_text(right)) in fold(left))
    if isinstance(left, dict) and isinstance(right, str):
        return Outcome(right in left)
    raise _incomparable("contains", left, right)


def _edge(verb: str, matches: Callable[[str, str], bool]) -> Decide:
    def decide(left: Any, right: Any, fold: Fold) -> Outcome:
        if left is None or right is None:
            return _NULL
        if not isinstance(left, str) or not isinstance(right, str):
            raise _incomparable(verb, left, right)
        return Outcome(matches(fold(left), fold(right)))

    return decide


def _ordered(verb: str, holds: Callable[[Decimal, Decimal], bool]) -> Decide:
    def decide(left: Any, right: Any, _: Fold) -> Outcome:
        if left is None or right is None:
            return _NULL
        first, second = _as_number(left), _as_number(right)
        if first is None or second is None:
            raise _incomparable(verb, left, right)
        return Outcome(holds(first, second))

    return decide


def _timed(verb: str, holds: Callable[[int, int], bool]) -> Decide:
    def decide(left: Any, right: Any, _: Fold) -> Outcome:
        if left is None or right is None:
            return _NULL
        try:
            return Outcome(holds(times.to_unix(left), times.to_unix(right)))
        except TimeError as error:
            message = f"“{verb}” needs a time on both sides. {error.message}"
            raise ConditionError(message, code="incomparable") from error

    return decide


def _choices(right: Any) -> list[Any] | None:
    if isinstance(right, str):
        return [choice.strip() for choice in right.split(",") if choice.strip()]
    return right if isinstance(right, list) else None


def _among(left: Any, right: Any, fold: Fold) -> Outcome:
    choices = _choices(right)
    if choices is None:
        raise _incomparable("is one of", left, right)
    return Outcome(any(same(left, choice, fold) for choice in choices))


def _is_empty(left: Any, _: Any, __: Fold) -> Outcome:
    if isinstance(left, str):
        return Outcome(not left.strip())
    return Outcome(left is None or left == [] or left == {})


def _exists(left: Any, _: Any, __: Fold) -> Outcome:
    return Outcome(left is not None)


def _truth(*, wanted: bool) -> Decide:
    def decide(left: Any, _: Any, __: Fold) -> Outcome:
        found = _boolean(left)
        if found is not None:
            return Outcome(found is wanted)
        if left is None or isinstance(left, str):
            return Outcome(result=False, note=f"{type_name(left)} is neither true nor false")
        raise _incomparable(f"is {str(wanted).lower()}", left, wanted)

    return decide


def _not(decide: Decide) -> Decide:
    def opposite(left: Any, right: Any, fold: Fold) -> Outcome:
        outcome = decide(left, right, fold)
        return Outcome(not outcome.result, outcome.note)

    return opposite


_ANY: Final = ("text", "number", "boolean", "time", "list", "object")
_starts = _edge("starts with", str.startswith)
_ends = _edge("ends with", str.endswith)

OPERATORS: Final[dict[str, Operator]] = {
    operator.key: operator
    for operator in (
        Operator("equals", "equals", 2, _ANY, _equals, takes_ignore_case=True),
        Operator("not_equals", "does not equal", 2, _ANY, _not(_equals), takes_ignore_case=True),
        Operator("contains", "contains", 2, ("text", "list", "object"), _includes, takes_ignore_case=True),
        Operator(
            "not_contains",
            "does not contain",
            2,
            ("text", "list", "object"),
            _not(_includes),
            takes_ignore_case=True,
        ),
        Operator("starts_with", "starts with", 2, ("text",), _starts, takes_ignore_case=True),
        Operator("ends_with", "ends with", 2, ("text",), _ends, takes_ignore_case=True),
        Operator(
            "greater_than", "is greater than", 2, ("number",), _ordered("is greater than", Decimal.__gt__)
        ),
        Operator("at_least", "is at least", 2, ("number",), _ordered("is at least", Decimal.__ge__)),
        Operator("less_than", "is less than", 2, ("number",), _ordered("is less than", Decimal.__lt__)),
        Operator("at_most", "is at most", 2, ("number",), _ordered("is at most", Decimal.__le__)),
        Operator("before", "is before", 2, ("time",), _timed("is before", int.__lt__)),
        Operator("after", "is after", 2, ("time",), _timed("is after", int.__gt__)),
        Operator("in_list", "is one of", 2, ("text", "number"), _among, takes_ignore_case=True),
        Operator("not_in_list", "is none of", 2, ("text", "number"), _not(_among), takes_ignore_case=True),
        Operator("is_empty", "is empty", 1, _ANY, _is_empty),
        Operator("is_not_empty", "is not empty", 1, _ANY, _not(_is_empty)),
        Operator("is_true", "is true", 1, ("boolean",), _truth(wanted=True)),
        Operator("is_false", "is false", 1, ("boolean",), _truth(wanted=False)),
        Operator("exists", "has a value", 1, _ANY, _exists),
    )
}
