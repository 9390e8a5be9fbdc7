"""One piece of code of a step: run in the sandbox, in any thread, off the database."""

from dataclasses import dataclass

import structlog

from apps.language import code as sandbox
from apps.language.code import CodeError
from apps.language.code.errors import TRANSIENT
from apps.workflows.engine.effects import CodeFailed, Ran, RunCode, StepError

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Coding:
    """Code ready to be run. `run_code` is the code of the run, for the log."""

    work: RunCode
    run_code: str

    @property
    def path(self) -> str:
        """Return the path of its step."""
        return self.work.path


@dataclass(frozen=True, slots=True)
class Coded:
    """What code came to. `answer` is None when it was not run; with `busy`, for want of room."""

    piece: Coding
    answer: Ran | CodeFailed | None
    busy: StepError | None = None


def run(piece: Coding) -> Coded:
    """Run the code; every outcome becomes an answer, nothing is raised."""
    work = piece.work
    with structlog.contextvars.bound_contextvars(run=piece.run_code, step=work.path):
        try:
            outcome = sandbox.run(work.code, work.inputs, seconds=work.seconds)
        except Exception as failure:  # A mistake of the sandbox must not take the worker with it.
            log.exception("code.sandbox_failed")
            error = StepError("code_failed", f"The sandbox failed ({type(failure).__name__}).", _LOG)
            return Coded(piece, CodeFailed(error))
    if isinstance(outcome, CodeError) and outcome.code in TRANSIENT:
        return Coded(piece, None, busy=StepError(outcome.code, outcome.message, _AGAIN))
    if isinstance(outcome, CodeError):
        return Coded(
            piece, CodeFailed(StepError(outcome.code, outcome.message, outcome.remedy, field="code"))
        )
    return Coded(piece, Ran(outcome.output, outcome.printed, outcome.ms))


_AGAIN = "Nothing to do: the step is tried again by itself."
_LOG = "Look into the worker's log, where the details are."
