"""Stripe's official SDK over a `Send`.

The SDK builds requests and reads answers; sending is left to the `Send` that
the caller was given. The SDK's own retries, telemetry and HTTP clients are not
used: telemetry writes to the home folder, and its clients can't be guarded.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, ClassVar

import stripe

from apps.catalog.connectors.stripe import failures
from apps.catalog.errors import CallError
from apps.catalog.responses import json_object
from apps.catalog.spec import Account
from apps.catalog.transport import Request, Response, Send

stripe.enable_telemetry = False
stripe.set_app_info("Tandem")

API_VERSION = "2026-10-28.endive"
"""The version that calls and webhook endpoints are pinned to: the SDK's own, whose types it has."""

API_BASE = stripe.DEFAULT_API_BASE


class SendClient(stripe.HTTPClient):
    """The SDK's HTTP client over one call's `Send`; keeps what was answered."""

    name: ClassVar[str] = "tandem"

    def __init__(self, send: Send, *, deadline: float, key: str | None) -> None:
        super().__init__()
        self._send = send
        self._deadline = deadline
        self._key = key
        self.answers: list[Response] = []

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        """Send one request; what `Send` raises passes through the SDK as it is.

        Header names stay lower case, so the SDK does not see `Stripe-Notice`
        and turn it into a Python warning.
        """
        if method == "post" and not self._key:
            raise ValueError("A call that changes something needs its derived idempotency key.")
        body = post_data.encode("utf-8") if isinstance(post_data, str) else post_data or b""
        request = Request(method=method.upper(), url=url, headers=_without_agent(headers or {}), body=body)
        answer = self._send(request, deadline=self._deadline)
        self.answers.append(answer)
        # Broken UTF-8 is no answer of Stripe's; `invoke` reads the bytes again and says so.
        return answer.body.decode("utf-8", "replace"), answer.status, answer.headers

    def close(self) -> None:
        """Nothing is held open here; connections belong to the sender."""


def _without_agent(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers without what the SDK guesses of the machine's environment variables."""
    kept = dict(headers)
    kept["User-Agent"] = kept.get("User-Agent", "").partition(" AIAgent/")[0]
    about = kept.get("X-Stripe-Client-User-Agent", "")
    if '"ai_agent"' in about:
        described = {name: value for name, value in json.loads(about).items() if name != "ai_agent"}
        kept["X-Stripe-Client-User-Agent"] = json.dumps(described)
    return kept


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, through what, and for how long (seconds)."""

    account: Account
    send: Send
    deadline: float = 10.0

    def __repr__(self) -> str:
        return "<Caller>"


def invoke(
    caller: Caller,
    method: str,
    *ids: str,
    params: Mapping[str, Any] | None = None,
    key: str | None = None,
    fields: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Call one method of the SDK and return the answer's untouched JSON.

    `method` is dotted as below `client.v1` ("customers.retrieve"), `ids` go
    into the path, `params` into query or body. `key` is the idempotency key
    and required for everything that changes something, as the SDK would draw a
    random one. `fields` names the input behind each parameter of Stripe's, for
    errors. Raises a `CallError`, or what `Send` raises.
    """

    def call(client: stripe.StripeClient, options: stripe.RequestOptions) -> None:
        attrgetter(method)(client.v1)(*ids, params=dict(params or {}), options=options)

    return _exchange(caller, call, key=key, fields=fields or {})


def invoke_path(
    caller: Caller,
    method: str,
    path: str,
    *,
    params: Mapping[str, Any],
    key: str | None = None,
) -> dict[str, Any]:
    """Call any path of Stripe's API ("/v1/…" or "/v2/…") and return the answer's untouched JSON.

    `method` is get, post or delete; the path is encoded already. Otherwise as
    `invoke`.
    """

    def call(client: stripe.StripeClient, options: stripe.RequestOptions) -> None:
        # What every method of the SDK ends in; `raw_request` mixes parameters with its own options.
        client.v1._request(method, path, params=dict(params), options=options, base_address="api")

    return _exchange(caller, call, key=key, fields={})


def _exchange(
    caller: Caller,
    call: Callable[[stripe.StripeClient, stripe.RequestOptions], None],
    *,
    key: str | None,
    fields: Mapping[str, str],
) -> dict[str, Any]:
    secret = caller.account.values.get("api_key", "")
    if not secret:
        raise failures.missing_key()
    http = SendClient(caller.send, deadline=caller.deadline, key=key)
    # Making a client takes no measurable time beside the call, so none is kept.
    client = stripe.StripeClient(
        secret,
        http_client=http,
        stripe_version=API_VERSION,
        max_network_retries=0,
        base_addresses={"api": (caller.account.base_url or API_BASE).rstrip("/")},
    )
    options: stripe.RequestOptions = {"idempotency_key": key} if key else {}
    if connected := caller.account.values.get("account_id", ""):
        # The key is the platform's then, and this header says whose account is meant:
        # https://docs.stripe.com/connect/authentication
        options["stripe_account"] = connected
    try:
        call(client, options)
    except stripe.StripeError as error:
        if not http.answers:
            raise failures.not_sent(error) from None
        raise _failure(http.answers[-1], error.json_body, fields) from None
    except (AttributeError, TypeError, ValueError, RecursionError):
        # With an answer at hand, it is the answer that the SDK could not take.
        if not http.answers:
            raise
        raise _failure(http.answers[-1], None, fields) from None
    # The SDK's objects are no dictionaries and turn some texts into numbers.
    data = json_object(http.answers[-1])
    if data is None:
        raise failures.unreadable(http.answers[-1])
    return data


def _failure(answer: Response, body: object, fields: Mapping[str, str]) -> CallError:
    if 200 <= answer.status < 300:
        return failures.unreadable(answer)
    return failures.failure(failures.read_refusal(answer, body), fields)
