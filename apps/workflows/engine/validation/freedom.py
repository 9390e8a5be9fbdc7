"""Which parts of a JSON schema leave a model free to write what it likes.

An enum, a constant, true and false, and a text that must match a pattern do
not, where the pattern leaves no room for an address, a name or a number. A
number without an enum is free: it may be any amount.
"""

from collections.abc import Mapping
from typing import Any

from apps.language.paths import Path
from apps.workflows.engine.patterns import is_closed


def is_free_at(schema: Any, path: Path) -> bool:
    """Tell whether what stands at a path inside a schema's value may hold anything."""
    if not path:
        return _is_free(schema)
    if not isinstance(schema, Mapping):
        return True
    properties = schema.get("properties")
    if isinstance(properties, Mapping) and path[0] in properties:
        return is_free_at(properties[path[0]], path[1:])
    if "items" in schema and (isinstance(path[0], int) or path[0] in ("first", "last")):
        return is_free_at(schema["items"], path[1:])
    if path[0] == "size":
        return False
    # Model, tokens and cost stand beside the properties; the provider tells them.
    return not isinstance(properties, Mapping) or schema.get("additionalProperties") is True


def _is_free(schema: Any) -> bool:
    if not isinstance(schema, Mapping):
        return True
    if schema.get("enum") or "const" in schema:
        return False
    named = schema.get("type")
    kinds = set(named if isinstance(named, list) else [named]) - {"null"}
    if kinds == {"boolean"} or (named is not None and not kinds):
        return False
    if kinds == {"object"} or (kinds == {None} and "properties" in schema):
        inner = schema.get("properties", {})
        return schema.get("additionalProperties") is True or any(map(_is_free, inner.values()))
    if kinds == {"array"}:
        return _is_free(schema.get("items"))
    return kinds != {"string"} or not is_closed(schema.get("pattern"))
