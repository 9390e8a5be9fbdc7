"""A mapped value made into what a field takes, or the reason why it can't be.

Messages name types, never values, so that they may be logged. Their subject
is left to the caller: "is true or false, but …".
"""

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from apps.catalog.spec import Field, FieldType
from apps.language import safe_json, times
from apps.language.errors import LanguageError, TimeError, UnsafeJSONError
from apps.language.paths import did_you_mean
from apps.language.values import parse_decimal, plain, to_decimal, to_text, type_name

MAX_EMAIL_BYTES = 254  # RFC 5321 4.5.3.1.3, less the angle brackets.
_EMAIL = re.compile(r"[^\s@,;:<>()\[\]\\\"]+@[^\s@,;:<>()\[\]\\\".]+(\.[^\s@,;:<>()\[\]\\\".]+)+")

NOT_FIXED = "takes a fixed value, not a template."
"""What is wrong with a template in a literal field."""

KEYS_FIXED = "takes names that you write and templates as their values, not one template for all of it."
"""What is wrong with a template in a field whose keys a person writes."""


class UnfitError(Exception):
    """A value that a field does not take. `message` starts with a verb; `code` is for programs."""

    def __init__(self, message: str, *, code: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.remedy = remedy


def is_empty(value: Any) -> bool:
    """Tell whether a value counts as not given: null, blank text, an object without keys."""
    if isinstance(value, str):
        return not value.strip()
    return value is None or value == {}


def coerce(field: Field, value: Any) -> Any:
    """Return a value that is not empty as the field's type, checked against its limits.

    Raises `UnfitError`.
    """
    try:
        coerced = _BY_TYPE[field.type](value)
    except UnsafeJSONError as error:
        remedy = "Check what fills it: JSON has no way to write this."
        raise UnfitError(f"can't be written. {error.message}", code="too_large", remedy=remedy) from None
    if field.fields:
        coerced = _structured(field, coerced)
    _check_choice(field, coerced)
    _check_pattern(field, coerced)
    _check_size(field, coerced)
    return coerced


def _unfit(wanted: str, value: Any, *, remedy: str = "") -> UnfitError:
    return UnfitError(f"is {type_name(value)}, but {wanted} is needed.", code="wrong_type", remedy=remedy)


def _text(value: Any) -> str:
    if isinstance(value, Mapping | list | tuple):
        raise _unfit("text", value, remedy="Name one value inside it, or add “| json”.")
    return to_text(value)


def _email(value: Any) -> str:
    text = _text(value).strip()
    if len(text.encode()) > MAX_EMAIL_BYTES or not _EMAIL.fullmatch(text):
        raise UnfitError("is not an e-mail address.", code="not_an_email")
    return text


def _url(value: Any) -> str:
    text = _text(value).strip()
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        usable = False
    if not usable or any(character.isspace() or not character.isprintable() for character in text):
        raise UnfitError("is not an address that starts with http:// or https://.", code="not_a_url")
    return text


def _number(value: Any) -> int | float:
    number = parse_decimal(value) if isinstance(value, str) else to_decimal(value)
    if number is None:
        wanted = "a number"
        if isinstance(value, str):
            raise UnfitError(f"is text that is not {wanted}.", code="wrong_type")
        raise _unfit(wanted, value)
    return safe_json.json_number(number)


def _integer(value: Any) -> int:
    number = _number(value)
    if not isinstance(number, int):
        remedy = "Round it first, with “| round”. Amounts are whole minor units."
        raise UnfitError("is not a whole number.", code="not_whole", remedy=remedy)
    return number


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    known = {"true": True, "false": False}
    folded = value.strip().lower() if isinstance(value, str) else ""
    if folded not in known:
        raise UnfitError("is neither true nor false.", code="wrong_type")
    return known[folded]


def _time(value: Any) -> int:
    try:
        return times.to_unix(value)
    except TimeError as error:
        raise UnfitError(f"is not a time in unix seconds. {error.message}", code=error.code) from None


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise _unfit("an object", value, remedy="Use a single {{ … }} that gives an object, or rows.")
    return dict(value)


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise _unfit("a list", value, remedy="Use a single {{ … }} that gives a list.")
    return list(value)


_BY_TYPE: Mapping[FieldType, Callable[[Any], Any]] = {
    FieldType.TEXT: _text,
    FieldType.LONG_TEXT: _text,
    FieldType.EMAIL: _email,
    FieldType.URL: _url,
    FieldType.INTEGER: _integer,
    FieldType.NUMBER: _number,
    FieldType.BOOLEAN: _boolean,
    FieldType.TIME: _time,
    FieldType.CHOICE: lambda value: _text(value).strip(),
    FieldType.OBJECT: _object,
    FieldType.LIST: _list,
    FieldType.ANY: plain,
}


def _structured(field: Field, value: Any) -> Any:
    """Return an object, or a list of objects, with every member as the type that is declared for it."""
    if field.type is not FieldType.LIST:
        return _members(field, value, "")
    rows = []
    for number, row in enumerate(value, start=1):
        if not isinstance(row, Mapping):
            raise UnfitError(
                f"has a row {number} that is {type_name(row)}, not an object.", code="wrong_type"
            )
        rows.append(_members(field, row, f" in row {number}"))
    return rows


def _members(field: Field, value: Mapping[str, Any], where: str) -> dict[str, Any]:
    known = {member.key: member for member in field.fields}
    for key in value:
        if key not in known:
            near = did_you_mean(str(key), list(known)) or f" It takes {', '.join(known)}."
            raise UnfitError(f"has an unknown “{key}”{where}.{near}", code="unknown_key")
    found = {key: member_value(member, value.get(key), where) for key, member in known.items()}
    return {key: item for key, item in found.items() if item is not None}


def member_value(member: Field, value: Any, where: str = "") -> Any:
    """Return one member of an object as its type, its default where it is empty; raises `UnfitError`."""
    if is_empty(value):
        value = member.default
    if is_empty(value):
        if member.required:
            raise UnfitError(f"has no “{member.key}”{where}, which is required.", code="empty_input")
        return None
    try:
        return coerce(member, value)
    except UnfitError as error:
        message = f"has a “{member.key}”{where} that {error.message}"
        raise UnfitError(message, code=error.code, remedy=error.remedy) from None


def _check_choice(field: Field, value: Any) -> None:
    offered = [choice.value for choice in field.choices]
    chosen = value if field.type is FieldType.LIST else [value]
    if offered and not all(str(each) in offered for each in chosen):
        remedy = f"Use one of: {', '.join(offered)}."
        raise UnfitError("is not one of the values on offer.", code="not_a_choice", remedy=remedy)


def _check_pattern(field: Field, value: Any) -> None:
    if field.pattern and isinstance(value, str) and not re.fullmatch(field.pattern, value):
        remedy = f"It looks like “{field.example}”." if field.example else ""
        raise UnfitError("does not have the form that is needed.", code="bad_form", remedy=remedy)


def _check_size(field: Field, value: Any) -> None:
    if field.max_bytes is None:
        return
    try:
        size = len(value.encode() if isinstance(value, str) else safe_json.dumps(value))
    except LanguageError as error:
        raise UnfitError(f"can't be written as JSON. {error.message}", code=error.code) from None
    if size > field.max_bytes:
        message = f"is {size} bytes long; {field.max_bytes} are allowed."
        raise UnfitError(message, code="too_long", remedy="Shorten it, with “| truncate” for text.")
