"""What a workflow's order is kept by: a path of the trigger, read from the definition."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from apps.language import paths, templates
from apps.language.errors import LanguageError
from apps.language.paths import Path
from apps.workflows.engine.definition import Definition, Order


@dataclass(frozen=True, slots=True)
class OrderPlan:
    """Where the value stands by which a version's runs are ordered. `path` is below the trigger.

    `supersedes` tells that an event which comes behind a newer one that has run is
    not run any more.
    """

    trigger: str
    path: Path
    supersedes: bool

    def value_in(self, data: Mapping[str, Any]) -> str:
        """Return the value as text; empty for an event that has none, which is in no order."""
        value = paths.lookup(dict(data), self.path)
        if value is None or isinstance(value, dict | list):
            return ""
        return str(value).strip()


def plan_of(definition: Definition) -> OrderPlan | None:
    """Return the plan of a definition that was published; None without an order."""
    if definition.order is None:
        return None
    path = path_of(definition.order)
    late = definition.order.late == "supersede"
    return OrderPlan(definition.trigger.trigger, path[1:], late) if path else None


def path_of(order: Order) -> Path | None:
    """Return the whole path that `by` names; None where it is anything but one path of the trigger."""
    text = order.by.strip()
    if not (text.startswith("{{") and text.endswith("}}")):
        return None
    try:
        path = paths.parse_path(text[2:-2].strip())
        templates.parse(text)
    except LanguageError:
        return None
    return path if len(path) > 1 and path[0] == "trigger" else None
