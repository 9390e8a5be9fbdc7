"""A Liquid interpreter that reads data, and nothing else, within limits.

Built on python-liquid with tags and filters of our own choosing: no file is
loaded, no attribute of a Python object is read, no clock is asked. What is
undefined is null.
"""

from collections.abc import Iterator
from typing import Any, Final, TextIO, cast

from liquid import Environment, RenderContext, Token, TokenStream, Undefined
from liquid.ast import Node
from liquid.builtin.content import Literal
from liquid.builtin.expressions import FilteredExpression, tokenize
from liquid.builtin.illegal import Illegal
from liquid.builtin.output import Output, OutputNode
from liquid.builtin.tags.assign_tag import AssignTag
from liquid.builtin.tags.capture_tag import CaptureNode, CaptureTag
from liquid.builtin.tags.comment_tag import CommentTag
from liquid.exceptions import LiquidSyntaxError
from liquid.parser import get_parser
from liquid.token import (
    TOKEN_DOT,
    TOKEN_EOF,
    TOKEN_EXPRESSION,
    TOKEN_OUTPUT,
    TOKEN_PIPE,
    TOKEN_TAG,
    TOKEN_WORD,
)

from apps.language.blocks import StrictCaseTag, StrictForTag, StrictIfTag, StrictUnlessTag
from apps.language.context import MAX_OUTPUT, SandboxContext, data_of
from apps.language.paths import did_you_mean
from apps.language.values import to_text

MAX_NESTING: Final = 16


class TextNode(OutputNode):
    """An output tag inside text."""

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        """Write the value as text."""
        sandbox = cast("SandboxContext", context)
        text = sandbox.escaped(to_text(data_of(self.expression.evaluate(context))))
        sandbox.spend(len(text))
        return buffer.write(text)


class TextCapture(CaptureNode):
    """`capture`, whose text is a value like any other."""

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        """Bind the text to its name."""
        sandbox = cast("SandboxContext", context)
        sandbox.capturing += 1
        try:
            return super().render_to_output(context, buffer)
        finally:
            sandbox.capturing -= 1


class TextCaptureTag(CaptureTag):
    """The tag of it."""

    node_class = TextCapture


def relaxed(tokens: Iterator[Token]) -> Iterator[Token]:
    """Let keywords name fields and filters: `trigger.limit`, `| required`."""
    previous = ""
    for token in tokens:
        is_name = previous in (TOKEN_DOT, TOKEN_PIPE) and token.kind == token.value
        previous = token.kind
        yield token._replace(kind=TOKEN_WORD) if is_name else token


class ExpressionStream(TokenStream):
    """Tokens of one expression, with an end that has a place in the template."""

    def __init__(self, expression: Token) -> None:
        super().__init__(relaxed(tokenize(expression.value, parent_token=expression)))
        end = expression.start_index + len(expression.value)
        self.eof = Token(TOKEN_EOF, TOKEN_EOF, end, expression.source)


class SandboxStream(TokenStream):
    """Tokens of a template, whose expressions are read by the relaxed rules."""

    def into_inner(self, *, tag: Token | None = None, eat: bool = True) -> TokenStream:
        """Return the tokens of the expression that is next."""
        token = self.current
        if token.kind != TOKEN_EXPRESSION:
            raise LiquidSyntaxError("it has nothing after its name.", token=tag or token)
        if eat:
            next(self)
        return ExpressionStream(token)


class TextOutput(Output):
    """The output tag."""

    def parse(self, stream: TokenStream) -> OutputNode:
        """Read one output tag."""
        token = stream.eat(TOKEN_OUTPUT)
        inner = stream.expect(TOKEN_EXPRESSION)
        return TextNode(token, FilteredExpression.parse(self.env, ExpressionStream(inner)))


class UnknownTagError(LiquidSyntaxError):
    """A tag that the sandbox does not have."""


class UnknownTag(Illegal):
    """What stands for every tag that is not known."""

    def parse(self, stream: TokenStream) -> Any:
        """Refuse the tag by name."""
        token = stream.expect(TOKEN_TAG)
        if token.value in _INNER_TAGS:
            message = f"“{token.value}” has no tag before it that it belongs to."
        else:
            message = f"there is no tag “{token.value}”.{did_you_mean(token.value, _TAG_NAMES)}"
        raise UnknownTagError(message, token=token)


_TAGS: Final = (
    Literal,
    TextOutput,
    UnknownTag,
    StrictIfTag,
    StrictUnlessTag,
    StrictCaseTag,
    StrictForTag,
    AssignTag,
    TextCaptureTag,
    CommentTag,
)
_TAG_NAMES: Final = ("if", "unless", "case", "for", "assign", "capture", "comment", "raw")
_INNER_TAGS: Final = frozenset(
    {"else", "elsif", "when", *(f"end{name}" for name in _TAG_NAMES if name != "assign")}
)


class Sandbox(Environment):
    """The tags and limits. Filters are found by `SandboxContext`."""

    block_nesting_limit = MAX_NESTING
    context_depth_limit = MAX_NESTING + 4
    output_stream_limit = MAX_OUTPUT

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        """Register our tags only."""
        for tag in _TAGS:
            self.add_tag(tag)

    def parse_nodes(self, source: str) -> list[Node]:
        """Parse a template. Raises the interpreter's errors."""
        return get_parser(self).parse(SandboxStream(self.tokenizer()(source)))


def _null(*_: object, **__: object) -> None:
    """Stand for what is undefined."""


# The interpreter only ever calls this, so a function that gives null will do.
SANDBOX: Final = Sandbox(undefined=cast("type[Undefined]", _null))
