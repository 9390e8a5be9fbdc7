"""What steps see and where they stand: one frame for the run, and one for each item of a for each."""

from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from apps.workflows.engine.effects import (
    Answer,
    Effect,
    Ended,
    Prior,
    Progress,
    RunOutcome,
    StepError,
    StepOutcome,
)
from apps.workflows.engine.inputs import StepFailure
from apps.workflows.engine.keys import derive_key
from apps.workflows.engine.outcomes import GAVE_UP_UNCERTAIN, Policy
from apps.workflows.engine.program import CompiledAction, CompiledStep
from apps.workflows.engine.transforming import Watch, unwatched

TOO_MANY_STEPS = "too_many_steps"
"""The code of a run that is too long."""

UNCAUGHT = (TOO_MANY_STEPS, GAVE_UP_UNCERTAIN)
"""What no error branch and no loop catches: a loop would only begin its next item, and what is done
instead of a call that may have happened is perhaps done twice."""

Execution = Generator[Effect, Answer, Ended]


@dataclass(frozen=True, slots=True)
class RunScope:
    """The facts of one run. `trigger` is what `{{ trigger.… }}` sees; codes are texts.

    `wait_urls` are the addresses of the steps that wait for a request, by their ids.
    `watch` is called while a step computes; what it raises ends the execution.
    """

    trigger: Mapping[str, Any]
    code: str
    event_id: str
    workflow_code: str
    trigger_connection: str
    replay: int = 0
    wait_urls: Mapping[str, str] = field(default_factory=dict)
    watch: Watch = unwatched


@dataclass(frozen=True, slots=True)
class Left:
    """Why a sequence was left before its end, and by which step.

    A `final` one, a stop's or of `UNCAUGHT`, ends the run from wherever it stands; another may be
    caught by an error branch or end only one item.
    """

    ended: Ended
    name: str = ""
    final: bool = False

    @property
    def failed(self) -> bool:
        """Tell whether something failed that may be caught."""
        return self.ended.outcome is RunOutcome.FAILED and not self.final


Emitting = Generator[Effect, Answer, None]

Steps = Generator[Effect, Answer, Left | None]
"""What runs steps: returns None at the end of them, or why it was left."""


class World:
    """What is the same for every step of a run. `now` goes on with the answers."""

    def __init__(
        self, run: RunScope, progress: Mapping[str, Progress], *, now: datetime, policy: Policy
    ) -> None:
        self.run = run
        self.progress = progress
        self.now = now
        self.policy = policy
        self.executed = 0
        self._inside: dict[str, tuple[int, set[int]]] | None = None

    def count(self, steps: int) -> None:
        """Count steps that an earlier turn executed."""
        self.executed += steps

    def spend(self) -> None:
        """Count one step that is executed; raises `StepFailure` behind the last that a run may have."""
        self.executed += 1
        if self.executed > self.policy.max_steps:
            raise StepFailure(
                StepError(
                    code=TOO_MANY_STEPS,
                    message=f"This run has more than {self.policy.max_steps:,} steps, each item counted.",
                    remedy="Loop over fewer items: filter the list first, or lower the limits.",
                )
            )

    def inside(self, loop: str) -> tuple[int, set[int]]:
        """Return how many steps in a loop (its path) earlier turns know of, and of which of its items."""
        if self._inside is None:
            found: dict[str, tuple[int, set[int]]] = {}
            for path in self.progress:
                at = path.find("[")
                while at >= 0:
                    steps, items = found.get(path[:at], (0, set()))
                    items.add(int(path[at + 1 : path.index("]", at)]))
                    found[path[:at]] = steps + 1, items
                    at = path.find("[", at + 1)
            self._inside = found
        return self._inside.get(loop, (0, set()))

    def reach(self, at: datetime) -> None:
        """Let the time go on."""
        self.now = max(self.now, at)

    def key(self, path: str, progress: Progress) -> str:
        """Return the idempotency key of the call at a path."""
        return derive_key(
            connection=self.run.trigger_connection,
            event_id=self.run.event_id,
            workflow=self.run.workflow_code,
            path=path,
            replay=self.run.replay,
            generation=progress.generation,
        )


@dataclass(slots=True)
class _Last:
    """The outputs of the step that was recorded last."""

    outputs: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """One sequence's surroundings. `prefix` begins the paths of its steps; templates read `scope`.

    `width` is how many items of the loops around it are under way at the same time.
    """

    world: World
    scope: dict[str, Any]
    prefix: str = ""
    index: int | None = None
    width: int = 1
    last: _Last = field(default_factory=_Last)

    @classmethod
    def of_run(cls, world: World) -> "Frame":
        """Return the outermost frame of a run."""
        run = world.run
        facts: dict[str, Any] = {
            "code": run.code,
            "workflow": run.workflow_code,
            "event_id": run.event_id,
            "replay": run.replay,
        }
        if run.wait_urls:
            facts["wait_urls"] = dict(run.wait_urls)
        # Templates read plain dicts only.
        return cls(world, {"trigger": dict(run.trigger), "steps": {}, "run": facts})

    def of_item(self, loop: CompiledStep, *, index: int, item: Any, count: int, at_once: int) -> "Frame":
        """Return the frame of one item of a for each: what its steps give stays inside.

        `at_once` is how many of its items are under way at the same time.
        """
        steps = {**self.scope["steps"], loop.step.id: {"item": item}}
        counted = {"index": index, "number": index + 1, "count": count}
        scope = {**self.scope, "steps": steps, "item": item, "loop": counted}
        return Frame(self.world, scope, f"{self.path(loop)}[{index}].", index, self.width * at_once)

    def of_error(self, error: StepError, step: str) -> "Frame":
        """Return the frame of an error branch: the same, with what went wrong."""
        told = {
            "code": error.code,
            "message": error.message,
            "remedy": error.remedy,
            "field": error.field,
            "step": step,
        }
        return replace(self, scope={**self.scope, "error": told})

    def path(self, step: CompiledStep) -> str:
        """Return the step's path here."""
        return f"{self.prefix}{step.path}"

    def known(self, step: CompiledStep) -> Progress | None:
        """Return what earlier turns left of the step."""
        return self.world.progress.get(self.path(step))

    def done(self, step: CompiledStep) -> Progress | None:
        """Return what earlier turns left of the step if they finished it."""
        known = self.known(step)
        return known if known is not None and known.prior is Prior.DONE else None

    def keep(self, step: CompiledStep, outputs: Mapping[str, Any] | None) -> None:
        """Let later steps see the outputs; each is null where there is none."""
        gives = step.gives
        if not gives:
            return
        found = {**dict.fromkeys(gives), **(outputs or {})}
        if isinstance(step, CompiledAction) and step.look_up is not None:
            self.scope["trigger"][step.look_up.spec.key] = found
        else:
            self.scope["steps"][step.step.id] = found
            self.last.outputs = outputs

    def clear(self, steps: Iterable[CompiledStep]) -> None:
        """Make null what these steps and those inside them give, as far as it can be read from here."""
        for step in steps:
            if step.gives:
                self.scope["steps"][step.step.id] = dict.fromkeys(step.gives)
            self.clear_inside(step)

    def clear_inside(self, step: CompiledStep) -> None:
        """Make null what the steps of a step's branches give: not each of them will run."""
        for inner in (*step.inner, step.on_error or ()):
            self.clear(inner)


RUN_OUTCOMES = {StepOutcome.FILTERED: RunOutcome.FILTERED, StepOutcome.FAILED: RunOutcome.FAILED}
