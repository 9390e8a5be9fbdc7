"""An authorisation from its beginning to what was granted: begun, sent back by the provider, exchanged once.

The random state ties the answer to the session, the person and the workspace that
asked. It is good for ten minutes and for one answer; whatever does not fit changes
nothing. A code is sent once: nobody can say whether a failed exchange has used it,
and some providers end the whole grant when a code comes twice
(https://docs.stripe.com/connect/oauth-reference).
"""

import hashlib
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from apps.catalog import registry, switches
from apps.catalog.errors import CallError
from apps.common.errors import Conflict, ServiceError
from apps.connections.models import Connection
from apps.connections.oauth import sealing, tokens
from apps.connections.oauth.clients import Client, based, client_of, redirect_url
from apps.connections.oauth.models import OAuthGrant, OAuthState
from apps.connections.uses import refuse_unusable
from apps.workspaces.access import Actor, may, require
from apps.workspaces.models import Workspace
from apps.workspaces.roles import Permission

if TYPE_CHECKING:
    from django.contrib.auth.models import User

LIFE = timedelta(minutes=10)
MAX_NEXT = 400
MAX_CODE = 2000


@dataclass(frozen=True, slots=True)
class Person:
    """Who asks, in which session; an answer is for them alone."""

    user: "User"
    session_key: str

    def __repr__(self) -> str:
        return f"<Person {self.user.pk}>"


class RefusedCallbackError(ServiceError):
    """An answer that is not taken; nothing was changed by it."""

    code = "callback_refused"


class DeclinedError(ServiceError):
    """The person, or the provider, did not authorise."""

    code = "declined"


def begin(
    workspace: Workspace,
    *,
    person: Person,
    app: str,
    connection: Connection | None = None,
    next_page: str = "",
) -> str:
    """Begin an authorisation; return the provider's address to go to.

    With a connection it is that one's access which is renewed. `next_page` is kept
    only where it is a path of this installation. Raises `NotAllowed`, and `Conflict`
    where the app has no client.
    """
    require(Actor.of(person.user), workspace, Permission.MANAGE_CONNECTIONS)
    client = client_of(app)
    if connection is not None:
        _refuse_other(connection, workspace, client)
    elif app in switches.apps_switched_off():
        raise Conflict(
            f"{client.app.name} is switched off in this installation.",
            code="app_switched_off",
            remedy="An operator can switch it on again under Catalog.",
        )
    forget_old()
    token, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48) if client.sends_pkce else ""
    state = OAuthState(
        digest=sealing.digest(token),
        session=sealing.digest(person.session_key),
        user=person.user,
        workspace=workspace,
        app=app,
        connection=connection,
        client_id=client.keys.client_id,
        base_url=client.keys.base_url,
        redirect_url=redirect_url(app),
        next_page=safe_page(next_page),
        expires_at=timezone.now() + LIFE,
    )
    state.sealed = sealing.seal_verifier(state, verifier)
    state.save()
    return _authorize_address(client, state, token, verifier)


def finish(app: str, *, person: Person, state: str, code: str, error: str) -> OAuthState:
    """Take a provider's answer: exchange its code, once, and keep what it grants for a person to look at.

    No transaction may be open. Raises `RefusedCallbackError` for an answer that fits
    no authorisation of this session, `DeclinedError` where nothing was granted, and
    `Conflict` where the exchange failed; it is not repeated.
    """
    row = _take(app, person, state)
    try:
        if error or not code or len(code) > MAX_CODE:
            raise _declined(row, error)
        client = _same_client(row)
        granted = tokens.exchange_code(
            client, code, redirect_url=row.redirect_url, verifier=sealing.unseal_verifier(row)
        )
    except CallError as failure:
        forget(row)
        raise _not_exchanged(row, failure) from None
    except ServiceError:
        forget(row)
        raise
    sealed = sealing.seal_granted(row, granted)
    if not OAuthState.objects.keep(row.pk, sealed=sealed, until=timezone.now() + LIFE):
        raise _refused("This authorisation was begun anew meanwhile.")
    row.refresh_from_db()
    return row


def pending(code: object, *, person: Person) -> OAuthState | None:
    """Return what was granted and not decided yet, for the session and person that began it alone."""
    rows = OAuthState.objects.alive(at=timezone.now()).select_related("workspace", "connection")
    return rows.filter(
        code=str(code),
        status=OAuthState.Status.GRANTED,
        session=sealing.digest(person.session_key),
        user=person.user,
    ).first()


def forget(state: OAuthState) -> None:
    """Wipe what an authorisation keeps sealed."""
    OAuthState.objects.filter(pk=state.pk).update(sealed=b"")


def forget_old() -> int:
    """Delete every authorisation whose ten minutes are over, with what it keeps; returns how many."""
    deleted, _ = OAuthState.objects.filter(expires_at__lte=timezone.now()).delete()
    return deleted


def safe_page(address: str) -> str:
    """Return an address to go to afterwards: a path of this installation, else ""."""
    if len(address) > MAX_NEXT or not address.startswith("/"):
        return ""
    return address if url_has_allowed_host_and_scheme(address, allowed_hosts=None) else ""


def _authorize_address(client: Client, state: OAuthState, token: str, verifier: str) -> str:
    oauth = client.oauth
    query = {
        "response_type": "code",
        "client_id": client.keys.client_id,
        "redirect_uri": state.redirect_url,
        "scope": oauth.scope_separator.join(oauth.scopes),
        "state": token,
        **oauth.extra,
    }
    if verifier:
        hashed = hashlib.sha256(verifier.encode("ascii")).digest()
        query["code_challenge"] = urlsafe_b64encode(hashed).rstrip(b"=").decode("ascii")
        query["code_challenge_method"] = "S256"
    return f"{based(oauth.authorize_url, client.keys.base_url)}?{urlencode(query)}"


def _take(app: str, person: Person, state: str) -> OAuthState:
    """Return the authorisation that an answer belongs to, taken for its only exchange."""
    again = "Press Authorize once more, in this browser."
    row = OAuthState.objects.select_related("workspace", "connection").filter(
        digest=sealing.digest(state), app=app
    )
    found = row.first() if state else None
    now = timezone.now()
    if found is None:
        raise _refused("No authorisation was begun here that this answer belongs to.", again)
    if found.session != sealing.digest(person.session_key) or found.user_id != person.user.pk:
        # Left as it is: the one who began it may still come back.
        raise _refused("This authorisation was begun by somebody else, or before you signed in.", again)
    if not may(Actor.of(person.user), found.workspace, Permission.MANAGE_CONNECTIONS):
        raise _refused("Your role in the workspace no longer allows to connect accounts.")
    if not OAuthState.objects.spend(found.pk, at=now):
        raise _refused("This authorisation was answered before, or its ten minutes are over.", again)
    return found


def _same_client(row: OAuthState) -> Client:
    client = client_of(row.app)
    if (client.keys.client_id, client.keys.base_url) != (row.client_id, row.base_url):
        raise Conflict(
            "The OAuth client was changed by an operator meanwhile.",
            code="client_changed",
            remedy="Press Authorize again.",
        )
    return client


def _refuse_other(connection: Connection, workspace: Workspace, client: Client) -> None:
    refuse_unusable(connection)
    if connection.workspace_id != workspace.pk or connection.app != client.app.key or connection.sandbox:
        raise Conflict(
            f"Connection “{connection}” is not one that {client.app.name} can authorise.",
            code="other_connection",
            remedy="Connect the account anew.",
        )
    if client.oauth.lends and not OAuthGrant.objects.filter(connection=connection).exists():
        # Its webhook stands in the account itself, registered with keys that would be forgotten.
        raise Conflict(
            f"Connection “{connection}” has keys of its own.",
            code="has_keys",
            remedy="Connect the account anew, change the workflows to it, then disconnect this one.",
        )


def _declined(row: OAuthState, error: str) -> DeclinedError:
    name = registry.get_app(row.app).name
    if error == "access_denied":
        return DeclinedError(
            f"You did not let Tandem use an account at {name}. Nothing was changed.",
            code="access_denied",
            remedy="Press Authorize again when you want to.",
        )
    known = error.replace("_", "").isalnum() and error.isascii() and len(error) <= 60
    return DeclinedError(
        f"{name} did not authorise{f' ({error})' if known else ''}. Nothing was changed.",
        remedy="Check the client's redirect address and scopes at the provider, then press Authorize again.",
    )


def _not_exchanged(row: OAuthState, failure: CallError) -> Conflict:
    name = registry.get_app(row.app).name
    return Conflict(
        f"{name} sent you back with a code, but it could not be exchanged: {failure.message} "
        "Nothing was connected, and the code is not tried again.",
        code="exchange_failed",
        remedy=failure.remedy or "Press Authorize again.",
    )


def _refused(message: str, remedy: str = "") -> RefusedCallbackError:
    return RefusedCallbackError(message, remedy=remedy)
