"""Connections that choose themselves: an app without an account has one per workspace."""

from apps.catalog import registry
from apps.catalog.spec import App
from apps.connections.models import Connection
from apps.connections.own import own_connection
from apps.workflows.engine.definition import ActionStep, Definition
from apps.workspaces.access import Actor
from apps.workspaces.models import Workspace


def with_own_connections(definition: Definition, workspace: Workspace, *, actor: Actor) -> Definition:
    """Return the definition with the workspace's own connection wherever an app needs no account."""
    trigger = definition.trigger
    app = _app_of_trigger(trigger.trigger)
    if app is not None:
        code = _code(app, workspace, trigger.connection, actor=actor)
        trigger = trigger.model_copy(update={"connection": code})
    owned = definition.mapped(
        lambda step: _with_own(step, workspace, actor=actor) if isinstance(step, ActionStep) else step
    )
    return owned.model_copy(update={"trigger": trigger})


def _with_own(step: ActionStep, workspace: Workspace, *, actor: Actor) -> ActionStep:
    try:
        app, _ = registry.get_action(step.action)
    except registry.UnknownKeyError:
        return step
    if app.needs_account:
        return step
    return step.model_copy(update={"connection": _code(app, workspace, step.connection, actor=actor)})


def _app_of_trigger(ref: str) -> App | None:
    try:
        app, _ = registry.get_trigger(ref)
    except registry.UnknownKeyError:
        return None
    return None if app.needs_account else app


def _code(app: App, workspace: Workspace, named: str, *, actor: Actor) -> str:
    """Return the named connection if it is the workspace's to the app, else the workspace's own."""
    rows = Connection.objects.usable().filter(workspace=workspace, app=app.key)
    known = {str(code) for code in rows.values_list("code", flat=True)}
    return named if named in known else str(own_connection(workspace, actor=actor, app=app).code)
