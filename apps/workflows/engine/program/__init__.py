"""A definition made ready to run: specs looked up, templates parsed.

A program is immutable and serves any number of runs at once, so callers keep
one per version.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from apps.catalog.registry import UnknownKeyError
from apps.workflows.engine.catalog import BUILT_IN, Catalog
from apps.workflows.engine.definition import Definition, WaitWebhookStep
from apps.workflows.engine.definition.tree import Location, parents_tolerate
from apps.workflows.engine.options import Gate, gate_of
from apps.workflows.engine.program.actions import compile_look_ups
from apps.workflows.engine.program.compiled import (
    CompiledAction,
    CompiledAI,
    CompiledApproval,
    CompiledCode,
    CompiledDelay,
    CompiledFilter,
    CompiledForEach,
    CompiledIf,
    CompiledStep,
    CompiledStop,
    CompiledSwitch,
    CompiledTransform,
    CompiledWait,
    Sequence,
    walk,
)
from apps.workflows.engine.program.compiling import Compiler
from apps.workflows.engine.scopes import scopes_of, start_of

__all__ = [
    "CompiledAI",
    "CompiledAction",
    "CompiledApproval",
    "CompiledCode",
    "CompiledDelay",
    "CompiledFilter",
    "CompiledForEach",
    "CompiledIf",
    "CompiledStep",
    "CompiledStop",
    "CompiledSwitch",
    "CompiledTransform",
    "CompiledWait",
    "Program",
    "Sequence",
    "compile_program",
    "step_id_of",
    "walk",
]


@dataclass(frozen=True, slots=True)
class Program:
    """A definition ready to run. `steps` is its outermost sequence, behind the trigger's look-ups."""

    definition: Definition
    steps: Sequence
    gate: Gate = field(default_factory=Gate)
    by_id: Mapping[str, CompiledStep] = field(default_factory=dict)
    places: Mapping[str, Location] = field(default_factory=dict)

    def find(self, path: str) -> CompiledStep | None:
        """Return the step that a path names, in a loop too; None for one that is not in the program."""
        return self.by_id.get(step_id_of(path))

    def walk(self) -> Iterator[CompiledStep]:
        """List every step of the tree, each before those that it holds."""
        return walk(self.steps)

    def waits(self) -> tuple[str, ...]:
        """Return the ids of the steps that have an address of their own."""
        return tuple(step.id for step in self.definition.walk() if isinstance(step, WaitWebhookStep))

    def tolerates(self, path: str) -> bool:
        """Tell whether the run goes on where the step at this path fails.

        So it does behind an error branch that continues, the step's own or that of
        a step around it, and in a for each that continues with the next item.
        """
        place = self.places.get(step_id_of(path))
        return place is not None and parents_tolerate(place)


def step_id_of(path: str) -> str:
    """Return the id of the step that a path names; a look-up's path names itself."""
    _, found, last = path.rpartition("].")
    return last if found else path


def compile_program(definition: Definition, *, catalog: Catalog = BUILT_IN) -> Program:
    """Return the program of a definition.

    Never raises for what a definition says: a step that can't be performed
    carries the error with which it will fail. Positions count from 1 in the
    order of the whole tree.
    """
    compiler = Compiler(catalog, scopes_of(definition, catalog=catalog), start_of(definition, catalog))
    steps = (*compile_look_ups(definition, catalog), *compiler.sequence(definition.steps))
    by_id: dict[str, CompiledStep] = {}
    for step in walk(steps):
        by_id.setdefault(step.path, step)
    places: dict[str, Location] = {}
    for place in definition.locations():
        places.setdefault(place.step.id, place)
    return Program(definition, steps, _gate(definition, catalog), by_id, places)


def _gate(definition: Definition, catalog: Catalog) -> Gate:
    try:
        _, trigger = catalog.get_trigger(definition.trigger.trigger)
    except UnknownKeyError:
        return Gate()
    return gate_of(trigger, definition.trigger.options)
