"""One webhook endpoint per connection at Stripe (https://docs.stripe.com/api/webhook_endpoints).

What Stripe gives to work with: the signing secret is told once, in the answer
to the creation; an endpoint's API version can't be changed; an account has at
most 16 endpoints; and for a day the same idempotency key is answered from
memory, also when the endpoint made then has been deleted since. So nothing is
believed that was not read back.
"""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from apps.catalog.connectors.stripe.client import API_VERSION, Caller, invoke
from apps.catalog.connectors.stripe.flatten import dig
from apps.catalog.errors import Certainty, Permanent, Retryable
from apps.catalog.spec import Registered, RegistrationContext

DESCRIPTION = "Tandem"
_PAGE = 100
_MAX_PAGES = 10
_MAX_REPLAYS = 100
_MAX_SECRETLESS = 3
_SERVICE = "webhook_endpoints"
_GRANT = "Give the key Write for Webhook Endpoints (webhook_write)"

Endpoint = dict[str, Any]


def ensure(context: RegistrationContext) -> Registered:
    """Make exactly one endpoint of ours stand with the context's address and events.

    The one whose secret is held is kept and changed where it differs; one with
    another API version is replaced, the old deleted after the new stands;
    one whose secret is lost is deleted first, as its deliveries can't be
    verified anyway. `secret` is set when one was created. Raises a `CallError`.
    """
    try:
        return _ensure(context)
    except Permanent as error:
        raise _explained(error, context) from None


def remove(context: RegistrationContext) -> None:
    """Delete every endpoint of ours; one that is gone already is success. Raises a `CallError`."""
    try:
        for endpoint in _ours(context):
            _delete(context, endpoint)
    except Permanent as error:
        if error.code != "forbidden":
            raise
        by_hand = (
            f"delete the endpoint for {context.url} by hand under Developers → Webhooks in the Dashboard"
        )
        raise _with_remedy(error, error.code, f"{_GRANT}, or {by_hand}.") from None


def _ensure(context: RegistrationContext) -> Registered:
    ours = _ours(context)
    kept = _with_known_secret(context, ours)
    seen = [_id(endpoint) for endpoint in ours]
    for endpoint in ours:
        if endpoint is not kept:
            _delete(context, endpoint)
    if kept is None:
        return _create(context, seen)
    if kept.get("api_version") != API_VERSION:
        created = _create(context, seen)
        _delete(context, kept)
        return created
    return _registered(kept if _stands(kept, context) else _update(context, _id(kept)))


def _ours(context: RegistrationContext) -> list[Endpoint]:
    """Return the endpoints that carry the marker or have the known id, newest first."""

    def is_ours(endpoint: Endpoint) -> bool:
        # An empty marker would match every endpoint of the account.
        marked = bool(context.marker) and all(
            dig(endpoint, "metadata", name) == value for name, value in context.marker.items()
        )
        return marked or (bool(context.known_id) and _id(endpoint) == context.known_id)

    return [endpoint for endpoint in _all(context) if is_ours(endpoint)]


def _all(context: RegistrationContext) -> Iterator[Endpoint]:
    after: dict[str, str] = {}
    for _ in range(_MAX_PAGES):
        page = invoke(_caller(context), f"{_SERVICE}.list", params={"limit": _PAGE, **after})
        found = page.get("data")
        endpoints = [each for each in found if _id(each)] if isinstance(found, list) else []
        yield from endpoints
        if page.get("has_more") is not True or not endpoints:
            return
        after = {"starting_after": _id(endpoints[-1])}


def _with_known_secret(context: RegistrationContext, ours: list[Endpoint]) -> Endpoint | None:
    """Return the endpoint that the stored secret belongs to, if it still stands."""
    if not context.have_secret:
        return None
    if context.known_id:
        return next((each for each in ours if _id(each) == context.known_id), None)
    return next(iter(ours), None)


def _create(context: RegistrationContext, seen: list[str]) -> Registered:
    """Create an endpoint and read it back.

    A repeated creation, after a crash before its answer was stored, is
    answered by Stripe with the same endpoint and secret. If that endpoint has
    been deleted since, its id goes into the next key. One whose secret was not
    told is deleted, as nothing else ever tells it, and another is made.
    """
    params = {
        "url": context.url,
        "enabled_events": _events(context),
        "api_version": API_VERSION,
        "description": DESCRIPTION,
        "metadata": dict(context.marker),
        **({"connect": True} if context.connect else {}),
    }
    gone, secretless = list(seen), 0
    for _ in range(_MAX_REPLAYS):
        key = _key(context, "create", params, gone)
        answer = invoke(_caller(context), f"{_SERVICE}.create", params=params, key=key, fields={"url": "url"})
        if not _id(answer):
            raise _no_id()
        current, secret = _retrieve(context, _id(answer)), _text(answer.get("secret"))
        if current is not None and secret:
            return _registered(current, secret=secret)
        if current is not None:
            _delete(context, answer)
            secretless += 1
        if secretless == _MAX_SECRETLESS:
            raise _no_secret()
        gone.append(_id(answer))
    raise _stale()


def _update(context: RegistrationContext, endpoint_id: str) -> Endpoint:
    """Change an endpoint and read it back, as an equal change of yesterday may be replayed unapplied."""
    params = {"url": context.url, "enabled_events": _events(context), "disabled": False}
    for attempt in range(_MAX_REPLAYS):
        key = _key(context, "update", params, [endpoint_id, str(attempt)])
        invoke(
            _caller(context), f"{_SERVICE}.update", endpoint_id, params=params, key=key, fields={"url": "url"}
        )
        current = _retrieve(context, endpoint_id)
        if current is not None and _stands(current, context):
            return current
    raise _stale()


def _retrieve(context: RegistrationContext, endpoint_id: str) -> Endpoint | None:
    try:
        return invoke(_caller(context), f"{_SERVICE}.retrieve", endpoint_id)
    except Permanent as error:
        if error.gone:
            return None
        raise


def _delete(context: RegistrationContext, endpoint: Endpoint) -> None:
    try:
        invoke(_caller(context), f"{_SERVICE}.delete", _id(endpoint))
    except Permanent as error:
        if not error.gone:
            raise


def _caller(context: RegistrationContext) -> Caller:
    return Caller(context.account, context.send, context.deadline)


def _key(context: RegistrationContext, verb: str, params: dict[str, Any], rest: list[str]) -> str:
    """Derive the key from everything that the call says and that it follows."""
    said = json.dumps([context.key, verb, params, context.known_id, rest], sort_keys=True)
    return hashlib.sha256(said.encode("utf-8")).hexdigest()


def _events(context: RegistrationContext) -> list[str]:
    return sorted(set(context.event_types))


def _stands(endpoint: Endpoint, context: RegistrationContext) -> bool:
    return (
        endpoint.get("url") == context.url
        and sorted(_listed(endpoint)) == _events(context)
        and endpoint.get("status") != "disabled"
    )


def _registered(endpoint: Endpoint, *, secret: str | None = None) -> Registered:
    return Registered(
        id=_id(endpoint),
        url=str(endpoint.get("url") or ""),
        event_types=_listed(endpoint),
        api_version=str(endpoint.get("api_version") or ""),
        secret=secret,
        enabled=endpoint.get("status") != "disabled",
    )


def _listed(endpoint: Endpoint) -> tuple[str, ...]:
    found = endpoint.get("enabled_events")
    return tuple(each for each in found if isinstance(each, str)) if isinstance(found, list) else ()


def _id(endpoint: object) -> str:
    return _text(dig(endpoint, "id"))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _no_id() -> Retryable:
    return Retryable(
        "Stripe answered the registration of the webhook without the endpoint's id.",
        code="unreadable_answer",
        certainty=Certainty.UNCERTAIN,
        remedy="If this goes on, check that the connection's base address is Stripe's API.",
    )


def _no_secret() -> Permanent:
    return Permanent(
        "Stripe created the webhook endpoint without telling its signing secret; it was deleted again.",
        code="secret_not_told",
        remedy="Check that the connection's base address is Stripe's API, or register the address by hand "
        "in the Stripe Dashboard and paste its signing secret into the connection.",
    )


def _stale() -> Permanent:
    return Permanent(
        "Stripe keeps answering from memory with webhook endpoints that no longer stand as answered.",
        code="stale_endpoint",
        remedy="Wait a day, or register the address by hand in the Stripe Dashboard.",
    )


def _explained(error: Permanent, context: RegistrationContext) -> Permanent:
    """Return the error with what an operator can do about it."""
    by_hand = (
        f"register {context.url} by hand under Developers → Webhooks in the Stripe Dashboard "
        "and paste its signing secret into the connection"
    )
    text = error.message.lower()
    if error.code == "forbidden":
        return _with_remedy(error, error.code, f"{_GRANT}, or {by_hand}.")
    if error.status == 400 and "maximum" in text and "endpoint" in text:
        return _with_remedy(
            error,
            "endpoint_limit",
            "A Stripe account has at most 16 webhook endpoints. Delete one that is no longer used under "
            "Developers → Webhooks in the Stripe Dashboard, then try again.",
        )
    if error.field == "url":
        return _with_remedy(
            error,
            "address_refused",
            f"Set PUBLIC_URL to an https address that Stripe can reach, or {by_hand}.",
        )
    return error


def _with_remedy(error: Permanent, code: str, remedy: str) -> Permanent:
    return Permanent(
        error.message, code=code, remedy=remedy, status=error.status, field=error.field, gone=error.gone
    )
