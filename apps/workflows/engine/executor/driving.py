"""The simplest pump: every piece of work is done at once, in the caller's thread."""

from collections.abc import Callable
from dataclasses import dataclass

from apps.workflows.engine.effects import (
    Answer,
    Answered,
    Batch,
    Call,
    CodeFailed,
    Ended,
    Failed,
    Ran,
    Record,
    Reply,
    RunCode,
    Stop,
)
from apps.workflows.engine.executor.frames import Execution


@dataclass(frozen=True, slots=True)
class Turn:
    """How a driven turn went: what it recorded, and its end or what it waits for."""

    records: tuple[Record, ...]
    ended: Ended | None = None
    stops: tuple[Stop, ...] = ()

    @property
    def stopped(self) -> Stop | None:
        """Return the first of what it waits for."""
        return self.stops[0] if self.stops else None


def drive(
    execution: Execution,
    perform: Callable[[Call], Answered | Failed],
    run_code: Callable[[RunCode], Ran | CodeFailed] | None = None,
) -> Turn:
    """Pump an execution to the end of its turn, doing each piece of work at once."""

    def work(piece: Call | RunCode) -> Reply:
        if isinstance(piece, Call):
            return perform(piece)
        if run_code is None:
            raise RuntimeError("This execution runs code, and nothing was given that could.")
        return run_code(piece)

    records: list[Record] = []
    answer: Answer = None
    while True:
        try:
            effect = execution.send(answer)
        except StopIteration as end:
            return Turn(tuple(records), ended=end.value)
        answer = None
        if isinstance(effect, Batch):
            answer = tuple(work(piece) for piece in effect.work)
        elif isinstance(effect, Record):
            records.append(effect)
        else:
            execution.close()
            return Turn(tuple(records), stops=effect.stops)
