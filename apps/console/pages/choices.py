"""What an input of a step may be chosen from, as JSON for the mapping form."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse

from apps.catalog import registry
from apps.catalog.spec import Action, App, Field
from apps.connections.models import Connection
from apps.console.choices import Choices, fetch, find
from apps.workflows.models import Workflow
from apps.workspaces.roles import Permission
from apps.workspaces.scoping import require_permission


def choices(request: HttpRequest, workflow: Workflow) -> HttpResponse:
    """Answer what an input's list has in the account of a connection of the workflow's workspace.

    Posted are `action` and `field` (an input's key, or `input.member`), the
    connection's code, and `search` or `value`. The answer is
    `{"options": [{"value", "label"}], "more", "partial", "sandbox", "problem",
    "remedy"}`.
    """
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    require_permission(request, Permission.EDIT_WORKFLOWS)
    names = ("action", "field", "connection", "search", "value")
    return answer_for(workflow, **{name: request.POST.get(name, "") for name in names})


def answer_for(
    workflow: Workflow,
    *,
    action: str = "",
    trigger: str = "",
    field: str,
    connection: str,
    search: str = "",
    value: str = "",
) -> HttpResponse:
    """Answer the list of an action's input, or of a trigger's option, in the account of a connection.

    Raises `Http404` for what is not known in the workflow's workspace.
    """
    app, listing = _listing(*_declared(action, trigger), field)
    row = _connection(workflow, app, connection)
    found = find(row, listing, value=value) if value else fetch(row, listing, search=search)
    return _answer(row, found)


def _declared(action: str, trigger: str) -> tuple[App, tuple[Field, ...]]:
    try:
        if trigger:
            app, starting = registry.get_trigger(trigger)
            return app, starting.options
        app, doing = registry.get_action(action)
    except registry.UnknownKeyError:
        raise Http404("There is no such action.") from None
    return app, doing.inputs


def _listing(app: App, fields: tuple[Field, ...], name: str) -> tuple[App, Action]:
    """Return the app and the hidden action that lists the values of an input; raises `Http404`."""
    field = _field(fields, name)
    listing = app.action(field.options_from) if field and field.options_from else None
    if listing is None:
        raise Http404("This field has no list.")
    return app, listing


def _field(fields: tuple[Field, ...], name: str) -> Field | None:
    key, _, member = name.partition(".")
    found = next((each for each in fields if each.key == key), None)
    return _field(found.fields, member) if found and member else found


def _connection(workflow: Workflow, app: App, code: str) -> Connection:
    try:
        wanted = UUID(code)
    except ValueError:
        raise Http404("There is no such connection.") from None
    rows = workflow.workspace.connections.usable().filter(app=app.key, code=wanted)
    found: Connection | None = rows.first()
    if found is None:
        raise Http404("There is no such connection.")
    return found


def _answer(connection: Connection, found: Choices) -> JsonResponse:
    return JsonResponse(
        {
            "options": [{"value": value, "label": label} for value, label in found.options],
            "more": found.more,
            "partial": found.partial,
            "sandbox": connection.sandbox,
            "problem": found.problem,
            "remedy": found.remedy,
        }
    )
