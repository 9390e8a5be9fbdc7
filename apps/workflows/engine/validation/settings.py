"""Whether the settings of logic steps that are mappings can be filled."""

from collections.abc import Iterator

from apps.language import templates
from apps.language.errors import LanguageError
from apps.workflows.engine.coercion import is_empty
from apps.workflows.engine.definition import ListMapping, Mapping, ObjectMapping, Step, TemplateMapping
from apps.workflows.engine.mapped import template_sources
from apps.workflows.engine.problems import Problem
from apps.workflows.engine.validation.paths import Declared, find_fault
from apps.workflows.engine.validation.places import Place, of_step


def check_setting(
    step: Step,
    key: str,
    mapping: Mapping | None,
    declared: Declared,
    *,
    label: str,
    required: bool = True,
    single: bool = False,
) -> Iterator[Problem]:
    """Find every problem of a setting; `single` demands one output tag, which keeps its type."""
    place = of_step(step, key, field=key)
    if mapping is None or is_blank(mapping):
        if required:
            yield place.problem("required", f"“{label}” is required. Fill it.")
        return
    wrong = list(check_templates(place, mapping, declared))
    yield from wrong
    if not wrong and single and isinstance(mapping, TemplateMapping):
        template = templates.parse(mapping.template)
        if not template.is_single:
            message = f"“{label}” must be a single {{{{ … }}}} with nothing around it, or it would be text."
            yield place.problem("not_single", message)


def check_templates(place: Place, mapping: Mapping, declared: Declared) -> Iterator[Problem]:
    """Find every template of a mapping that can't be read, and every path that is not declared."""
    for keys, source in template_sources(mapping):
        inner = place.inside(keys)
        try:
            paths = templates.parse(source).paths
        except LanguageError as error:
            yield inner.unreadable(error)
            continue
        for path in paths:
            fault = find_fault(path, declared)
            if fault is not None:
                yield inner.problem(fault.code, fault.message)


def is_blank(mapping: Mapping) -> bool:
    """Tell whether nothing fills what the mapping is for."""
    if isinstance(mapping, ListMapping):
        return not mapping.rows
    if isinstance(mapping, ObjectMapping):
        return not mapping.object
    return is_empty(mapping.template if isinstance(mapping, TemplateMapping) else mapping.value)
