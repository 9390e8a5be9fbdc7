"""Workspaces and their members: every change, with its audit entry in the same transaction."""

from typing import TYPE_CHECKING

from django.db import transaction

from apps.common.errors import Conflict, NotAllowed, ValidationFailed
from apps.workspaces import audit
from apps.workspaces.access import Actor, require
from apps.workspaces.accounts import can_sign_in, other_owners, save_account
from apps.workspaces.models import LONGEST_KEEP_DAYS, Membership, Workspace
from apps.workspaces.roles import Permission, Role

if TYPE_CHECKING:
    from django.contrib.auth.models import User

__all__ = [
    "add_member",
    "change_role",
    "create_workspace",
    "keep_runs",
    "remove_member",
    "rename_workspace",
    "save_account",
]

MAX_NAME = 100


def create_workspace(*, actor: Actor, name: str, owner: "User | None" = None) -> Workspace:
    """Create a workspace, with its first owner where one is given.

    Only the system and superusers may. Raises `NotAllowed` or `ValidationFailed`.
    """
    if actor.user is not None and not actor.user.is_superuser:
        raise NotAllowed(
            "Only an operator of this installation can create a workspace.",
            remedy="Ask whoever runs this installation.",
        )
    with transaction.atomic():
        workspace = Workspace.objects.create(name=_clean_name(name))
        audit.record(
            workspace,
            actor=actor,
            verb="workspace.created",
            target=workspace,
            after={"name": workspace.name},
        )
        if owner is not None:
            add_member(workspace, actor=actor, user=owner, role=Role.OWNER)
    return workspace


def rename_workspace(workspace: Workspace, *, actor: Actor, name: str) -> Workspace:
    """Change the name that members see. Raises `NotAllowed` or `ValidationFailed`."""
    require(actor, workspace, Permission.MANAGE_WORKSPACE)
    clean, before = _clean_name(name), Workspace.objects.get(pk=workspace.pk).name
    with transaction.atomic():
        workspace.name = clean
        workspace.save(update_fields=["name"])
        if clean != before:
            audit.record(
                workspace,
                actor=actor,
                verb="workspace.renamed",
                target=workspace,
                before={"name": before},
                after={"name": clean},
            )
    return workspace


def keep_runs(workspace: Workspace, *, actor: Actor, days: int) -> Workspace:
    """Change how long finished runs are kept. Raises `NotAllowed` or `ValidationFailed`."""
    require(actor, workspace, Permission.MANAGE_WORKSPACE)
    if not 1 <= days <= LONGEST_KEEP_DAYS:
        raise ValidationFailed(
            f"Runs can be kept for 1 to {LONGEST_KEEP_DAYS} days.",
            code="bad_days",
            field="keep_runs_days",
            remedy="Write a number of days between them.",
        )
    before = Workspace.objects.get(pk=workspace.pk).keep_runs_days
    with transaction.atomic():
        workspace.keep_runs_days = days
        workspace.save(update_fields=["keep_runs_days"])
        if days != before:
            audit.record(
                workspace,
                actor=actor,
                verb="workspace.keeping_changed",
                target=workspace,
                before={"keep_runs_days": before},
                after={"keep_runs_days": days},
            )
    return workspace


def add_member(workspace: Workspace, *, actor: Actor, user: "User", role: Role) -> Membership:
    """Give a person a role. Raises `Conflict` when they have one already, and for one who can't sign in."""
    _require_for(actor, workspace, role)
    if not can_sign_in(user):
        raise Conflict(
            f"{user.get_username()} can't sign in here, so a membership would be of no use.",
            code="cannot_sign_in",
            remedy="An operator of this installation can tick “Active” and “Staff status” of the account "
            "under Users.",
            field="person",
        )
    with transaction.atomic():
        _lock(workspace)
        if Membership.objects.filter(workspace=workspace, user=user).exists():
            raise Conflict(
                f"{user.get_username()} is already a member of “{workspace}”.",
                code="already_member",
                remedy="Change their role instead.",
                field="person",
            )
        membership = Membership.objects.create(workspace=workspace, user=user, role=Role(role))
        audit.record(
            workspace, actor=actor, verb="member.added", target=membership, after={"role": membership.role}
        )
    return membership


def change_role(membership: Membership, *, actor: Actor, role: Role) -> Membership:
    """Change a member's role. Owners are made and unmade by owners; the last one stays."""
    workspace = membership.workspace
    with transaction.atomic():
        _lock(workspace)
        current = Membership.objects.get(pk=membership.pk)
        _require_for(actor, workspace, Role(current.role), Role(role))
        if role != Role.OWNER:
            _keep_an_owner(current)
        before, current.role = current.role, Role(role)
        if before != current.role:
            current.save(update_fields=["role"])
            audit.record(
                workspace,
                actor=actor,
                verb="member.role_changed",
                target=current,
                before={"role": before},
                after={"role": current.role},
            )
    return current


def remove_member(membership: Membership, *, actor: Actor) -> None:
    """Take a person's access away. The last owner can't go."""
    workspace = membership.workspace
    with transaction.atomic():
        _lock(workspace)
        current = Membership.objects.select_related("user").get(pk=membership.pk)
        _require_for(actor, workspace, Role(current.role))
        _keep_an_owner(current)
        audit.record(
            workspace, actor=actor, verb="member.removed", target=current, before={"role": current.role}
        )
        current.delete()


def _lock(workspace: Workspace) -> None:
    """Let one change of membership at a time through, or two owners could remove each other."""
    Workspace.objects.select_for_update().get(pk=workspace.pk)


def _require_for(actor: Actor, workspace: Workspace, *roles: Role) -> None:
    """Demand the right to manage members, and to manage the workspace where an owner is concerned."""
    require(actor, workspace, Permission.MANAGE_MEMBERS)
    if Role.OWNER in roles:
        require(actor, workspace, Permission.MANAGE_WORKSPACE)


def _keep_an_owner(membership: Membership) -> None:
    if membership.role != Role.OWNER:
        return
    if not other_owners(membership.workspace, membership.user).exists():
        raise Conflict(
            f"{membership.user} is the last owner of “{membership.workspace}”.",
            code="last_owner",
            remedy="Make somebody else an owner first.",
            field="role",
        )


def _clean_name(name: str) -> str:
    clean = " ".join(name.split())
    if not clean or "\x00" in clean or len(clean) > MAX_NAME:
        raise ValidationFailed(f"A workspace needs a name of 1 to {MAX_NAME} characters.", field="name")
    return clean
