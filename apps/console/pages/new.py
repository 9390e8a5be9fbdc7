"""New workflow: choose trigger, action and accounts; a recipe maps the fields."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse

from apps.catalog import registry
from apps.catalog.spec import App, Effect
from apps.catalog.switches import switched_off
from apps.common.errors import ServiceError, ValidationFailed
from apps.connections import services as connections
from apps.connections.models import Connection
from apps.console.pages.frame import page, to_page
from apps.workflows import services
from apps.workflows.engine.recipes import recipe_title
from apps.workflows.models import Workflow
from apps.workflows.recipes import recipe_over
from apps.workspaces.access import Actor
from apps.workspaces.models import Workspace
from apps.workspaces.roles import Permission
from apps.workspaces.scoping import current_workspace, require_permission, scope_of

NEW_SANDBOX = "sandbox"
MOST_NAMES = 100


@dataclass(frozen=True, slots=True)
class Offer:
    """One trigger or action to choose."""

    ref: str
    name: str
    description: str
    app: App
    danger: str = ""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the form says so far."""

    trigger: str
    action: str
    trigger_connection: str
    action_connection: str
    name: str


def new_workflow(request: HttpRequest) -> HttpResponse:
    """Show the form; on POST create the draft and go on to its fields."""
    actor = require_permission(request, Permission.EDIT_WORKFLOWS)
    workspace = current_workspace(request)
    chosen = _chosen(request)
    error: ServiceError | None = None
    if request.method == "POST":
        try:
            return to_page("edit", create(workspace, chosen, actor=actor))
        except ServiceError as refused:
            error = refused
    off = switched_off()
    return page(
        request,
        "console/new_workflow.html",
        title="New workflow",
        chosen=chosen,
        error=error,
        triggers=list(_triggers(off)),
        actions=list(_actions(off)),
        accounts=_accounts(workspace),
        new_sandbox=NEW_SANDBOX,
        may_make_sandbox=scope_of(request).allows(Permission.MANAGE_CONNECTIONS),
        status=400 if error else 200,
    )


def create(workspace: Workspace, chosen: Chosen, *, actor: Actor) -> Workflow:
    """Create the draft that was chosen, with new sandbox connections where these were asked for.

    Raises `ValidationFailed` naming the field.
    """
    try:
        trigger_app, _ = registry.get_trigger(chosen.trigger)
        action_app, _ = registry.get_action(chosen.action)
    except registry.UnknownKeyError as unknown:
        which = "trigger" if unknown.ref == chosen.trigger else "action"
        raise ValidationFailed(f"Choose the {which}.", code="missing", field=which) from None
    found_source = _account(workspace, trigger_app, chosen.trigger_connection, "trigger_connection")
    found_target = _account(workspace, action_app, chosen.action_connection, "action_connection")
    # Made only now: a choice that is refused leaves nothing behind.
    source = found_source or _sandbox(workspace, trigger_app, actor=actor)
    target = found_target or _sandbox(workspace, action_app, actor=actor)
    recipe = recipe_over(chosen.trigger, chosen.action, source=source, target=target)
    name = chosen.name.strip() or _free_name(workspace, recipe_title(chosen.trigger, chosen.action))
    return services.create_workflow(workspace, actor=actor, name=name, definition=recipe.to_json())


def _account(workspace: Workspace, app: App, chosen: str, field: str) -> Connection | None:
    """Return the account chosen; None for a sandbox."""
    if chosen == NEW_SANDBOX:
        return None
    found = services.connections_named(workspace, [chosen]).get(chosen)
    if found is None or found.app != app.key:
        raise ValidationFailed(f"Choose which {app.name} connection to use.", code="missing", field=field)
    return found


def _sandbox(workspace: Workspace, app: App, *, actor: Actor) -> Connection:
    """Return the workspace's sandbox of the app, made now if there is none."""
    known = workspace.connections.usable().filter(app=app.key, sandbox=True).order_by("pk").first()
    if known is not None:
        return known
    made = connections.create_connection(
        workspace, actor=actor, app=app.key, name=f"{app.name} sandbox", values={}, sandbox=True
    )
    return connections.test_connection(made, actor=actor)


def _free_name(workspace: Workspace, wanted: str) -> str:
    taken = set(workspace.workflows.filter(name__startswith=wanted[:100]).values_list("name", flat=True))
    names = [wanted[:120], *(f"{wanted[:110]} ({number})" for number in range(2, MOST_NAMES))]
    return next((name for name in names if name not in taken), wanted[:120])


def _chosen(request: HttpRequest) -> Chosen:
    given = request.POST if request.method == "POST" else request.GET
    return Chosen(
        trigger=given.get("trigger", ""),
        action=given.get("action", ""),
        trigger_connection=given.get("trigger_connection", ""),
        action_connection=given.get("action_connection", ""),
        name=given.get("name", ""),
    )


def _triggers(off: frozenset[str]) -> Iterator[Offer]:
    for app, trigger in registry.iter_triggers():
        ref = registry.trigger_ref(app, trigger)
        if ref not in off:
            yield Offer(ref, trigger.name, trigger.description, app)


def _actions(off: frozenset[str]) -> Iterator[Offer]:
    """List what can be done: reads are steps before an action, and deleting comes last."""
    found = [
        Offer(registry.action_ref(app, action), action.name, action.description, app, action.danger or "")
        for app, action in registry.iter_actions()
        if not action.hidden and action.effect is not Effect.READ
    ]
    offered = (offer for offer in found if offer.ref not in off)
    yield from sorted(offered, key=lambda offer: bool(offer.danger))


def _accounts(workspace: Workspace) -> list[dict[str, object]]:
    """List each app's connections; a broken one can be chosen, since it can be mended before publishing."""
    rows = list(workspace.connections.usable().order_by("name"))
    return [{"app": app, "connections": [row for row in rows if row.app == app.key]} for app in registry.APPS]
