"""Templates of a declared call, parsed once and filled for each: path, query, headers, body. Pure.

A value fills one path segment, one query or header value, or one leaf of the
JSON body; names, and everything else of the JSON text, are the author's.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from apps.catalog import addresses
from apps.catalog.addresses import BadPartError
from apps.catalog.custom.declaration import Pair
from apps.catalog.errors import Permanent
from apps.language import templates
from apps.language.errors import LanguageError
from apps.language.templates import Template
from apps.language.values import to_text

INPUTS = "inputs"
CONNECTION = "connection"

_PARTS = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|/|.", re.DOTALL)

type Scope = Mapping[str, Any]
type Leaf = Template | str | int | float | bool | None
type Node = Leaf | dict[str, Node] | list[Node]


class Call:
    """Names the call whose part can't be filled."""

    def __init__(self, name: str) -> None:
        self._name = name

    def refuse(self, part: str, error: LanguageError | BadPartError) -> Permanent:
        """Return the error of a part that can't be filled; no value stands in it."""
        remedy = error.remedy if isinstance(error, BadPartError) else ""
        return Permanent(
            f"{part} of “{self._name}” can't be filled: {error.message}",
            code=error.code,
            remedy=remedy or "Check what fills the step's fields, and the action's template.",
        )


def split_path(path: str) -> list[str]:
    """Return the segments of a path template; a slash inside of a tag parts nothing."""
    segments = [""]
    for part in _PARTS.findall(path):
        if part == "/":
            segments.append("")
        else:
            segments[-1] += part
    return segments


def is_template(text: str) -> bool:
    """Tell whether a text has a tag in it."""
    return "{{" in text or "{%" in text


def read_path(path: str) -> list[Template | str]:
    """Return the segments, parsed; raises `LanguageError` or `BadPartError`."""
    if not path.startswith("/"):
        raise BadPartError(
            "The path must begin with a slash.", code="bad_path", remedy="Write it like /orders."
        )
    parts: list[Template | str] = []
    segments = split_path(path)[1:]
    for number, text in enumerate(segments, start=1):
        if is_template(text):
            parts.append(templates.parse(text))
            continue
        if any(sign in text for sign in "?#"):
            raise BadPartError(
                "The path has a question mark or “#”.",
                code="bad_path",
                remedy="Enter query parameters in their own rows.",
            )
        if not text and number < len(segments):
            raise BadPartError(
                "The path has an empty part.", code="bad_path", remedy="Remove the second slash."
            )
        parts.append(addresses.literal_segment(text))
    return parts


def fill_path(parts: Iterable[Template | str], scope: Scope) -> str:
    """Return the path with every template filled and encoded whole."""
    written = [
        part if isinstance(part, str) else addresses.segment(_value(part.render(scope))) for part in parts
    ]
    return "/" + "/".join(written)


def fill_pairs(
    pairs: Iterable[tuple[str, Template]], scope: Scope, refuse: Callable[[str, Any], Permanent]
) -> Iterator[tuple[str, str]]:
    """Return name and text of each; one that is empty is left out."""
    for name, template in pairs:
        try:
            text = _text(template.render(scope))
        except (LanguageError, BadPartError) as error:
            raise refuse(f"“{name}”", error) from None
        if text:
            yield name, text


def read_pairs(pairs: Iterable[Pair]) -> list[tuple[str, Template]]:
    """Return the pairs with their templates parsed; raises `LanguageError`."""
    return [(pair.name, templates.parse(pair.template)) for pair in pairs]


def read_body(value: Any) -> Node:
    """Return JSON with its text leaves parsed; raises `LanguageError` or `BadPartError`."""
    if isinstance(value, Mapping):
        for name in value:
            if is_template(str(name)):
                raise BadPartError(
                    "A name of the JSON body is a template.",
                    code="template_name",
                    remedy="Write names as they are; only values may be templates.",
                )
        return {str(name): read_body(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [read_body(item) for item in value]
    if isinstance(value, str) and is_template(value):
        return templates.parse(value)
    return value if isinstance(value, str | int | float | bool) else None


def fill_body(node: Node, scope: Scope) -> Any:
    """Return the JSON value; a template that gives null leaves its name out of an object."""
    if isinstance(node, Template):
        return node.render(scope)
    if isinstance(node, dict):
        filled = ((name, item, fill_body(item, scope)) for name, item in node.items())
        return {
            name: value for name, item, value in filled if value is not None or not isinstance(item, Template)
        }
    if isinstance(node, list):
        return [fill_body(item, scope) for item in node]
    return node


def templates_of(node: Node) -> Iterator[Template]:
    """List the templates of a body."""
    if isinstance(node, Template):
        yield node
    elif isinstance(node, dict):
        for item in node.values():
            yield from templates_of(item)
    elif isinstance(node, list):
        for item in node:
            yield from templates_of(item)


def _value(value: Any) -> Any:
    return to_text(value) if isinstance(value, float) else value


def _text(value: Any) -> str:
    if isinstance(value, Mapping | list | tuple):
        raise BadPartError(
            "it is an object or a list, where text is needed.",
            code="wrong_type",
            remedy="Name one value in it, or add “| json”.",
        )
    return to_text(value)
