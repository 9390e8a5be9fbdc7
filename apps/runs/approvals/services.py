"""Deciding an approval: the first decision wins, and every other is told who decided."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.common.errors import Conflict, NotAllowed
from apps.runs.approvals.models import Approval, ApprovalLink
from apps.runs.models import Run
from apps.runs.worker.wakeup import notify_sleepers
from apps.workspaces import audit
from apps.workspaces.access import Actor, require, role_of
from apps.workspaces.models import Membership
from apps.workspaces.roles import Permission

MAX_COMMENT = 2000

Status = Approval.Status
Via = Approval.Via


def decide_approval(
    approval: Approval,
    *,
    approve: bool,
    actor: Actor | None = None,
    link: ApprovalLink | None = None,
    comment: str = "",
) -> Approval:
    """Approve or deny, and let the run go on. One of simultaneous decisions wins.

    Who decides is `actor`, a member who may operate runs, or whoever holds `link`,
    whom `actor` names where a member is signed in. A member's link is that member's
    alone. Raises `NotAllowed`, and `Conflict` where it was decided before, is past
    its deadline, or its run ended.
    """
    if link is None:
        if actor is None:
            raise ValueError("An approval is decided by an actor or by a link.")
        require(actor, approval.workspace, Permission.OPERATE_RUNS)
    else:
        demand_addressee(link, actor)
    now = timezone.now()
    who, user = _decider(approval, actor, link)
    with transaction.atomic():
        # The run first, as every worker locks it first.
        run = (
            Run.objects.select_for_update().only("pk", "status", "code", "event_type").get(pk=approval.run_id)
        )
        won = not run.finished and Approval.objects.filter(pk=approval.pk).answer(
            status=Status.APPROVED if approve else Status.DENIED,
            via=Via.ADMIN if link is None else Via.LINK,
            by=user,
            as_=who,
            comment=comment.strip()[:MAX_COMMENT],
            at=now,
        )
        if not won:
            raise _refused(approval, at=now)
        if link is not None:
            ApprovalLink.objects.filter(pk=link.pk).update(used_at=now)
        ApprovalLink.objects.filter(approval=approval.pk).update(next_at=None)
        audit.record(
            approval.workspace,
            actor=actor if actor is not None and user is not None else Actor.system(who),
            verb="approval.decided",
            target=run,
            before={"step": approval.path, "approval": Status.PENDING},
            after={"step": approval.path, "approval": Status.APPROVED if approve else Status.DENIED},
        )
        Run.objects.filter(pk=run.pk).hurry(at=now)
        transaction.on_commit(notify_sleepers, robust=True)
    approval.refresh_from_db()
    return approval


def addressees(link: ApprovalLink) -> frozenset[int] | None:
    """Return the users who alone may use a link, none where its member has left; None for whoever holds it.

    The addressee counts as a member who was one when it was asked, or is one now.
    """
    members = Membership.objects.filter(workspace=link.approval.workspace, user__is_active=True)
    if link.user_id is not None:
        return frozenset(members.filter(user=link.user_id).values_list("user", flat=True))
    found = members.filter(user__email__iexact=link.email.strip()).values_list("user", flat=True)
    return frozenset(found) or None


def demand_addressee(link: ApprovalLink, actor: Actor | None) -> None:
    """Raise `NotAllowed` unless this person, or nobody who is known, may decide by this link."""
    wanted = addressees(link)
    if wanted is None:
        return
    if not wanted:
        raise NotAllowed(
            "This link was made for a member of the workspace who has left it, so nobody can use it.",
            code="member_gone",
            remedy="Decide in the admin.",
        )
    if actor is None or actor.user is None:
        raise NotAllowed(
            f"{link.email} is a member of this workspace, who decides under the own name.",
            code="sign_in",
            remedy="Sign in first.",
        )
    if actor.user.pk not in wanted:
        raise NotAllowed(
            f"This link is for {link.email} alone, and you are signed in as {actor.label}.",
            code="not_the_addressee",
            remedy="Whoever may operate runs can decide in the admin.",
        )


def told(approval: Approval) -> str:
    """Return in a sentence how the approval stands, for those who come to it."""
    if approval.pending and not approval.run.finished:
        late = approval.deadline_at <= timezone.now()
        return "Its deadline is over." if late else "It waits for a decision."
    if approval.pending or approval.status == Status.CLOSED:
        return "The run ended before anybody decided, so there is nothing to decide any more."
    done = approval.get_status_display()
    at = f"{approval.decided_at:%Y-%m-%d %H:%M} UTC" if approval.decided_at else ""
    if approval.decided_via == Via.DEADLINE:
        return f"{done} {at}, when nobody had decided by the deadline."
    return f"{done} {at} by {approval.decided_as}."


def answer_of(approval: Approval) -> Mapping[str, Any] | None:
    """Return the step's outputs as the decision makes them; None while there is none."""
    if approval.status not in (Status.APPROVED, Status.DENIED):
        return None
    return {
        "approved": approval.status == Status.APPROVED,
        "decision": approval.status,
        "decided_by": approval.decided_as,
        "decided_at": int(approval.decided_at.timestamp()) if approval.decided_at else None,
        "comment": approval.comment,
        "by_deadline": approval.decided_via == Via.DEADLINE,
    }


def _decider(approval: Approval, actor: Actor | None, link: ApprovalLink | None) -> tuple[str, int | None]:
    """Return who is recorded: the member, or the address whose link was used."""
    user = actor.user if actor is not None else None
    if link is None:
        return (actor.label if actor is not None else ""), (user.pk if user is not None else None)
    by_link = f"the link sent to {link.email}"
    if actor is not None and user is not None and role_of(user, approval.workspace) is not None:
        return f"{actor.label}, by {by_link}"[:320], user.pk
    return by_link[:320], None


def _refused(approval: Approval, *, at: datetime) -> Conflict:
    approval.refresh_from_db()
    if approval.pending and approval.deadline_at <= at:
        code, message = "too_late", "The deadline of this approval is over."
    elif approval.pending or approval.status == Status.CLOSED:
        code, message = (
            "run_ended",
            "The run of this approval has ended; there is nothing to decide any more.",
        )
    else:
        code, message = "decided_already", f"This was decided before. {told(approval)}"
    return Conflict(message, code=code, remedy="Look at the run, which shows what came of it.")
