"""Steps that other modules of the engine carry out: a question to a model, and a transformation."""

from collections.abc import Generator

from apps.workflows.engine.effects import Answer, Effect, Progress, Record, StepError
from apps.workflows.engine.executor.frames import Frame
from apps.workflows.engine.inputs import StepFailure
from apps.workflows.engine.messages import step_name
from apps.workflows.engine.program import CompiledAI, CompiledTransform


def transform(step: CompiledTransform, frame: Frame) -> Record:
    """Change a value; return the record."""
    raise _unavailable(step, frame)


def ask_model(step: CompiledAI, frame: Frame, known: Progress | None) -> Generator[Effect, Answer, Record]:
    """Ask a model; return the record."""
    yield from ()
    raise _unavailable(step, frame)


def _unavailable(step: CompiledAI | CompiledTransform, frame: Frame) -> StepFailure:
    message = f"{step_name(step.step)}: this installation can't run steps of this kind."
    return StepFailure(StepError(code="unavailable", message=message, field=frame.prefix))
