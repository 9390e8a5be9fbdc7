"""Which triggers and actions are needed by what is published: "Used in" on their pages.

The rows belong to this room and are written by the rooms above it, in the
transaction that publishes.
"""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import QuerySet

from apps.catalog.models import Use
from apps.workspaces.models import Workspace


def set_uses(
    workspace: Workspace, *, user_kind: str, user_code: UUID, label: str, url: str, refs: Iterable[str]
) -> None:
    """Replace what this user needs by these triggers and actions, in the caller's transaction."""
    clear_uses(user_kind=user_kind, user_code=user_code)
    Use.objects.bulk_create(
        Use(workspace=workspace, ref=ref, user_kind=user_kind, user_code=user_code, label=label, url=url)
        for ref in sorted(set(refs))
    )


def clear_uses(*, user_kind: str, user_code: UUID) -> None:
    """Forget what this user needed."""
    Use.objects.filter(user_kind=user_kind, user_code=user_code).delete()


def rename_user(*, user_kind: str, user_code: UUID, label: str) -> None:
    """Show the user under another name."""
    Use.objects.filter(user_kind=user_kind, user_code=user_code).update(label=label)


def users_of(ref: str, workspace: Workspace | None) -> QuerySet[Use]:
    """Return what uses a trigger or action in this workspace; of another one nothing is told."""
    return Use.objects.filter(ref=ref, workspace=workspace)
