"""The calls to a provider's token address, through the live sender: one request each, never repeated here."""

from base64 import b64encode
from urllib.parse import quote, urlencode

from apps.catalog.errors import CallError, Certainty, NeedsHuman, Permanent, Retryable, from_transport
from apps.catalog.responses import failure, json_object, retry_after, unreadable
from apps.catalog.spec import ClientAuth, Granted
from apps.catalog.transport import Request, Response, TransportError
from apps.connections import senders
from apps.connections.oauth.clients import Client, based

CALL_SECONDS = 8.0
"""A worker that is told to stop must be gone within ten, and a renewal cut short may cost the grant."""

MAX_ANSWER = 64 * 1024
"""Bytes; a token answer is a few hundred."""

_SPENT = frozenset({"invalid_grant", "invalid_refresh_token", "token_revoked", "token_expired"})
_CLIENT_REFUSED = frozenset(
    {"invalid_client", "unauthorized_client", "invalid_client_id", "bad_client_secret"}
)


class NothingGranted(Permanent):
    """An answer that refuses nothing and gives nothing that the app can use."""


def exchange_code(client: Client, code: str, *, redirect_url: str, verifier: str) -> Granted:
    """Exchange the code for what it grants. The code is spent whatever comes back.

    Raises a `CallError`: `Permanent` where the provider refused, `Retryable` where
    nobody knows.
    """
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_url}
    if verifier:
        form["code_verifier"] = verifier
    granted = _granted(client, _post(client, form))
    if not granted.account_id:
        # Without it nobody could tell what was authorised, or who else lives on it.
        raise NothingGranted(
            f"{client.app.name} did not say whose account this is.",
            code="no_account",
            remedy="Press Authorize again.",
        )
    return granted


def renew(client: Client, refresh_token: str) -> Granted:
    """Renew a token. Raises as `exchange_code`, and `NeedsHuman` where the authorisation is over."""
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    response = _post(client, form)
    try:
        return _granted(client, response)
    except NothingGranted:
        # The former token may be spent all the same, so this is no refusal.
        raise unreadable(response, provider=client.app.name) from None


def give_back(client: Client, granted: Granted) -> bool:
    """Ask the provider to end a grant; returns whether it said that it did."""
    if client.oauth.revoke is None:
        return False
    try:
        response = senders.live_send(client.oauth.revoke(client.keys, granted), deadline=CALL_SECONDS)
    except TransportError:
        return False
    answer = json_object(response) or {}
    return response.status < 300 and client.oauth.refusal(answer) is None


def _post(client: Client, form: dict[str, str]) -> Response:
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    keys = client.keys
    match client.oauth.client_auth:
        case ClientAuth.BODY:
            form = {**form, "client_id": keys.client_id, "client_secret": keys.secret}
        case ClientAuth.BASIC:
            # Each part is form-encoded first (RFC 6749, 2.3.1).
            headers["Authorization"] = _basic(quote(keys.client_id, safe=""), quote(keys.secret, safe=""))
        case ClientAuth.SECRET_ALONE:
            headers["Authorization"] = _basic(keys.secret, "")
    url = based(client.oauth.token_url, keys.base_url)
    request = Request("POST", url, headers, urlencode(form).encode("ascii"))
    try:
        return senders.live_send(request, deadline=CALL_SECONDS)
    except TransportError as error:
        raise from_transport(error) from None


def _granted(client: Client, response: Response) -> Granted:
    name = client.app.name
    if len(response.body) > MAX_ANSWER:
        raise Retryable(
            f"{name} answered with more than a token's size.",
            code="unreadable_answer",
            certainty=Certainty.UNCERTAIN,
            status=response.status,
        )
    answer = json_object(response)
    code = client.oauth.refusal(answer) if answer is not None else None
    if code is not None and response.status < 500:
        raise _refused(name, code, response)
    if answer is None or response.status >= 300:
        raise failure(response, provider=name) or unreadable(response, provider=name)
    try:
        return client.oauth.read(answer)
    except Permanent as error:
        raise NothingGranted(error.message, code=error.code, remedy=error.remedy) from None
    except Exception:  # noqa: BLE001 - whatever shape a provider's answer has, it grants nothing.
        raise unreadable(response, provider=name) from None


def _refused(name: str, code: str, response: Response) -> CallError:
    """Class an error code of the token address; only codes that look like one are repeated to people."""
    shown = code if code.replace("_", "").isalnum() and code.isascii() and len(code) <= 60 else "unknown"
    if response.status == 429 or code in ("ratelimited", "rate_limited"):
        return Retryable(
            f"{name} asks to slow down.",
            code="rate_limited",
            certainty=Certainty.NOT_DONE,
            after=retry_after(response.headers),
            status=response.status,
        )
    if code in ("temporarily_unavailable", "server_error", "internal_error", "fatal_error"):
        return Retryable(
            f"{name} could not do it now ({shown}).",
            code="provider_error",
            certainty=Certainty.UNCERTAIN,
            status=response.status,
        )
    if code in _SPENT:
        return NeedsHuman(
            f"{name} no longer accepts this authorisation ({shown}).",
            code="authorization_over",
            remedy="Press Authorize again.",
            status=response.status,
        )
    remedy = "Press Authorize again."
    if code in _CLIENT_REFUSED:
        remedy = "An operator must check client id and secret under Connect › OAuth clients."
    return Permanent(
        f"{name} refused ({shown}).", code="token_refused", remedy=remedy, status=response.status
    )


def _basic(user: str, password: str) -> str:
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode("ascii")
