"""The one JSON form of a workflow: draft, version, export, API, editor and dry run.

`parse` checks the shape only; whether the names in it exist is
`apps.workflows.engine.validation`'s subject.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, ValidationError, model_validator

from apps.language import safe_json
from apps.language.errors import UnsafeJSONError
from apps.workflows.engine.problems import InvalidDefinitionError, Problem

STEP_ID = r"^[a-z][a-z0-9_]{0,39}$"
MAX_STEPS = 200
MAX_OBJECT_DEPTH = 3
MAX_ROWS = 200


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ValueMapping(_Part):
    """A fixed value."""

    value: Any


class TemplateMapping(_Part):
    """A template over `trigger`, `steps` and `run`."""

    template: str


class ObjectMapping(_Part):
    """An object whose keys are literal and whose values are mappings, at most three levels deep.

    A template without a value leaves its key out; `{"value": null}` keeps it as null.
    """

    object: dict[Annotated[str, Field(min_length=1, max_length=200)], "Mapping"]

    @model_validator(mode="after")
    def _bounded(self) -> "ObjectMapping":
        if _depth(self) > MAX_OBJECT_DEPTH:
            raise ValueError(f"Objects may be nested {MAX_OBJECT_DEPTH} levels deep.")
        return self


class ListMapping(_Part):
    """A list made row by row; in JSON `{"list": [mapping, …]}`.

    A row that comes to nothing is left out: a template without a value, an object without keys.
    """

    rows: Annotated[tuple["Mapping", ...], Field(alias="list", max_length=MAX_ROWS)]

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    @model_validator(mode="after")
    def _bounded(self) -> "ListMapping":
        if _depth(self) > MAX_OBJECT_DEPTH:
            raise ValueError(f"Objects may be nested {MAX_OBJECT_DEPTH} levels deep.")
        return self


_TAGS: dict[type, str] = {
    ValueMapping: "value",
    TemplateMapping: "template",
    ObjectMapping: "object",
    ListMapping: "list",
}


def _tag(data: Any) -> str | None:
    if isinstance(data, dict) and len(data) == 1:
        return str(next(iter(data)))
    return _TAGS.get(type(data))


Mapping = Annotated[
    Annotated[ValueMapping, Tag("value")]
    | Annotated[TemplateMapping, Tag("template")]
    | Annotated[ObjectMapping, Tag("object")]
    | Annotated[ListMapping, Tag("list")],
    Discriminator(
        _tag,
        custom_error_type="mapping",
        custom_error_message='A field is filled by exactly one of "value", "template", "object" and "list".',
    ),
]
"""One field of a step's input and what fills it: tagged, never guessed."""

ObjectMapping.model_rebuild()
ListMapping.model_rebuild()


def _depth(mapping: ObjectMapping | ListMapping) -> int:
    parts = mapping.object.values() if isinstance(mapping, ObjectMapping) else mapping.rows
    inner = [_depth(part) for part in parts if isinstance(part, ObjectMapping | ListMapping)]
    return 1 + max(inner, default=0)


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


def _kind(data: Any) -> Any:
    return data.get("kind") if isinstance(data, dict) else getattr(data, "kind", None)


Step = Annotated[
    Annotated[ActionStep, Tag("action")] | Annotated[FilterStep, Tag("filter")],
    Discriminator(
        _kind,
        custom_error_type="kind",
        custom_error_message="A step needs a kind: “action” or “filter”.",
    ),
]


class Definition(_Part):
    """A whole workflow."""

    schema_: Annotated[Literal[1], Field(alias="schema")] = 1
    trigger: TriggerPart
    steps: Annotated[tuple[Step, ...], Field(max_length=MAX_STEPS)] = ()
    notes: str = ""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form, complete with defaults; `parse` reads it back unchanged."""
        return self.model_dump(mode="json", by_alias=True, exclude_defaults=False)

    def step(self, step_id: str) -> "ActionStep | FilterStep | None":
        """Return the first step of this id."""
        return next((step for step in self.steps if step.id == step_id), None)

    def connections(self) -> frozenset[str]:
        """Return the codes of every connection named."""
        of_steps = (step.connection for step in self.steps if isinstance(step, ActionStep))
        return frozenset(code for code in (self.trigger.connection, *of_steps) if code)


def parse(data: Any) -> Definition:
    """Read the JSON form; raises `InvalidDefinitionError` with every problem of its shape."""
    try:
        safe_json.check(data)
        return Definition.model_validate(data)
    except UnsafeJSONError as error:
        problems = [Problem(path="", code=error.code, message=error.message)]
    except ValidationError as error:
        problems = [_problem(item, data) for item in error.errors()]
    raise InvalidDefinitionError(problems)


def _problem(item: Any, data: Any) -> Problem:
    """Tell a finding of pydantic's by the step's id and name and the input's key."""
    location = [str(part) for part in item["loc"]]
    message = str(item["msg"]).removeprefix("Value error, ")
    if location[:1] != ["steps"] or len(location) < 2:
        return Problem(path=".".join(location), code="shape", message=message)
    step = data["steps"][item["loc"][1]]
    step = step if isinstance(step, dict) else {}
    location[1] = str(step.get("id", location[1]))
    # Behind the index stands the step's kind, behind an input's key the mapping's tag: both pydantic's.
    del location[2:3]
    field = location[3] if location[2:3] == ["inputs"] and len(location) > 3 else ""
    path = location[:4] if field else location
    return Problem(
        path=".".join(path), code="shape", message=message, step=str(step.get("name", "")), field=field
    )
