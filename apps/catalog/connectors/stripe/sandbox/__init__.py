"""A stand-in for Stripe's API, so that the product can be tried without an account.

`handle` is pure: request, state and time in, response and state out. It keeps
Stripe's documented rules of what the connector calls, and fails on demand:

* The key decides who is let in: `sk_test_…` and `rk_test_…`, as bearer token or
  basic user. A key with `revoked` in it is refused (401). One with
  `no_<permission>` in it lacks that permission (403): `rk_test_no_balance_read`.
* An id of the right prefix answers with a made-up object, always the same for
  the same id; its person's e-mail is derived from the id. Objects in the state
  (`objects`, by resource and id) win.
* What is created, changed, finalized, paid, refunded or ended stays so, for the
  last 100 objects of each resource; lists and searches go over these.
* Words in an id make a failure: `missing` and `wrongmode` 404, `deleted` a
  deleted customer, `rate_limited` 429 with `Retry-After: 2`, `lock_timeout`
  429, `server_error` 500, `conflict` 409, `timeout` no answer at all. They do so
  in the customer, payment method or source of a new object, too, where
  `declined` is answered 402.
* An `Idempotency-Key` is answered from memory for a day
  (https://docs.stripe.com/api/idempotent_requests).

The state is JSON: `count`, `objects`, `events` (what the list of events shows),
`idempotency` (the last 100 keys).
"""

import base64
import binascii
import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from apps.catalog.connectors.stripe.client import API_VERSION
from apps.catalog.connectors.stripe.sandbox import (
    endpoints,
    events,
    finding,
    memory,
    objects,
    verbs,
    writing,
)
from apps.catalog.connectors.stripe.sandbox.form import parse_form
from apps.catalog.connectors.stripe.sandbox.models import KINDS
from apps.catalog.connectors.stripe.sandbox.overlay import Moment
from apps.catalog.connectors.stripe.sandbox.replies import Reply, State, error
from apps.catalog.transport import NoAnswer, Request, Response

_KEY = re.compile(r"(sk|rk)_test_[A-Za-z0-9_\-]+")
_PATH = re.compile(
    r"/v1/(?P<resource>(?:checkout|billing_portal)/sessions|[a-z_]+)(?:/(?P<id>[^/]+))?(?:/(?P<verb>[a-z_]+))?/?"
)
_PERMISSIONS = {
    "balance": "balance",
    "billing_portal/sessions": "customer_portal",
    "charges": "charge",
    "checkout/sessions": "checkout_session",
    "coupons": "coupon",
    "customers": "customer",
    "events": "event",
    "invoiceitems": "invoice",
    "invoices": "invoice",
    "payment_intents": "payment_intent",
    "payment_links": "payment_links",
    "prices": "plan",
    "products": "product",
    "promotion_codes": "promotion_code",
    "refunds": "charge",
    "subscriptions": "subscription",
    "webhook_endpoints": "webhook",
}
# Where a new object may name one whose id asks for a failure.
_NAMING = ("customer", "payment_method", "source", "charge", "payment_intent")


@dataclass(frozen=True, slots=True)
class _Call:
    """A request as far as it has been understood."""

    method: str
    path: str
    resource: str
    id: str
    verb: str
    params: dict[str, Any]
    key: str
    idempotency_key: str
    seed: str
    now: float


def handle(request: Request, state: dict[str, Any], now: float) -> tuple[Response, dict[str, Any]]:
    """Answer one request; raises `NoAnswer` for an id with `timeout` in it."""
    call = _understood(request, state, now)
    refused = _refusal(call)
    if refused is not None:
        return _response(refused, state), state
    if call.method != "POST" or not call.idempotency_key:
        reply, changed = _route(call, state)
        return _response(reply, changed), changed
    fingerprint = memory.fingerprint(call.method, call.path, call.params)
    replayed = memory.recall(state, call.idempotency_key, fingerprint, now)
    if replayed is not None:
        return _response(replayed, state), state
    reply, changed = _route(call, state)
    changed = memory.remember(changed, call.idempotency_key, fingerprint, reply, now)
    return _response(reply, changed), changed


def _understood(request: Request, state: State, now: float) -> _Call:
    address = urlsplit(request.url)
    headers = {name.lower(): value for name, value in request.headers.items()}
    path = address.path[max(address.path.find("/v1/"), 0) :]
    parts = _PATH.fullmatch(path)
    # Nothing here is random; what must not be guessed comes from the request's own secrets.
    seed = json.dumps([state.get("count", 0), now, request.url, sorted(headers.items()), request.body.hex()])
    return _Call(
        method=request.method.upper(),
        path=path,
        resource=parts["resource"] if parts else "",
        id=unquote(parts["id"] or "") if parts else "",
        verb=parts["verb"] or "" if parts else "",
        params=parse_form(request.body.decode("utf-8", "replace") if request.body else address.query),
        key=_key(headers.get("authorization", "")),
        idempotency_key=headers.get("idempotency-key", ""),
        seed=hashlib.sha256(seed.encode("utf-8")).hexdigest(),
        now=now,
    )


def _key(authorization: str) -> str:
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    try:
        return base64.b64decode(value, validate=True).decode("utf-8").partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _refusal(call: _Call) -> Reply | None:
    if not call.key:
        return error(401, "You did not provide an API key.")
    if not _KEY.fullmatch(call.key) or "revoked" in call.key:
        return error(401, f"Invalid API Key provided: {call.key[:8]}****")
    if call.resource not in _PERMISSIONS:
        return error(404, f"Unrecognized request URL ({call.method}: {call.path}).")
    wanted = f"{_PERMISSIONS[call.resource]}_{'read' if call.method == 'GET' else 'write'}"
    if f"no_{wanted}" in call.key:
        return error(
            403,
            f"The provided key '{call.key[:8]}****' does not have the required permissions for this "
            f"endpoint. Having the 'rak_{wanted}' permission would allow this request to continue.",
        )
    return _on_demand(call)


def _on_demand(call: _Call) -> Reply | None:
    named = (call.params.get(name) for name in _NAMING) if call.method == "POST" else ()
    words = " ".join([call.id, *(each for each in named if isinstance(each, str))])
    if "timeout" in words and "lock_timeout" not in words:
        raise NoAnswer("The sandbox gave no answer, as the id asks for.", code="timeout")
    if "rate_limited" in words:
        return error(429, "Too many requests.", code="rate_limit", headers={"retry-after": "2"})
    if "lock_timeout" in words:
        return error(
            429,
            "This object cannot be accessed right now because another request is accessing it.",
            code="lock_timeout",
            headers={"stripe-should-retry": "true"},
        )
    if "conflict" in words:
        return error(
            409, "There is another request in progress with this key.", code="idempotency_key_in_use"
        )
    if "server_error" in words:
        return error(500, "An unknown error occurred.", kind="api_error")
    return None


def _route(call: _Call, state: State) -> tuple[Reply, State]:
    if call.resource == "webhook_endpoints" and not call.verb:
        return endpoints.answer(call.method, call.id, call.params, state, seed=call.seed, now=call.now)
    if call.resource == "events" and not call.verb:
        return events.answer(call.method, call.id, call.params, state)
    if call.method == "GET" and call.resource == "balance" and not call.id:
        return Reply(200, objects.BALANCE), state
    answered = _of_kind(call, state) if call.resource in KINDS else None
    return answered or (error(404, f"Unrecognized request URL ({call.method}: {call.path})."), state)


def _of_kind(call: _Call, state: State) -> tuple[Reply, State] | None:
    """Answer a call about an object or its resource; None where there is no such call."""
    kind, at = KINDS[call.resource], Moment(int(call.now), call.seed)
    if call.verb:
        known = call.method == "POST"
        return verbs.take(call.resource, call.id, call.verb, call.params, state, at) if known else None
    if call.method == "DELETE":
        return verbs.end(call.resource, call.id, call.params, state, at) if call.id else None
    if call.method == "POST":
        if not call.id:
            return writing.create(call.resource, call.params, state, at)
        return writing.update(call.resource, call.id, call.params, state) if kind.updated else None
    return _read(call, state) if call.method == "GET" else None


def _read(call: _Call, state: State) -> tuple[Reply, State] | None:
    if call.id == "search":
        found = finding.search(call.resource, call.params, state)
        return None if found is None else (found, state)
    if call.id:
        return objects.retrieve(call.resource, call.id, state), state
    return (finding.page(call.resource, call.params, state), state) if KINDS[call.resource].listed else None


def _response(reply: Reply, state: State) -> Response:
    digest = hashlib.sha256(json.dumps([state.get("count", 0), reply.body]).encode("utf-8")).hexdigest()
    headers = {
        "content-type": "application/json",
        "request-id": f"req_{digest[:14]}",
        "stripe-version": API_VERSION,
        **reply.headers,
    }
    return Response(status=reply.status, headers=headers, body=json.dumps(reply.body).encode("utf-8"))
