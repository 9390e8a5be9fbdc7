"""An approval as a worker asks it, without a worker."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from apps.connections.models import Connection
from apps.runs import tokens
from apps.runs.approvals import asking
from apps.runs.models import Approval, Run
from tests.factories import RunFactory, StepRunFactory

REFUND = {
    "step": "Refund the charge",
    "action": "stripe.create-refund",
    "connection": "Stripe",
    "inputs": {"charge": "ch_1", "amount": 5000},
}


def ask(
    run: Run | None = None,
    *,
    workspace: Any = None,
    approvers: tuple[str, ...] = ("ann@example.com", "ben@example.com"),
    connection: Connection | None = None,
    **facts: Any,
) -> Approval:
    """Write a pending approval of a run that waits for it."""
    if run is None:
        owned = {"delivery__connection__workspace": workspace} if workspace else {}
        run = RunFactory(status=Run.Status.WAITING, due_at=timezone.now() + timedelta(days=1), **owned)
    StepRunFactory(run=run, path="ask", kind="approval", status="waiting", finished_at=None)
    approval = Approval(
        workspace=run.workspace,
        run=run,
        path="ask",
        approvers=list(approvers),
        connection=connection,
        asked_at=timezone.now(),
        **{
            "name": "May we refund?",
            "message": "Ada asks for her money back.",
            "shown": [REFUND],
            "deadline_at": timezone.now() + timedelta(days=1),
            **facts,
        },
    )
    asking.write([approval])
    return approval


def address(approval: Approval, email: str = "ann@example.com") -> str:
    """Return the path of an addressee's link."""
    return f"/approvals/{tokens.approval_tokens(approval, email)[0]}/"
