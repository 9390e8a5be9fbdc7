"""Receiving: from a provider's request to a committed delivery with its runs.

A 2xx is given only after the commit; a transaction that fails is a 503, so that
the provider sends the event again.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import structlog
from django.conf import settings
from django.db import Error as DatabaseFailure

from apps.catalog import registry
from apps.connections.models import Connection, Endpoint
from apps.runs import services as runs
from apps.webhooks import arrivals, batches, endpoints, inbox, platform, refusals, storing
from apps.webhooks.batches import receive_all
from apps.webhooks.models import Delivery
from apps.webhooks.receipts import Post, Receipt
from apps.webhooks.replays import run_again

__all__ = ["Receipt", "body_of", "enter", "receive", "receive_all", "refuse_size", "run_again"]

log = structlog.get_logger(__name__)


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
    (receipt,) = receive_all([Post(path, headers, body, at, query, source)])
    return receipt


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
    stored = storing.store([storing.draft(connection, arrival, ignored=ignored)])
    if stored.begins:
        runs.wake_workers()
    return stored.receipts[0]


def refuse_size(path: str, *, now: datetime | None = None) -> Receipt:
    """Answer a body over the limit; it is alarmed, since a provider's event is lost by it."""
    candidates: Sequence[Endpoint] = ()
    try:
        candidates = endpoints.find(path)
    except endpoints.UnknownEndpointError as error:
        if platform.at_path(path) is None:
            return Receipt(404, "unknown_endpoint", error.message)
    except DatabaseFailure as error:
        return batches.not_stored(error)
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
