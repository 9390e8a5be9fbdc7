"""How an account at an app is connected."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from apps.catalog.spec.fields import Field, Spec
from apps.catalog.transport import Request, Send


@dataclass(frozen=True, slots=True)
class Account:
    """A connection as a connector sees it: decrypted values by field key, no row.

    `values` holds every Auth field that is set, secret or not. `base_url`
    replaces the provider's own scheme, host and port (proxies, test servers).
    """

    values: Mapping[str, str]
    base_url: str = ""

    def __repr__(self) -> str:
        return "<Account>"


@dataclass(frozen=True, slots=True)
class Checked:
    """The outcome of a connection's test call.

    `learned` are Auth values that the provider told (region, mode) and that
    are stored when the operator left them empty. `warnings` name what will not
    work (a missing scope), each with its remedy.
    """

    message: str
    learned: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ClientKeys:
    """What a provider knows this installation by: the operator's own client at it."""

    client_id: str
    secret: str
    base_url: str = ""

    def __repr__(self) -> str:
        return "<ClientKeys>"


@dataclass(frozen=True, slots=True)
class Granted:
    """What a token answer gave: Auth values by key, and whose account it is.

    `expires_in` is in seconds, None for a token that does not expire. `livemode`
    is None where the provider has no test mode. A renewal that tells no
    `refresh_token` leaves the former one valid.
    """

    values: Mapping[str, str]
    account_id: str = ""
    account_name: str = ""
    livemode: bool | None = None
    refresh_token: str = ""
    expires_in: int | None = None
    scopes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"<Granted {self.account_id}>"


class ClientAuth(StrEnum):
    """How the client proves itself at the token address."""

    BASIC = "basic"  # HTTP Basic with client id and secret (RFC 6749, 2.3.1).
    BODY = "body"  # Both as parameters of the form.
    SECRET_ALONE = "secret_alone"  # noqa: S105 - HTTP Basic with the secret as the user's name.


class Pkce(StrEnum):
    """Whether the proof of RFC 7636 is sent, always as S256."""

    ALWAYS = "always"
    WHERE_ENABLED = "where_enabled"  # The operator says whether the client has it switched on.
    NEVER = "never"


class OAuth(Spec):
    """How an account is authorised instead of pasting its keys (RFC 6749, authorization code).

    `read` turns a token answer into what it gave; it raises `Permanent` for an
    answer that gives nothing. `refusal` returns the error code of an answer that
    refuses, whatever its status. `revoke` builds the request that gives a grant
    back. Where the provider wants the client's own secret in calls for the account
    (Stripe Connect), `lends` names the Auth field that it takes in every call, and
    the account's id is in the values as `account_id`; neither is ever entered by a
    person, who could name an account that nobody authorised. The events of such
    accounts come through one webhook of the client (`connect`), and `ended_event` is
    the type of the one by which an account takes its authorisation back.
    `scope_separator` joins the scopes in the authorize address.
    """

    authorize_url: str
    token_url: str
    scopes: tuple[str, ...]
    read: Callable[[Mapping[str, Any]], Granted]
    refusal: Callable[[Mapping[str, Any]], str | None]
    client_help: str
    docs_url: str
    client_id_label: str = "Client ID"
    secret_label: str = "Client secret"  # noqa: S105 - words for a form.
    secret_pattern: str | None = None
    scope_separator: str = " "
    client_auth: ClientAuth = ClientAuth.BASIC
    pkce: Pkce = Pkce.ALWAYS
    extra: Mapping[str, str] = {}
    refreshes: bool = False
    lends: str = ""
    ended_event: str = ""
    revoke: Callable[[ClientKeys, Granted], Request] | None = None


class Auth(Spec):
    """How an account is connected: the fields of the form and a cheap test call.

    `test` raises a `CallError` (`NeedsHuman` when the credentials are refused).
    `label` describes an account from its values for lists ("test mode", "EU").
    `check` validates entered values together (raises `Permanent` naming the field).
    With `oauth` an account can be authorised as soon as an operator has entered a client.
    Where it can change to where and how secrets are sent, `origin` names it: what was
    entered for another origin is not used, and must be entered again. `address` is
    where secrets are sent, where that was declared in this installation.
    """

    fields: tuple[Field, ...]
    test: Callable[[Account, Send], Checked]
    check: Callable[[Mapping[str, str]], None]
    label: Callable[[Mapping[str, str]], str]
    sandbox_values: Mapping[str, str]
    oauth: OAuth | None = None
    origin: str = ""
    address: str = ""
