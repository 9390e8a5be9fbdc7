"""Templates: `{{ trigger.customer_email }}` and the rest of Liquid that is safe.

A template that is exactly one output tag gives the value with its type; any
other gives text. What is undefined is null, and null is empty in text; whether
a path is declared is for the caller to check, with `Template.paths`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from liquid import BoundTemplate
from liquid.ast import Node
from liquid.builtin.expressions import FilteredExpression
from liquid.builtin.expressions import Path as LiquidPath
from liquid.builtin.output import OutputNode
from liquid.exceptions import (
    BlockNestingError,
    ContextDepthError,
    LiquidError,
    LiquidSyntaxError,
    LiquidValueError,
    OutputStreamLimitError,
    ResourceLimitError,
)

from apps.language import scanner
from apps.language.analysis import FoundPath, RefusedError, find_paths
from apps.language.context import MAX_OUTPUT, SandboxContext, data_of, item_of
from apps.language.errors import TemplateError, UnsafeJSONError
from apps.language.filters import FilterError, describe_filters
from apps.language.paths import Path
from apps.language.sandbox import MAX_NESTING, SANDBOX, UnknownTagError
from apps.language.values import plain

__all__ = ["PathUse", "Template", "describe_filters", "parse"]

# The interpreter's words for kinds of tokens, told plainly.
_PLAINER = {
    "end of expression": "the end of the tag",
    "a primitive expression": "a value",
    "expected word": "expected a name",
    "found word": "found a name",
    "found pipe": "found “|”",
    "found identstring": "found a text",
}

# What the interpreter may raise on hostile templates beside its own errors.
_BROKEN = (ValueError, TypeError, ArithmeticError, LookupError, RecursionError, MemoryError)


@dataclass(frozen=True, slots=True)
class PathUse:
    """One place where a template reads a path.

    `guarded` tells that a `default` filter replaces null there. `line` and
    `column` count from 1. A path whose rest depends on data ends before it.
    """

    path: Path
    guarded: bool
    line: int
    column: int


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """A parsed template. Immutable, so one may be rendered by many threads."""

    source: str
    is_single: bool
    uses: tuple[PathUse, ...]
    _bound: BoundTemplate = field(repr=False)
    _steps: tuple[str | int, ...] = ()

    @property
    def paths(self) -> tuple[Path, ...]:
        """The paths to global data that the template reads, each once, in order."""
        return tuple(dict.fromkeys(use.path for use in self.uses))

    def render(self, scope: Mapping[str, Any], *, escape: Callable[[str], str] | None = None) -> Any:
        """Render against data made of JSON types.

        A single output tag gives the value itself, in JSON types; else text. Each
        text that is filled in goes through `escape`, the template's own does not.
        Raises `TemplateError`, among others with code `limit`, `wrong_type`
        and `required`.
        """
        if self._steps:
            return self._read(scope, escape)
        context = SandboxContext(self._bound, scope, escape)
        node: Node | None = None
        try:
            if self.is_single:
                node = self._bound.nodes[0]
                value = _value_of(node, context)
                return context.escaped(value) if isinstance(value, str) else value
            buffer = context.get_buffer()
            for node in self._bound.nodes:
                node.render(context, buffer)
            return buffer.getvalue()
        except (LiquidError, UnsafeJSONError, *_BROKEN) as error:
            raise _explain(error, self.source, node) from error

    def _read(self, scope: Mapping[str, Any], escape: Callable[[str], str] | None) -> Any:
        """Return what a template gives that is one path and nothing else: no interpreter is needed."""
        value: Any = scope.get(str(self._steps[0]))
        for step in self._steps[1:]:
            value = item_of(value, step)
        try:
            value = plain(data_of(value))
        except UnsafeJSONError as error:
            raise _explain(error, self.source, self._bound.nodes[0]) from error
        return value if escape is None or not isinstance(value, str) else escape(value)


def _steps_of(nodes: Sequence[Node]) -> tuple[str | int, ...]:
    """Return the path that a template is, and nothing for any other."""
    expression = nodes[0].expression if len(nodes) == 1 and isinstance(nodes[0], OutputNode) else None
    if not isinstance(expression, FilteredExpression) or expression.filters:
        return ()
    path = expression.left.path if isinstance(expression.left, LiquidPath) else []
    steps = tuple(step for step in path if isinstance(step, str | int))
    return steps if steps and len(steps) == len(path) and isinstance(steps[0], str) else ()


def _value_of(node: Node, context: SandboxContext) -> Any:
    (expression,) = node.expressions()
    return plain(data_of(expression.evaluate(context)))


@lru_cache(maxsize=2048)
def parse(source: str) -> Template:
    """Parse a template of at most 20,000 characters.

    Raises `TemplateError` with line and column: `syntax`, `unknown_tag`,
    `unknown_filter` (with near matches), `filter_arguments`, `reserved_name`,
    `too_long`, `limit`. Parsed templates are kept.
    """
    scanner.check_tags(source)
    try:
        nodes = SANDBOX.parse_nodes(source)
        found = find_paths(nodes)
    except (LiquidError, *_BROKEN) as error:
        raise _explain(error, source, None) from error
    is_single = len(nodes) == 1 and isinstance(nodes[0], OutputNode)
    uses = tuple(_use(source, entry) for entry in found)
    return Template(source, is_single, uses, BoundTemplate(SANDBOX, nodes), _steps_of(nodes))


def _use(source: str, found: FoundPath) -> PathUse:
    line, column = scanner.place(source, found.index)
    return PathUse(found.path, found.guarded, line, column)


def _explain(error: Exception, source: str, node: Node | None) -> TemplateError:
    """Tell an error of the interpreter in our words, at its place in the template."""
    token = error.token if isinstance(error, LiquidError) else None
    if (token is None or token.start_index < 0) and node is not None:
        token = node.token
    index = token.start_index if token is not None else -1
    code, message = _describe(error)
    if not message.endswith((".", "!", "?", "}}")):
        message += "."
    if index < 0:
        return TemplateError(f"This template can't be read: {message}", code=code)
    return scanner.error_at(source, min(index, max(len(source) - 1, 0)), message, code)


def _describe(error: Exception) -> tuple[str, str]:
    message = str(error.args[0]) if error.args else type(error).__name__
    match error:
        case FilterError() | RefusedError() | UnsafeJSONError():
            code = error.code
        case UnknownTagError():
            code = "unknown_tag"
        case OutputStreamLimitError():
            code, message = "limit", f"its text is longer than {MAX_OUTPUT:,} bytes"
        case BlockNestingError() | ContextDepthError():
            code, message = "limit", f"its blocks are nested more than {MAX_NESTING} deep"
        case RecursionError() | MemoryError():
            code, message = "limit", "it is nested too deeply"
        case ResourceLimitError() | LiquidValueError():
            code = "limit"
        case LiquidSyntaxError():
            code = "syntax"
            for theirs, plainly in _PLAINER.items():
                message = message.replace(theirs, plainly)
        case LiquidError():
            code = "wrong_type"
        case _:
            code, message = "wrong_type", "a value in it has a type that does not fit"
    return code, message
