"""Connecting an account without leaving the editor."""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404
from django.urls import reverse

from apps.catalog import registry, switches
from apps.catalog.spec import App
from apps.common.errors import ServiceError, ValidationFailed
from apps.connections import services
from apps.connections.entries import takes_base_url
from apps.connections.oauth.pages import offers
from apps.console.editor.api.drafts import connection_json
from apps.console.editor.calling import Call, Route
from apps.console.editor.specs import fields_json
from apps.workspaces.roles import Permission


def form(call: Call) -> dict[str, Any]:
    """Answer what is asked for to connect `?app=`; `oauth.url` is the page with the Authorize button."""
    app = _app(call, call.query.get("app", ""))
    takes_address = takes_base_url(app) and bool(settings.EGRESS_ALLOW)
    authorized = app.auth.oauth is not None
    page = f"{reverse('admin:connections_connection_add')}?{urlencode({'app': app.key})}"
    return {
        "app": app.key,
        "name": "",
        "fields": fields_json(app.auth.fields),
        "base_url": takes_address,
        "base_url_help": _allowed() if takes_address else "",
        "oauth": {"available": offers(app.key), "url": page} if authorized else None,
        "sandbox": True,
        "help": "The keys are stored encrypted, tried at once, and shown to nobody again.",
        "docs_url": app.docs_url,
    }


def create(call: Call) -> dict[str, Any]:
    """Store the connection and try it at once; it stays where its keys do not work, and says why."""
    app = _app(call, call.text("app"))
    values = call.object("values", default={})
    wrong = next((key for key, value in values.items() if not isinstance(value, str)), None)
    if wrong is not None:
        raise ValidationFailed(f"“{wrong}” must be a text.", code="malformed", field=wrong)
    made = services.create_connection(
        call.workflow.workspace,
        actor=call.actor,
        app=app.key,
        name=call.text("name"),
        values=values,
        base_url=call.text("base_url", default=""),
        sandbox=call.flag("sandbox"),
    )
    try:
        services.test_connection(made, actor=call.actor)
        said = made.status_reason
    except ServiceError as error:
        said = error.as_text()
    made.refresh_from_db()
    return {"connection": connection_json(made), "message": said}


def _app(call: Call, key: str) -> App:
    """Return an app that accounts can be connected to; raises `Http404`."""
    try:
        app = registry.within(call.workflow.workspace_id).get_app(key)
    except registry.UnknownKeyError:
        raise Http404("There is no such app.") from None
    if not app.needs_account or app.key in switches.apps_switched_off():
        raise Http404("No account can be connected to this app.")
    return app


def _allowed() -> str:
    return (
        "Only for a proxy or a test server, in place of the provider's own address. "
        f"This installation allows {', '.join(settings.EGRESS_ALLOW)}."
    )


ROUTES = (
    Route("GET", "connections/new", Permission.MANAGE_CONNECTIONS, form),
    Route("POST", "connections", Permission.MANAGE_CONNECTIONS, create),
)
