"""What a parsed template uses, and what is refused in it before it ever runs."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, cast

from liquid import RenderContext, Token
from liquid.ast import Node
from liquid.builtin.expressions import FilteredExpression, LoopExpression, Path
from liquid.builtin.expressions.primitive import FloatLiteral, IntegerLiteral, RangeLiteral
from liquid.exceptions import LiquidSyntaxError
from liquid.expression import Expression

from apps.language import safe_json
from apps.language.filters import FILTERS
from apps.language.paths import did_you_mean

# Names that a template may read but not assign, so that what it reads from
# the event and from steps can be told without running it.
RESERVED: Final = frozenset({"trigger", "steps", "run"})

# A default after one of these comes too late: they have refused null already.
_REFUSE_NULL: Final = frozenset(
    {
        *("plus", "minus", "times", "divided_by", "modulo", "round", "ceil", "floor", "abs"),
        *("at_least", "at_most", "required"),
    }
)


class RefusedError(LiquidSyntaxError):
    """Something that can be read but is not allowed."""

    def __init__(self, message: str, *, code: str, token: Token) -> None:
        super().__init__(message, token=token)
        self.code = code


@dataclass(frozen=True, slots=True)
class FoundPath:
    """A path that a template reads, where it stands, and whether a `default` covers its null.

    A path whose rest depends on data, such as `trigger.prices[trigger.plan]`,
    ends before that part.
    """

    path: tuple[str | int, ...]
    guarded: bool
    index: int


def find_paths(nodes: Iterable[Node]) -> list[FoundPath]:
    """List the paths to global data in the order of the template; refuse what is not allowed."""
    walk = _Walk()
    for node in nodes:
        walk.visit(node)
    return walk.found


class _Walk:
    def __init__(self) -> None:
        self.found: list[FoundPath] = []
        self._assigned: set[str] = set()
        self._scopes: list[frozenset[str]] = []

    def visit(self, node: Node) -> None:
        for expression in node.expressions():
            self._read(expression)
        for name in node.template_scope():
            self._assigned.add(self._free(name))
        self._scopes.append(frozenset(map(self._free, node.block_scope())))
        # Only tags that load other templates look at the context.
        for child in node.children(cast("RenderContext", None)):
            self.visit(child)
        self._scopes.pop()

    def _free(self, name: Any) -> str:
        if str(name) in RESERVED:
            message = f"“{name}” is the name of data. Choose another name to assign."
            raise RefusedError(message, code="reserved_name", token=name.token)
        return str(name)

    def _is_local(self, name: str) -> bool:
        return name in self._assigned or any(name in scope for scope in self._scopes)

    def _read(self, expression: Expression, *, guarded: bool = False) -> None:
        if isinstance(expression, Path):
            self._read_path(expression, guarded=guarded)
        elif isinstance(expression, FilteredExpression):
            self._read_filtered(expression)
        elif isinstance(expression, LoopExpression):
            self._read_loop(expression)
        elif isinstance(expression, RangeLiteral):
            message = "a range such as (1..3) may only stand in a for tag."
            raise RefusedError(message, code="syntax", token=expression.token)
        elif isinstance(expression, IntegerLiteral | FloatLiteral):
            _check_number(expression)
        else:
            self._read_all(expression.children())

    def _read_all(self, expressions: Iterable[Expression]) -> None:
        for expression in expressions:
            self._read(expression)

    def _read_path(self, path: Path, *, guarded: bool) -> None:
        head = path.path[0]
        if not isinstance(head, str):
            message = "a path must begin with a name, such as trigger."
            raise RefusedError(message, code="syntax", token=path.token)
        fixed: list[str | int] = []
        for segment in path.path:
            if isinstance(segment, Path):
                break
            fixed.append(segment)
        if not self._is_local(head):
            self.found.append(FoundPath(tuple(fixed), guarded, path.token.start_index))
        self._read_all(path.children())

    def _read_filtered(self, expression: FilteredExpression) -> None:
        filters = expression.filters or []
        for entry in filters:
            _check_filter(entry)
        self._read(expression.left, guarded=_is_guarded([entry.name for entry in filters]))
        for entry in filters:
            self._read_all(entry.children())

    def _read_loop(self, loop: LoopExpression) -> None:
        for child in loop.children():
            if child is loop.iterable and isinstance(child, RangeLiteral):
                self._read_all(child.children())
            else:
                self._read(child)


def _is_guarded(names: list[str]) -> bool:
    if "default" not in names:
        return False
    return _REFUSE_NULL.isdisjoint(names[: names.index("default")])


def _check_number(literal: IntegerLiteral | FloatLiteral) -> None:
    if abs(literal.value) >= safe_json.FIRST_TOO_LONG:
        message = f"a number may have {safe_json.MAX_NUMBER_DIGITS} digits."
        raise RefusedError(message, code="limit", token=literal.token)


def _check_filter(used: Any) -> None:
    entry = FILTERS.get(used.name)
    if entry is None:
        message = f"there is no filter “{used.name}”.{did_you_mean(used.name, FILTERS)}"
        raise RefusedError(message, code="unknown_filter", token=used.token)
    named = [argument.name for argument in used.args if hasattr(argument, "name")]
    for name in named:
        if name not in entry.keywords:
            message = f"{used.name} has no argument “{name}”.{did_you_mean(name, entry.keywords)}"
            raise RefusedError(message, code="filter_arguments", token=used.token)
    count = len(used.args) - len(named)
    if not entry.least <= count <= entry.most:
        message = f"{used.name} takes {_counted(entry.least, entry.most)}, but got {count}. {_try(entry)}"
        raise RefusedError(message, code="filter_arguments", token=used.token)


def _counted(least: int, most: int) -> str:
    if most == 0:
        return "no argument"
    plural = "" if most == 1 else "s"
    return f"{most} argument{plural}" if least == most else f"{least} to {most} argument{plural}"


def _try(entry: Any) -> str:
    return f"For example: {entry.example}"
