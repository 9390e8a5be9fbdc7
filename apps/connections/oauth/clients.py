"""The operator's client at a provider: entered once for the installation, used by every workspace."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.db import transaction

from apps.catalog import registry
from apps.catalog.spec import App, ClientKeys, OAuth, Pkce
from apps.common.errors import Conflict, NotAllowed, ValidationFailed
from apps.connections import credentials, entries
from apps.connections.addresses import is_loopback
from apps.connections.models import Connection
from apps.connections.oauth import sealing
from apps.connections.oauth.models import OAuthClient, OAuthGrant
from apps.workspaces import audit
from apps.workspaces.access import Actor
from apps.workspaces.models import Workspace

_CLIENT_ID = re.compile(r"[!-~]{1,200}")
_SECRET = re.compile(r"[!-~]{1,500}")


@dataclass(frozen=True, slots=True)
class Client:
    """A client with its app's declaration and its opened secret."""

    row: OAuthClient
    app: App
    oauth: OAuth
    keys: ClientKeys

    def __repr__(self) -> str:
        return f"<Client {self.app.key}>"

    @property
    def sends_pkce(self) -> bool:
        """Tell whether the proof of PKCE goes along."""
        return self.oauth.pkce is Pkce.ALWAYS or (self.oauth.pkce is Pkce.WHERE_ENABLED and self.row.pkce)


def apps_with_oauth() -> list[App]:
    """Return the apps whose accounts can be authorised once a client is entered."""
    return [app for app in registry.APPS if app.auth.oauth is not None]


def offered() -> frozenset[str]:
    """Return the keys of the apps that have an Authorize button now."""
    rows = set(OAuthClient.objects.exclude(secret=b"").values_list("app", flat=True))
    return frozenset(app.key for app in apps_with_oauth() if app.key in rows)


def client_of(app_key: str) -> Client:
    """Return the app's client, opened. Raises `Conflict` where none is entered, `OAuthUnreadableError`."""
    app = registry.get_app(app_key)
    row = OAuthClient.objects.filter(app=app_key).first()
    if app.auth.oauth is None or row is None or not row.secret:
        raise Conflict(
            f"{app.name} can't be authorised: no client of this installation is entered for it.",
            code="no_client",
            remedy="An operator can enter one under Connect › OAuth clients; keys can be pasted meanwhile.",
        )
    keys = ClientKeys(row.client_id, sealing.unseal_secret(row), row.base_url)
    return Client(row, app, app.auth.oauth, keys)


def redirect_url(app_key: str) -> str:
    """Return the address to which the provider sends people back; exactly what is entered there.

    Each app has its own, so that one provider's answer is never taken for another's.
    """
    return f"{settings.PUBLIC_URL or settings.LOCAL_URL}/oauth/callback/{app_key}/"


def why_not_https() -> str:
    """Return what providers will not like about the redirect address, "" when nothing."""
    if settings.PUBLIC_URL.startswith("https://"):
        return ""
    if not settings.PUBLIC_URL or is_loopback(settings.PUBLIC_URL):
        return (
            "PUBLIC_URL is not set to a public address, so providers may refuse this one: "
            "most take https:// addresses only."
        )
    return "PUBLIC_URL does not begin with https://, so most providers refuse this address."


def based(address: str, base_url: str) -> str:
    """Return a provider's address at the base address, where there is one; the path stays."""
    if not base_url:
        return address
    parts, base = urlsplit(address), urlsplit(base_url)
    return urlunsplit((base.scheme, base.netloc, base.path.rstrip("/") + parts.path, parts.query, ""))


def save_client(
    row: OAuthClient, *, actor: Actor, client_id: str, secret: str, base_url: str, pkce: bool
) -> OAuthClient:
    """Store the client of `row.app`; an empty secret keeps the stored one where nothing else changed.

    Another client id or base address demands the secret anew, since the stored one
    was entered for another receiver. Superusers and the system only. Raises
    `NotAllowed`, `ValidationFailed`, and `Conflict` while connections live on the
    client that would be replaced.
    """
    _require_operator(actor)
    oauth = oauth_of(row.app)
    entered, address, secret = client_id.strip(), entries.clean_base_url(base_url), secret.strip()
    _check(oauth, entered, secret)
    stored = OAuthClient.objects.filter(app=row.app).first()
    moved = stored is None or (stored.client_id, stored.base_url) != (entered, address)
    if moved and not secret:
        raise ValidationFailed(
            f"“{oauth.secret_label}” must be entered, as it is stored for one client id and address alone.",
            code="secret_needed",
            field="secret",
            remedy="Copy it from the provider's page of the client.",
        )
    if stored is not None and moved:
        _refuse_used(stored)
    saved = stored or OAuthClient(app=row.app)
    saved.client_id, saved.base_url, saved.pkce = entered, address, pkce
    if secret:
        saved.secret = sealing.seal_secret(saved, secret)
        saved.hint = credentials.hint(secret)
    with transaction.atomic():
        saved.save()
        _record(actor, "oauth_client.entered", saved, {"client_id": entered, "base_url": address})
    return saved


def remove_client(row: OAuthClient, *, actor: Actor) -> None:
    """Forget a client; raises `Conflict` while connections live on it."""
    _require_operator(actor)
    _refuse_used(row)
    with transaction.atomic():
        _record(actor, "oauth_client.removed", row, {"client_id": row.client_id})
        row.delete()


def _refuse_used(row: OAuthClient) -> None:
    users = OAuthGrant.objects.filter(connection__app=row.app, client_id=row.client_id).exclude(
        connection__status=Connection.Status.DISCONNECTED
    )
    count = users.count()
    if count:
        raise Conflict(
            f"{count} connection{' was' if count == 1 else 's were'} authorised with the client "
            f"{row.client_id} and would stop working.",
            code="client_in_use",
            remedy="Disconnect them, or give them keys of their own, then try again.",
        )


def _check(oauth: OAuth, client_id: str, secret: str) -> None:
    if not _CLIENT_ID.fullmatch(client_id):
        raise ValidationFailed(
            f"“{oauth.client_id_label}” is empty or holds a space.",
            field="client_id",
            remedy="Copy it from the provider's page of the client.",
        )
    if secret and not re.fullmatch(oauth.secret_pattern or _SECRET.pattern, secret):
        raise ValidationFailed(
            f"This is not a “{oauth.secret_label}”.", field="secret", remedy="Copy it again, alone."
        )


def oauth_of(app_key: str) -> OAuth:
    """Return how an app's accounts are authorised; raises `ValidationFailed` where they can't be."""
    try:
        oauth = registry.get_app(app_key).auth.oauth
    except registry.UnknownKeyError:
        oauth = None
    if oauth is None:
        names = ", ".join(app.name for app in apps_with_oauth())
        raise ValidationFailed("This app can't be authorised.", field="app", remedy=f"Choose {names}.")
    return oauth


def _require_operator(actor: Actor) -> None:
    if actor.user is not None and not actor.user.is_superuser:
        raise NotAllowed("Only an operator of this installation may enter an OAuth client.")


def _record(actor: Actor, verb: str, row: OAuthClient, after: dict[str, str]) -> None:
    """Tell every workspace's trail, as the client serves all of them."""
    for workspace in Workspace.objects.all():
        audit.record(workspace, actor=actor, verb=verb, target=row, after=after)
