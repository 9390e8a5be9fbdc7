"""For each: the body once for every item, several items at a time in waves.

Up to `concurrency` items are under way, begun in order. Each is advanced to its
next piece of work; a wave is one `Batch` of all their work. An item that has to
wait keeps its place, so that no more are begun for it; when all that are under
way wait, the turn ends with everything that they wait for.

Where one item fails and the loop stops at it, and where a stop ends the run,
no further item is begun, and those that an earlier wave or turn began are
finished first: what they sent is not left without an end.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from apps.workflows.engine.effects import (
    Batch,
    Call,
    Ended,
    Pause,
    Record,
    Reply,
    RunCode,
    RunOutcome,
    StepError,
    StepOutcome,
    Stop,
)
from apps.workflows.engine.executor.frames import Emitting, Frame, Left, Steps
from apps.workflows.engine.executor.records import left_by, record_of, recorded
from apps.workflows.engine.filling import fill, unfit
from apps.workflows.engine.inputs import StepFailure
from apps.workflows.engine.messages import step_name
from apps.workflows.engine.program import CompiledForEach, CompiledStep

MAX_RESULTS_BYTES = 1_048_576
"""How much of what the items gave is kept for the steps behind the loop, as JSON."""

MAX_AT_ONCE = 10
"""How many items one run has under way, all levels of its loops together."""

MAX_PROGRAMS = 2
"""How many programs one run has under way: the sandbox's few processes are everybody's."""

RunSteps = Callable[[tuple[CompiledStep, ...], Frame], Steps]


def for_each(step: CompiledForEach, frame: Frame, run_steps: RunSteps) -> Steps:
    """Run the body for every item; return why the sequence is left, if it is."""
    known = frame.done(step)
    if known is not None:
        record = recorded(step, frame, known)
        steps, begun = frame.world.inside(frame.path(step))
        frame.world.count(1 + steps + len(begun))
        frame.keep(step, record.outputs)
        return left_by(record)
    try:
        frame.world.spend()
        items, note = _items(step, frame)
    except StepFailure as failure:
        record = record_of(step, frame, StepOutcome.FAILED, error=failure.error)
    else:
        loop = _Loop(step, frame, items, run_steps)
        yield from loop.run()
        if loop.final is not None:
            return loop.final
        record = loop.record(note)
    yield record
    frame.keep(step, record.outputs)
    return left_by(record)


def _items(step: CompiledForEach, frame: Frame) -> tuple[list[Any], str]:
    """Return the items to run for, and what to say where some are left out."""
    if step.error is not None:
        raise StepFailure(step.error)
    found = None if step.items is None else fill(step, "items", step.items, frame.scope)
    items = [] if found is None else found
    if not isinstance(items, list):
        raise unfit(step, "items", "must be a list.", step.items, code="wrong_type")
    limit = step.step.limit
    if len(items) <= limit:
        return items, ""
    if step.step.over_limit == "first":
        return items[:limit], f"Only the first {limit} of {len(items)} items."
    what = f"has {len(items)} items, more than the limit of {limit}."
    remedy = "Raise the limit, take only the first items, or filter the list before."
    raise unfit(step, "items", what, step.items, code="too_many_items", remedy=remedy)


@dataclass(slots=True)
class _Item:
    """One item under way: the work that it wants done, or what it waits for."""

    index: int
    frame: Frame
    steps: Steps
    work: tuple[Call | RunCode, ...] = ()
    stops: tuple[Stop, ...] = ()


class _Loop:
    """One execution of a for each. Behind `run`, `final` is the end that a stop in its body is."""

    def __init__(self, step: CompiledForEach, frame: Frame, items: list[Any], run_steps: RunSteps) -> None:
        self.final: Left | None = None
        self._step = step
        self._frame = frame
        self._items = items
        self._run_steps = run_steps
        self._under_way: list[_Item] = []
        self._ended: dict[int, tuple[Left | None, Any]] = {}
        self._stopping = False
        # What all loops around have under way together is bounded, not what each has.
        room = max(1, MAX_AT_ONCE // frame.width)
        self._at_once = max(1, min(step.step.concurrency, room, len(items)))

    def run(self) -> Emitting:
        """Run every item to its end, or pause."""
        waiting = iter(range(len(self._items)))
        while True:
            yield from self._begin(waiting)
            working = _in_one_wave([item for item in self._under_way if item.work])
            if not working:
                break
            answers = yield Batch(tuple(piece for item in working for piece in item.work))
            if answers is None or len(answers) != sum(len(item.work) for item in working):
                raise RuntimeError("A Batch is answered by one answer for each piece of its work.")
            for item in working:
                mine, answers = answers[: len(item.work)], answers[len(item.work) :]
                yield from self._advance(item, mine)
        stops = tuple(stop for item in self._under_way for stop in item.stops)
        if stops:
            yield Pause(stops)
            raise RuntimeError("A turn ends with a Pause: close the execution and begin another turn.")

    def _begin(self, waiting: Iterator[int]) -> Emitting:
        """Fill the free places with the next items."""
        while len(self._under_way) < self._at_once:
            index = next((each for each in waiting if not self._stopping or self._was_begun(each)), None)
            if index is None:
                return
            if not self._spend():
                return
            item, count = self._items[index], len(self._items)
            frame = self._frame.of_item(
                self._step, index=index, item=item, count=count, at_once=self._at_once
            )
            begun = _Item(index, frame, self._run_steps(self._step.body, frame))
            self._under_way.append(begun)
            yield from self._advance(begun, None)

    def _was_begun(self, index: int) -> bool:
        """Tell whether an earlier turn knows of steps of the item."""
        return index in self._frame.world.inside(self._frame.path(self._step))[1]

    def _spend(self) -> bool:
        """Count an item as a step, even one whose body does nothing; False behind the last of a run."""
        try:
            self._frame.world.spend()
        except StepFailure as failure:
            record = record_of(self._step, self._frame, StepOutcome.FAILED, error=failure.error)
            self.final, self._stopping = self.final or left_by(record), True
            return False
        return True

    def _advance(self, item: _Item, answers: Sequence[Reply] | None) -> Emitting:
        """Drive an item to its next work, to what it waits for, or to its end; its records pass through."""
        answer = None if answers is None else tuple(answers)
        item.work = ()
        while True:
            try:
                effect = item.steps.send(answer)
            except StopIteration as end:
                self._end(item, end.value)
                return
            answer = None
            if isinstance(effect, Record):
                yield effect
            elif isinstance(effect, Batch):
                item.work = effect.work
                return
            else:
                item.steps.close()
                item.stops = effect.stops
                return

    def _end(self, item: _Item, left: Left | None) -> None:
        self._under_way.remove(item)
        self._ended[item.index] = (left, item.frame.last.outputs)
        if left is None:
            return
        if left.final:
            self.final = self.final or left
            self._stopping = True
        elif left.failed and self._step.step.on_item_error == "stop":
            self._stopping = True

    def record(self, note: str) -> Record:
        """Return the record of the loop: failed by its first failed item where it stops at one."""
        failed = next(((i, left) for i, left in self._results() if left is not None and left.failed), None)
        inputs = {"items": len(self._items)}
        if failed is not None and self._step.step.on_item_error == "stop":
            error = self._failure(*failed)
            return record_of(self._step, self._frame, StepOutcome.FAILED, inputs=inputs, error=error)
        outputs, cut = self._outputs()
        told = " ".join(part for part in (note, cut) if part)
        return record_of(
            self._step, self._frame, StepOutcome.SUCCEEDED, inputs=inputs, outputs=outputs, note=told
        )

    def _results(self) -> Iterator[tuple[int, Left | None]]:
        for index in sorted(self._ended):
            yield index, self._ended[index][0]

    def _failure(self, index: int, left: Left) -> StepError:
        cause = left.ended.error
        told = cause.message if cause else f"Step “{left.name}” failed."
        return StepError(
            code=cause.code if cause else "item_failed",
            message=f"{step_name(self._step.step)}: item {index + 1} of {len(self._items)} failed. {told}",
            remedy=cause.remedy if cause else "",
        )

    def _outputs(self) -> tuple[dict[str, Any], str]:
        """Return what the loop gives, and what to say where the items gave more than is kept."""
        outcomes = [(index, _outcome(left)) for index, left in self._results()]
        counts = dict.fromkeys(("succeeded", "failed", "filtered"), 0)
        results, left_out, room = [], 0, MAX_RESULTS_BYTES
        for index, outcome in outcomes:
            counts[outcome] += 1
            output = self._ended[index][1]
            room -= len(json.dumps(output, default=str))
            if room < 0:
                output, left_out = None, left_out + 1
            results.append({"index": index, "outcome": outcome, "output": output})
        cut = f"What {left_out} items gave is too large to be kept in the results." if left_out else ""
        return {"count": len(outcomes), **counts, "results": results}, cut


def _in_one_wave(working: list[_Item]) -> list[_Item]:
    """Leave out items whose programs would be too many at once; they keep their work for the next wave."""
    wave: list[_Item] = []
    programs = 0
    for item in working:
        wanted = sum(isinstance(piece, RunCode) for piece in item.work)
        if not wanted or programs + wanted <= MAX_PROGRAMS:
            programs += wanted
            wave.append(item)
    return wave


def _outcome(left: Left | None) -> str:
    ended = left.ended if left is not None else Ended(RunOutcome.SUCCEEDED)
    return ended.outcome.value
