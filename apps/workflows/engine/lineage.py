"""Which paths feed which field: what "where used" is answered from."""

from collections.abc import Mapping
from typing import Any

from apps.language import conditions, templates
from apps.language.errors import LanguageError
from apps.language.paths import Path, format_path
from apps.workflows.engine.definition import Definition
from apps.workflows.engine.definition.settings import conditions_of, mappings_of
from apps.workflows.engine.mapped import template_sources


def lineage(definition: Definition) -> list[dict[str, Any]]:
    """Return one `{"step", "field", "paths"}` for each field of each step of the tree that reads something.

    `step` is the step's id; `field` an input's key, with the keys inside an
    object behind dots, or the name of another setting: `run_if`, `condition`,
    `cases.<id>`, `operations.<index>`. What can't be read is left out;
    validation names it.
    """
    entries: list[dict[str, Any]] = []
    for step in definition.walk():
        fields: dict[str, tuple[Path, ...]] = {}
        for field, condition in conditions_of(step):
            fields[field] = _paths_of_condition(condition)
        for field, mapping in mappings_of(step):
            for inner, source in template_sources(mapping):
                fields[".".join((field, *inner))] = _paths_of_template(source)
        entries += [_entry(step.id, field, paths) for field, paths in fields.items() if paths]
    return entries


def _entry(step: str, field: str, paths: tuple[Path, ...]) -> dict[str, Any]:
    return {"step": step, "field": field, "paths": [format_path(path) for path in paths]}


def _paths_of_template(source: str) -> tuple[Path, ...]:
    try:
        return templates.parse(source).paths
    except LanguageError:
        return ()


def _paths_of_condition(condition: Mapping[str, Any] | None) -> tuple[Path, ...]:
    if condition is None:
        return ()
    try:
        return conditions.paths_of(condition)
    except LanguageError:
        return ()
