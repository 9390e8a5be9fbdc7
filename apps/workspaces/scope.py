"""Who asks, in which workspace: read once per request."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from apps.common.errors import NotAllowed, ServiceError
from apps.workspaces.access import Actor
from apps.workspaces.models import Membership, Workspace
from apps.workspaces.roles import ROLE_TABLE, Permission, Role

if TYPE_CHECKING:
    from django.contrib.auth.models import User

SESSION_KEY = "workspace"


@dataclass(frozen=True, slots=True)
class Scope:
    """What one request may see: the chosen workspace and the person's role in it."""

    workspace: Workspace | None
    role: Role | None

    def allows(self, permission: Permission | None) -> bool:
        """Tell whether the role has the permission; no permission named means never."""
        return permission is not None and self.role is not None and permission in ROLE_TABLE[self.role]


def scope_of(request: HttpRequest) -> Scope:
    """Return the request's scope, read once: the workspace chosen in the session, else the first."""
    scope = getattr(request, "_workspace_scope", None)
    if scope is None:
        scope = _read_scope(request)
        request._workspace_scope = scope  # type: ignore[attr-defined]  # One reading per request.
    return cast("Scope", scope)


def find_workspace(request: HttpRequest) -> Workspace | None:
    """Return the current workspace, or None for a person who belongs to none."""
    return scope_of(request).workspace


def current_workspace(request: HttpRequest) -> Workspace:
    """Return the current workspace; raises `PermissionDenied` where there is none."""
    workspace = find_workspace(request)
    if workspace is None:
        raise PermissionDenied("You are not a member of any workspace.")
    return workspace


def actor_of(request: HttpRequest) -> Actor:
    """Return the signed-in person as an actor."""
    return Actor.of(cast("User", request.user))


def is_superuser(request: HttpRequest) -> bool:
    """Tell whether the person operates the whole installation."""
    return request.user.is_active and request.user.is_superuser


def require_permission(request: HttpRequest, permission: Permission) -> Actor:
    """Return the actor; raises `PermissionDenied` unless their role in the workspace has the permission."""
    if not scope_of(request).allows(permission):
        raise PermissionDenied(f"Your role does not allow this ({permission.value.replace('_', ' ')}).")
    return actor_of(request)


def workspaces_of(request: HttpRequest) -> QuerySet[Workspace]:
    """Return the workspaces that the person may choose: their own; a superuser's are all."""
    user = cast("User", request.user)
    if not user.is_active or not user.is_authenticated:
        return Workspace.objects.none()
    return Workspace.objects.all() if user.is_superuser else Workspace.objects.of_user(user.pk)


def choose_workspace(request: HttpRequest, workspace: Workspace) -> None:
    """Make a workspace the current one of this session; it must be one of `workspaces_of`."""
    request.session[SESSION_KEY] = workspace.pk
    request._workspace_scope = None  # type: ignore[attr-defined]  # Read anew.


def site_subheader(request: HttpRequest) -> str:
    """Return the line under the site's name: the current workspace."""
    # Without a session nobody has chosen one, and no page is meant for anybody.
    known = hasattr(request, "session") and request.user.is_authenticated
    workspace = find_workspace(request) if known else None
    return workspace.name if workspace else ""


def act(request: HttpRequest, change: Callable[[], object], *, done: str) -> bool:
    """Make a change and say how it went in a banner; returns whether it succeeded."""
    try:
        change()
    except NotAllowed as error:
        raise PermissionDenied(error.message) from None
    except ServiceError as error:
        messages.error(request, error.as_text())
        return False
    messages.success(request, done)
    return True


def guarded(request: HttpRequest, view: Callable[[], HttpResponse]) -> HttpResponse:
    """Show what a service refuses as a banner on the same page; nothing was changed then."""
    try:
        return view()
    except NotAllowed as error:
        raise PermissionDenied(error.message) from None
    except ServiceError as error:
        messages.error(request, error.as_text())
        return HttpResponseRedirect(request.get_full_path())


def _read_scope(request: HttpRequest) -> Scope:
    chosen = request.session.get(SESSION_KEY)
    user = cast("User", request.user)
    if not user.is_active or not user.is_authenticated:
        return Scope(None, None)
    if user.is_superuser:
        first = Workspace.objects.filter(pk=chosen).first() if chosen else None
        first = first or Workspace.objects.of_user(user.pk).first() or Workspace.objects.first()
        return Scope(first, Role.OWNER if first else None)
    memberships = list(Membership.objects.filter(user=user).select_related("workspace").order_by("pk"))
    if not memberships:
        return Scope(None, None)
    current = next((each for each in memberships if each.workspace_id == chosen), memberships[0])
    return Scope(current.workspace, Role(current.role))
