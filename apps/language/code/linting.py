"""What is wrong with a program, before it runs."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from apps.language.code.errors import TRANSIENT, CodeError, no_module, unknown_name
from apps.language.code.prelude import MODULES, MODULES_AT_HAND, OTHER_MODULES, PRELUDE
from apps.language.code.running import compile_fault
from apps.language.code.source import parse, wrap

MAX_PROBLEMS: Final = 100

_EXCEPTIONS: Final = (
    "ArithmeticError AssertionError AttributeError BaseException Ellipsis Exception FileExistsError "
    "FileNotFoundError ImportError IndexError IsADirectoryError KeyError KeyboardInterrupt LookupError "
    "MemoryError ModuleNotFoundError NameError NotADirectoryError NotImplemented NotImplementedError "
    "OSError OverflowError PermissionError RecursionError RuntimeError StopIteration SyntaxError "
    "SystemExit TimeoutError TypeError UnboundLocalError UnicodeDecodeError UnicodeEncodeError "
    "ValueError ZeroDivisionError "
)
_FUNCTIONS: Final = (
    "Ellipsis NotImplemented abs all any bin bool bytes chr complex dict divmod enumerate eval exec "
    "filter float format frozenset getattr hasattr hash hex id int isinstance iter len list locals map "
    "max min next object oct open ord pow print property range repr reversed round set setattr slice "
    "sorted str sum tuple type zip "
)
BUILTINS: Final = frozenset((_EXCEPTIONS + _FUNCTIONS).split())
"""The names of Python that the sandbox has."""

_AT_HAND: Final = frozenset(("inputs", "__name__", *MODULES_AT_HAND, *(entry.name for entry in PRELUDE)))


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault. `line`, `column` and `end_column` count from 1; the end is exclusive."""

    line: int
    column: int
    end_column: int
    message: str
    severity: Literal["error", "warning"] = "error"


def check(source: str) -> list[Problem]:
    """List what is wrong with a program, in order; empty means that it can be run.

    Reads it in the sandbox, so what is not supported is found as it will be
    found; executes nothing.
    """
    fault = compile_fault(source)
    if fault is not None:
        return [_of_fault(fault)]
    try:
        lines = source.replace("\r\n", "\n").replace("\r", "\n")
        tree = parse(lines)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None) or 1
        return [Problem(line, 1, 2, f"This program can't be read: {error}.")]
    found = [*_names(tree), *_imports(tree), *_output(lines, tree)]
    return sorted(found, key=lambda problem: (problem.line, problem.column))[:MAX_PROBLEMS]


def _of_fault(fault: CodeError) -> Problem:
    line, column = max(fault.line, 1), max(fault.column, 1)
    message = fault.message.removeprefix(f"Line {fault.line}, column {fault.column}: ")
    # A sandbox that is busy or missing says nothing of the program.
    severity: Literal["error", "warning"] = "warning" if fault.code in TRANSIENT else "error"
    return Problem(line, column, column + 1, f"{message[:1].upper()}{message[1:]}", severity)


def _at(node: ast.expr | ast.stmt | ast.alias, message: str) -> Problem:
    end = node.end_col_offset if node.end_lineno == node.lineno else None
    return Problem(node.lineno, node.col_offset + 1, (end or node.col_offset + 1) + 1, _sentence(message))


def _sentence(message: str) -> str:
    return f"{message[:1].upper()}{message[1:]}"


def _names(tree: ast.Module) -> Iterator[Problem]:
    """List names that nothing in the program defines, wherever it does: wrong order is found by running."""
    defined = set(_defined(tree))
    known = BUILTINS | _AT_HAND | defined
    told: set[str] = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.Name) or not isinstance(node.ctx, ast.Load):
            continue
        if node.id not in known and node.id not in told:
            told.add(node.id)
            yield _at(node, unknown_name(node.id, tuple(defined)))


def _defined(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                yield name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.arg(arg=name):
                yield name
            case ast.alias(name=name, asname=alias):
                yield alias or name.partition(".")[0]
            case (
                ast.ExceptHandler(name=str(name))
                | ast.MatchAs(name=str(name))
                | ast.MatchStar(name=str(name))
            ):
                yield name
            case ast.MatchMapping(rest=str(name)):
                yield name


def _imports(tree: ast.Module) -> Iterator[Problem]:
    for node in ast.walk(tree):
        names: list[tuple[ast.stmt | ast.alias, str]]
        if isinstance(node, ast.Import):
            names = [(alias, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [(node, node.module or ".")]
        else:
            continue
        for place, name in names:
            top = name.partition(".")[0]
            if top not in (*MODULES, *OTHER_MODULES):
                yield _at(place, no_module(name))


def _output(source: str, tree: ast.Module) -> Iterator[Problem]:
    if not tree.body:
        yield Problem(1, 1, 2, "The program is empty, so its output is null.", "warning")
    elif not wrap(source, tree).gives:
        last = tree.body[-1]
        message = "The program has no output. End it with an expression or “return …”."
        yield Problem(last.lineno, last.col_offset + 1, last.col_offset + 2, message, "warning")
