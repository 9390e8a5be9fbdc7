"""The compiled form of each kind of step: specs looked up, templates parsed.

Every one has the definition's `step`, its `position` in the order of the whole
tree, its error branch, and the keys of what it gives. One with an `error` can't
be performed; the error says why.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from apps.catalog.spec import Action
from apps.workflows.engine.definition import (
    ActionStep,
    AIStep,
    ApprovalStep,
    CodeStep,
    DelayStep,
    FilterStep,
    ForEachStep,
    IfStep,
    StopStep,
    SwitchStep,
    TransformStep,
    WaitWebhookStep,
)
from apps.workflows.engine.definition.tree import FRESH, branches
from apps.workflows.engine.effects import StepError
from apps.workflows.engine.enriching import LookUpCall
from apps.workflows.engine.mapped import Mapped
from apps.workflows.engine.transforming import Transform

Sequence = tuple["CompiledStep", ...]


@dataclass(frozen=True, slots=True)
class CompiledAction:
    """An action step.

    One with a `look_up` stands before the definition's steps, at position 0,
    and its outputs join the trigger's fields.
    """

    step: ActionStep
    position: int
    action: Action | None = None
    inputs: Mapping[str, Mapped] = field(default_factory=dict)
    error: StepError | None = None
    look_up: LookUpCall | None = None
    on_error: Sequence | None = None

    @property
    def path(self) -> str:
        """Return what names the step in records, keys and progress, outside loops."""
        return self.look_up.path if self.look_up else self.step.id

    @property
    def gives(self) -> tuple[str, ...] | None:
        """Return the keys of its outputs; None where the action is not known."""
        return None if self.action is None else tuple(each.key for each in self.action.outputs)

    @property
    def inner(self) -> tuple[Sequence, ...]:
        """Return the sequences that the step holds beside its error branch."""
        return ()


@dataclass(frozen=True, slots=True)
class CompiledLogic[S]:
    """What a step of any other kind has. `gives` are the keys of its outputs."""

    step: S
    position: int
    gives: tuple[str, ...] = ()
    error: StepError | None = None
    on_error: Sequence | None = None

    @property
    def path(self) -> str:
        """Return what names the step in records and progress, outside loops."""
        identifier: str = self.step.id  # type: ignore[attr-defined] # Each kind of step has one.
        return identifier

    @property
    def inner(self) -> tuple[Sequence, ...]:
        """Return the sequences that the step holds beside its error branch."""
        return ()


@dataclass(frozen=True, slots=True)
class CompiledFilter(CompiledLogic[FilterStep]):
    """A filter step."""


@dataclass(frozen=True, slots=True)
class CompiledIf(CompiledLogic[IfStep]):
    """An if with its two sequences."""

    then: Sequence = ()
    otherwise: Sequence = ()

    @property
    def inner(self) -> tuple[Sequence, ...]:
        """Return both sequences."""
        return (self.then, self.otherwise)


@dataclass(frozen=True, slots=True)
class CompiledSwitch(CompiledLogic[SwitchStep]):
    """A switch; `cases` are the sequences of the step's cases, in their order."""

    cases: tuple[Sequence, ...] = ()
    default: Sequence = ()

    @property
    def inner(self) -> tuple[Sequence, ...]:
        """Return the sequences of every case and the default's."""
        return (*self.cases, self.default)


@dataclass(frozen=True, slots=True)
class CompiledForEach(CompiledLogic[ForEachStep]):
    """A for each. What its body gives can't be read from outside, so the body is not `inner`."""

    items: Mapped | None = None
    body: Sequence = ()


@dataclass(frozen=True, slots=True)
class CompiledAI(CompiledLogic[AIStep]):
    """An AI step with the provider's hidden action that asks the model."""

    ref: str = ""
    action: Action | None = None
    system: Mapped | None = None
    prompt: Mapped | None = None


@dataclass(frozen=True, slots=True)
class CompiledCode(CompiledLogic[CodeStep]):
    """A code step."""

    inputs: Mapping[str, Mapped] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CompiledTransform(CompiledLogic[TransformStep]):
    """A transform step with its templates parsed."""

    transform: Transform | None = None


@dataclass(frozen=True, slots=True)
class CompiledDelay(CompiledLogic[DelayStep]):
    """A delay, with the amount or the moment that its mode wants."""

    amount: Mapped | None = None
    until: Mapped | None = None


@dataclass(frozen=True, slots=True)
class Behind:
    """An action behind an approval, in its sequence or in a branch of a step there.

    `branch` says under which circumstances it is reached, outermost first. The
    scope's `fresh` roots hold something else by then than they do at the approval.
    """

    action: CompiledAction
    branch: tuple[str, ...] = ()
    fresh: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class CompiledApproval(CompiledLogic[ApprovalStep]):
    """An approval. `behind` are the actions behind it, whose inputs people are shown."""

    message: Mapped | None = None
    behind: tuple[Behind, ...] = ()


@dataclass(frozen=True, slots=True)
class CompiledWait(CompiledLogic[WaitWebhookStep]):
    """A step that waits for a request."""


@dataclass(frozen=True, slots=True)
class CompiledStop(CompiledLogic[StopStep]):
    """A stop."""

    message: Mapped | None = None


CompiledStep = (
    CompiledAction
    | CompiledFilter
    | CompiledIf
    | CompiledSwitch
    | CompiledForEach
    | CompiledAI
    | CompiledCode
    | CompiledTransform
    | CompiledDelay
    | CompiledApproval
    | CompiledWait
    | CompiledStop
)


def actions_behind(
    steps: Sequence, branch: tuple[str, ...] = (), fresh: frozenset[str] = frozenset()
) -> Iterator[Behind]:
    """List the actions of a sequence and of every branch inside it, each before those that it holds."""
    for step in steps:
        if step.step.disabled:
            continue
        if isinstance(step, CompiledAction):
            yield Behind(step, branch, fresh)
        bodies = (step.body,) if isinstance(step, CompiledForEach) else ()
        held = (*step.inner, *bodies, *(() if step.on_error is None else (step.on_error,)))
        for place, inner in zip(branches(step.step), held, strict=True):
            told = (*branch, f"“{step.step.name}”: {place.name}")
            yield from actions_behind(inner, told, fresh | FRESH.get(place.key, frozenset()))


def walk(steps: Sequence) -> Iterator[CompiledStep]:
    """List every compiled step of the sequences and of what they hold, each before what it holds."""
    for step in steps:
        yield step
        bodies = (step.body,) if isinstance(step, CompiledForEach) else ()
        for inner in (*step.inner, *bodies, step.on_error or ()):
            yield from walk(inner)
