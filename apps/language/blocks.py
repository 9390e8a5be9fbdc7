"""The block tags, stricter than Liquid's: nothing is ignored, and loops are over lists."""

from typing import Any, TextIO, cast

from liquid import RenderContext, Token, TokenStream
from liquid.ast import BlockNode, ConditionalBlockNode, Node
from liquid.builtin.expressions import LoopExpression, parse_primitive
from liquid.builtin.expressions.primitive import RangeLiteral, StringLiteral
from liquid.builtin.tags.case_tag import CaseNode, CaseTag, MultiExpressionBlockNode
from liquid.builtin.tags.for_tag import ForNode, ForTag
from liquid.builtin.tags.if_tag import IfNode, IfTag
from liquid.builtin.tags.unless_tag import UnlessNode, UnlessTag
from liquid.exceptions import LiquidTypeError, ResourceLimitError
from liquid.expression import Expression
from liquid.mode import Mode
from liquid.token import TOKEN_COMMA, TOKEN_OR

from apps.language.comparisons import equal, spend, strict
from apps.language.context import MAX_ITERATIONS, STEP_COST, size_of
from apps.language.values import type_name


def _make_strict(alternatives: list[ConditionalBlockNode]) -> None:
    for alternative in alternatives:
        alternative.expression = strict(alternative.expression)


class StrictIfNode(IfNode):
    """`if` with strict comparisons."""

    def __init__(
        self,
        token: Token,
        condition: Expression,
        consequence: BlockNode,
        alternatives: list[ConditionalBlockNode],
        default: BlockNode | None,
    ) -> None:
        super().__init__(token, strict(condition), consequence, alternatives, default)
        _make_strict(self.alternatives)


class StrictIfTag(IfTag):
    """`if`, which refuses “else if x” instead of ignoring the x."""

    node_class = StrictIfNode
    mode = Mode.STRICT


class StrictUnlessNode(UnlessNode):
    """`unless` with strict comparisons."""

    def __init__(
        self,
        token: Token,
        condition: Expression,
        consequence: BlockNode,
        alternatives: list[ConditionalBlockNode] | None = None,
        default: BlockNode | None = None,
    ) -> None:
        super().__init__(token, strict(condition), consequence, alternatives, default)
        _make_strict(self.alternatives)


class StrictUnlessTag(UnlessTag):
    """`unless`, which refuses “else if x” instead of ignoring the x."""

    node_class = StrictUnlessNode
    mode = Mode.STRICT


class AnyOf(Expression):
    """Whether a value equals one of several, as the list of one answer that `when` looks at.

    Liquid has an answer for each of them and renders the block once for each
    that is true, which nested becomes exponential.
    """

    __slots__ = ("choices", "left")

    def __init__(self, token: Token, left: Expression, choices: list[Expression]) -> None:
        super().__init__(token)
        self.left = left
        self.choices = choices

    def evaluate(self, context: RenderContext) -> list[bool]:
        """Compare until one is equal."""
        left = self.left.evaluate(context)
        spend(context, size_of(left) * len(self.choices))
        return [any(equal(left, choice.evaluate(context)) for choice in self.choices)]

    def children(self) -> list[Expression]:
        """Return the choices; the value itself is the `case` tag's."""
        return self.choices


class StrictCaseNode(CaseNode):
    """`case` whose blocks render at most once."""

    def __init__(self, token: Token, expression: Expression, blocks: list[Any]) -> None:
        for block in blocks:
            if isinstance(block, MultiExpressionBlockNode):
                found: Any = block.expression
                found = AnyOf(found.token, expression, found.expressions)
                block.expression = found
        super().__init__(token, expression, blocks)


class StrictCaseTag(CaseTag):
    """`case`, which refuses a `when` that it can read only in part."""

    node_class = StrictCaseNode

    def _parse_when_expression(self, stream: TokenStream) -> list[Expression]:
        expressions = [parse_primitive(self.env, stream)]
        while stream.current.kind in (TOKEN_COMMA, TOKEN_OR):
            next(stream)
            expressions.append(parse_primitive(self.env, stream))
        stream.expect_eos()
        return expressions


def _count_nodes(node: Node) -> int:
    # Only tags that load other templates look at the context.
    children = node.children(cast("RenderContext", None))
    return 1 + sum(map(_count_nodes, children))


class LoopBody(BlockNode):
    """The body of a loop, paid for each time it runs."""

    __slots__ = ("cost",)

    def __init__(self, block: BlockNode) -> None:
        super().__init__(block.token, block.nodes)
        self.cost = STEP_COST * _count_nodes(block)

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        """Pay and render."""
        spend(context, self.cost)
        return super().render_to_output(context, buffer)


class StrictForNode(ForNode):
    """`for` over a list, an object or a range of whole numbers; null is an empty list."""

    def __init__(
        self, token: Token, expression: LoopExpression, block: BlockNode, default: BlockNode | None = None
    ) -> None:
        super().__init__(token, expression, LoopBody(block), default)

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        """Check what is looped over, then loop."""
        self._check(context)
        return super().render_to_output(context, buffer)

    def _check(self, context: RenderContext) -> None:
        # Liquid takes a limit of 0 for none, and fails at negative ones.
        self._check_argument("limit", self.expression.limit, 1, context)
        self._check_argument("offset", self.expression.offset, 0, context)
        iterable = self.expression.iterable
        if isinstance(iterable, RangeLiteral):
            spend(context, self._length(iterable.start.evaluate(context), iterable.stop.evaluate(context)))
            return
        value = iterable.evaluate(context)
        if value is not None and not isinstance(value, list | tuple | dict):
            message = f"“for” needs a list, but got {type_name(value)}."
            raise LiquidTypeError(message, token=self.token)
        # An offset is skipped to, and a reversed list is copied, item by item.
        spend(context, len(value or ()))

    def _check_argument(
        self, name: str, argument: Expression | None, least: int, context: RenderContext
    ) -> None:
        if argument is None or isinstance(argument, StringLiteral):
            return
        value = argument.evaluate(context)
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            message = f"the {name} of “for” must be a whole number of {least} or more."
            raise LiquidTypeError(message, token=self.token)

    def _length(self, start: object, stop: object) -> int:
        # Before the range is used: a reversed one is made a list.
        length = max(self._whole(stop) - self._whole(start) + 1, 0)
        if length > MAX_ITERATIONS:
            message = f"the loops of this template run more than {MAX_ITERATIONS:,} times."
            raise ResourceLimitError(message, token=self.token)
        return length

    def _whole(self, end: object) -> int:
        if isinstance(end, int) and not isinstance(end, bool):
            return end
        message = f"a range needs whole numbers at its ends, but got {type_name(end)}."
        raise LiquidTypeError(message, token=self.token)


class StrictForTag(ForTag):
    """`for` within limits."""

    node_class = StrictForNode
