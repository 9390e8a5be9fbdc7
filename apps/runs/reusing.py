"""What a replay takes from earlier runs of its delivery instead of calling again.

Outside loops a step is known by its path. In a loop the path holds only the
item's index, and the list may have another order or length this time: there a
former call counts as the same one only where its inputs were, at whatever index,
and each former call stands for one call. Where a call is none of those that
are left over, nobody can say whether it is a new one: a person is asked.
"""

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from apps.catalog.errors import Certainty, Retryable
from apps.catalog.spec import Effect as EffectKind
from apps.common import crypto
from apps.runs.models import Effect, Replay, Run, StepRun
from apps.workflows.engine.effects import Call

_INDEX = re.compile(r"\[\d+\]")
_ONCE = (EffectKind.CREATE, EffectKind.DELETE)
"""Calls that a replay does not make again; others are harmless where no person decided otherwise."""

Where = tuple[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Former:
    """A call that an earlier run made or had decided; `digest` is empty where its inputs are not known."""

    effect: int
    step: StepRun
    digest: bytes


@dataclass(slots=True)
class Reusable:
    """One replay's former calls. `taken` are those of loops that stand for one of this run, by its path."""

    workspace: str = ""
    outside: dict[Where, StepRun] = field(default_factory=dict)
    in_loops: dict[Where, list[Former]] = field(default_factory=dict)
    taken: dict[str, Former] = field(default_factory=dict)

    def match(self, calls: Iterable[Call]) -> None:
        """Let each of these calls in loops be the former one with the same inputs, if one is left."""
        for call in calls:
            left = self._left(call)
            if not left:
                continue
            digests = digests_of(call, self.workspace)
            same = [former for former in left if former.digest in digests]
            same.sort(key=lambda former: former.step.path != call.path)
            if same:
                self.taken[call.path] = same[0]

    def find(self, path: str, action: str) -> StepRun | None:
        """Return the step of an earlier run that stands for this call, if one does."""
        if not in_loop(path):
            return self.outside.get((path, action))
        taken = self.taken.get(path)
        return taken.step if taken is not None else None

    def effect_behind(self, path: str) -> int | None:
        """Return the former call that a call in a loop was taken from."""
        taken = self.taken.get(path)
        return taken.effect if taken is not None else None

    def doubt(self, call: Call) -> Retryable | None:
        """Return why nobody can say whether a call that was not matched has been made, if that is so."""
        left = self._left(call)
        if call.kind not in _ONCE:
            left = [former for former in left if former.step.path == call.path]
        return _doubtful(len(left)) if left else None

    def _left(self, call: Call) -> list[Former]:
        if not in_loop(call.path) or call.path in self.taken:
            return []
        used = {former.effect for former in self.taken.values()}
        known = self.in_loops.get((place_of(call.path), call.action), ())
        return [former for former in known if former.effect not in used]


def in_loop(path: str) -> bool:
    """Tell whether a path is that of a step in a loop's body."""
    return "[" in path


def digest_of(call: Call, workspace: str) -> bytes:
    """Return the keyed hash of a call's inputs by which a replay knows it again in a loop."""
    return crypto.search_hash(_told(call), kind="call", workspace=workspace)


def digests_of(call: Call, workspace: str) -> list[bytes]:
    """Return the same under each key, for what older keys stored."""
    return crypto.search_hashes(_told(call), kind="call", workspace=workspace)


def _told(call: Call) -> str:
    told = json.dumps([call.action, dict(call.inputs)], sort_keys=True, default=str)
    return hashlib.sha256(told.encode()).hexdigest()


def load(replays: Sequence[Run], steps: Mapping[int, Mapping[str, StepRun]]) -> dict[int, Reusable]:
    """Read what these replays may reuse, by their ids; `steps` are their own rows so far."""
    found: dict[int, Reusable] = {}
    deliveries = {run.delivery_id for run in replays}
    settled = Effect.objects.reusable().filter(run__delivery__in=deliveries)
    effects = {(effect.run_id, effect.path): effect for effect in settled}
    by_event: defaultdict[tuple[int, int], list[StepRun]] = defaultdict(list)
    ended = (StepRun.Status.SUCCEEDED, StepRun.Status.SKIPPED)
    rows = StepRun.objects.filter(run__in={run_id for run_id, _ in effects}, status__in=ended)
    for step in rows.select_related("run").order_by("run__replay", "position", "pk"):
        if (step.run_id, step.path) in effects:
            by_event[step.run.workflow_id, step.run.delivery_id].append(step)
    for run in replays:
        made = found[run.pk] = Reusable(str(run.workspace.code))
        redone = _redone(run)
        for step in by_event[run.workflow_id, run.delivery_id]:
            if step.run.replay < run.replay and place_of(step.path) not in redone:
                _add(made, step, effects[step.run_id, step.path])
        _take_again(made, steps.get(run.pk, {}))
    return found


def _redone(run: Run) -> frozenset[str]:
    """Return the places whose calls a person wants to be made again in this run."""
    try:
        return frozenset(run.repetition.redo)
    except Replay.DoesNotExist:
        return frozenset()


def _add(made: Reusable, step: StepRun, effect: Effect) -> None:
    if in_loop(step.path):
        former = Former(effect.pk, step, bytes(effect.digest))
        made.in_loops.setdefault((place_of(step.path), step.action), []).append(former)
    else:
        made.outside[step.path, step.action] = step


def _take_again(made: Reusable, own: Mapping[str, StepRun]) -> None:
    """Keep what earlier turns of this run have taken: no former call stands for two."""
    formers = {former.effect: former for known in made.in_loops.values() for former in known}
    for path, step in own.items():
        former = None if step.reused_effect is None else formers.get(step.reused_effect)
        if former is not None:
            made.taken[path] = former


def place_of(path: str) -> str:
    """Return the step in the loop, whichever its item; outside of loops the path itself."""
    return _INDEX.sub("[]", path)


def _doubtful(left: int) -> Retryable:
    calls = "call" if left == 1 else f"{left} calls"
    return Retryable(
        f"An earlier run of this event made {calls} in this loop that this run has not met again, and "
        "none of them had these inputs. It is not known whether this call is a new one.",
        code="maybe_done_before",
        certainty=Certainty.UNCERTAIN,
        remedy="Compare the inputs with those of the earlier run, then choose: “Do it now” where this call "
        "is a new one, “It happened” or “Skip” where it was made before, or “Cancel”.",
    )
