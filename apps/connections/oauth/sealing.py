"""What OAuth keeps sealed, and to what each of it is bound."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from apps.catalog.spec import Granted
from apps.common import crypto
from apps.common.errors import ServiceError

if TYPE_CHECKING:
    from apps.connections.oauth.models import OAuthClient, OAuthGrant, OAuthState


class OAuthUnreadableError(ServiceError):
    """Something sealed does not belong to this row and address, or its key is gone."""

    code = "oauth_unreadable"


def digest(text: str) -> str:
    """Return the hash by which a random text (a state, a session's key) is stored and found."""
    return hashlib.sha256(b"tandem oauth\0" + text.encode("utf-8", "replace")).hexdigest()


def seal_secret(client: "OAuthClient", secret: str) -> bytes:
    """Return a client's secret sealed for its app, its id and the address that it may be sent to."""
    return crypto.seal_json(secret, bound_to=_of_client(client))


def unseal_secret(client: "OAuthClient") -> str:
    """Return a client's secret. Raises `OAuthUnreadableError`."""
    secret: str = _opened(client.secret, _of_client(client), f"The secret of the {client}")
    return secret


def seal_verifier(state: "OAuthState", verifier: str) -> bytes:
    """Return the verifier sealed for one authorisation."""
    return crypto.seal_json(verifier, bound_to=_of_state(state, "verifier"))


def unseal_verifier(state: "OAuthState") -> str:
    """Return the verifier. Raises `OAuthUnreadableError`."""
    verifier: str = _opened(state.sealed, _of_state(state, "verifier"), "The authorisation")
    return verifier


def seal_granted(state: "OAuthState", granted: Granted) -> bytes:
    """Return what was granted, sealed until a person has decided."""
    return crypto.seal_json(asdict(granted), bound_to=_of_state(state, "granted"))


def unseal_granted(state: "OAuthState") -> Granted:
    """Return what was granted. Raises `OAuthUnreadableError`."""
    kept: dict[str, Any] = _opened(state.sealed, _of_state(state, "granted"), "The authorisation")
    return Granted(**{**kept, "scopes": tuple(kept["scopes"])})


def seal_renewal(grant: "OAuthGrant", parts: Mapping[str, str]) -> bytes:
    """Return what renews a connection's token, sealed for the connection and its address."""
    return crypto.seal_json(dict(parts), bound_to=_of_grant(grant))


def unseal_renewal(grant: "OAuthGrant") -> dict[str, str]:
    """Return what renews the token. Raises `OAuthUnreadableError`."""
    name = f"The authorisation of connection “{grant.connection}”"
    parts: dict[str, str] = _opened(grant.sealed, _of_grant(grant), name)
    return parts


def _opened(blob: crypto.Blob, bound_to: str, name: str) -> Any:
    try:
        return crypto.unseal_json(blob, bound_to=bound_to)
    except crypto.SealError as error:
        raise OAuthUnreadableError(f"{name} can't be opened. {error.message}") from None


def _of_client(client: "OAuthClient") -> str:
    return f"connections.OAuthClient.secret|{client.app}|{client.client_id}|{client.base_url}"


def _of_state(state: "OAuthState", part: str) -> str:
    return f"connections.OAuthState.{part}|{state.code}|{state.app}|{state.base_url}"


def _of_grant(grant: "OAuthGrant") -> str:
    connection = grant.connection
    return f"connections.OAuthGrant|{connection.code}|{grant.client_id}|{connection.base_url}"
