"""The kinds of steps. Shape and ranges are checked here; what a draft may still lack is not.

Steps are a tree: an if, a switch and a for each hold sequences of steps, and
any step an error branch. `apps.workflows.engine.definition.tree` walks it.
"""

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from apps.workflows.engine.definition.answers import LabelsOutput, SchemaOutput, TextOutput
from apps.workflows.engine.definition.mappings import Mapping
from apps.workflows.engine.definition.operations import MAX_OPERATIONS, Operation
from apps.workflows.engine.definition.parts import Part

STEP_ID = r"^[a-z][a-z0-9_]{0,39}$"
MAX_STEPS = 200
MAX_DEPTH = 8
MAX_CASES = 20
MAX_APPROVERS = 10
MAX_CODE = 20_000
MAX_CODE_INPUTS = 50
LONGEST_WAIT_DAYS = 30
MAX_ATTEMPTS = 100
LONGEST_DELAY = 86_400
LONGEST_HORIZON = 72 * 3600

StepId = Annotated[str, Field(pattern=STEP_ID)]
Name = Annotated[str, Field(min_length=1, max_length=120)]
Condition = dict[str, Any]
Steps = Annotated[tuple["Step", ...], Field(max_length=MAX_STEPS)]


class ErrorBranch(Part):
    """What runs when a step failed. Behind it the run goes on, or ends with the step's error."""

    steps: Steps = ()
    then: Literal["continue", "fail"] = "continue"


class Retry(Part):
    """How a call that failed is repeated; delays and `horizon` in seconds.

    At most `attempts` calls are made. The pause before the second is `first_delay`;
    each further one is `factor` times as long as the one before, up to
    `max_delay`, so a factor of 1 keeps it. None is made later than `horizon` after
    the first; without one the attempts alone count. What the outcome table forbids
    is not repeated whatever stands here.
    """

    attempts: Annotated[int, Field(ge=1, le=MAX_ATTEMPTS)] = 20
    first_delay: Annotated[float, Field(ge=1, le=LONGEST_DELAY)] = 1
    factor: Annotated[float, Field(ge=1, le=10)] = 2
    max_delay: Annotated[float, Field(ge=1, le=LONGEST_DELAY)] = 3600
    horizon: Annotated[float, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _bounded(self) -> "Retry":
        if self.horizon is not None and self.horizon > LONGEST_HORIZON:
            raise ValueError(f"A step may be repeated for {LONGEST_HORIZON // 3600} hours at most.")
        if self.horizon is not None and self.attempts > 1 and self.first_delay > self.horizon:
            raise ValueError("The first pause is longer than the time in which the step is repeated.")
        return self


class Span(Part):
    """A time limit, at most thirty days."""

    amount: Annotated[int, Field(ge=1, le=LONGEST_WAIT_DAYS * 24 * 60)]
    unit: Literal["minutes", "hours", "days"] = "days"

    @model_validator(mode="after")
    def _bounded(self) -> "Span":
        if self.seconds > LONGEST_WAIT_DAYS * 86_400:
            raise ValueError(f"A time limit may be {LONGEST_WAIT_DAYS} days long.")
        return self

    @property
    def seconds(self) -> int:
        """Return the limit in seconds."""
        return self.amount * {"minutes": 60, "hours": 3600, "days": 86_400}[self.unit]


class BaseStep(Part):
    """What every step has. A disabled one is passed over, and what it would give is null."""

    id: StepId
    name: Name
    disabled: bool = False
    note: Annotated[str, Field(max_length=2000)] = ""
    on_error: ErrorBranch | None = None


class LogicStep(BaseStep):
    """A step that calls nobody, so it is never repeated and has no time limit for one call."""

    retry: None = None
    timeout: None = None


class ActionStep(BaseStep):
    """Do an action. `run_if` skips the step unless the condition holds.

    `confirmed` is the switch without which a dangerous action is not published;
    `timeout` the seconds that one call may take.
    """

    kind: Literal["action"] = "action"
    action: str
    connection: str = ""
    inputs: dict[str, Mapping] = Field(default_factory=dict)
    run_if: Condition | None = None
    confirmed: bool = False
    retry: Retry | None = None
    timeout: Annotated[float, Field(ge=1, le=8)] | None = None


class FilterStep(LogicStep):
    """End the run as filtered unless the condition holds; in a for each, the item only."""

    kind: Literal["filter"] = "filter"
    condition: Condition


class IfStep(LogicStep):
    """Run one of two sequences."""

    kind: Literal["if"] = "if"
    condition: Condition
    then: Steps = ()
    else_: Annotated[Steps, Field(alias="else")] = ()


class Case(Part):
    """One case of a switch."""

    id: StepId
    name: Name
    condition: Condition
    steps: Steps = ()


class SwitchStep(LogicStep):
    """Run the steps of the first case whose condition holds, else the default's."""

    kind: Literal["switch"] = "switch"
    cases: Annotated[tuple[Case, ...], Field(max_length=MAX_CASES)] = ()
    default: Steps = ()


class AIStep(BaseStep):
    """Ask a language model. `timeout` is in seconds; `temperature` None leaves it to the provider."""

    kind: Literal["ai"] = "ai"
    provider: Literal["openai", "anthropic"] = "openai"
    connection: str = ""
    model: Annotated[str, Field(max_length=200)] = ""
    system: Mapping | None = None
    prompt: Mapping
    output: Annotated[TextOutput | LabelsOutput | SchemaOutput, Field(discriminator="type")] = Field(
        default_factory=TextOutput
    )
    max_tokens: Annotated[int, Field(ge=1, le=8192)] = 1024
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    retry: Retry | None = None
    timeout: Annotated[float, Field(ge=5, le=60)] = 30


class CodeStep(BaseStep):
    """Run Python in the sandbox. `timeout` is in seconds."""

    kind: Literal["code"] = "code"
    inputs: Annotated[
        dict[Annotated[str, Field(min_length=1, max_length=100)], Mapping], Field(max_length=MAX_CODE_INPUTS)
    ] = Field(default_factory=dict)
    code: Annotated[str, Field(max_length=MAX_CODE)] = ""
    retry: None = None
    timeout: Annotated[float, Field(ge=0.1, le=5)] = 1


class TransformStep(LogicStep):
    """Change a value by operations, in order; without a source it begins with an empty object."""

    kind: Literal["transform"] = "transform"
    source: Mapping | None = None
    operations: Annotated[tuple[Operation, ...], Field(max_length=MAX_OPERATIONS)] = ()


class DelayStep(LogicStep):
    """Wait for a time (`amount` of `unit`), until a moment, or until the next `time` of day in `zone`.

    `days` are the weekdays that count, Monday being 0; none means every day.
    """

    kind: Literal["delay"] = "delay"
    mode: Literal["for", "until", "time_of_day"] = "for"
    amount: Mapping | None = None
    unit: Literal["seconds", "minutes", "hours", "days"] = "minutes"
    until: Mapping | None = None
    time: Annotated[str, Field(max_length=5)] = ""
    zone: Annotated[str, Field(max_length=64)] = "UTC"
    days: Annotated[tuple[Annotated[int, Field(ge=0, le=6)], ...], Field(max_length=7)] = ()


class ForEachStep(LogicStep):
    """Run the steps once for each item of a list, `concurrency` of them at a time."""

    kind: Literal["for_each"] = "for_each"
    items: Mapping
    limit: Annotated[int, Field(ge=1, le=1000)] = 100
    over_limit: Literal["fail", "first"] = "fail"
    concurrency: Annotated[int, Field(ge=1, le=10)] = 1
    on_item_error: Literal["stop", "continue"] = "stop"
    steps: Steps = ()


class Approver(Part):
    """Somebody who may decide, by e-mail address."""

    email: Annotated[str, Field(max_length=254)]


class ApprovalStep(LogicStep):
    """Ask people whether the run may go on. `connection` is the e-mail account that sends the links."""

    kind: Literal["approval"] = "approval"
    message: Mapping
    approvers: Annotated[tuple[Approver, ...], Field(max_length=MAX_APPROVERS)] = ()
    connection: str = ""
    deadline: Span = Span(amount=3)
    on_deadline: Literal["deny", "approve"] = "deny"
    on_denied: Literal["stop", "continue"] = "stop"


class WaitWebhookStep(LogicStep):
    """Wait for a request to the step's own address."""

    kind: Literal["wait_webhook"] = "wait_webhook"
    deadline: Span = Span(amount=3)
    on_timeout: Literal["continue", "stop", "fail"] = "continue"


class StopStep(LogicStep):
    """End the run with this outcome."""

    kind: Literal["stop"] = "stop"
    outcome: Literal["succeeded", "filtered", "failed"] = "succeeded"
    message: Mapping | None = None


def _kind(data: Any) -> Any:
    return data.get("kind") if isinstance(data, dict) else getattr(data, "kind", None)


KINDS = (
    "action",
    "filter",
    "if",
    "switch",
    "ai",
    "code",
    "transform",
    "delay",
    "for_each",
    "approval",
    "wait_webhook",
    "stop",
)

Step = Annotated[
    Annotated[ActionStep, Tag("action")]
    | Annotated[FilterStep, Tag("filter")]
    | Annotated[IfStep, Tag("if")]
    | Annotated[SwitchStep, Tag("switch")]
    | Annotated[AIStep, Tag("ai")]
    | Annotated[CodeStep, Tag("code")]
    | Annotated[TransformStep, Tag("transform")]
    | Annotated[DelayStep, Tag("delay")]
    | Annotated[ForEachStep, Tag("for_each")]
    | Annotated[ApprovalStep, Tag("approval")]
    | Annotated[WaitWebhookStep, Tag("wait_webhook")]
    | Annotated[StopStep, Tag("stop")],
    Discriminator(
        _kind,
        custom_error_type="kind",
        custom_error_message=f"A step needs a kind: {', '.join(KINDS[:-1])} or {KINDS[-1]}.",
    ),
]

_RECURSIVE: tuple[type[Part], ...] = (
    ErrorBranch,
    Case,
    *BaseStep.__subclasses__(),
    *LogicStep.__subclasses__(),
)
for _model in _RECURSIVE:
    _model.model_rebuild()
