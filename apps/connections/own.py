"""The connection that a workspace has by itself to an app that needs no account."""

from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.catalog.spec import App
from apps.connections.models import Connection
from apps.workspaces import audit
from apps.workspaces.access import Actor, require
from apps.workspaces.models import Workspace
from apps.workspaces.roles import Permission

_TRIES = 20


def own_connection(workspace: Workspace, *, actor: Actor, app: App) -> Connection:
    """Return the workspace's connection to an app without an account, made when first asked for.

    It is called like the app and holds nothing, so whoever may edit workflows
    may have it made.
    """
    require(actor, workspace, Permission.EDIT_WORKFLOWS)
    rows = Connection.objects.usable().filter(workspace=workspace, app=app.key)
    for number in range(1, _TRIES + 1):
        found = rows.order_by("pk").first()
        if found is not None:
            return found
        name = app.name if number == 1 else f"{app.name} ({number})"
        try:
            with transaction.atomic():
                return _create(workspace, app, name=name, actor=actor)
        except IntegrityError:
            continue  # Somebody made it at the same time, or a connection has the name: look again.
    raise RuntimeError(f"No name is free for the connection to {app.name}.")


def _create(workspace: Workspace, app: App, *, name: str, actor: Actor) -> Connection:
    now = timezone.now()
    made = Connection.objects.create(
        workspace=workspace,
        app=app.key,
        name=name,
        label=app.auth.label({})[:60],
        status=Connection.Status.CONNECTED,
        status_changed_at=now,
        checked_at=now,
        created_by=actor.user,
    )
    audit.record(
        workspace,
        actor=actor,
        verb="connection.created",
        target=made,
        after={"app": app.key, "sandbox": False},
    )
    return made
