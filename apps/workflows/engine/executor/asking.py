"""Steps that other modules of the engine carry out: a question to a model, and a transformation."""

from collections.abc import Generator

from apps.workflows.engine import ai, transforming
from apps.workflows.engine.effects import Answer, Effect, Progress, Record, StepError, StepOutcome
from apps.workflows.engine.executor.acting import performer_of
from apps.workflows.engine.executor.frames import Frame
from apps.workflows.engine.executor.records import record_of
from apps.workflows.engine.inputs import StepFailure
from apps.workflows.engine.messages import step_name
from apps.workflows.engine.performing import NEVER_CALLED, Performer
from apps.workflows.engine.program import CompiledAI, CompiledTransform
from apps.workflows.engine.transforming import TransformError


def transform(step: CompiledTransform, frame: Frame) -> Record:
    """Change a value; return the record."""
    try:
        made = step.transform or transforming.compile_transform(step.step)
        output = transforming.apply(made, frame.scope, watch=frame.world.run.watch)
    except TransformError as error:
        message = f"{step_name(step.step)}: {error.message[:1].lower()}{error.message[1:]}"
        raise StepFailure(StepError(error.code, message, error.remedy)) from None
    return record_of(step, frame, StepOutcome.SUCCEEDED, outputs={"output": output})


def ask_model(step: CompiledAI, frame: Frame, known: Progress | None) -> Generator[Effect, Answer, Record]:
    """Ask a model; return the record."""

    def performer(progress: Progress) -> Performer:
        made = performer_of(step, frame, progress)
        performers.append(made)
        return made

    performers: list[Performer] = []
    performed = yield from ai.perform(step, frame.scope, performer, known=known or NEVER_CALLED)
    frame.world.reach(performers[-1].now)
    return record_of(
        step,
        frame,
        StepOutcome.FAILED if performed.error else StepOutcome.SUCCEEDED,
        inputs=performed.inputs,
        outputs=performed.outputs,
        error=performed.error,
        reused=performed.reused,
    )
