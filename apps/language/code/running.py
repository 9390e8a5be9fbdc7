"""Runs a program in the sandbox: inputs in, JSON out, every failure told.

Nothing but text and `inputs` crosses the border: what the program gives is
written as JSON inside, under its limits, and parsed here with those of
`safe_json`.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Any, Final

from pydantic_monty import (
    CollectString,
    Monty,
    MontyCrashedError,
    MontyError,
    MontyRuntimeError,
    MontySession,
    MontySyntaxError,
    OSPolicy,
    ResourceLimits,
)

from apps.language import safe_json
from apps.language.code import limits
from apps.language.code.errors import CodeError, Place, explain, short
from apps.language.code.pool import POOL
from apps.language.code.source import Wrapped, loops, parse, wrap
from apps.language.errors import UnsafeJSONError

# The first text fed to a session.
_PRELUDE_FILE: Final = "<python-input-0>"

# No clock and no chance: without a handler, what is asked of the host is refused.
_POLICY: Final = OSPolicy(datetime="call_host", sleep="zero", random_start="call_host")

_AGAIN: Final = "Run the step again; if it persists, look at the worker's memory and log."


@dataclass(frozen=True, slots=True)
class Ran:
    """What a program gave (a JSON value), what it printed, and how many milliseconds it took."""

    output: Any
    printed: str
    ms: int


def run(
    source: str, inputs: Mapping[str, Any], *, seconds: float = limits.DEFAULT_SECONDS
) -> Ran | CodeError:
    """Run a program over `inputs` (JSON values) for at most `seconds`.

    Never raises for what a program does. Its output is the value of a `return`
    at the top level, or of its last statement where that is an expression, else
    null. A program that can't be stopped kindly is killed half a second later.
    """
    began = time.monotonic()
    printed = CollectString(max_bytes=limits.MAX_PRINTED)
    seconds = min(max(seconds, limits.MIN_SECONDS), limits.MAX_SECONDS)
    place = Place(Wrapped("", gives=False), seconds=seconds)
    outcome: Ran | CodeError | None = _refused(source, inputs)
    if outcome is None:
        outcome = _in_session(lambda session: _run(session, _lines(source), inputs, seconds, printed), place)
    ms = round((time.monotonic() - began) * 1000)
    text = printed.output.replace("\x00", "�")[: limits.MAX_PRINTED]
    return replace(outcome, printed=text, ms=ms)


def compile_fault(source: str) -> CodeError | None:
    """Return why the sandbox can't read a program, or None. Nothing of it is executed."""
    refused = _refused(source, {})
    if refused is not None:
        return refused

    def read(session: MontySession) -> CodeError | None:
        session.feed_run(_prelude())
        return _unreadable_to(session, _lines(source))

    return _in_session(read, Place(Wrapped("", gives=False)))


def _unreadable_to(session: MontySession, source: str) -> CodeError | None:
    # The whole text is parsed before its first statement ends it.
    fault = _feed(session, f"return None\n{source}", {}, Place(Wrapped("", gives=False)), CollectString(0))
    if isinstance(fault, CodeError):
        return _one_line_up(fault) if fault.line else fault
    return None


def _one_line_up(error: CodeError) -> CodeError:
    line = max(error.line - 1, 1)
    return replace(error, line=line, message=error.message.replace(f"Line {error.line},", f"Line {line},", 1))


def _lines(source: str) -> str:
    return source.replace("\r\n", "\n").replace("\r", "\n")


def _refused(source: str, inputs: Mapping[str, Any]) -> CodeError | None:
    if len(source) > limits.MAX_SOURCE:
        message = f"The program has {len(source):,} characters; {limits.MAX_SOURCE:,} are allowed."
        return CodeError("code_too_long", message, "Shorten it, or share it among several steps.")
    try:
        safe_json.check(source)
        safe_json.check(inputs)
        size = len(safe_json.dumps(inputs))
    except UnsafeJSONError as error:
        return CodeError("code_input", f"The inputs are refused. {error.message}", "Hand in other inputs.")
    if size > limits.MAX_INPUT:
        message = f"The inputs are {size:,} bytes of JSON; {limits.MAX_INPUT:,} are allowed."
        return CodeError("code_input", message, "Hand in only the fields that the program needs.")
    return None


def _run(
    session: MontySession, source: str, inputs: Mapping[str, Any], seconds: float, printed: CollectString
) -> Ran | CodeError:
    session.feed_run(_prelude())
    # First, because it bounds the nesting of what is parsed in this process.
    fault = _unreadable_to(session, source)
    if fault is not None:
        return fault
    try:
        tree = parse(source)
        wrapped = wrap(source, tree)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return _unreadable(error)
    place = Place(wrapped, tuple(loops(tree)), seconds)
    try:
        outcome = _feed(session, wrapped.text, inputs, place, printed)
    except MontyCrashedError as error:
        return _crashed(error, place)
    return outcome if isinstance(outcome, CodeError) else _parsed(outcome)


def _unreadable(error: Exception) -> CodeError:
    line, column = (error.lineno or 0, error.offset or 0) if isinstance(error, SyntaxError) else (0, 0)
    reason = error.msg if isinstance(error, SyntaxError) else "it is nested too deeply"
    return explain("SyntaxError", reason, Place(Wrapped("", gives=False), line=line, column=column))


def _in_session[Outcome](use: Callable[[MontySession], Outcome], place: Place) -> Outcome | CodeError:
    """Return what `use` makes of a fresh session, or why there is none."""
    pool: Monty | None = None
    try:
        pool = POOL.get()
        with _session(pool, place.seconds) as session:
            return use(session)
    except TimeoutError:
        message = f"{limits.MAX_PROCESSES} programs are running in this process already."
        return CodeError("code_busy", message, "Run the step again in a moment.")
    except MontyCrashedError as error:
        return _crashed(error, place)
    except (MontyError, OSError, RuntimeError) as error:
        if pool is not None:
            POOL.replace(pool)
        return CodeError(
            "code_unavailable", f"The sandbox can't run programs now: {short(str(error))}", _AGAIN
        )


def _crashed(error: MontyCrashedError, place: Place) -> CodeError:
    if error.timed_out:
        return explain("TimeoutError", "time limit exceeded", place.at_only_loop())
    return CodeError("code_memory", "The program broke its process and was stopped.", _AGAIN)


def _session(pool: Monty, seconds: float) -> MontySession:
    return pool.checkout(
        limits=ResourceLimits(
            max_feed_duration_secs=seconds,
            max_memory=limits.MAX_MEMORY,
            max_recursion_depth=limits.MAX_DEPTH,
        ),
        os_policy=_POLICY,
        assert_message_annotations=False,
    )


def _feed(
    session: MontySession, text: str, inputs: Mapping[str, Any], place: Place, printed: CollectString
) -> str | CodeError | None:
    """Feed a text; return the text that it gave, or what it raised."""
    try:
        given = session.feed_run(text, inputs={"inputs": dict(inputs)}, print_callback=printed)
    except (MontyRuntimeError, MontySyntaxError) as error:
        return _explained(error, place)
    return given if isinstance(given, str) else None


@cache
def _prelude() -> str:
    return resources.files("apps.language.code").joinpath("inside.py").read_text(encoding="utf-8")


def _explained(error: MontyRuntimeError | MontySyntaxError, place: Place) -> CodeError:
    """Tell an error at the last place of the program itself, not of the prelude."""
    frames = [frame for frame in error.traceback() if frame.filename != _PRELUDE_FILE]
    if frames:
        line = frames[-1].line
        place = replace(place, line=line, column=place.wrapped.column(line, frames[-1].column))
    else:
        place = place.at_only_loop()
    kind, _, _ = error.display("type-msg")[:200].partition(":")
    told = explain(kind.strip().rpartition(".")[2], error.display("msg")[:2000], place)
    if told.code == "code_raised" and _of_output(error):
        return replace(told, code="code_output", remedy="Make the output of text, numbers, lists and dicts.")
    return told


def _of_output(error: MontyRuntimeError | MontySyntaxError) -> bool:
    """Tell whether writing the output as JSON failed."""
    return any(frame.function_name == "_tandem_output" for frame in error.traceback())


def _parsed(text: str | None) -> Ran | CodeError:
    if text is None:
        return Ran(None, "", 0)
    body = text.encode("utf-8", "replace")
    if len(body) > limits.MAX_OUTPUT:
        message = f"The output is {len(body):,} bytes of JSON; {limits.MAX_OUTPUT:,} are allowed."
        return CodeError("code_output", message, "Return only what the next steps need.")
    try:
        return Ran(safe_json.loads(body), "", 0)
    except UnsafeJSONError as error:
        message = f"The output is refused. {error.message}"
        return CodeError("code_output", message, "Make the output of text, numbers, lists and dicts.")
