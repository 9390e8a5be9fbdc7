"""Previews of a transform step, which is made for real: it calls nobody."""

import time
from collections.abc import Iterator, Mapping
from typing import Any

from apps.workflows.engine.definition import TransformStep
from apps.workflows.engine.definition.operations import FilterItems, MapItems, Operation, SetField
from apps.workflows.engine.transforming import TransformError, apply, compile_transform

Scope = Mapping[str, Any]

PATIENCE = 0.5
"""Seconds that may be spent on what the operations of one step see."""


def made(step: TransformStep, scope: Scope, *, until: float | None = None) -> Any:
    """Return what the step gives; raises `TransformError`, also where it takes beyond `until`.

    That is a moment of the steady clock; without it the step has a budget of its own.
    """
    ends_at = time.monotonic() + PATIENCE if until is None else until

    def watch() -> None:
        if time.monotonic() > ends_at:
            raise TransformError(
                "This takes too long to be shown while you edit.",
                code="slow",
                remedy="Test the step to see what it gives, or let it work on fewer items.",
            )

    return apply(compile_transform(step), scope, watch=watch)


def stages(step: TransformStep, scope: Scope) -> Iterator[tuple[int, Operation, Scope]]:
    """List the operations that something fills, each with its index and what it sees.

    Those on lists see the first item of the list as it is by then. What can't be
    made before one is told by the whole; it then sees no item, and neither do the
    last ones of a step that takes too long.
    """
    until = time.monotonic() + PATIENCE
    for index, operation in enumerate(step.operations):
        if isinstance(operation, SetField):
            yield index, operation, scope
        elif isinstance(operation, FilterItems | MapItems):
            late = time.monotonic() > until
            item = None if late else _first(step, index, operation.field, scope, until)
            yield index, operation, {**scope, "item": item}


def _first(step: TransformStep, index: int, field: str | None, scope: Scope, until: float) -> Any:
    try:
        value = made(step.model_copy(update={"operations": step.operations[:index]}), scope, until=until)
    except TransformError:
        return None
    if field and isinstance(value, Mapping):
        value = value.get(field)
    return value[0] if isinstance(value, list) and value else None
