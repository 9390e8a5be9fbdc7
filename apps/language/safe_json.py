"""JSON from strangers, parsed within limits that every database can store.

PostgreSQL refuses NUL and lone surrogates in text and jsonb; deep nesting,
long numbers, NaN and Infinity break other readers. What passes `loads` can be
stored, rendered and sent. What does not is kept as bytes by the caller.
"""

import json
import math
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any, NoReturn

from apps.language.errors import UnsafeJSONError

MAX_DEPTH = 64
MAX_NUMBER_DIGITS = 64
FIRST_TOO_LONG = 10**MAX_NUMBER_DIGITS
# A double never needs more; longer text only costs time to convert.
MAX_FLOAT_CHARACTERS = 400

_BOM = b"\xef\xbb\xbf"
_NOT_BRACKET_OR_QUOTE = bytes(set(range(256)) - set(b'[]{}"'))
_ALL_SQUARE = bytes.maketrans(b"{}", b"[]")
_OPENING = ord("[")


def _refuse(code: str, message: str) -> NoReturn:
    raise UnsafeJSONError(message, code=code)


def _refuse_long_number() -> NoReturn:
    _refuse("number_too_long", f"A number in this JSON has more than {MAX_NUMBER_DIGITS} digits.")


def _parse_int(text: str) -> int:
    # Refused by length, because converting takes time that grows with its square.
    if len(text.lstrip("-")) > MAX_NUMBER_DIGITS:
        _refuse_long_number()
    return int(text)


def _parse_float(text: str) -> float:
    if len(text) > MAX_FLOAT_CHARACTERS:
        _refuse_long_number()
    number = float(text)
    if not math.isfinite(number):
        _refuse("number_too_long", "A number in this JSON is too large for a double.")
    return number


def _parse_constant(text: str) -> NoReturn:
    _refuse("not_a_number", f"This JSON contains {text}, which JSON does not know.")


_DECODER = json.JSONDecoder(parse_int=_parse_int, parse_float=_parse_float, parse_constant=_parse_constant)


def loads(body: bytes, *, max_depth: int = MAX_DEPTH, max_bytes: int | None = None) -> Any:
    """Parse a JSON document, or raise `UnsafeJSONError` with a code that says why not.

    Depth is bounded before parsing, so nesting can't exhaust the stack; the
    work is linear in the length of the body. A byte order mark is tolerated;
    of a repeated key the last value wins, as in most readers.
    """
    if max_bytes is not None and len(body) > max_bytes:
        _refuse("too_long", f"This JSON is {len(body)} bytes long; {max_bytes} are allowed.")
    body = body.removeprefix(_BOM)
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        _refuse("not_utf8", "This body is not UTF-8 text.")
    if _is_deeper(body, max_depth):
        _refuse("too_deep", f"This JSON is nested more than {max_depth} levels deep.")
    value = _decode(text)
    # NUL and surrogates can only stand in JSON as escapes. The scan may be
    # wrong about an escaped backslash before a "u", so a hit is looked into.
    if b"\\u0000" in body or b"\\ud" in body or b"\\uD" in body:
        check(value, max_depth=max_depth)
    return value


def _decode(text: str) -> Any:
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        reason = f"{error.msg} at line {error.lineno}, column {error.colno}"
    except RecursionError:
        _refuse("too_deep", "This JSON is nested too deeply.")
    raise UnsafeJSONError(f"This body is not JSON: {reason}.", code="not_json")


def _is_deeper(body: bytes, limit: int) -> bool:
    if body.count(b"[") + body.count(b"{") <= limit:
        return False
    if b"\\" in body:
        body = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    outside_of_strings = body.translate(_ALL_SQUARE, _NOT_BRACKET_OR_QUOTE).split(b'"')[::2]
    brackets = left = b"".join(outside_of_strings)
    # Each turn takes away the innermost level, at the speed of C.
    for _ in range(limit):
        left = left.replace(b"[]", b"")
        if not left:
            return False
    return _reaches(brackets, limit)


def _reaches(brackets: bytes, limit: int) -> bool:
    depth = 0
    for bracket in brackets:
        depth += 1 if bracket == _OPENING else -1
        if depth > limit:
            return True
    return False


def check(value: Any, *, max_depth: int = MAX_DEPTH) -> None:
    """Raise `UnsafeJSONError` unless a value that is parsed already is safe as JSON."""
    pending: list[tuple[Any, int]] = [(value, 0)]
    while pending:
        item, depth = pending.pop()
        if isinstance(item, dict | list | tuple):
            if depth >= max_depth:
                _refuse("too_deep", f"This value is nested more than {max_depth} levels deep.")
            pending.extend((child, depth + 1) for child in _children(item))
        else:
            _check_scalar(item)


def _children(item: Any) -> Iterator[Any]:
    if isinstance(item, dict):
        for key in item:
            if not isinstance(key, str):
                _refuse("unknown_type", "A name in this object is not text.")
            _check_text(key)
        yield from item.values()
    else:
        children: Iterable[Any] = item
        yield from children


def _check_scalar(item: Any) -> None:
    if isinstance(item, str):
        _check_text(item)
    elif item is None or isinstance(item, bool):
        return
    elif isinstance(item, int):
        if abs(item) >= FIRST_TOO_LONG:
            _refuse_long_number()
    elif isinstance(item, float | Decimal):
        if not math.isfinite(item):
            _refuse("not_a_number", "A number is not finite, which JSON does not know.")
    else:
        _refuse("unknown_type", f"JSON has no type for {type(item).__name__}.")


def _check_text(text: str) -> None:
    if "\x00" in text:
        _refuse("nul", "A text contains the character NUL, which databases refuse.")
    if not text.isascii():
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            _refuse("lone_surrogate", "A text contains half of a surrogate pair.")


def json_number(number: Decimal) -> int | float:
    """Return a number as JSON has it: whole ones exactly, others as the nearest double.

    Raises `UnsafeJSONError` for more than 64 digits before the point, NaN and infinity.
    """
    if not number.is_finite():
        _refuse("not_a_number", "A number is not finite, which JSON does not know.")
    if number.adjusted() >= MAX_NUMBER_DIGITS:
        _refuse_long_number()
    whole = number == number.to_integral_value()
    return int(number) if whole else float(number)


def _default(value: Any) -> int | float:
    if isinstance(value, Decimal):
        return json_number(value)
    _refuse("unknown_type", f"JSON has no type for {type(value).__name__}.")


def dumps(value: Any) -> bytes:
    """Write a value as compact UTF-8 JSON, names in their given order.

    `Decimal` is written as `json_number` gives it. Raises `UnsafeJSONError`
    for NaN and infinity, unknown types, lone surrogates, and nesting or
    integers beyond what Python writes.
    """
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_default)
        return text.encode("utf-8")
    except UnicodeEncodeError:
        code, message = "lone_surrogate", "A text contains half of a surrogate pair."
    except ValueError as error:
        code, message = _why_not_written(error)
    except RecursionError:
        code, message = "too_deep", "This value is nested too deeply for JSON."
    except TypeError:
        code, message = "unknown_type", "A name in this object is not text."
    raise UnsafeJSONError(message, code=code)


def _why_not_written(error: ValueError) -> tuple[str, str]:
    reason = str(error)
    if "Circular" in reason:
        return "too_deep", "This value contains itself."
    if "digits" in reason:
        return "number_too_long", "A number is too long for JSON."
    return "not_a_number", "A number is not finite, which JSON does not know."
