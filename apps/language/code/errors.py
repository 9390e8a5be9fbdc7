"""What the sandbox reports, told for the person who wrote the program."""

import builtins
import re
from dataclasses import dataclass, replace
from typing import Final

from apps.language.code import limits
from apps.language.code.prelude import MODULES, MODULES_AT_HAND, PRELUDE
from apps.language.code.source import Wrapped
from apps.language.paths import did_you_mean

MAX_MESSAGE: Final = 500

TRANSIENT: Final = ("code_busy", "code_unavailable")
"""Codes that are no fault of the program."""

_NAME = re.compile(r"^name '(.{1,80})' is not defined")
_MODULE = re.compile(r"^No module named '(.{1,80})'")
_UNSUPPORTED = re.compile(r"^The monty syntax parser does not yet support (.+)$")
_ABSENT = re.compile(r"^'(.{1,80})' is not supported in this environment")


@dataclass(frozen=True, slots=True)
class CodeError:
    """Why a program gave nothing. `line` and `column` count from 1, 0 where they are not known.

    Codes: `code_syntax`, `code_unsupported`, `code_name`, `code_import`, `code_forbidden`,
    `code_timeout`, `code_memory`, `code_recursion`, `code_printed`, `code_output`, `code_input`,
    `code_raised` (the program's own error), `code_too_long`, `code_busy`, `code_unavailable`.
    The last two are no fault of the program: it may be run again.
    """

    code: str
    message: str
    remedy: str
    line: int = 0
    column: int = 0
    printed: str = ""
    ms: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """Where a program failed, and what it was asked to do in how many seconds."""

    wrapped: Wrapped
    loops: tuple[int, ...] = ()
    seconds: float = limits.DEFAULT_SECONDS
    line: int = 0
    column: int = 0

    def at_only_loop(self) -> "Place":
        """Return the place at the program's loop where it has only one: what takes too long is in there."""
        return replace(self, line=self.loops[0]) if len(self.loops) == 1 else self

    @property
    def text(self) -> str:
        """Return "Line 3, column 5: ", or nothing where it is not known."""
        if not self.line:
            return ""
        return f"Line {self.line}, column {self.column}: " if self.column else f"Line {self.line}: "


def short(text: str) -> str:
    """Return text of a bounded length on one line."""
    flat = " ".join(text[: 2 * MAX_MESSAGE].split())
    return flat if len(flat) <= MAX_MESSAGE else f"{flat[: MAX_MESSAGE - 1]}…"


def explain(kind: str, message: str, place: Place) -> CodeError:
    """Return the error for what a program raised: the exception's class name and its message."""
    code, text, remedy = _told(kind, message, place)
    text = f"{place.text}{text}" if place.line else f"{text[:1].upper()}{text[1:]}"
    return CodeError(code, short(text), remedy, place.line, place.column)


def _told(kind: str, message: str, place: Place) -> tuple[str, str, str]:
    match kind:
        case "TimeoutError" if "time limit exceeded" in message:
            return _timed_out(place)
        case "MemoryError":
            return _memory(message, place)
        case "RecursionError":
            remedy = "Turn the calls that call themselves into a loop, or go less deep."
            return (
                "code_recursion",
                f"the program calls itself more than {limits.MAX_DEPTH} levels deep.",
                remedy,
            )
        case "NameError" if found := _NAME.match(message):
            return "code_name", unknown_name(found[1], ()), "Define the name first, or mend its spelling."
        case "ModuleNotFoundError" if found := _MODULE.match(message):
            return "code_import", no_module(found[1]), f"These can be imported: {', '.join(MODULES)}."
        case "SyntaxError" | "NotImplementedError":
            return _syntax(kind, message)
        case "PermissionError" | "RuntimeError" if kind == "PermissionError" or _ABSENT.match(message):
            return _forbidden(message)
    return (
        "code_raised",
        f"{kind}: {message}" if message else f"{kind}.",
        "Mend the program, or filter such events out.",
    )


def _timed_out(place: Place) -> tuple[str, str, str]:
    """Return (code, message, remedy) of a program that was stopped for its time."""
    remedy = f"Look at the {_loops(place)}, or allow more time (at most {limits.MAX_SECONDS:g} seconds)."
    return (
        "code_timeout",
        f"the program was stopped after {place.seconds:g} second{'' if place.seconds == 1 else 's'}.",
        remedy,
    )


def _loops(place: Place) -> str:
    if not place.loops:
        return "large numbers and texts it makes"
    lines = ", ".join(map(str, place.loops[:5]))
    return f"loop in line {lines}" if len(place.loops) == 1 else f"loops in lines {lines}"


def _memory(message: str, place: Place) -> tuple[str, str, str]:
    if f"> {limits.MAX_PRINTED} bytes" in message:
        remedy = "Print less: only what helps to find a mistake."
        return "code_printed", f"the program printed more than {limits.MAX_PRINTED // 1024} KiB.", remedy
    what = f"the program needs more than {limits.MAX_MEMORY // 1024**2} MiB of memory."
    return "code_memory", what, f"Look at the {_loops(place)}: keep less in memory at a time."


def _syntax(kind: str, message: str) -> tuple[str, str, str]:
    found = _UNSUPPORTED.match(message)
    if found is not None:
        remedy = "Write it in another way; the help beside the editor lists what the sandbox leaves out."
        return "code_unsupported", f"the sandbox does not know {found[1]}.", remedy
    if kind == "NotImplementedError":
        return "code_unsupported", message or kind, "Write it in another way."
    return (
        "code_syntax",
        f"{message.rstrip('.')}.",
        "Mend the line; look at brackets, colons and indentation.",
    )


def _forbidden(message: str) -> tuple[str, str, str]:
    found = _ABSENT.match(message)
    name = found[1] if found else "Opening files"
    if name in ("time.time", "datetime.now", "date.today"):
        remedy = "Hand a time of the event in as an input and read it with parse_time."
        return "code_forbidden", f"{name} does not work: the sandbox has no clock.", remedy
    if name == "os.urandom":
        remedy = "Use random.Random(seed) with something of the event as seed."
        return "code_forbidden", "chance does not work: a repeated step must give the same output.", remedy
    remedy = "Hand in what the program needs as inputs; use an HTTP request step for calls."
    return (
        "code_forbidden",
        f"{name} does not work: the sandbox has no files, environment or network.",
        remedy,
    )


def no_module(name: str) -> str:
    """Tell that a module can't be imported."""
    return f"the sandbox has no module “{name}”.{did_you_mean(name, MODULES)}"


def unknown_name(name: str, known: tuple[str, ...]) -> str:
    """Tell that a name means nothing, with near matches."""
    if name in MODULES:
        return f"“{name}” is not imported. Write “import {name}” first."
    if name == "input":
        return "“input” does not exist here. The step's inputs are in the dict “inputs”."
    if hasattr(builtins, name) or name == "__import__":
        return f"“{name}” does not exist in the sandbox."
    candidates = (*known, "inputs", *MODULES_AT_HAND, *(entry.name for entry in PRELUDE))
    return f"there is no “{name}”.{did_you_mean(name, candidates)}"
