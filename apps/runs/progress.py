"""What earlier turns left behind, read for a whole batch of runs at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import prefetch_related_objects

from apps.common import crypto
from apps.runs import reusing
from apps.runs.ledger import outlives_retries
from apps.runs.models import Approval, Effect, Hook, Run, StepRun
from apps.runs.reusing import Reusable
from apps.workflows.engine.effects import Prior, Progress, StepError, StepOutcome

_OUTCOMES = {
    StepRun.Status.SUCCEEDED: StepOutcome.SUCCEEDED,
    StepRun.Status.SKIPPED: StepOutcome.SKIPPED,
    StepRun.Status.FILTERED: StepOutcome.FILTERED,
    StepRun.Status.FAILED: StepOutcome.FAILED,
}


@dataclass(slots=True)
class Past:
    """One run's earlier turns: its rows by step path, and what a replay may reuse.

    `reusable` holds the steps that earlier runs of the same delivery did or had
    decided, and that are not done again. `approvals` and
    `hooks` are what the run asks and where it listens; `new_hooks` are not written
    yet; `answers` is what has come.
    """

    steps: dict[str, StepRun] = field(default_factory=dict)
    effects: dict[str, Effect] = field(default_factory=dict)
    approvals: dict[str, Approval] = field(default_factory=dict)
    hooks: dict[str, Hook] = field(default_factory=dict)
    new_hooks: list[Hook] = field(default_factory=list)
    answers: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    reusable: Reusable = field(default_factory=Reusable)

    def progress(self, *, now: datetime) -> dict[str, Progress]:
        """Return what the executor is told of every step that was begun."""
        paths = self.steps.keys() | self.effects.keys()
        known = {path: _progress(self.steps.get(path), self.effects.get(path)) for path in paths}
        for path in (self.approvals.keys() | self.hooks.keys()) & known.keys():
            if known[path].prior is not Prior.DONE:
                known[path] = replace(known[path], until=self._until(path, known[path].until, now=now))
        for path, answer in self.answers.items():
            before = known.get(path, Progress(Prior.WAITING, uncertain=False))
            if before.prior is not Prior.DONE:
                known[path] = replace(before, answer=answer)
        return known

    def _until(self, path: str, until: datetime | None, *, now: datetime) -> datetime | None:
        """Return until when a step waits, as its row says it: time is over when the row was closed by it."""
        approval, hook = self.approvals.get(path), self.hooks.get(path)
        if approval is not None and approval.status == Approval.Status.CLOSED:
            return None  # It is asked anew, with a time of its own.
        if hook is not None and hook.closed_at is not None:
            return min(hook.closed_at, now)
        # Somebody may still be first; the next turn closes the row before it looks.
        return None if until is None else max(until, now + timedelta(seconds=1))

    def outputs_to_reuse(self, path: str, action: str) -> dict[str, Any] | None:
        """Return the outputs that an earlier run of this delivery got from the same call, if any."""
        found = self.reusable.find(path, action)
        return None if found is None else outputs_of(found)

    def skipped_before(self, path: str, action: str) -> bool:
        """Tell whether a person has skipped the same call in an earlier run of this delivery."""
        found = self.reusable.find(path, action)
        return found is not None and found.status == StepRun.Status.SKIPPED


def load(runs: Sequence[Run]) -> dict[int, Past]:
    """Read the past of these runs by their ids, in at most four queries."""
    pasts = {run.pk: Past() for run in runs}
    begun = [run.pk for run in runs if run.started_at is not None]
    if begun:
        for step in StepRun.objects.filter(run__in=begun):
            pasts[step.run_id].steps[step.path] = step
        for effect in Effect.objects.filter(run__in=begun):
            pasts[effect.run_id].effects[effect.path] = effect
    replays = [run for run in runs if run.replay]
    if replays:
        prefetch_related_objects(replays, "repetition")  # What a person wants of each.
        own = {run.pk: pasts[run.pk].steps for run in replays}
        for pk, reusable in reusing.load(replays, own).items():
            pasts[pk].reusable = reusable
    return pasts


def outputs_of(step: StepRun) -> dict[str, Any]:
    """Return a finished step's outputs. Raises `SealError` when their key is gone."""
    if not step.working:
        return {}
    opened: dict[str, Any] = crypto.unpack(bytes(step.working), bound_to=binding(step.run_id, step.path))
    return opened


def seal_outputs(run_id: int, path: str, outputs: Mapping[str, Any] | None) -> bytes:
    """Return a step's outputs as working state; nothing where there are none."""
    return crypto.pack(outputs, bound_to=binding(run_id, path)) if outputs else b""


def binding(run_id: int, path: str) -> str:
    """Name the row and field that a step's sealed outputs belong to."""
    return f"runs.StepRun:{run_id}:{path}:working"


def _progress(step: StepRun | None, effect: Effect | None) -> Progress:
    if step is not None and step.status in _OUTCOMES:
        outcome = _OUTCOMES[StepRun.Status(step.status)]
        error = _error_of(step) if outcome is StepOutcome.FAILED else None
        return Progress(Prior.DONE, outcome=outcome, outputs=outputs_of(step), error=error)
    if effect is None:
        return Progress(
            Prior.WAITING,
            attempts=step.attempts if step else 0,
            uncertain=False,
            begun_at=step.started_at if step and step.attempts else None,
            until=step.resume_at if step else None,
        )
    maybe_done = effect.status in (Effect.Status.PENDING, Effect.Status.UNKNOWN)
    # An answer was recorded where the step waits; without one the call was cut off.
    waits = step is not None and step.status == StepRun.Status.WAITING
    cut_off = effect.status == Effect.Status.PENDING or (maybe_done and not waits)
    return Progress(
        Prior.UNCERTAIN if cut_off else Prior.WAITING,
        attempts=effect.attempts,
        first_sent_at=effect.first_sent_at if effect.attempts or outlives_retries(effect) else None,
        generation=effect.generation,
        uncertain=maybe_done,
    )


def _error_of(step: StepRun) -> StepError:
    return StepError(step.error_code, step.error, step.remedy, step.error_field)
