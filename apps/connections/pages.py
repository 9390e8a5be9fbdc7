"""The pages of a connection: add, look, mend, give up. What changes something is a POST."""

from typing import Any

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from apps.catalog import registry, switches
from apps.catalog.spec import App
from apps.common import look
from apps.common.errors import Conflict, NotAllowed, ServiceError
from apps.connections import panels, presenting, registration, services
from apps.connections.forms import ConnectionForm, SecretForm
from apps.connections.models import Connection, Endpoint
from apps.connections.oauth import pages as oauth_pages
from apps.connections.oauth.flow import safe_page
from apps.connections.oauth.models import OAuthGrant
from apps.workspaces.roles import Permission
from apps.workspaces.scoping import act, actor_of, current_workspace, require_permission, scope_of

LATEST_CALLS = 5
LIST_ROUTE = "admin:connections_connection_changelist"
PAGE_ROUTE = "admin:connections_connection_change"


def add(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """Choose an app, then fill in its form; a POST creates the connection and tests it."""
    require_permission(request, Permission.MANAGE_CONNECTIONS)
    off = switches.apps_switched_off()
    catalog = registry.within(current_workspace(request).pk)
    apps = [app for app in catalog.apps if app.key not in off and app.needs_account]
    app = next((each for each in apps if each.key == request.GET.get("app")), None)
    if app is None:
        return _page(request, site, "connections/choose_app.html", title="Connect an app", apps=apps)
    sandbox = request.GET.get("sandbox") == "1"
    form = ConnectionForm(request.POST if request.method == "POST" else None, app=app, sandbox=sandbox)
    if request.method == "POST" and form.is_valid():
        connection = _create(request, form, app, sandbox=sandbox)
        if connection is not None:
            _tested(request, connection)
            return _onward(request, connection)
    title = f"Connect {app.name}{' (sandbox)' if sandbox else ''}"
    authorizes = not sandbox and oauth_pages.offers(app.key)
    response = _page(
        request,
        site,
        "connections/form.html",
        title=title,
        form=form,
        app=app,
        sandbox=sandbox,
        connection=None,
        authorizes=authorizes,
        next_page=request.GET.get("next", ""),
    )
    return oauth_pages.let_forms_lead_to(response, app.key) if authorizes else response


def detail(request: HttpRequest, site: AdminSite, connection: Connection) -> HttpResponse:
    """Show one connection. No provider is called."""
    app = presenting.app_of(connection)
    scope = scope_of(request)
    # What needs no account can be neither tested nor reconnected, and comes back when it is wanted.
    usable = connection.status != Connection.Status.DISCONNECTED and (app is None or app.needs_account)
    manages = usable and scope.allows(Permission.MANAGE_CONNECTIONS)
    authorised = OAuthGrant.objects.filter(connection=connection).first()
    authorizes = manages and authorised is not None and oauth_pages.offers(connection.app, connection)
    response = _page(
        request,
        site,
        "connections/detail.html",
        title=connection.name,
        connection=connection,
        app=app,
        badge=presenting.status_badge(connection),
        next_step=presenting.next_step(connection, authorises=authorizes),
        tone=_tone(connection),
        facts=panels.facts(connection, authorised),
        authorizes=authorizes,
        stored=look.kv_table(presenting.stored_values(connection)),
        uses=connection.uses.order_by("label"),
        webhook=panels.webhook(connection, app) if usable else None,
        calls=connection.sandbox_calls.all()[:LATEST_CALLS] if connection.sandbox else None,
        secret_form=SecretForm(),
        may_test=usable and scope.allows(Permission.TEST_CONNECTIONS),
        may_manage=manages,
        may_audit=scope.allows(Permission.VIEW_AUDIT),
    )
    return oauth_pages.let_forms_lead_to(response, connection.app) if authorizes else response


def test(request: HttpRequest, connection: Connection) -> HttpResponse:
    """Make the test call and say how it went."""
    require_permission(request, Permission.TEST_CONNECTIONS)
    _tested(request, connection)
    return _to(connection)


def reconnect(request: HttpRequest, site: AdminSite, connection: Connection) -> HttpResponse:
    """Change name and keys; a POST stores what was entered and tests it."""
    require_permission(request, Permission.MANAGE_CONNECTIONS)
    app = presenting.app_of(connection)
    if app is None or not app.needs_account or connection.status == Connection.Status.DISCONNECTED:
        raise Http404("This connection can't be reconnected.")
    form = ConnectionForm(
        request.POST if request.method == "POST" else None,
        app=app,
        connection=connection,
        sandbox=connection.sandbox,
    )
    if request.method == "POST" and form.is_valid() and _mended(request, form, connection):
        if not connection.sandbox:
            _tested(request, connection)
            registration.enable(connection, actor=actor_of(request))
        return _to(connection)
    authorizes = oauth_pages.offers(app.key, connection)
    response = _page(
        request,
        site,
        "connections/form.html",
        title=f"Reconnect {connection.name}",
        form=form,
        app=app,
        sandbox=connection.sandbox,
        connection=connection,
        authorizes=authorizes,
    )
    return oauth_pages.let_forms_lead_to(response, app.key) if authorizes else response


def disconnect(request: HttpRequest, site: AdminSite, connection: Connection) -> HttpResponse:
    """Ask first; a POST disconnects, or names who still uses the connection."""
    require_permission(request, Permission.MANAGE_CONNECTIONS)
    refusal = None
    if request.method == "POST":
        try:
            services.disconnect(connection, actor=actor_of(request))
        except Conflict as error:
            refusal = error
        else:
            messages.success(request, f"“{connection}” is disconnected, and its keys are forgotten.")
            if connection.status_reason:
                messages.warning(request, connection.status_reason)
            return HttpResponseRedirect(reverse(LIST_ROUTE))
    return _page(
        request,
        site,
        "connections/disconnect.html",
        title=f"Disconnect {connection.name}",
        connection=connection,
        uses=connection.uses.order_by("label"),
        endpoint=Endpoint.objects.filter(connection=connection, platform=None)
        .exclude(provider_id="")
        .first(),
        authorised=OAuthGrant.objects.filter(connection=connection).exists(),
        refusal=refusal,
    )


def repair(request: HttpRequest, connection: Connection) -> HttpResponse:
    """Bring the webhook at the provider in order."""
    actor = require_permission(request, Permission.MANAGE_CONNECTIONS)
    act(request, lambda: registration.repair(connection, actor=actor), done="The webhook is in order.")
    return _to(connection)


def paste_secret(request: HttpRequest, connection: Connection) -> HttpResponse:
    """Store the signing secret of a webhook whose provider shows it to people only."""
    actor = require_permission(request, Permission.MANAGE_CONNECTIONS)
    app, form = presenting.app_of(connection), SecretForm(request.POST)
    if app is None or app.webhook is None:
        raise Http404("This app sends no events.")
    if form.is_valid():
        values = {app.webhook.secret_field: form.cleaned_data["secret"]}
        stored = act(
            request,
            lambda: services.reconnect(connection, actor=actor, values=values),
            done="The signing secret is stored. Deliveries that it signs are accepted from now on.",
        )
        if stored:
            services.test_connection(connection, actor=actor)
            registration.enable(connection, actor=actor)
    else:
        messages.error(request, "Paste the signing secret that the provider shows for this address.")
    return _to(connection)


def clear_sandbox(request: HttpRequest, connection: Connection) -> HttpResponse:
    """Forget what the sandbox remembers."""
    actor = require_permission(request, Permission.MANAGE_CONNECTIONS)
    act(request, lambda: services.clear_sandbox(connection, actor=actor), done="The sandbox is as new.")
    return _to(connection)


def _create(request: HttpRequest, form: ConnectionForm, app: App, *, sandbox: bool) -> Connection | None:
    try:
        return services.create_connection(
            current_workspace(request),
            actor=actor_of(request),
            app=app.key,
            name=form.cleaned_data["name"],
            values=form.values,
            base_url=form.cleaned_data.get("base_url", ""),
            sandbox=sandbox,
        )
    except ServiceError as error:
        form.show(error)
        return None


def _mended(request: HttpRequest, form: ConnectionForm, connection: Connection) -> bool:
    actor = actor_of(request)
    try:
        # The keys first: a name alone must not be changed when they are refused.
        if not connection.sandbox:
            services.reconnect(
                connection,
                actor=actor,
                values=form.values,
                base_url=form.cleaned_data.get("base_url"),
                remove=form.removed,
            )
        if form.cleaned_data["name"] != connection.name:
            services.rename_connection(connection, actor=actor, name=form.cleaned_data["name"])
    except ServiceError as error:
        connection.refresh_from_db()
        form.show(error)
        return False
    return True


def _tested(request: HttpRequest, connection: Connection) -> None:
    try:
        services.test_connection(connection, actor=actor_of(request))
    except NotAllowed as error:
        raise PermissionDenied(error.message) from None
    except ServiceError as error:
        messages.error(request, error.as_text())
        return
    if connection.status == Connection.Status.CONNECTED:
        messages.success(request, f"“{connection}” works.")
    elif connection.status == Connection.Status.BROKEN:
        messages.error(request, f"“{connection}” does not work: {connection.status_reason}")
    else:
        messages.warning(request, f"“{connection}” needs attention: {connection.status_reason}")


def _tone(connection: Connection) -> str:
    return look.tone_of(connection.status).value


def _page(request: HttpRequest, site: AdminSite, template: str, **context: Any) -> HttpResponse:
    context = {**site.each_context(request), "opts": Connection._meta, **context}
    return TemplateResponse(request, template, context)


def _onward(request: HttpRequest, connection: Connection) -> HttpResponse:
    """Go back to where an account was asked for, which is told the new one's code; else to its page."""
    back = safe_page(request.GET.get("next", ""))
    if not back:
        return _to(connection)
    return HttpResponseRedirect(f"{back}{'&' if '?' in back else '?'}connected={connection.code}")


def _to(connection: Connection) -> HttpResponse:
    return HttpResponseRedirect(reverse(PAGE_ROUTE, args=[connection.pk]))
