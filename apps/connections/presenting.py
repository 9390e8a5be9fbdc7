"""A connection in words for its pages: what is stored, how it is, and what to do next."""

from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.catalog import logos, registry
from apps.catalog.spec import App
from apps.common import look
from apps.common.masking import MASK
from apps.connections.models import Connection, Endpoint
from apps.connections.oauth.models import OAuthGrant
from apps.connections.schemes import is_unverified, scheme_of

_NEXT = {
    Connection.Status.UNTESTED: "Press Test to see whether the keys work.",
    Connection.Status.CONNECTED: "",
    Connection.Status.NEEDS_ATTENTION: "Mend what is named, then press Test.",
    Connection.Status.BROKEN: "Press Reconnect and enter working keys. Runs parked on it then go on.",
    Connection.Status.DISCONNECTED: "Its keys are forgotten. Connect the account anew to use it again.",
}


def masked_hint(hint: str) -> str:
    """Return how a stored secret is shown: dots, and its last four where it is long enough."""
    return f"{MASK}{hint}"


def app_of(connection: Connection) -> App | None:
    """Return the connection's app; None when the code no longer knows it."""
    try:
        return registry.get_app(connection.app)
    except registry.UnknownKeyError:
        return None


def app_name(key: str) -> str:
    """Return an app's name for people."""
    try:
        return registry.get_app(key).name
    except registry.UnknownKeyError:
        return key


def named_app(key: str) -> SafeString | str:
    """Return an app's name behind its logo; what the code no longer knows has none."""
    try:
        app = registry.get_app(key)
    except registry.UnknownKeyError:
        return key
    return logos.named(app.name, app.color)


def status_badge(connection: Connection) -> SafeString:
    """Return the status as a badge, and beside it what is dangerous about the connection."""
    badge = look.badge(connection.status, connection.get_status_display())
    return _with_warning(badge, connection)


def next_step(connection: Connection, *, authorises: bool = False) -> str:
    """Return what to do about the status, "" when nothing; `authorises` where there is a button for it."""
    if authorises and connection.status == Connection.Status.BROKEN:
        return "Press Authorize again and choose the same account. Runs parked on it then go on."
    return _NEXT[Connection.Status(connection.status)]


def mode(connection: Connection) -> str:
    """Return what kind of account it is: sandbox, or what the app tells of it."""
    return "Sandbox" if connection.sandbox else connection.label


def authorised(grant: OAuthGrant | None) -> list[tuple[str, object]]:
    """Return what is known of the account that was authorised; nothing for keys that were pasted."""
    if grant is None:
        return []
    named = f"{grant.account_name} ({grant.account_id})" if grant.account_name else grant.account_id
    ends: list[tuple[str, object]] = (
        [("Token renewed by itself before", look.when(grant.expires_at))] if grant.refresh_at else []
    )
    return [("Authorised account", named), ("Authorised", look.when(grant.granted_at)), *ends]


def stored_values(connection: Connection) -> list[tuple[str, str]]:
    """Return label and value of every Auth field that is set; secrets as their last four."""
    app = app_of(connection)
    shown = []
    for field in app.auth.fields if app else ():
        if field.key in connection.hints:
            shown.append((field.label, masked_hint(connection.hints[field.key])))
        elif connection.values.get(field.key):
            choice = next(
                (each for each in field.choices if each.value == connection.values[field.key]), None
            )
            shown.append((field.label, choice.label if choice else connection.values[field.key]))
    return shown


def endpoint_badge(endpoint: Endpoint) -> SafeString:
    """Return the webhook's state as a badge, and beside it that it verifies nothing."""
    scheme = scheme_of(endpoint.connection)
    catches = scheme is not None and scheme.pack is not None
    badge = look.badge(endpoint.state, endpoint.get_state_display())
    return _with_warning(look.badge("active", "Takes requests") if catches else badge, endpoint.connection)


def unverified_badge(connection: Connection) -> SafeString:
    """Return the red badge of a connection to which anybody can send, else nothing."""
    usable = connection.status != Connection.Status.DISCONNECTED
    if not usable or not is_unverified(connection):
        return SafeString("")
    return look.badge("unverified", "Not verified", tone=look.Tone.DANGER)


def _with_warning(badge: SafeString, connection: Connection) -> SafeString:
    warning = unverified_badge(connection)
    return format_html("{} {}", badge, warning) if warning else badge
