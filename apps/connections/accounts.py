"""A connection as a connector sees it: decrypted values.

Nothing is kept here; calls of runs keep what they have opened as `opening` says.
"""

from apps.catalog import registry
from apps.catalog.spec import Account
from apps.common.errors import Conflict, ServiceError
from apps.connections import credentials
from apps.connections.models import Connection
from apps.connections.oauth.clients import client_of
from apps.connections.oauth.models import OAuthGrant


def account_of(connection: Connection) -> Account:
    """Return every value that is set, the secret ones decrypted.

    Nothing is cached, so that a reconnected account is never used with its old
    keys. Raises `CredentialsUnreadableError`, and `Conflict` for a disconnected one.
    """
    if connection.status == Connection.Status.DISCONNECTED:
        raise Conflict(
            f"Connection “{connection}” was disconnected.",
            code="disconnected",
            remedy="Choose another connection.",
        )
    shown = {key: str(value) for key, value in connection.values.items()}
    secrets = {**lent_to(connection), **credentials.unseal(connection)}
    return Account(values={**shown, **secrets}, base_url=connection.base_url)


def lent_to(connection: Connection) -> dict[str, str]:
    """Return what an authorised connection uses of the operator's client, and whose account it is.

    Empty for a connection with keys of its own. Raises `CredentialsUnreadableError`
    where the client is gone, or not the one that the account was authorised for.
    """
    try:
        oauth = registry.get_app(connection.app).auth.oauth
    except registry.UnknownKeyError:
        return {}
    if oauth is None or not oauth.lends or oauth.lends in connection.hints or connection._state.adding:
        return {}
    grant = OAuthGrant.objects.filter(connection=connection).first()
    if grant is None:
        return {}
    try:
        keys = client_of(connection.app).keys
    except ServiceError as error:
        raise credentials.CredentialsUnreadableError(error.message, remedy=error.remedy) from None
    if (keys.client_id, keys.base_url) != (grant.client_id, connection.base_url):
        raise credentials.CredentialsUnreadableError(
            f"Connection “{connection}” was authorised for another OAuth client.",
            remedy="Press Authorize again.",
        )
    return {oauth.lends: keys.secret, "account_id": grant.account_id}


def secrets_of(connection: Connection) -> tuple[str, ...]:
    """Return every secret value, for masking; none where they can't be read, and so can't be sent."""
    try:
        lent = {key: value for key, value in lent_to(connection).items() if key != "account_id"}
        return tuple({**lent, **credentials.unseal(connection)}.values())
    except ServiceError:
        return ()
