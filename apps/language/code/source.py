"""A program as text and tree, and the form of it that is fed to the sandbox.

What a program gives must leave the sandbox as JSON text written inside its
limits: a structure that shares its parts (a list of a thousand times the same
list of a thousand …) is small in there and would fill this process's memory
when it is copied out. So every value given at the top level is wrapped:

    return X      →  return "".join((_tandem_output((X)),))

The method of a text literal can't be replaced by a program, and it accepts
nothing but text. Lines stay where they are; columns are mapped back.
"""

import ast
import threading
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field

_BEFORE = '"".join((_tandem_output(('
_AFTER = ")),))"
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)

# The filters of warnings belong to the whole process.
_QUIET = threading.Lock()


def parse(source: str) -> ast.Module:
    """Return the tree of a program that the sandbox has parsed before, which bounds its nesting.

    Raises `SyntaxError`, `ValueError`, `RecursionError` or `MemoryError`.
    """
    with _QUIET, warnings.catch_warnings():
        # An invalid escape such as "\\d" is worth no line in our log.
        warnings.simplefilter("ignore")
        return ast.parse(source)


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A program in the form that is fed. `inserted` has (line, column, length), columns from 0."""

    text: str
    gives: bool
    inserted: tuple[tuple[int, int, int], ...] = field(default=())

    def column(self, line: int, column: int) -> int:
        """Return the original's column, from 1, of a column of the fed text."""
        moved = 0
        for at_line, at, length in self.inserted:
            if at_line != line:
                continue
            if column - 1 - moved >= at + length:
                moved += length
            elif column - 1 - moved > at:
                return at + 1
        return max(column - moved, 1)


def wrap(source: str, tree: ast.Module) -> Wrapped:
    """Return the program with what it gives written as JSON text."""
    lines = source.split("\n")
    edits: list[tuple[int, int, str]] = []
    for given in _given(tree):
        if given.value is None or given.end_lineno is None or given.end_col_offset is None:
            continue
        is_return = isinstance(given, ast.Return)
        column = _character(lines, given.lineno, given.col_offset)
        # From the keyword to the statement's end, so that brackets around the value stand inside.
        start = (given.lineno, column + len("return") if is_return else column)
        before = f" {_BEFORE}" if is_return else f"return {_BEFORE}"
        end = (given.end_lineno, _character(lines, given.end_lineno, given.end_col_offset))
        edits += [(*start, before), (*end, _AFTER)]
    for line, column, text in sorted(edits, reverse=True):
        whole = lines[line - 1]
        lines[line - 1] = whole[:column] + text + whole[column:]
    inserted = tuple((line, column, len(text)) for line, column, text in sorted(edits))
    return Wrapped("\n".join([*lines, "return None"]), bool(edits), inserted)


def _given(tree: ast.Module) -> Iterator[ast.Return | ast.Expr]:
    """List the top level's returns, and its last statement where that is an expression."""
    pending: list[ast.AST] = list(tree.body)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Return):
            yield node
        elif not isinstance(node, _SCOPES):
            pending.extend(ast.iter_child_nodes(node))
    if tree.body and isinstance(tree.body[-1], ast.Expr):
        yield tree.body[-1]


def _character(lines: list[str], line: int, offset: int) -> int:
    """Return the character of a line that stands at an offset in UTF-8."""
    return len(lines[line - 1].encode()[:offset].decode(errors="ignore"))


def loops(tree: ast.Module) -> list[int]:
    """Return the lines that repeat something, each once, in order."""
    kinds = (ast.While, ast.For, ast.AsyncFor, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
    return sorted({node.lineno for node in ast.walk(tree) if isinstance(node, kinds)})
