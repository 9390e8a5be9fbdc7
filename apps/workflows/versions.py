"""Compiled versions, kept in the process: a version never changes."""

from functools import lru_cache

from apps.workflows.engine.definition import parse
from apps.workflows.engine.program import Program, compile_program
from apps.workflows.models import WorkflowVersion


@lru_cache(maxsize=512)
def compiled(version_id: int) -> Program:
    """Return the version's program. Raises `WorkflowVersion.DoesNotExist`."""
    definition = WorkflowVersion.objects.values_list("definition", flat=True).get(pk=version_id)
    return compile_program(parse(definition))
