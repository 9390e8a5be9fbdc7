"""The one JSON form of a workflow: draft, version, export, API, editor and dry run.

`parse` checks the shape only; whether the names in it exist is
`apps.workflows.engine.validation`'s subject.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from apps.workflows.engine.problems import InvalidDefinitionError, Problem

STEP_ID = r"^[a-z][a-z0-9_]{0,39}$"
MAX_STEPS = 200


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ValueMapping(_Part):
    """A fixed value."""

    value: Any


class TemplateMapping(_Part):
    """A template over `trigger`, `steps` and `run`."""

    template: str


Mapping = ValueMapping | TemplateMapping
"""One field of a step's input and what fills it: tagged, never guessed."""


class TriggerPart(_Part):
    """What starts the workflow. `trigger` is a catalog ref, `connection` a connection's code."""

    id: Literal["trigger"] = "trigger"
    trigger: str
    connection: str = ""
    options: dict[str, Any] = Field(default_factory=dict)


class _Step(_Part):
    id: Annotated[str, Field(pattern=STEP_ID)]
    name: Annotated[str, Field(min_length=1, max_length=120)]


class ActionStep(_Step):
    """Do an action. `run_if` skips the step unless the condition holds.

    `confirmed` is the switch without which a dangerous action is not published.
    """

    kind: Literal["action"] = "action"
    action: str
    connection: str = ""
    inputs: dict[str, Mapping] = Field(default_factory=dict)
    run_if: dict[str, Any] | None = None
    confirmed: bool = False


class FilterStep(_Step):
    """End the run as filtered unless the condition holds."""

    kind: Literal["filter"] = "filter"
    condition: dict[str, Any]


Step = Annotated[ActionStep | FilterStep, Field(discriminator="kind")]


class Definition(_Part):
    """A whole workflow."""

    schema_: Annotated[Literal[1], Field(alias="schema")] = 1
    trigger: TriggerPart
    steps: Annotated[tuple[Step, ...], Field(max_length=MAX_STEPS)] = ()
    notes: str = ""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    def to_json(self) -> dict[str, Any]:
        return self.model_dump(mode="json", by_alias=True, exclude_defaults=False)

    def step(self, step_id: str) -> "ActionStep | FilterStep | None":
        return next((step for step in self.steps if step.id == step_id), None)

    def connections(self) -> frozenset[str]:
        """Return the codes of every connection named."""
        named = [self.trigger.connection, *(step.connection for step in self.steps if isinstance(step, ActionStep))]
        return frozenset(code for code in named if code)


def parse(data: Any) -> Definition:
    """Read the JSON form; raises `InvalidDefinitionError` with every problem of its shape."""
    try:
        definition = Definition.model_validate(data)
    except ValidationError as error:
        raise InvalidDefinitionError([_problem(item) for item in error.errors()]) from None
    return definition


def _problem(item: Any) -> Problem:
    where = tuple(str(part) for part in item["loc"] if part not in ("action", "filter"))
    return Problem(path=".".join(where), code="shape", message=str(item["msg"]))
