"""A mapping fills one field: `{"value": X}` as it is, or `{"template": "…"}` rendered.

It is tagged, never guessed: text that happens to contain braces stays text,
and nothing inside a value is rendered.
"""

from collections.abc import Mapping
from typing import Any

from apps.language import templates
from apps.language.errors import TemplateError
from apps.language.paths import Path


def template_of(mapping: Any) -> templates.Template | None:
    """Return the parsed template of a mapping, or None for a plain value.

    Raises `TemplateError`: `untagged` for what is neither, or the template's own error.
    """
    if not isinstance(mapping, dict) or len(mapping) != 1 or not mapping.keys() <= {"value", "template"}:
        message = "A mapping must be {“value”: …} or {“template”: “…”}, with exactly one of the two."
        raise TemplateError(message, code="untagged")
    if "value" in mapping:
        return None
    source = mapping["template"]
    if not isinstance(source, str):
        raise TemplateError("A template must be text.", code="untagged")
    return templates.parse(source)


def resolve(mapping: Any, scope: Mapping[str, Any]) -> Any:
    """Return the value of a mapping. Raises `TemplateError`."""
    template = template_of(mapping)
    return mapping["value"] if template is None else template.render(scope)


def paths_of(mapping: Any) -> tuple[Path, ...]:
    """Return the paths that a mapping reads; none for a plain value. Raises `TemplateError`."""
    template = template_of(mapping)
    return () if template is None else template.paths
