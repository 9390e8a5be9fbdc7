"""The part of JSON schema that an AI step may use: whether a schema is sound, whether a value fits.

    type, properties, required, additionalProperties, enum, const, pattern, minLength, maxLength,
    minimum, maximum, exclusiveMinimum, exclusiveMaximum, items, minItems, maxItems, title, description

Everything else is refused when the schema is written, since a keyword that is
not looked at is a promise that nobody keeps. Facts: https://json-schema.org/understanding-json-schema/
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from apps.language import safe_json
from apps.language.errors import UnsafeJSONError
from apps.language.values import is_number, to_decimal, type_name
from apps.workflows.engine import patterns

MAX_SCHEMA_BYTES: Final = 20_000
MAX_DEPTH: Final = 6
MAX_PROPERTIES: Final = 100
MAX_FAULTS: Final = 5
MAX_TEXT: Final = 100_000

TYPES: Final = ("string", "integer", "number", "boolean", "object", "array", "null")

_TEXTS: Final = ("title", "description", "pattern")
_NUMBERS: Final = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
_SIZES: Final = ("minLength", "maxLength", "minItems", "maxItems")
_OTHERS: Final = ("type", "properties", "required", "additionalProperties", "enum", "const", "items")
_KEYWORDS: Final = frozenset((*_OTHERS, *_TEXTS, *_NUMBERS, *_SIZES))


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong at one place, such as `("properties", "email", "pattern")` or `("lines", 0, "sku")`."""

    path: tuple[str | int, ...]
    message: str

    @property
    def where(self) -> str:
        """Return the path as text, "" for the whole."""
        return ".".join(map(str, self.path))


def problems_of(schema: Any) -> list[Fault]:
    """List what keeps a schema from being used; it must describe an object with properties."""
    try:
        safe_json.check(schema)
        if len(safe_json.dumps(schema)) > MAX_SCHEMA_BYTES:
            return [Fault((), f"The schema is longer than {MAX_SCHEMA_BYTES:,} bytes.")]
    except UnsafeJSONError as error:
        return [Fault((), error.message)]
    if not isinstance(schema, dict) or schema.get("type", "object") != "object":
        return [Fault((), "The schema must describe an object: give it “type”: “object”.")]
    if not isinstance(schema.get("properties"), dict) or not schema["properties"]:
        return [
            Fault(("properties",), "The schema has no properties. Name at least one field of the answer.")
        ]
    return list(_problems(schema, (), 0))


def _problems(schema: Any, path: tuple[str | int, ...], depth: int) -> Iterator[Fault]:
    if not isinstance(schema, dict):
        yield Fault(path, "A schema is an object, such as {“type”: “string”}.")
        return
    if depth > MAX_DEPTH:
        yield Fault(path, f"A schema may be nested {MAX_DEPTH} levels deep.")
        return
    for key in schema.keys() - _KEYWORDS:
        yield Fault((*path, str(key)), f"“{key}” is not supported in the schema of an AI step.")
    yield from _own_problems(schema, path)
    properties = schema.get("properties", {})
    if not isinstance(properties, dict) or len(properties) > MAX_PROPERTIES:
        yield Fault((*path, "properties"), f"“properties” is an object with at most {MAX_PROPERTIES} names.")
    else:
        for key, inner in properties.items():
            yield from _problems(inner, (*path, "properties", key), depth + 1)
        yield from _required_problems(schema, properties, path)
    if "items" in schema:
        yield from _problems(schema["items"], (*path, "items"), depth + 1)


def _own_problems(schema: Mapping[str, Any], path: tuple[str | int, ...]) -> Iterator[Fault]:
    named = schema.get("type", "object")
    kinds = named if isinstance(named, list) and named else [named]
    if any(not isinstance(kind, str) or kind not in TYPES for kind in kinds):
        yield Fault((*path, "type"), f"A type is one of {', '.join(TYPES)}.")
    enum = schema.get("enum")
    if "enum" in schema and (not isinstance(enum, list) or not enum):
        yield Fault((*path, "enum"), "“enum” is a list with at least one value.")
    for key, is_right, noun in _CHECKS:
        if key in schema and not is_right(schema[key]):
            yield Fault((*path, key), f"“{key}” is {noun}.")
    if isinstance(schema.get("pattern"), str):
        fault = patterns.fault_of(schema["pattern"])
        if fault:
            yield Fault((*path, "pattern"), fault)


def _is_size(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


_CHECKS: Final[tuple[tuple[str, Callable[[Any], bool], str], ...]] = (
    *((key, lambda value: isinstance(value, str), "text") for key in _TEXTS),
    *((key, is_number, "a number") for key in _NUMBERS),
    *((key, _is_size, "a whole number") for key in _SIZES),
    ("additionalProperties", lambda value: isinstance(value, bool), "true or false"),
)


def _required_problems(
    schema: Mapping[str, Any], properties: Mapping[str, Any], path: tuple[str | int, ...]
) -> Iterator[Fault]:
    required = schema.get("required", [])
    if not isinstance(required, list) or not all(isinstance(key, str) for key in required):
        yield Fault((*path, "required"), "“required” is a list of names.")
        return
    for key in required:
        if key not in properties:
            yield Fault((*path, "required"), f"“{key}” is required, but is no property.")


def faults_of(value: Any, schema: Mapping[str, Any]) -> list[Fault]:
    """List where a value does not fit a sound schema, the first few. Never raises."""
    found: list[Fault] = []
    for fault in _faults(value, schema, ()):
        found.append(fault)
        if len(found) == MAX_FAULTS:
            break
    return found


def _faults(value: Any, schema: Mapping[str, Any], path: tuple[str | int, ...]) -> Iterator[Fault]:
    named = schema.get("type")
    kinds = [kind for kind in (named if isinstance(named, list) else [named]) if kind]
    if kinds and not any(_is_a(value, kind) for kind in kinds):
        yield Fault(path, f"must be {' or '.join(map(_noun, kinds))}, not {type_name(value)}")
        return
    if "enum" in schema and not any(_same(value, each) for each in schema["enum"]):
        listed = ", ".join(safe_json.dumps(each).decode() for each in schema["enum"][:20])
        yield Fault(path, f"must be one of {listed}")
    if "const" in schema and not _same(value, schema["const"]):
        yield Fault(path, f"must be {safe_json.dumps(schema['const']).decode()}")
    if isinstance(value, str):
        yield from _text_faults(value, schema, path)
    elif isinstance(value, dict):
        yield from _object_faults(value, schema, path)
    elif isinstance(value, list):
        yield from _list_faults(value, schema, path)
    elif is_number(value):
        yield from _number_faults(value, schema, path)


def _is_a(value: Any, kind: str) -> bool:
    match kind:
        case "null":
            return value is None
        case "boolean":
            return isinstance(value, bool)
        case "string":
            return isinstance(value, str)
        case "object":
            return isinstance(value, dict)
        case "array":
            return isinstance(value, list)
        case "integer":
            return is_number(value) and value == int(value)
        case "number":
            return is_number(value)
    return False


def _noun(kind: str) -> str:
    nouns = {"string": "text", "array": "a list", "object": "an object", "boolean": "true or false"}
    nouns |= {"integer": "a whole number", "number": "a number"}
    return nouns.get(kind, kind)


def _same(left: Any, right: Any) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    return bool(left == right)


def _text_faults(value: str, schema: Mapping[str, Any], path: tuple[str | int, ...]) -> Iterator[Fault]:
    if len(value) > min(schema.get("maxLength", MAX_TEXT), MAX_TEXT):
        yield Fault(path, f"must have at most {min(schema.get('maxLength', MAX_TEXT), MAX_TEXT)} characters")
        return
    if len(value) < schema.get("minLength", 0):
        yield Fault(path, f"must have at least {schema['minLength']} characters")
    pattern = schema.get("pattern")
    # Whole: what a pattern does not cover could hold anything.
    if pattern is not None and not patterns.matches(pattern, value):
        yield Fault(path, f"must match the pattern {pattern} as a whole")


def _number_faults(value: Any, schema: Mapping[str, Any], path: tuple[str | int, ...]) -> Iterator[Fault]:
    number = to_decimal(value)
    bounds = {key: to_decimal(schema[key]) for key in _NUMBERS if key in schema}
    least, most = bounds.get("minimum"), bounds.get("maximum")
    above, below = bounds.get("exclusiveMinimum"), bounds.get("exclusiveMaximum")
    if number is None:
        yield Fault(path, "must be a finite number")
        return
    if least is not None and number < least:
        yield Fault(path, f"must be at least {least}")
    if most is not None and number > most:
        yield Fault(path, f"must be at most {most}")
    if above is not None and number <= above:
        yield Fault(path, f"must be more than {above}")
    if below is not None and number >= below:
        yield Fault(path, f"must be less than {below}")


def _object_faults(
    value: Mapping[str, Any], schema: Mapping[str, Any], path: tuple[str | int, ...]
) -> Iterator[Fault]:
    properties = schema.get("properties", {})
    for key in schema.get("required", ()):
        if key not in value:
            yield Fault((*path, key), "is missing")
    for key, inner in value.items():
        if key in properties:
            yield from _faults(inner, properties[key], (*path, key))
        elif not schema.get("additionalProperties", False):
            yield Fault((*path, key[:80]), "is not asked for")


def _list_faults(value: list[Any], schema: Mapping[str, Any], path: tuple[str | int, ...]) -> Iterator[Fault]:
    if len(value) < schema.get("minItems", 0):
        yield Fault(path, f"must have at least {schema['minItems']} items")
    if len(value) > schema.get("maxItems", len(value)):
        yield Fault(path, f"must have at most {schema['maxItems']} items")
        return
    if "items" in schema:
        for index, item in enumerate(value):
            yield from _faults(item, schema["items"], (*path, index))
