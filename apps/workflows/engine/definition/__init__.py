"""The one JSON form of a workflow: draft, version, export, API, editor and dry run.

`parse` checks the shape only; whether the names in it exist is
`apps.workflows.engine.validation`'s subject.
"""

from collections.abc import Callable, Iterator
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from apps.language import safe_json
from apps.language.errors import UnsafeJSONError
from apps.workflows.engine.definition import tree
from apps.workflows.engine.definition.answers import Label, LabelsOutput, SchemaOutput, TextOutput
from apps.workflows.engine.definition.mappings import (
    MAX_OBJECT_DEPTH,
    MAX_ROWS,
    ListMapping,
    Mapping,
    ObjectMapping,
    TemplateMapping,
    ValueMapping,
)
from apps.workflows.engine.definition.parts import Part
from apps.workflows.engine.definition.shape import problems_of
from apps.workflows.engine.definition.steps import (
    KINDS,
    MAX_DEPTH,
    MAX_STEPS,
    STEP_ID,
    ActionStep,
    AIStep,
    ApprovalStep,
    Approver,
    BaseStep,
    Case,
    CodeStep,
    DelayStep,
    ErrorBranch,
    FilterStep,
    ForEachStep,
    IfStep,
    Retry,
    Span,
    Step,
    Steps,
    StopStep,
    SwitchStep,
    TransformStep,
    WaitWebhookStep,
)
from apps.workflows.engine.definition.tree import Branch, Location, action_of, branches
from apps.workflows.engine.problems import InvalidDefinitionError, Problem

__all__ = [
    "KINDS",
    "MAX_DEPTH",
    "MAX_OBJECT_DEPTH",
    "MAX_ROWS",
    "MAX_STEPS",
    "STEP_ID",
    "AIStep",
    "ActionStep",
    "ApprovalStep",
    "Approver",
    "BaseStep",
    "Branch",
    "Case",
    "CodeStep",
    "Definition",
    "DelayStep",
    "ErrorBranch",
    "FilterStep",
    "ForEachStep",
    "IfStep",
    "Label",
    "LabelsOutput",
    "ListMapping",
    "Location",
    "Mapping",
    "ObjectMapping",
    "Order",
    "Retry",
    "SchemaOutput",
    "Span",
    "Step",
    "StopStep",
    "SwitchStep",
    "TemplateMapping",
    "TextOutput",
    "TransformStep",
    "TriggerPart",
    "ValueMapping",
    "WaitWebhookStep",
    "action_of",
    "branches",
    "parse",
]


class TriggerPart(Part):
    """What starts the workflow. `trigger` is a catalog ref, `connection` a connection's code."""

    id: Literal["trigger"] = "trigger"
    trigger: str
    connection: str = ""
    options: dict[str, Any] = Field(default_factory=dict)


class Order(Part):
    """That runs whose events agree in `by`, one path of the trigger, go one after the other.

    `late` is what happens to an event that comes behind a newer one which has run
    already: it is run all the same, or superseded.
    """

    by: str
    late: Literal["run", "supersede"] = "run"


class Definition(Part):
    """A whole workflow."""

    schema_: Annotated[Literal[1], Field(alias="schema")] = 1
    trigger: TriggerPart
    order: Order | None = None
    steps: Steps = ()
    notes: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form, complete with defaults; `parse` reads it back unchanged.

        A workflow without an order has no word of it, as those had that were published before there was one.
        """
        form = self.model_dump(mode="json", by_alias=True, exclude_defaults=False)
        if self.order is None:
            del form["order"]
        return form

    def walk(self) -> Iterator[Step]:
        """List every step of the tree, each before those that it holds."""
        return tree.walk(self.steps)

    def step(self, step_id: str) -> Step | None:
        """Return the first step of this id, wherever in the tree."""
        return next((step for step in self.walk() if step.id == step_id), None)

    def locate(self, step_id: str) -> Location | None:
        """Return where the first step of this id stands."""
        return next((found for found in self.locations() if found.step.id == step_id), None)

    def locations(self) -> Iterator[Location]:
        """List where every step stands, in the order of `walk`."""
        return tree.locations(self.steps)

    def mapped(self, change: Callable[[Step], Step]) -> "Definition":
        """Return the definition with every step of the tree replaced by what `change` makes of it."""
        return self.model_copy(update={"steps": tree.mapped(self.steps, change)})

    def connections(self) -> frozenset[str]:
        """Return the codes of every connection named."""
        named = (
            step.connection for step in self.walk() if isinstance(step, ActionStep | AIStep | ApprovalStep)
        )
        return frozenset(code for code in (self.trigger.connection, *named) if code)


def parse(data: Any) -> Definition:
    """Read the JSON form; raises `InvalidDefinitionError` with every problem of its shape."""
    try:
        safe_json.check(data)
        definition = Definition.model_validate(data)
    except UnsafeJSONError as error:
        problems = [Problem(path="", code=error.code, message=error.message)]
    except ValidationError as error:
        problems = problems_of(error, data)
    else:
        problems = list(_too_big(definition))
        if not problems:
            return definition
    raise InvalidDefinitionError(problems)


def _too_big(definition: Definition) -> Iterator[Problem]:
    if sum(1 for _ in definition.walk()) > MAX_STEPS:
        yield Problem("steps", "too_many_steps", f"A workflow may have {MAX_STEPS} steps in all.")
    for found in definition.locations():
        if found.depth == MAX_DEPTH + 1:
            step = found.step
            message = f"Steps may be nested {MAX_DEPTH} levels deep. Move “{step.name}” further out."
            yield Problem(f"steps.{step.id}", "too_deep", message, step=step.name, step_id=step.id)
