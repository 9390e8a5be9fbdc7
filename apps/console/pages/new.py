"""New workflow: choose trigger, action and accounts; a recipe maps the fields.

Links from elsewhere name a trigger and an action in the query; whoever has to
connect an account first comes back with `connected`, its connection's code.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from apps.catalog import registry
from apps.catalog.pairings import pairing
from apps.catalog.spec import App
from apps.catalog.switches import switched_off
from apps.common.errors import ServiceError, ValidationFailed
from apps.connections import services as connections
from apps.connections.models import Connection
from apps.connections.own import own_connection
from apps.console.offering import Accounts, accounts_of, action_groups, trigger_groups
from apps.console.pages.frame import page, to_page
from apps.workflows import services
from apps.workflows.engine.definition import Definition, TriggerPart
from apps.workflows.engine.recipes import recipe_title
from apps.workflows.models import Workflow
from apps.workflows.recipes import recipe_over
from apps.workspaces.access import Actor
from apps.workspaces.models import Workspace
from apps.workspaces.roles import Permission
from apps.workspaces.scoping import current_workspace, require_permission, scope_of

NEW_SANDBOX = "sandbox"
UNNAMED = "New workflow"
MOST_NAMES = 100
READY = "The draft is made and its fields are filled. Look at them, then publish it."
TO_FILL = "The draft is made. Only you can know what is still missing: fill it, then publish it."


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the form says so far."""

    trigger: str
    action: str
    trigger_connection: str
    action_connection: str
    name: str


def new_workflow(request: HttpRequest) -> HttpResponse:
    """Show the form; on POST create the draft and go on to the editor, or go and connect an account."""
    actor = require_permission(request, Permission.EDIT_WORKFLOWS)
    workspace = current_workspace(request)
    catalog = registry.within(workspace.pk)
    chosen = _chosen(request)
    error: ServiceError | None = None
    if request.method == "POST":
        try:
            do = request.POST.get("do", "")
            if do.startswith("connect:"):
                return HttpResponseRedirect(_connecting(catalog, chosen, do.removeprefix("connect:")))
            if do == "empty":
                return to_page("editor", create_empty(workspace, chosen, actor=actor))
            made = create(workspace, chosen, actor=actor)
            messages.success(request, TO_FILL if services.validate_draft(made) else READY)
            return to_page("editor", made)
        except ServiceError as refused:
            error = refused
    off, accounts = switched_off(), accounts_of(workspace, catalog)
    may_connect = scope_of(request).allows(Permission.MANAGE_CONNECTIONS)
    if request.method == "GET":
        chosen = _prefilled(
            catalog,
            chosen,
            accounts,
            connected=request.GET.get("connected", ""),
            sandbox=NEW_SANDBOX if may_connect else "",
        )
    return page(
        request,
        "console/new_workflow.html",
        title="New workflow",
        chosen=chosen,
        error=error,
        pair=_pair(chosen),
        triggers=trigger_groups(catalog, off),
        actions=action_groups(catalog, off),
        accounts=accounts,
        new_sandbox=NEW_SANDBOX,
        may_connect=may_connect,
        status=400 if error else 200,
    )


def create(workspace: Workspace, chosen: Chosen, *, actor: Actor) -> Workflow:
    """Create the draft that was chosen, with new sandbox connections where these were asked for.

    Raises `ValidationFailed` naming the field.
    """
    catalog = registry.within(workspace.pk)
    trigger_app, action_app = _apps(catalog, chosen)
    found_source = _account(workspace, trigger_app, chosen.trigger_connection, "trigger_connection")
    found_target = _account(workspace, action_app, chosen.action_connection, "action_connection")
    # Made only now: a choice that is refused leaves nothing behind.
    source = found_source or _made(workspace, trigger_app, actor=actor)
    target = found_target or _made(workspace, action_app, actor=actor)
    recipe = recipe_over(chosen.trigger, chosen.action, source=source, target=target)
    name = chosen.name.strip() or _free_name(workspace, recipe_title(chosen.trigger, chosen.action))
    return services.create_workflow(workspace, actor=actor, name=name, definition=recipe.to_json())


def create_empty(workspace: Workspace, chosen: Chosen, *, actor: Actor) -> Workflow:
    """Create a draft without steps, with the trigger and its account where they were chosen."""
    trigger, connection = "", ""
    try:
        app, _ = registry.within(workspace.pk).get_trigger(chosen.trigger)
    except registry.UnknownKeyError:
        pass  # It is chosen in the editor.
    else:
        code = chosen.trigger_connection
        found = services.connections_named(workspace, [code]).get(code)
        if code == NEW_SANDBOX or not app.needs_account:
            found = _made(workspace, app, actor=actor)
        trigger = chosen.trigger
        connection = str(found.code) if found is not None and found.app == app.key else ""
    definition = Definition(trigger=TriggerPart(trigger=trigger, connection=connection))
    name = chosen.name.strip() or _free_name(workspace, UNNAMED)
    return services.create_workflow(workspace, actor=actor, name=name, definition=definition.to_json())


def _apps(catalog: registry.Within, chosen: Chosen) -> tuple[App, App]:
    try:
        trigger_app, _ = catalog.get_trigger(chosen.trigger)
    except registry.UnknownKeyError:
        raise ValidationFailed("Choose the trigger.", code="missing", field="trigger") from None
    try:
        action_app, action = catalog.get_action(chosen.action)
    except registry.UnknownKeyError:
        action = None
    if action is None or action.hidden:
        raise ValidationFailed("Choose the action.", code="missing", field="action")
    return trigger_app, action_app


def _account(workspace: Workspace, app: App, chosen: str, field: str) -> Connection | None:
    """Return the account chosen; None for one that is made by itself."""
    if chosen == NEW_SANDBOX or not app.needs_account:
        return None
    found = services.connections_named(workspace, [chosen]).get(chosen)
    if found is None or found.app != app.key:
        raise ValidationFailed(f"Choose which {app.name} connection to use.", code="missing", field=field)
    return found


def _made(workspace: Workspace, app: App, *, actor: Actor) -> Connection:
    """Return the workspace's sandbox of the app, made now if there is none; its own where none is needed."""
    if not app.needs_account:
        return own_connection(workspace, actor=actor, app=app)
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


def _connecting(catalog: registry.Within, chosen: Chosen, which: str) -> str:
    """Return the page that connects an account for the trigger or the action, and leads back here.

    Raises `ValidationFailed` where it is not known to which app.
    """
    try:
        app = (
            catalog.get_action(chosen.action) if which == "action" else catalog.get_trigger(chosen.trigger)
        )[0]
    except registry.UnknownKeyError:
        field = "action" if which == "action" else "trigger"
        raise ValidationFailed(f"Choose the {field} first.", code="missing", field=field) from None
    kept = {key: value for key, value in asdict(chosen).items() if value and key != f"{which}_connection"}
    back = f"{reverse('admin:workflows_workflow_add')}?{urlencode(kept)}"
    return f"{reverse('admin:connections_connection_add')}?{urlencode({'app': app.key, 'next': back})}"


def _prefilled(
    catalog: registry.Within, chosen: Chosen, accounts: Iterable[Accounts], *, connected: str, sandbox: str
) -> Chosen:
    """Return the choice with the accounts that suggest themselves: the new one, the only one, a sandbox."""
    by_app = {each.app.key: each.connections for each in accounts}

    def suggested(app: App, given: str) -> str:
        codes = [str(each.code) for each in by_app.get(app.key, ())]
        if given in codes or given == NEW_SANDBOX:
            return given
        if connected in codes:
            return connected
        return codes[0] if len(codes) == 1 else "" if codes else sandbox

    try:
        source = suggested(catalog.get_trigger(chosen.trigger)[0], chosen.trigger_connection)
        chosen = replace(chosen, trigger_connection=source)
    except registry.UnknownKeyError:
        pass
    try:
        target = suggested(catalog.get_action(chosen.action)[0], chosen.action_connection)
        chosen = replace(chosen, action_connection=target)
    except registry.UnknownKeyError:
        pass
    return chosen


def _pair(chosen: Chosen) -> object:
    """Return what is known of the pair that was chosen; None where it is no pair of built-in apps."""
    try:
        return pairing(chosen.trigger, chosen.action)
    except registry.UnknownKeyError:
        return None
