"""Authorising an account in the browser: off to the provider, back again, and the person's decision.

What a provider sends back is a GET, as OAuth has it; it connects nothing. The
page it leads to names the account, and only a POST there uses it.
"""

from typing import Any, cast
from urllib.parse import urlsplit
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin import AdminSite
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from apps.catalog import registry
from apps.catalog.spec import Granted
from apps.common import look
from apps.common.errors import NotAllowed, ServiceError
from apps.connections import registration, services
from apps.connections.models import Connection
from apps.connections.oauth import flow, grants, sealing
from apps.connections.oauth.clients import based, client_of, offered
from apps.connections.oauth.models import OAuthState
from apps.workspaces.access import may
from apps.workspaces.roles import Permission
from apps.workspaces.scoping import actor_of, choose_workspace, current_workspace, require_permission

PAGE_ROUTE = "admin:connections_connection_change"
LIST_ROUTE = "admin:connections_connection_changelist"
DECISION_ROUTE = "admin:connections_connection_authorized"


def person_of(request: HttpRequest) -> flow.Person:
    """Return who asks, in which session."""
    return flow.Person(cast("User", request.user), request.session.session_key or "")


def authorize(request: HttpRequest, app: str, connection: Connection | None = None) -> HttpResponse:
    """Begin an authorisation and send the person to the provider; POST only."""
    require_permission(request, Permission.MANAGE_CONNECTIONS)
    try:
        address = flow.begin(
            current_workspace(request),
            person=person_of(request),
            app=app,
            connection=connection,
            next_page=request.POST.get("next", ""),
        )
    except NotAllowed as error:
        raise PermissionDenied(error.message) from None
    except ServiceError as error:
        messages.error(request, error.as_text())
        return HttpResponseRedirect(_page_of(connection))
    return HttpResponseRedirect(address)


def authorize_again(request: HttpRequest, connection: Connection) -> HttpResponse:
    """Send the person to the provider to authorise the connection's account anew."""
    return authorize(request, connection.app, connection)


def offers(app_key: str, connection: Connection | None = None) -> bool:
    """Tell whether the Authorize button is shown for an app or a connection of it."""
    if connection is not None and connection.sandbox:
        return False
    return app_key in offered()


def let_forms_lead_to(response: HttpResponse, app_key: str) -> HttpResponse:
    """Allow the page's form to end at the provider: browsers hold `form-action` against redirects, too."""
    try:
        client = client_of(app_key)
    except ServiceError:
        return response
    parts = urlsplit(based(client.oauth.authorize_url, client.keys.base_url))
    response._csp_update = {"form-action": [f"{parts.scheme}://{parts.netloc}"]}  # type: ignore[attr-defined]  # How django-csp is told.
    return response


@require_GET
@never_cache
def callback(request: HttpRequest, app: str) -> HttpResponse:
    """Take a provider's answer; nothing of it stays in the address."""
    try:
        known = registry.get_app(app).auth.oauth is not None
    except registry.UnknownKeyError:
        known = False
    if not known:
        raise Http404("No app is authorised here.")
    site = admin.site
    if not site.has_permission(request):
        return _refusal(
            request,
            site,
            flow.RefusedCallbackError(
                "You are not signed in here, so nothing was connected.",
                remedy="Sign in, then press Authorize again in the same browser.",
            ),
            status=403,
        )
    try:
        state = flow.finish(
            app,
            person=person_of(request),
            state=request.GET.get("state", ""),
            code=request.GET.get("code", ""),
            error=request.GET.get("error", ""),
        )
    except flow.DeclinedError as error:
        return _refusal(request, site, error, status=200)
    except ServiceError as error:
        return _refusal(request, site, error, status=400)
    choose_workspace(request, state.workspace)
    return HttpResponseRedirect(reverse(DECISION_ROUTE, args=[state.code]))


@never_cache
def decide(request: HttpRequest, site: AdminSite, code: UUID) -> HttpResponse:
    """Show the account that was authorised; a POST uses it or throws it away."""
    state = flow.pending(code, person=person_of(request))
    if state is None or not may(actor_of(request), state.workspace, Permission.MANAGE_CONNECTIONS):
        return _refusal(
            request,
            site,
            flow.RefusedCallbackError(
                "There is nothing to decide here: it was decided before, or its ten minutes are over.",
                remedy="Press Authorize again.",
            ),
            status=404,
        )
    refusal, name = None, request.POST.get("name", "")
    if request.method == "POST":
        try:
            if request.POST.get("do") == "use":
                return _used(request, state, name)
            if request.POST.get("do") == "throw_away":
                return _thrown_away(request, state)
        except ServiceError as error:
            refusal = error
    return _decision(request, site, state, refusal=refusal, name=name)


def _decision(
    request: HttpRequest, site: AdminSite, state: OAuthState, *, refusal: ServiceError | None, name: str
) -> HttpResponse:
    app = registry.get_app(state.app)
    try:
        granted = sealing.unseal_granted(state)
    except ServiceError as error:
        return _refusal(request, site, error, status=400)
    suggested = f"{app.name} {granted.account_name or granted.account_id}".strip()[:80]
    return _page(
        request,
        site,
        "connections/oauth/decide.html",
        title=f"You authorised {granted.account_name or granted.account_id or 'an account'}",
        app=app,
        state=state,
        facts=_facts(state, granted),
        mode=_mode(granted),
        name=name or suggested,
        refusal=refusal,
    )


def _facts(state: OAuthState, granted: Granted) -> Any:
    rows = [
        ("App", registry.get_app(state.app).name),
        ("Account", granted.account_name),
        ("Account id", granted.account_id),
        ("Mode", _mode(granted)),
        ("May", ", ".join(granted.scopes)),
        ("For", f"connection “{state.connection}”" if state.connection else "a new connection"),
        ("Workspace", state.workspace.name),
    ]
    return look.kv_table([row for row in rows if row[1]])


def _mode(granted: Granted) -> str:
    if granted.livemode is None:
        return ""
    return "Live" if granted.livemode else "Test"


def _used(request: HttpRequest, state: OAuthState, name: str) -> HttpResponse:
    actor = actor_of(request)
    connection = grants.use(state, actor=actor, name=name)
    services.test_connection(connection, actor=actor)
    registration.enable(connection, actor=actor)
    if connection.status == Connection.Status.CONNECTED:
        messages.success(request, f"“{connection}” is authorised and works.")
    else:
        messages.warning(request, f"“{connection}” is authorised. {connection.status_reason}".strip())
    return HttpResponseRedirect(state.next_page or reverse(PAGE_ROUTE, args=[connection.pk]))


def _thrown_away(request: HttpRequest, state: OAuthState) -> HttpResponse:
    said = "The authorisation was thrown away. Nothing was connected or changed."
    if not grants.throw_away(state, actor=actor_of(request)):
        said = f"{said} {grants.not_ended(state.app)}"
    messages.info(request, said)
    return HttpResponseRedirect(_page_of(state.connection))


def _page_of(connection: Connection | None) -> str:
    return reverse(PAGE_ROUTE, args=[connection.pk]) if connection else reverse(LIST_ROUTE)


def _refusal(request: HttpRequest, site: AdminSite, error: ServiceError, *, status: int) -> HttpResponse:
    known = "refused" if site.has_permission(request) else "signed_out"
    response = _page(
        request, site, f"connections/oauth/{known}.html", title="Nothing was connected", refusal=error
    )
    response.status_code = status
    return response


def _page(request: HttpRequest, site: AdminSite, template: str, **context: Any) -> HttpResponse:
    context = {**site.each_context(request), "opts": Connection._meta, **context}
    return TemplateResponse(request, template, context)
