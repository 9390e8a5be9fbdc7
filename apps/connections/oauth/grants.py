"""What a person decides about an authorised account: use it, or throw it away; and giving one back."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.utils import timezone

from apps.catalog import registry
from apps.catalog.spec import App, Granted
from apps.common.errors import Conflict, ServiceError
from apps.connections import credentials, entries, registration
from apps.connections.models import Connection
from apps.connections.oauth import platforms, sealing, sharing, tokens
from apps.connections.oauth.clients import client_of
from apps.connections.oauth.models import OAuthGrant, OAuthState
from apps.connections.uses import refuse_unusable
from apps.connections.values import put_values, unique_name
from apps.workspaces import audit
from apps.workspaces.access import Actor, require
from apps.workspaces.roles import Permission

log = structlog.get_logger(__name__)

AHEAD = timedelta(minutes=15)
"""How long before its end a token is renewed; a third of its life where that is shorter."""


def use(state: OAuthState, *, actor: Actor, name: str = "") -> Connection:
    """Make what was granted a connection, or the new access of the connection it was asked for.

    `name` is a new connection's. Raises `Conflict` where the decision was made
    before, the name is taken, too many have the account or, for a reconnection,
    another account was authorised.
    """
    require(actor, state.workspace, Permission.MANAGE_CONNECTIONS)
    granted = sealing.unseal_granted(state)
    app = registry.get_app(state.app)
    _refuse_changed_client(state)
    if app.auth.oauth is not None and app.auth.oauth.lends:
        platforms.refuse_too_many(app.key, granted.account_id, without=state.connection_id)
    if state.connection_id is None:
        connection = Connection(
            workspace=state.workspace,
            app=app.key,
            name=entries.clean_name(name),
            base_url=state.base_url,
            created_by=actor.user,
        )
        with unique_name(connection), transaction.atomic():
            _decide(state, OAuthState.Status.USED)
            _write(connection, app, state, granted, actor, verb="connection.authorized")
        return connection
    with transaction.atomic():
        connection = Connection.objects.select_for_update().get(pk=state.connection_id)
        refuse_unusable(connection)
        _refuse_other_account(connection, granted)
        _decide(state, OAuthState.Status.USED)
        connection.base_url = state.base_url
        _write(connection, app, state, granted, actor, verb="connection.authorized_again")
    return connection


def throw_away(state: OAuthState, *, actor: Actor) -> bool:
    """Forget what was granted and give it back to the provider, unless somebody else may live on it.

    Returns whether the provider said that it is ended.
    """
    require(actor, state.workspace, Permission.MANAGE_CONNECTIONS)
    granted = sealing.unseal_granted(state)
    _decide(state, OAuthState.Status.THROWN_AWAY)
    return give_back(state.app, granted, client_id=state.client_id, base_url=state.base_url)


def give_back(app_key: str, granted: Granted, *, client_id: str, base_url: str) -> bool:
    """End a grant at the provider, as far as that harms nobody; returns whether it is ended.

    A provider may hand out one and the same access for an account to every
    connection (Slack's bot token, Stripe's connected account), so it is left alone
    while anybody in this installation may live on it: where in doubt, it stays.
    """
    if sharing.may_be_shared(app_key, granted):
        log.info("oauth.not_given_back", app=app_key)
        return False
    try:
        client = client_of(app_key)
    except ServiceError:
        return False
    if (client.keys.client_id, client.keys.base_url) != (client_id, base_url):
        return False
    return tokens.give_back(client, granted)


def end(connection: Connection) -> str:
    """Forget the grant of a connection that was given up, and give it back to the provider.

    Returns what is left to do there, "" where it was given back or another authorised
    connection has the account. `connection` still holds the keys that its row has
    forgotten. No transaction may be open.
    """
    grant = OAuthGrant.objects.filter(connection=connection).first()
    if grant is None:
        return ""
    grant.delete()
    try:
        values = credentials.unseal(connection)
    except ServiceError:
        values = {}
    granted = Granted(values=values, account_id=grant.account_id, livemode=grant.livemode)
    shared = OAuthGrant.objects.of_account(connection.app, grant.account_id).exists()
    given = give_back(connection.app, granted, client_id=grant.client_id, base_url=connection.base_url)
    return "" if given or shared else not_ended(connection.app)


def not_ended(app_key: str) -> str:
    """Return what a person is told of an authorisation that may still be valid."""
    name = registry.get_app(app_key).name
    return (
        f"The authorisation was not ended at {name}: another connection may use the same access, or {name} "
        f"did not confirm it. If nothing uses it, remove the app in {name}'s own settings."
    )


def forget_replaced(connection: Connection, entered: Mapping[str, str]) -> None:
    """Drop what renews the tokens once a person has entered keys in their place, in the caller's transaction.

    A signing secret is no such key: it says nothing of whose calls these are.
    """
    app = registry.get_app(connection.app)
    signing = app.webhook.secret_field if app.webhook else ""
    secrets = {field.key for field in app.auth.fields if field.secret} - {signing}
    if not secrets & set(entered):
        return
    grants = OAuthGrant.objects.filter(connection=connection)
    if app.auth.oauth is not None and app.auth.oauth.lends and grants.exists():
        # Its events come through the client's webhook, and would stop without a word.
        raise Conflict(
            f"Connection “{connection}” was authorised and takes no keys of its own.",
            code="was_authorised",
            remedy="Connect the account anew with its keys, change the workflows to it, "
            "then disconnect this one.",
        )
    grants.delete()


def note_taken_back(connection: Connection, *, at: datetime) -> bool:
    """Break a connection whose account has ended the authorisation; returns whether this call did.

    An authorisation given again meanwhile is not ended by an older event.
    """
    grant = OAuthGrant.objects.filter(connection=connection, granted_at__lt=at).first()
    if grant is None:
        return False
    name = registry.get_app(connection.app).name
    reason = (
        f"The account {grant.account_id} has taken its authorisation back at {name}. Press Authorize again."
    )
    with transaction.atomic():
        broken = Connection.objects.mark_broken(connection.pk, reason=reason, at=at)
        if broken:
            audit.record(
                connection.workspace,
                actor=Actor.system(name),
                verb="connection.broken",
                target=connection,
                before={"status": connection.status},
                after={"status": Connection.Status.BROKEN, "reason": reason},
            )
    return broken


def times(granted: Granted, *, at: datetime) -> tuple[datetime | None, datetime | None]:
    """Return when the token ends and when it is renewed; None where it does not end or can't be."""
    if granted.expires_in is None:
        return None, None
    life = timedelta(seconds=granted.expires_in)
    ends = at + life
    return ends, (ends - min(AHEAD, life / 3) if granted.refresh_token else None)


def _write(
    connection: Connection, app: App, state: OAuthState, granted: Granted, actor: Actor, *, verb: str
) -> None:
    """Write connection and grant, in the caller's transaction."""
    now = timezone.now()
    put_values(connection, app, granted.values, kept=_kept(connection, app, granted))
    connection.status = Connection.Status.UNTESTED
    connection.status_reason, connection.status_changed_at = "", now
    connection.label = _label(app, connection, granted)
    connection.revision += 0 if connection._state.adding else 1
    connection.save()
    if app.webhook is not None:
        endpoint = registration.endpoint_of(connection)
        if app.auth.oauth is not None and app.auth.oauth.lends:
            platforms.attach(endpoint)
    grant = OAuthGrant.objects.filter(connection=connection).first() or OAuthGrant(connection=connection)
    grant.connection = connection
    grant.client_id = state.client_id
    grant.account_id, grant.account_name = granted.account_id[:200], granted.account_name[:200]
    grant.granted_at = now
    grant.livemode, grant.scopes = granted.livemode, " ".join(granted.scopes)
    grant.expires_at, grant.refresh_at = times(granted, at=now)
    grant.sealed = sealing.seal_renewal(grant, {"refresh_token": granted.refresh_token})
    grant.generation, grant.unclear = grant.generation + 1, 0
    grant.lease_token = grant.lease_until = None
    grant.save()
    audit.record(
        connection.workspace,
        actor=actor,
        verb=verb,
        target=connection,
        after={
            "app": app.key,
            "account": grant.account_id,
            "account_name": grant.account_name,
            "scopes": grant.scopes,
        },
    )


def _kept(connection: Connection, app: App, granted: Granted) -> dict[str, str]:
    """Return the values that stay: what was entered besides the keys, such as a signing secret."""
    if connection._state.adding:
        return {}
    try:
        stored = {**connection.values, **credentials.unseal(connection)}
    except ServiceError:
        stored = dict(connection.values)
    signing = app.webhook.secret_field if app.webhook else ""
    shown = {field.key for field in app.auth.fields if not field.secret}
    return {key: str(value) for key, value in stored.items() if key in shown or key == signing}


def _label(app: App, connection: Connection, granted: Granted) -> str:
    if granted.livemode is not None:
        return "live mode" if granted.livemode else "test mode"
    return app.auth.label({**connection.values, **granted.values})[:60]


def _refuse_changed_client(state: OAuthState) -> None:
    """Raise `Conflict` where the client that was authorised is no longer this installation's."""
    keys = client_of(state.app).keys
    if (keys.client_id, keys.base_url) != (state.client_id, state.base_url):
        raise Conflict(
            "The OAuth client was changed by an operator meanwhile.",
            code="client_changed",
            remedy="Throw this away and press Authorize again.",
        )


def _refuse_other_account(connection: Connection, granted: Granted) -> None:
    """Keep a connection the account that its workflows were made for."""
    known = OAuthGrant.objects.filter(connection=connection).first()
    if known is None or (known.account_id, known.livemode) == (granted.account_id, granted.livemode):
        return
    raise Conflict(
        f"Connection “{connection}” is the account “{known}” ({known.account_id}), and you authorised "
        f"“{granted.account_name or granted.account_id}” ({granted.account_id}).",
        code="other_account",
        remedy="Throw this away and authorise the same account, or connect the other one anew.",
    )


def _decide(state: OAuthState, status: OAuthState.Status) -> None:
    if not OAuthState.objects.decide(state.pk, status, at=timezone.now()):
        raise Conflict(
            "This was decided before, or its ten minutes are over.",
            code="decided",
            remedy="Press Authorize again.",
        )
