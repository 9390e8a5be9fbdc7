"""Receiving: from a provider's request to a committed delivery with its runs.

A 2xx is given only after the commit; a transaction that fails is a 503, so that
the provider sends the event again.
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import structlog
from django.conf import settings
from django.db import Error as DatabaseFailure
from django.db import transaction

from apps.catalog import registry
from apps.catalog.spec import Event, ReceivedRequest
from apps.connections.models import Connection, Endpoint
from apps.connections.schemes import scheme_of
from apps.runs import services as runs
from apps.webhooks import arrivals, endpoints, inbox, platform, refusals, routing
from apps.webhooks.arrivals import Arrival
from apps.webhooks.models import Delivery
from apps.webhooks.replays import run_again

__all__ = ["Receipt", "body_of", "enter", "receive", "refuse_size", "run_again"]

log = structlog.get_logger(__name__)

_BAD_REQUESTS = frozenset({"missing_header", "malformed_header"})
_SEEN_BEFORE = "This event was handled before."


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the provider is told. `delivery` is the code of the stored delivery, if any."""

    status: int
    code: str
    message: str
    delivery: str = ""


def receive(
    path: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    now: datetime | None = None,
    source: str = Delivery.Source.WEBHOOK,
    query: str = "",
) -> Receipt:
    """Take one request at `/v1/webhooks/<path>`. Must not be called inside a transaction.

    `path` is `<app>/<token>`, `<app>.trigger-<slug>/<token>` or, in an
    installation with one workspace and few endpoints, `<app>.trigger-<slug>`.
    `headers` have lower-case names, `query` is what follows the path. Everything
    verified is stored and answered
    2xx: unreadable as quarantined, unknown as ignored, seen before as duplicate.
    Answers 400/401 (not verified), 404 (no such endpoint), 413, 503 (not stored).
    """
    at = now or datetime.now(UTC)
    if len(body) > settings.MAX_BODY_BYTES:
        return refuse_size(path, now=at)
    try:
        candidates = endpoints.find(path)
        endpoint, verified = endpoints.verify(candidates, headers, body, now=at.timestamp())
    except endpoints.UnknownEndpointError as error:
        shared = _receive_for_platform(path, headers, body, at=at)
        return shared or Receipt(404, "unknown_endpoint", error.message)
    except endpoints.RefusedError as error:
        return _refused(error, at=at)
    except DatabaseFailure as error:
        return _not_stored(error)
    app = registry.get_app(endpoint.connection.app)
    request = ReceivedRequest(headers, query, body, int(at.timestamp()))
    pack = _packing(endpoint.connection, request)
    arrival = arrivals.read(app, body, at=at, late=verified.late, source=source, headers=headers, pack=pack)
    return _store_or_ask_again(endpoint, arrival)


def _receive_for_platform(
    path: str, headers: Mapping[str, str], body: bytes, *, at: datetime
) -> Receipt | None:
    """Take a request at the webhook of an OAuth client, and store it for each connection it is for.

    None where there is no such webhook. Where one of several can't be stored the
    provider is asked to send it again; the others then see it as a duplicate.
    """
    try:
        delivery = platform.verified(path, headers, body, at=at)
        if delivery is None:
            return None
        receipts = [_store_or_ask_again(each, delivery.arrival) for each in delivery.endpoints]
        platform.note_end(delivery)
    except endpoints.RefusedError as error:
        return _refused(error, at=at)
    except DatabaseFailure as error:
        return _not_stored(error)
    if not receipts:
        return Receipt(200, "no_connection", delivery.nobody)
    return max(receipts, key=lambda receipt: receipt.status)


def enter(
    connection: Connection,
    body: bytes,
    *,
    at: datetime,
    late: bool = False,
    source: str,
    ignored: str = "",
) -> Receipt:
    """Take an event that this installation made itself, in the caller's transaction.

    It is stored, deduplicated and routed like any other; with a reason in
    `ignored` it is stored and starts nothing. Raises what the database raises.
    """
    app = registry.get_app(connection.app)
    arrival = arrivals.read(app, body, at=at, late=late, source=source)
    return _store(connection, arrival, ignored=ignored)


def refuse_size(path: str, *, now: datetime | None = None) -> Receipt:
    """Answer a body over the limit; it is alarmed, since a provider's event is lost by it."""
    candidates: Sequence[Endpoint] = ()
    try:
        candidates = endpoints.find(path)
    except endpoints.UnknownEndpointError as error:
        if platform.at_path(path) is None:
            return Receipt(404, "unknown_endpoint", error.message)
    except DatabaseFailure as error:
        return _not_stored(error)
    endpoint_id = candidates[0].pk if len(candidates) == 1 else None
    refusals.count(endpoint_id, "too_large", at=now or datetime.now(UTC))
    log.error("webhook.too_large", endpoint=endpoint_id, limit=settings.MAX_BODY_BYTES)
    return Receipt(
        413, "too_large", f"The body is larger than {settings.MAX_BODY_BYTES} bytes (MAX_BODY_BYTES)."
    )


def body_of(delivery: Delivery) -> bytes:
    """Return the request body as it was received; empty once the replay window is over.

    Raises `SealError` when its key is gone.
    """
    return inbox.open_body(delivery) if delivery.body else b""


def _packing(connection: Connection, request: ReceivedRequest) -> Callable[[], bytes] | None:
    scheme = scheme_of(connection)
    return partial(scheme.pack, request) if scheme is not None and scheme.pack is not None else None


def _refused(error: endpoints.RefusedError, *, at: datetime) -> Receipt:
    refusals.count(error.endpoint_id, error.code, at=at)
    if error.code == endpoints.SECRET_UNREADABLE:
        # Who sent it can't be told, which is our fault: the provider shall try again.
        log.error("webhook.secret_unreadable", endpoint=error.endpoint_id)
        return Receipt(503, error.code, error.message)
    if error.code in platform.UNPLACED:
        return Receipt(503, error.code, error.message)
    return Receipt(400 if error.code in _BAD_REQUESTS else 401, error.code, error.message)


def _store_or_ask_again(endpoint: Endpoint, arrival: Arrival) -> Receipt:
    try:
        # Durable: inside another transaction the answer would come before the commit.
        with transaction.atomic(durable=True):
            receipt = _store(endpoint.connection, arrival)
    except DatabaseFailure as error:
        return _not_stored(error)
    except Exception as error:
        log.exception("webhook.store_failed", endpoint=endpoint.pk)
        return _not_stored(error)
    if arrival.source != Delivery.Source.WEBHOOK:
        return receipt  # What we sent ourselves says nothing of the provider.
    try:
        inbox.touch(endpoint, at=arrival.at)
    except DatabaseFailure as error:
        log.warning("webhook.endpoint_not_touched", endpoint=endpoint.pk, error=type(error).__name__)
    return receipt


def _store(connection: Connection, arrival: Arrival, *, ignored: str = "") -> Receipt:
    code = uuid.uuid4()
    identity = inbox.identity_of(arrival.event, arrival.body)
    first = inbox.claim_event(connection.pk, identity, delivery_code=code, event_at=arrival.occurred_at)
    if not first and ignored:
        return Receipt(200, "duplicate", _SEEN_BEFORE)
    if not first:
        return _store_duplicate(connection, arrival, identity)
    if arrival.event is None:
        status, reason = Delivery.Status.QUARANTINED, arrival.problem
        inbox.store_delivery(connection, arrival, code=code, status=status, reason=reason)
        return Receipt(200, status.value, reason, str(code))
    route = routing.Route([], ignored) if ignored else _route(connection, arrival.event)
    delivery = inbox.store_delivery(connection, arrival, code=code, status=route.status, reason=route.reason)
    return _start(delivery, route, arrival)


def _store_duplicate(connection: Connection, arrival: Arrival, identity: bytes) -> Receipt:
    delivery = inbox.find_seen(connection, identity)
    if delivery is None:
        return Receipt(200, "duplicate", _SEEN_BEFORE)
    Delivery.objects.count_duplicate(delivery.pk)
    # A workflow published since may listen now: an ignored event is routed afresh.
    if delivery.status == Delivery.Status.IGNORED and arrival.event is not None:
        route = _route(connection, arrival.event)
        if route.workflows and Delivery.objects.accept_ignored(delivery.pk):
            return _start(delivery, route, arrival)
    return Receipt(200, "duplicate", _SEEN_BEFORE, str(delivery.code))


def _route(connection: Connection, event: Event) -> routing.Route:
    return routing.route(connection, event.type, workflow=event.workflow)


def _start(delivery: Delivery, route: routing.Route, arrival: Arrival) -> Receipt:
    if route.workflows:
        origins = arrival.event.origins if arrival.event else ()
        runs.start_runs(delivery, route.workflows, at=arrival.at, origins=origins)
        runs.wake_workers()
    return Receipt(200, route.status.value, route.reason or "Accepted.", str(delivery.code))


def _not_stored(error: Exception) -> Receipt:
    log.error("webhook.not_stored", error=type(error).__name__)
    return Receipt(503, "not_stored", "The event could not be stored. Send it again.")
