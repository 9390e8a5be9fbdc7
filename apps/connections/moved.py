"""What becomes of an own app's connections when its declaration changes."""

from django.utils import timezone

from apps.catalog import registry
from apps.connections.models import Connection
from apps.connections.values import put_values
from apps.workspaces import audit
from apps.workspaces.access import Actor
from apps.workspaces.models import Workspace


def connections_of(workspace: Workspace, app_key: str) -> list[Connection]:
    """Return the connections to an app that are not disconnected, by name."""
    return list(Connection.objects.usable().filter(workspace=workspace, app=app_key).order_by("name"))


def break_moved(workspace: Workspace, app_key: str, *, actor: Actor, reason: str) -> list[str]:
    """Break every real connection of an app whose requests go elsewhere now; returns their names.

    Their keys were entered for the former address and are sealed for it; runs
    park until they are entered again. Call it in the transaction of the change.
    """
    broken = []
    for connection in connections_of(workspace, app_key):
        if connection.sandbox or not Connection.objects.mark_broken(
            connection.pk, reason=reason, at=timezone.now()
        ):
            continue
        broken.append(connection.name)
        audit.record(
            workspace,
            actor=actor,
            verb="connection.broken",
            target=connection,
            before={"status": connection.status},
            after={"status": Connection.Status.BROKEN, "reason": reason},
        )
    return broken


def renew_sandboxes(workspace: Workspace, app_key: str) -> None:
    """Give an app's sandbox connections the values that its declaration has now; nobody entered them."""
    declared = registry.get_app(app_key)
    for connection in connections_of(workspace, app_key):
        if connection.sandbox:
            put_values(connection, declared, dict(declared.auth.sandbox_values))
            connection.revision += 1
            connection.save(update_fields=["credentials", "values", "hints", "label", "revision"])
