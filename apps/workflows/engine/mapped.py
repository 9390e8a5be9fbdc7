"""Mappings with their templates parsed: what fills one field of a step's input."""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from apps.language import templates
from apps.language.errors import LanguageError
from apps.language.paths import Path
from apps.language.templates import Template
from apps.workflows.engine import definition


@dataclass(frozen=True, slots=True)
class Fixed:
    """A fixed value."""

    value: Any


@dataclass(frozen=True, slots=True)
class Filled:
    """A template; `source` is its text, for messages."""

    source: str
    template: Template


@dataclass(frozen=True, slots=True)
class Rows:
    """An object made key by key."""

    rows: Mapping[str, "Mapped"]


@dataclass(frozen=True, slots=True)
class Items:
    """A list made row by row."""

    rows: tuple["Mapped", ...]


Mapped = Fixed | Filled | Rows | Items


class MappingError(Exception):
    """A template of a mapping that can't be read or rendered; `keys` lead to it inside an object."""

    def __init__(self, cause: LanguageError, *, source: str, keys: tuple[str, ...] = ()) -> None:
        super().__init__(cause.message)
        self.cause = cause
        self.source = source
        self.keys = keys


def compile_mapping(mapping: definition.Mapping, keys: tuple[str, ...] = ()) -> Mapped:
    """Return the mapping with its templates parsed; raises `MappingError` for the first that can't be."""
    if isinstance(mapping, definition.ValueMapping):
        return Fixed(mapping.value)
    if isinstance(mapping, definition.ObjectMapping):
        return Rows({key: compile_mapping(value, (*keys, key)) for key, value in mapping.object.items()})
    if isinstance(mapping, definition.ListMapping):
        rows = enumerate(mapping.rows)
        return Items(tuple(compile_mapping(row, (*keys, str(number))) for number, row in rows))
    try:
        return Filled(mapping.template, templates.parse(mapping.template))
    except LanguageError as error:
        raise MappingError(error, source=mapping.template, keys=keys) from None


def resolve(
    mapped: Mapped,
    scope: Mapping[str, Any],
    keys: tuple[str, ...] = (),
    *,
    escape: Callable[[str], str] | None = None,
) -> Any:
    """Return the mapping's value in this scope; raises `MappingError`.

    In an object a template that gives null leaves its key out, and so does an
    inner object of which nothing is left: providers read null as "erase". A
    fixed null stays. Texts that templates fill in go through `escape`.
    """
    if isinstance(mapped, Fixed):
        return mapped.value
    if isinstance(mapped, Rows):
        return dict(_resolve_rows(mapped.rows.items(), scope, keys))
    if isinstance(mapped, Items):
        rows = ((str(number), row) for number, row in enumerate(mapped.rows))
        return [value for _, value in _resolve_rows(rows, scope, keys)] or None
    try:
        return mapped.template.render(scope, escape=escape)
    except LanguageError as error:
        raise MappingError(error, source=mapped.source, keys=keys) from None


def _resolve_rows(
    rows: Iterable[tuple[str, Mapped]], scope: Mapping[str, Any], keys: tuple[str, ...]
) -> Iterator[tuple[str, Any]]:
    for key, mapped in rows:
        value = resolve(mapped, scope, (*keys, key))
        made = isinstance(mapped, Rows | Items)
        left_out = value is None if isinstance(mapped, Filled) else made and not value
        if not left_out:
            yield key, value


def paths_of(mapped: Mapped) -> Iterator[Path]:
    """List every path that a compiled mapping reads."""
    if isinstance(mapped, Filled):
        yield from mapped.template.paths
    elif isinstance(mapped, Rows):
        for row in mapped.rows.values():
            yield from paths_of(row)
    elif isinstance(mapped, Items):
        for row in mapped.rows:
            yield from paths_of(row)


def is_known(path: Path, steps: Container[str], fresh: Container[str] = ()) -> bool:
    """Tell whether a path can be read at an approval and holds the same behind it.

    `steps` are the ids of those that have run by then; the roots that are `fresh`
    in the branch behind it hold something else there.
    """
    if path[:1] != ("steps",):
        return not path or path[0] not in fresh
    return len(path) > 1 and path[1] in steps


def template_sources(
    mapping: definition.Mapping, keys: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], str]]:
    """List every template of a mapping with the keys that lead to it inside an object."""
    if isinstance(mapping, definition.TemplateMapping):
        yield keys, mapping.template
    elif isinstance(mapping, definition.ObjectMapping):
        for key, value in mapping.object.items():
            yield from template_sources(value, (*keys, key))
    elif isinstance(mapping, definition.ListMapping):
        for number, row in enumerate(mapping.rows):
            yield from template_sources(row, (*keys, str(number)))
