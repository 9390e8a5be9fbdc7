"""The table of filters: what each is called, takes, does, and an example of it.

A filter is a plain function of the value on its left and its arguments. It is
handed JSON types and `Decimal` (never an object of the interpreter), raises
`FilterError` for what it can't work with, and bounds what it is about to
build with `refuse_longer`. The sandbox checks the size of every result.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from liquid.exceptions import LiquidTypeError

from apps.language.errors import UnsafeJSONError
from apps.language.values import to_text, type_name

MAX_TEXT: Final = 1_048_576
MAX_ITEMS: Final = 10_000

FilterFunction = Callable[..., Any]


class FilterError(LiquidTypeError):
    """A filter that refuses its input. The interpreter adds the place in the template."""

    def __init__(self, message: str, *, code: str = "wrong_type") -> None:
        super().__init__(message, token=None)
        self.problem = message
        self.code = code


@dataclass(frozen=True)
class Filter:
    """One filter. `gives` is what `example` renders to, as JSON text or plain text."""

    name: str
    function: FilterFunction
    help: str
    example: str
    gives: str
    least: int
    most: int
    keywords: frozenset[str]


FILTERS: dict[str, Filter] = {}


def register(
    name: str,
    *,
    help: str,  # noqa: A002 - the word that the table of filters has for it
    example: str,
    gives: str,
    arguments: tuple[int, int] = (0, 0),
    keywords: tuple[str, ...] = (),
    aliases: tuple[str, ...] = (),
) -> Callable[[FilterFunction], FilterFunction]:
    """Enter a function in the table. `arguments` is how many it takes, at least and at most."""

    def enter(function: FilterFunction) -> FilterFunction:
        least, most = arguments
        for entry in (name, *aliases):
            told = help if entry == name else f"The same as {name}."
            shown = example.replace(f"| {name}", f"| {entry}")
            FILTERS[entry] = Filter(entry, function, told, shown, gives, least, most, frozenset(keywords))
        return function

    return enter


def refuse_longer(length: int, limit: int = MAX_TEXT) -> None:
    """Refuse a result before it is built. Lengths count characters, or items of a list."""
    if length > limit:
        what = "characters" if limit == MAX_TEXT else "items"
        raise FilterError(f"its result would have more than {limit:,} {what}.", code="limit")


def text_of(value: Any, name: str) -> str:
    """Return a value as text for a filter that works on text; lists and objects are refused."""
    if isinstance(value, list | dict):
        remedy = "join it first" if isinstance(value, list) else "pick one of its fields"
        raise FilterError(f"{name} needs text, but got {type_name(value)}: {remedy}.")
    try:
        return to_text(value)
    except UnsafeJSONError as error:
        raise FilterError(error.message, code=error.code) from error


def whole(value: Any, name: str) -> int:
    """Return an argument that must be a whole number of moderate size."""
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > MAX_TEXT:
        raise FilterError(f"{name} needs a whole number as its argument, but got {type_name(value)}.")
    number: int = value
    return number
