"""What a dry replay begins with: the program, what may be reused, the addresses."""

from typing import Any

from apps.catalog import registry
from apps.runs import reusing, tokens
from apps.runs.leases import steady
from apps.runs.models import Replay, Run
from apps.runs.progress import Past
from apps.runs.replays.checking import Checked
from apps.runs.replays.editing import with_inputs
from apps.runs.replays.path_before import settings_of
from apps.runs.starting import next_replay
from apps.workflows.engine.catalog import Catalog
from apps.workflows.engine.problems import InvalidDefinitionError
from apps.workflows.engine.program import Program
from apps.workflows.versions import compiled


class OutOfTimeError(Exception):
    """The time of the dry replay is over."""


def in_time(ends_at: float) -> None:
    """Raise `OutOfTimeError` behind a moment of the steady clock."""
    if steady() >= ends_at:
        raise OutOfTimeError


def program(run: Run, checked: Checked) -> Program:
    """Return the program with what was edited for the step that the replay begins with."""
    if not checked.inputs:
        return checked.program
    given = {checked.wanted.from_step: dict(checked.inputs)}
    return with_inputs(checked.program, given, workspace_id=run.workspace_id)


def past(run: Run, checked: Checked) -> Past:
    """Return what a replay of the run would reuse, by the rules of a real one."""
    ghost = Run(
        workspace=run.workspace,
        workflow=run.workflow,
        delivery_id=run.delivery_id,
        replay=next_replay(run.delivery_id, run.workflow_id),
    )
    ghost.repetition = Replay(redo=sorted(checked.wanted.redo))
    (reusable,) = reusing.load([ghost], {}).values()
    return Past(reusable=reusable)


def addresses(run: Run, made: Program) -> dict[str, str]:
    """Return the addresses that the run's waiting steps have."""
    run_code, workspace = str(run.code), str(run.workspace.code)
    return {
        path: tokens.wait_url(tokens.wait_tokens(run=run_code, workspace=workspace, path=path)[0])
        for path in made.waits()
    }


def catalog(run: Run) -> Catalog:
    """Return the catalog of the run's workspace."""
    return registry.within(run.workspace_id)


def is_unchanged(run: Run, made: Program, path: str) -> bool:
    """Tell whether a step has the settings that it had in the version that the run executed."""
    try:
        former = compiled(run.version_id).find(path)
    except InvalidDefinitionError:
        return False
    step = made.find(path)
    return former is not None and step is not None and settings_of(former.step) == settings_of(step.step)


def approved(seconds: int) -> dict[str, Any]:
    """Return what an approval gives where nobody was asked."""
    return {
        "approved": True,
        "decision": "approved",
        "decided_by": "a dry replay",
        "decided_at": seconds,
        "comment": "",
        "by_deadline": False,
    }
