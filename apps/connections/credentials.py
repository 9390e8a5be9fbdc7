"""The sealed part of a connection: its secret values, bound to the row and to where they may be sent."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from apps.catalog import registry
from apps.catalog.spec import Field
from apps.common import crypto
from apps.common.errors import ServiceError

if TYPE_CHECKING:
    from apps.connections.models import Connection, Endpoint, SandboxState

MIN_FOR_HINT = 12
"""Characters; of a shorter secret the last four would give too much away."""


class CredentialsUnreadableError(ServiceError):
    """The sealed values do not belong to this row and address, or their key is gone."""

    code = "credentials_unreadable"


def binding(connection: "Connection") -> str:
    """Name the row, the field and the origin for which secrets are sealed.

    Secrets that were entered for one address must never be sent to another one:
    a row whose app, mode, base address or binding values were changed behind the
    services can't be unsealed any more.
    """
    mode = "sandbox" if connection.sandbox else "live"
    place = f"{connection.code}|{connection.app}|{mode}|{connection.base_url}"
    return f"connections.Connection.credentials|{place}{_bound_values(connection)}{_origin(connection.app)}"


def _origin(app_key: str) -> str:
    """Return where and how an app of the workspace's own sends secrets now; built-in apps never change it."""
    try:
        origin = registry.get_app(app_key).auth.origin
    except registry.UnknownKeyError:
        return ""
    return f"|{origin}" if origin else ""


def binding_fields(app_key: str) -> tuple[Field, ...]:
    """Return the app's fields that say where or how its secrets are sent; none of an unknown app."""
    try:
        fields = registry.get_app(app_key).auth.fields
    except registry.UnknownKeyError:
        return ()
    return tuple(field for field in fields if field.binds_secrets)


def seal(connection: "Connection", secrets: Mapping[str, str]) -> bytes:
    """Return the secret values sealed for this connection as it stands."""
    return crypto.seal_json(dict(secrets), bound_to=binding(connection))


def unseal(connection: "Connection") -> dict[str, str]:
    """Return the secret values by field key; raises `CredentialsUnreadableError`."""
    if not connection.credentials:
        return {}
    try:
        values: dict[str, str] = crypto.unseal_json(connection.credentials, bound_to=binding(connection))
    except crypto.SealError as error:
        raise _unreadable(connection, error) from None
    return values


def seal_signing(endpoint: "Endpoint", secrets: Sequence[str]) -> bytes:
    """Return the signing secrets, newest first, sealed for this endpoint."""
    return crypto.seal_json(list(secrets), bound_to=_signing_binding(endpoint))


def unseal_signing(endpoint: "Endpoint") -> tuple[str, ...]:
    """Return the signing secrets, newest first; raises `CredentialsUnreadableError`."""
    if not endpoint.secret:
        return ()
    try:
        return tuple(crypto.unseal_json(endpoint.secret, bound_to=_signing_binding(endpoint)))
    except crypto.SealError as error:
        raise _unreadable(endpoint.connection, error) from None


def seal_state(row: "SandboxState", state: Mapping[str, Any]) -> bytes:
    """Return a sandbox's memory packed and sealed."""
    return crypto.pack(dict(state), bound_to=_state_binding(row))


def unseal_state(row: "SandboxState") -> dict[str, Any]:
    """Return a sandbox's memory; one that can't be read any more begins anew."""
    if not row.state:
        return {}
    try:
        state: dict[str, Any] = crypto.unpack(row.state, bound_to=_state_binding(row))
    except crypto.SealError:
        return {}
    return state


def hint(secret: str) -> str:
    """Return what may be shown of a secret: its last four, where it is long enough."""
    return secret[-4:] if len(secret) >= MIN_FOR_HINT else ""


def _bound_values(connection: "Connection") -> str:
    bound = [[field.key, connection.values.get(field.key, "")] for field in binding_fields(connection.app)]
    return f"|{json.dumps(bound)}" if bound else ""


def _signing_binding(endpoint: "Endpoint") -> str:
    return f"connections.Endpoint.secret|{endpoint.token}"


def _state_binding(row: "SandboxState") -> str:
    return f"connections.SandboxState.state|{row.connection_id}"


def _unreadable(connection: "Connection", error: crypto.SealError) -> CredentialsUnreadableError:
    if error.code == "wrong_binding":
        return CredentialsUnreadableError(
            f"The keys of connection “{connection}” were entered for another address "
            "and are not used for this one.",
            remedy="Reconnect it and enter every key again.",
        )
    return CredentialsUnreadableError(f"Connection “{connection}”: {error.message}")
