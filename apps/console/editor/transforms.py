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


def made(step: TransformStep, scope: Scope) -> Any:
    """Return what the step gives; raises `TransformError`."""
    return apply(compile_transform(step), scope)


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
            item = None if late else _first(step, index, operation.field, scope)
            yield index, operation, {**scope, "item": item}


def _first(step: TransformStep, index: int, field: str | None, scope: Scope) -> Any:
    try:
        value = made(step.model_copy(update={"operations": step.operations[:index]}), scope)
    except TransformError:
        return None
    if field and isinstance(value, Mapping):
        value = value.get(field)
    return value[0] if isinstance(value, list) and value else None
