"""Asking: the rows of an approval and its links, written when its step is reached."""

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from apps.common.errors import Conflict
from apps.runs import tokens
from apps.runs.approvals.models import Approval, ApprovalLink
from apps.workspaces import audit
from apps.workspaces.access import Actor, require
from apps.workspaces.models import Membership
from apps.workspaces.roles import Permission

_ASKED = (
    "round",
    "name",
    "message",
    "shown",
    "approvers",
    "connection",
    "asked_at",
    "deadline_at",
    "on_deadline",
    "status",
    "decided_by",
    "decided_as",
    "decided_via",
    "comment",
    "decided_at",
)


def write(approvals: Sequence[Approval]) -> None:
    """Write questions that are asked, or asked anew, with a link for each addressee.

    Runs inside the caller's transaction, which holds their runs; writing the same again is harmless.
    """
    if not approvals:
        return
    for approval in approvals:
        approval.pk = None  # Run and step identify it; the database tells the id.
    Approval.objects.bulk_create(
        approvals, update_conflicts=True, unique_fields=["run", "path"], update_fields=_ASKED
    )
    rows = Approval.objects.filter(run__in={approval.run_id for approval in approvals})
    ids = {(run, path): pk for pk, run, path in rows.values_list("pk", "run", "path")}
    members = _members(approvals)
    links: list[ApprovalLink] = []
    for approval in approvals:
        approval.pk = ids[approval.run_id, approval.path]
        links += [
            _link(approval, email, user=members.get((approval.workspace_id, email.casefold())))
            for email in approval.approvers
        ]
    stale = ApprovalLink.objects.filter(approval__in=[approval.pk for approval in approvals])
    stale.exclude(token_hash__in=[link.token_hash for link in links]).delete()
    ApprovalLink.objects.bulk_create(links, ignore_conflicts=True)


def send_again(approval: Approval, *, actor: Actor) -> None:
    """Have the mails with the links sent once more. Raises `Conflict` where nothing is to be decided."""
    require(actor, approval.workspace, Permission.OPERATE_RUNS)
    now = timezone.now()
    if not approval.pending or approval.deadline_at <= now or approval.connection_id is None:
        raise Conflict(
            "There is nothing to send: nothing waits for a decision here, or no e-mail connection."
        )
    with transaction.atomic():
        approval.links.update(next_at=now, sent_at=None, attempts=0, error="", remedy="")
        audit.record(approval.workspace, actor=actor, verb="approval.mailed", target=approval.run)


def _members(approvals: Sequence[Approval]) -> dict[tuple[int, str], int]:
    """Return the members of these approvals' workspaces, by workspace and address; of several the first."""
    workspaces = {approval.workspace_id for approval in approvals}
    rows = Membership.objects.filter(workspace__in=workspaces).exclude(user__email="").order_by("-user")
    found = rows.values_list("workspace", "user__email", "user")
    return {(workspace, email.casefold()): user for workspace, email, user in found}


def _link(approval: Approval, email: str, *, user: int | None) -> ApprovalLink:
    token = tokens.approval_tokens(approval, email)[0]
    due = approval.asked_at if approval.connection_id is not None else None
    return ApprovalLink(
        approval=approval, email=email, user_id=user, token_hash=tokens.hash_of(token), next_at=due
    )
