"""A connection as a connector sees it: decrypted values, made for one use and never kept."""

from apps.catalog.spec import Account
from apps.common.errors import Conflict
from apps.connections import credentials
from apps.connections.models import Connection


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
    return Account(values={**shown, **credentials.unseal(connection)}, base_url=connection.base_url)


def secrets_of(connection: Connection) -> tuple[str, ...]:
    """Return every secret value, for masking; none where they can't be read, and so can't be sent."""
    try:
        return tuple(credentials.unseal(connection).values())
    except credentials.CredentialsUnreadableError:
        return ()
