"""The addresses of the public pages, and the way from them into the admin."""

from urllib.parse import urlencode

from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse

from apps.catalog import registry
from apps.catalog.spec import Action, App, Trigger

YOUR_ADDRESS = "https://<your address>"


def of_app(app: App) -> str:
    """Return the page of an app."""
    return reverse("public:app", args=[app.key])


def of_trigger(app: App, trigger: Trigger) -> str:
    """Return the page of a trigger."""
    return reverse("public:trigger", args=[app.key, trigger.key])


def of_action(app: App, action: Action) -> str:
    """Return the page of an action."""
    return reverse("public:action", args=[app.key, action.key])


def of_pair(one: App, other: App, *, trigger: str = "", action: str = "") -> str:
    """Return the page of the pairings from one app to another, filtered by the keys that are given."""
    chosen = {key: value for key, value in (("trigger", trigger), ("action", action)) if value}
    query = f"?{urlencode(chosen)}#pairings" if chosen else ""
    return reverse("public:pair", args=[one.key, other.key]) + query


def of_draft(trigger_ref: str = "", action_ref: str = "") -> str:
    """Return where a draft is made, behind signing in, with trigger and action chosen."""
    chosen = {key: value for key, value in (("trigger", trigger_ref), ("action", action_ref)) if value}
    address = reverse("admin:workflows_workflow_add")
    return f"{address}?{urlencode(chosen)}" if chosen else address


def is_posted_to(app: App) -> bool:
    """Tell whether the app's events come from outside, by a webhook."""
    return app.webhook is not None and not app.webhook.internal


def of_webhook(app: App, trigger: Trigger | None = None) -> str:
    """Return the form of the address that the app posts to; its last part is each connection's own."""
    name = app.key if trigger is None else registry.trigger_ref(app, trigger)
    return f"{settings.PUBLIC_URL or YOUR_ADDRESS}/v1/webhooks/{name}/…"


def absolute(path: str) -> str:
    """Return the address under PUBLIC_URL, never under what a request claims; without one the path alone."""
    return f"{settings.PUBLIC_URL}{path}" if path.startswith("/") else path


def file(path: str) -> str:
    """Return the address of a static file, absolute where PUBLIC_URL is set."""
    return absolute(static(path))
