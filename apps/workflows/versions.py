"""Compiled versions, kept in the process: a version never changes, and an app of one's own rarely."""

from dataclasses import dataclass
from functools import lru_cache

from apps.catalog import registry
from apps.catalog.custom_rows import seen_by
from apps.workflows.custom_uses import app_keys_of
from apps.workflows.engine.definition import Definition, parse
from apps.workflows.engine.order import OrderPlan, plan_of
from apps.workflows.engine.problems import InvalidDefinitionError
from apps.workflows.engine.program import Program, compile_program
from apps.workflows.models import WorkflowVersion


class Compiled:
    """Returns a version's program. Raises `WorkflowVersion.DoesNotExist`.

    A program that names apps of the workspace's own is made anew when one of
    their declarations changed; what is built in is never asked about.
    """

    def __call__(self, version_id: int) -> Program:
        """Return the program of the version."""
        _, own = _definition(version_id)
        return _program(version_id, tuple(registry.stamp_of(key) for key in own))

    def cache_clear(self) -> None:
        """Forget every program."""
        _definition.cache_clear()
        order_of.cache_clear()
        _program.cache_clear()


compiled = Compiled()


@lru_cache(maxsize=512)
def _definition(version_id: int) -> tuple[Definition, tuple[str, ...]]:
    stored = WorkflowVersion.every.values_list("definition", flat=True).get(pk=version_id)
    definition = parse(stored)
    return definition, tuple(key for key in app_keys_of(definition) if not registry.is_built_in(key))


@lru_cache(maxsize=512)
def _program(version_id: int, stamps: tuple[object, ...]) -> Program:
    definition, _ = _definition(version_id)
    with seen_by(None):  # What is kept must not depend on who asked first.
        return compile_program(definition)


@dataclass(frozen=True, slots=True)
class Ordered:
    """By what the runs of a version are ordered. The order is the workflow's: its versions share it."""

    plan: OrderPlan
    workflow_id: int


@lru_cache(maxsize=4096)
def order_of(version_id: int) -> Ordered | None:
    """Return by what the runs of a version are ordered; None, as for most, where they are not.

    Kept in the process: a version never changes. Raises `WorkflowVersion.DoesNotExist`.
    """
    try:
        plan = plan_of(_definition(version_id)[0])
    except InvalidDefinitionError:
        return None  # Its runs say themselves that the version can't be read any more.
    if plan is None:
        return None
    workflow_id = WorkflowVersion.every.values_list("workflow", flat=True).get(pk=version_id)
    return Ordered(plan, workflow_id)
