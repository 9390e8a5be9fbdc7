"""Who acts, and whether they may."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from apps.common.errors import NotAllowed
from apps.workspaces.models import Membership, Workspace
from apps.workspaces.roles import ROLE_TABLE, Permission, Role

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever causes a change: a signed-in person, or the system itself under a name."""

    label: str
    user: "User | None" = None

    @classmethod
    def of(cls, user: "User") -> "Actor":
        """Return the actor that a signed-in user is."""
        return cls(label=user.get_username(), user=user)

    @classmethod
    def system(cls, label: str) -> "Actor":
        """Return the product acting by itself ("worker") or an operator at the shell ("command line")."""
        return cls(label=label)


def role_of(user: "User", workspace: Workspace) -> Role | None:
    """Return the user's role; a superuser is an owner everywhere; None for a stranger."""
    if not user.is_active:
        return None
    if user.is_superuser:
        return Role.OWNER
    role = Membership.objects.filter(user=user, workspace=workspace).values_list("role", flat=True).first()
    return Role(role) if role else None


def may(actor: Actor, workspace: Workspace, permission: Permission) -> bool:
    """Tell whether the actor may; the system may everything."""
    if actor.user is None:
        return True
    role = role_of(actor.user, workspace)
    return role is not None and permission in ROLE_TABLE[role]


def require(actor: Actor, workspace: Workspace, permission: Permission) -> None:
    """Raise `NotAllowed` unless the actor may; every service that writes calls it first."""
    if not may(actor, workspace, permission):
        raise NotAllowed(
            f"Your role in “{workspace}” does not allow this ({permission.value.replace('_', ' ')}).",
            code="not_allowed",
            remedy="Ask an owner or admin of the workspace.",
        )
