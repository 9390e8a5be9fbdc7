"""The accounts of the installation's people: who may sign in, and who operates it."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import QuerySet

from apps.common.errors import Conflict, NotAllowed
from apps.workspaces import audit
from apps.workspaces.access import Actor
from apps.workspaces.models import Membership, Workspace
from apps.workspaces.roles import Role

if TYPE_CHECKING:
    from django.contrib.auth.models import User

ACCESS = ("is_active", "is_staff", "is_superuser")
"""What decides whether a person gets in, and as what."""


def can_sign_in(user: "User") -> bool:
    """Tell whether the admin lets the person in: active staff alone."""
    return user.is_active and user.is_staff


def save_account(user: "User", *, actor: Actor) -> "User":
    """Store an account as it stands; a change of access is told in every workspace of the person.

    Only the system and superusers may. Raises `NotAllowed`, and `Conflict` when
    a workspace would be left without an owner who can sign in.
    """
    if actor.user is not None and not actor.user.is_superuser:
        raise NotAllowed(
            "Only an operator of this installation can change accounts.",
            remedy="Ask whoever runs this installation.",
        )
    with transaction.atomic():
        workspaces = list(Workspace.objects.of_user(user.pk).select_for_update()) if user.pk else []
        stored = get_user_model().objects.filter(pk=user.pk).first()
        before = _access(stored) if stored else {}
        if not can_sign_in(user):
            _keep_owners(user, workspaces)
        user.save()
        after = _access(user)
        changed = [key for key in ACCESS if before.get(key) != after[key]]
        for workspace in workspaces if changed else ():
            audit.record(
                workspace,
                actor=actor,
                verb="account.access_changed",
                target=user,
                before={key: before[key] for key in changed},
                after={key: after[key] for key in changed},
            )
    return user


def _access(user: "User") -> dict[str, bool]:
    return {key: bool(getattr(user, key)) for key in ACCESS}


def _keep_owners(user: "User", workspaces: Iterable[Workspace]) -> None:
    for workspace in workspaces:
        own = Membership.objects.filter(workspace=workspace, role=Role.OWNER)
        if own.filter(user=user).exists() and not other_owners(workspace, user).exists():
            raise Conflict(
                f"{user.get_username()} is the last owner of “{workspace}” who can sign in.",
                code="last_owner",
                remedy="Make somebody else an owner there first.",
                field="is_active",
            )


def other_owners(workspace: Workspace, user: "User") -> QuerySet[Membership]:
    """Return the memberships of the workspace's other owners who can sign in."""
    owners = Membership.objects.filter(
        workspace=workspace, role=Role.OWNER, user__is_active=True, user__is_staff=True
    )
    return owners.exclude(user=user)
