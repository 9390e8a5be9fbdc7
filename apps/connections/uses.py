"""Who needs a connection, and when it was last used: rows that the rooms above write."""

import uuid
from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q

from apps.common.errors import Conflict
from apps.connections.models import Connection, Use


def set_uses(
    *, user_kind: str, user_code: uuid.UUID | str, label: str, url: str, connection_ids: set[int]
) -> None:
    """Write which connections a user needs, in the caller's transaction.

    Raises `Conflict` when one of them has been disconnected meanwhile.
    """
    rows = list(Connection.objects.select_for_update().filter(pk__in=connection_ids).order_by("pk"))
    for connection in rows:
        refuse_unusable(connection)
    mine = Use.objects.filter(user_kind=user_kind, user_code=user_code)
    mine.exclude(connection__in=connection_ids).delete()
    for connection in rows:
        Use.objects.update_or_create(
            connection=connection,
            user_kind=user_kind,
            user_code=user_code,
            defaults={"label": label[:200], "url": url[:200]},
        )


def rename_user(*, user_kind: str, user_code: uuid.UUID | str, label: str) -> None:
    """Show a user under its new name, in the caller's transaction."""
    Use.objects.filter(user_kind=user_kind, user_code=user_code).update(label=label[:200])


def clear_uses(*, user_kind: str, user_code: uuid.UUID | str) -> None:
    """Forget what a user needs, in the caller's transaction."""
    Use.objects.filter(user_kind=user_kind, user_code=user_code).delete()


def touch_used(connection_ids: Iterable[int], *, at: datetime) -> None:
    """Note when connections were last used; an earlier moment never replaces a later one."""
    earlier = Q(last_used_at__isnull=True) | Q(last_used_at__lt=at)
    Connection.objects.filter(earlier, pk__in=set(connection_ids)).update(last_used_at=at)


def refuse_used(connection: Connection) -> None:
    """Raise `Conflict` naming the users while something published needs the connection."""
    uses = list(connection.uses.order_by("label", "pk"))
    if uses:
        names = ", ".join(f"“{use.label}”" for use in uses[:10])
        more = f" and {len(uses) - 10} more" if len(uses) > 10 else ""
        raise Conflict(
            f"Connection “{connection}” is used by {names}{more}.",
            code="connection_in_use",
            remedy="Unpublish them, or publish them with another connection, then disconnect.",
            details=[{"message": use.label, "kind": use.user_kind, "url": use.url} for use in uses],
        )


def refuse_unusable(connection: Connection) -> None:
    """Raise `Conflict` when the connection was disconnected."""
    if connection.status == Connection.Status.DISCONNECTED:
        raise Conflict(
            f"Connection “{connection}” was disconnected.",
            code="disconnected",
            remedy="Choose another connection, or create a new one.",
        )
