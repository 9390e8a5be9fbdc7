"""Runs a program as a generator without I/O: yields effects, is sent their answers.

What the world knows of an earlier turn is handed in as `Progress`, so a turn
may end at any yield, by a crash too, and the next one goes on: what is
recorded is not done again, what may have happened is treated by the outcome
table, and every call carries the same derived key as before.
"""

from collections.abc import Mapping
from datetime import datetime

from apps.workflows.engine.effects import Ended, Progress, RunOutcome
from apps.workflows.engine.executor.driving import Turn, drive
from apps.workflows.engine.executor.frames import Execution, Frame, RunScope, World
from apps.workflows.engine.executor.sequence import run_steps
from apps.workflows.engine.outcomes import DEFAULT_POLICY, Policy
from apps.workflows.engine.program import Program

__all__ = ["Execution", "RunScope", "Turn", "drive", "execute"]


def execute(
    program: Program,
    scope: RunScope,
    progress: Mapping[str, Progress],
    *,
    now: datetime,
    policy: Policy = DEFAULT_POLICY,
) -> Execution:
    """Run the steps that `progress` (by step path) does not know as done.

    `now` is when this turn begins; later times come with the answers. Nothing
    that an event or a definition says makes it raise: such a step fails with a
    reason. Resuming it behind a `Pause` is a mistake of the pump and raises
    `RuntimeError`. An event that the trigger's options leave out ends it as
    filtered, before the first step.
    """
    refusal = program.gate.refusal(scope.trigger)
    if refusal is not None:
        return Ended(RunOutcome.FILTERED, error=refusal)
    world = World(scope, progress, now=now, policy=policy)
    left = yield from run_steps(program.steps, Frame.of_run(world))
    return Ended(RunOutcome.SUCCEEDED) if left is None else left.ended
