"""What came from outside for runs that wait: decisions about approvals, and requests.

Whether a decision or its deadline was first is settled here, by one conditional
UPDATE before a turn begins, so that nobody is told "approved" by a run that
went on as denied.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from apps.runs import tokens
from apps.runs.approvals import services as approvals
from apps.runs.models import Approval, Hook, Run
from apps.runs.progress import Past
from apps.runs.waits import services as waits
from apps.workflows.engine.program import Program

APPROVAL = "approval"


def load(
    runs: Sequence[Run],
    pasts: Mapping[int, Past],
    programs: Mapping[int, Program],
    *,
    at: datetime,
) -> dict[int, dict[str, str]]:
    """Read what came for these runs into their pasts; return each run's addresses by step id.

    No query for runs that neither ask nor listen. Raises `SealError` for nothing:
    a body whose key is gone is told when the run's turn begins.
    """
    asking = [run.pk for run in runs if any(row.kind == APPROVAL for row in pasts[run.pk].steps.values())]
    if asking:
        Approval.objects.filter(run__in=asking).decide_late(at=at)
        for approval in Approval.objects.filter(run__in=asking):
            past = pasts[approval.run_id]
            past.approvals[approval.path] = approval
            if (answer := approvals.answer_of(approval)) is not None:
                past.answers[approval.path] = answer
    listening = {run.pk: waiting for run in runs if (waiting := programs[run.version_id].waits())}
    if not listening:
        return {}
    Hook.objects.filter(run__in=listening).close_late(at=at)
    for hook in Hook.objects.filter(run__in=listening):
        pasts[hook.run_id].hooks[hook.path] = hook
    return {
        run.pk: {path: _address(run, path, pasts[run.pk]) for path in listening[run.pk]}
        for run in runs
        if run.pk in listening
    }


def open_bodies(past: Past) -> None:
    """Add to the answers what came by request. Raises `SealError` where a key is gone."""
    for path, hook in past.hooks.items():
        if (answer := waits.outputs_of(hook)) is not None:
            past.answers[path] = answer


def _address(run: Run, path: str, past: Past) -> str:
    """Return a step's address; its row is made with the run's first writing, before anything is sent."""
    made = tokens.wait_tokens(run=str(run.code), workspace=str(run.workspace.code), path=path)
    hook = past.hooks.get(path)
    if hook is None:
        hook = Hook(run=run, path=path, token_hash=tokens.hash_of(made[0]))
        past.hooks[path] = hook
        past.new_hooks.append(hook)
    known = bytes(hook.token_hash)
    return tokens.wait_url(next((token for token in made if tokens.hash_of(token) == known), made[0]))
