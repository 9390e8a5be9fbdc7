"""The page on which an action of an own app is tried against a live connection."""

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from apps.catalog import registry
from apps.catalog.models import CustomApp
from apps.catalog.spec import Effect
from apps.common import look
from apps.common.errors import Conflict, ServiceError
from apps.connections import moved
from apps.connections.models import Connection
from apps.console.custom_apps.trying import Tried, try_action
from apps.console.once import Click
from apps.workspaces.roles import Permission
from apps.workspaces.scoping import require_permission


def try_out(request: HttpRequest, row: CustomApp, key: str) -> HttpResponse:
    """Ask for inputs; a POST makes the call and shows what was sent and what came back."""
    actor = require_permission(request, Permission.MANAGE_APPS)
    try:
        action = registry.get_app(row.key).action(key)
    except registry.UnknownKeyError:
        action = None
    if action is None:
        raise Http404(f"“{row}” has no such action.")
    connections = moved.connections_of(row.workspace, row.key)
    chosen = _chosen(request, connections)
    texts = {field.key: request.POST.get(f"input-{field.key}", "") for field in action.inputs}
    if request.method != "POST":
        texts = {
            field.key: look.pretty(field.example) for field in action.inputs if field.example is not None
        }
    tried: Tried | None = None
    error: ServiceError | None = None
    if request.method == "POST" and chosen is not None:
        click = Click(request, f"try:{row.pk}:{key}")
        try:
            if not click.is_first:
                raise _made_already()
            tried = try_action(
                row, chosen, key, texts, actor=actor, confirmed=request.POST.get("confirmed") == "on"
            )
        except ServiceError as refused:
            error = refused
            if click.is_first:
                click.undo()
    context = {
        **admin.site.each_context(request),
        "title": f"Try {action.name}",
        "opts": CustomApp._meta,
        "row": row,
        "action": action,
        "changes": action.effect is not Effect.READ,
        "fields": [(field, texts.get(field.key, "")) for field in action.inputs],
        "connections": connections,
        "chosen": chosen,
        "tried": tried,
        "sent": _sent(tried),
        "received": _received(tried),
        "outputs": [
            (field, look.pretty(value) if value is not None else None) for field, value in tried.outputs
        ]
        if tried
        else [],
        "error": error,
    }
    return TemplateResponse(
        request, "console/custom/try.html", context, status=400 if error is not None else 200
    )


def _made_already() -> Conflict:
    return Conflict(
        "This form was sent already, and its call was made then.",
        code="made_already",
        remedy="Press “Make the call” again to make it once more.",
    )


def _chosen(request: HttpRequest, connections: list[Connection]) -> Connection | None:
    """Return the connection that was chosen, else the first; a foreign one is none of the workspace's."""
    code = request.POST.get("connection", "")
    if code:
        return next((each for each in connections if str(each.code) == code), None)
    return connections[0] if connections else None


def _sent(tried: Tried | None) -> list[tuple[str, object]]:
    if tried is None or tried.exchange is None:
        return []
    exchange = tried.exchange
    parts: list[tuple[str, object]] = [("Headers of the request", exchange["headers"])]
    return [*parts, ("Body of the request", exchange["body"])] if exchange["body"] else parts


def _received(tried: Tried | None) -> list[tuple[str, object]]:
    if tried is None or tried.exchange is None or tried.exchange["status"] is None:
        return []
    exchange = tried.exchange
    parts: list[tuple[str, object]] = [("Headers of the answer", exchange["response_headers"])]
    return [("Body of the answer", exchange["response_body"] or "(empty)"), *parts]
