"""Comparisons in tags, stricter than Liquid's: what can't be compared is an error, never false."""

from collections.abc import Callable
from typing import Any, Final, cast

from liquid import RenderContext, Token
from liquid.builtin.expressions import BooleanExpression
from liquid.builtin.expressions.logical import (
    ContainsExpression,
    EqExpression,
    GeExpression,
    GtExpression,
    LeExpression,
    LogicalAndExpression,
    LogicalOrExpression,
    LtExpression,
    NeExpression,
)
from liquid.builtin.expressions.primitive import Blank, Empty
from liquid.exceptions import LiquidTypeError
from liquid.expression import Expression

from apps.language.context import SandboxContext, size_of
from apps.language.values import is_number, to_decimal, to_text, type_name


def spend(context: RenderContext, amount: int) -> None:
    """Count work in a context of the sandbox."""
    cast("SandboxContext", context).spend(amount)


def equal(left: Any, right: Any) -> bool:
    """Compare two values: numbers by value, true and false only with themselves."""
    if isinstance(left, Blank) or isinstance(right, Blank):
        return left is None or right is None or bool(left == right)
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if is_number(left) and is_number(right):
        return to_decimal(left) == to_decimal(right)
    return bool(left == right)


def contains(left: Any, right: Any) -> bool:
    """Look for a text in a text, an item in a list, or a name in an object."""
    if left is None or right is None:
        return False
    if isinstance(left, str) and not isinstance(right, list | dict | Empty | Blank):
        return to_text(right) in left
    if isinstance(left, list | tuple):
        return any(equal(item, right) for item in left)
    if isinstance(left, dict) and isinstance(right, str):
        return right in left
    raise LiquidTypeError(f"“contains” can't look for {type_name(right)} in {type_name(left)}.", token=None)


def _ordered(sign: str, decide: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def compare(left: Any, right: Any) -> bool:
        if left is None or right is None:
            return False
        if is_number(left) and is_number(right):
            return decide(to_decimal(left), to_decimal(right))
        if isinstance(left, str) and isinstance(right, str):
            return decide(left, right)
        message = f"“{sign}” can't compare {type_name(left)} with {type_name(right)}."
        raise LiquidTypeError(message, token=None)

    return compare


_COMPARISONS: Final[dict[type[Expression], Callable[[Any, Any], bool]]] = {
    EqExpression: equal,
    NeExpression: lambda left, right: not equal(left, right),
    ContainsExpression: contains,
    LtExpression: _ordered("<", lambda left, right: left < right),
    LeExpression: _ordered("<=", lambda left, right: left <= right),
    GtExpression: _ordered(">", lambda left, right: left > right),
    GeExpression: _ordered(">=", lambda left, right: left >= right),
}


class Comparison(Expression):
    """A comparison by our rules in place of the interpreter's."""

    __slots__ = ("compare", "left", "right")

    def __init__(
        self, token: Token, left: Expression, right: Expression, compare: Callable[[Any, Any], bool]
    ) -> None:
        super().__init__(token)
        self.left = left
        self.right = right
        self.compare = compare

    def evaluate(self, context: RenderContext) -> bool:
        """Compare the two values."""
        left, right = self.left.evaluate(context), self.right.evaluate(context)
        spend(context, size_of(left) + size_of(right))
        try:
            return self.compare(left, right)
        except LiquidTypeError as error:
            error.token = self.token
            raise

    def children(self) -> list[Expression]:
        """Return both sides."""
        return [self.left, self.right]


def strict(expression: Any) -> Any:
    """Return a condition with every comparison replaced by ours."""
    if isinstance(expression, BooleanExpression):
        return BooleanExpression(expression.token, strict(expression.expression))
    if isinstance(expression, LogicalAndExpression | LogicalOrExpression):
        return type(expression)(expression.token, strict(expression.left), strict(expression.right))
    compare = _COMPARISONS.get(type(expression))
    if compare is None:
        return expression
    return Comparison(expression.token, strict(expression.left), strict(expression.right), compare)
