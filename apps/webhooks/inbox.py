"""The rows of a delivery: deduplicate, store, count. Called inside the receiving transaction."""

import hashlib
import zlib
from datetime import UTC, datetime, timedelta

from django.db import connection as database
from django.db.models import F

from apps.catalog.spec import Event
from apps.common import crypto
from apps.connections.models import Endpoint
from apps.webhooks.models import Delivery, Seen

# The one hand-written statement of receiving: `ignore_conflicts` does not tell
# which of two simultaneous inserts won, and a savepoint per delivery costs more.
_CLAIM_EVENT = """
    INSERT INTO webhooks_seen (connection_id, event_hash, event_at) VALUES (%s, %s, %s)
    ON CONFLICT (connection_id, event_hash) DO NOTHING RETURNING id
"""
_TOUCH_EVERY = timedelta(seconds=10)
_FAR = 253_402_300_799  # The last second that a datetime can hold.


def claim_event(connection_id: int, event_hash: bytes, *, event_at: datetime) -> int | None:
    """Insert the event as seen; returns the row's id, or None when it was seen before.

    Of simultaneous requests with the same event exactly one gets an id; the
    others wait for its commit.
    """
    event_field = Seen._meta.get_field("event_at")
    with database.cursor() as cursor:
        cursor.execute(
            _CLAIM_EVENT, [connection_id, event_hash, event_field.get_db_prep_value(event_at, database, prepared=False)]
        )
        row = cursor.fetchone()
    return row[0] if row else None


def link_event(seen_id: int, delivery: Delivery) -> None:
    """Let later duplicates find the delivery."""
    Seen.objects.filter(pk=seen_id).update(delivery=delivery)


def store_delivery(
    endpoint: Endpoint,
    *,
    body: bytes,
    at: datetime,
    late: bool,
    source: str,
    event: Event | None,
    status: Delivery.Status,
    reason: str,
) -> Delivery:
    """Write the delivery with its sealed body."""
    delivery = Delivery(
        workspace_id=endpoint.connection.workspace_id,
        connection=endpoint.connection,
        source=source,
        status=status,
        reason=reason[:300],
        event_id=event.id[:255] if event else "",
        event_type=event.type[:120] if event else "",
        occurred_at=event_time(event, at) if event else None,
        received_at=at,
        late=late,
        body_size=len(body),
    )
    delivery.body = crypto.seal(zlib.compress(body, 1), bound_to=_binding(delivery))
    delivery.save(force_insert=True)
    return delivery


def open_body(delivery: Delivery) -> bytes:
    """Return the stored body as it was received; raises `SealError` when its key is gone."""
    return zlib.decompress(crypto.unseal(bytes(delivery.body), bound_to=_binding(delivery)))


def count_duplicate(connection_id: int, event_hash: bytes) -> Delivery | None:
    """Count one more arrival of a known event; None once its delivery was pruned."""
    seen = (
        Seen.objects.filter(connection_id=connection_id, event_hash=event_hash)
        .select_related("delivery__connection")
        .first()
    )
    if seen is None or seen.delivery is None:
        return None
    Delivery.objects.filter(pk=seen.delivery.pk).update(duplicates=F("duplicates") + 1)
    return seen.delivery


def accept_ignored(delivery: Delivery) -> bool:
    """Turn an ignored delivery into an accepted one; returns whether this call did it."""
    return bool(
        Delivery.objects.filter(pk=delivery.pk, status=Delivery.Status.IGNORED).update(
            status=Delivery.Status.ACCEPTED, reason=""
        )
    )


def touch(endpoint: Endpoint, *, at: datetime) -> None:
    """Note when the endpoint last got a delivery, to ten seconds: one hot row must not order all deliveries."""
    if endpoint.last_delivery_at is None or at - endpoint.last_delivery_at > _TOUCH_EVERY:
        Endpoint.objects.filter(pk=endpoint.pk).update(last_delivery_at=at)


def event_time(event: Event | None, fallback: datetime) -> datetime:
    """Return when the event happened, or the fallback where the provider's value is no date."""
    if event is None or not 0 <= event.occurred_at <= _FAR:
        return fallback
    return datetime.fromtimestamp(event.occurred_at, UTC)


def event_hash(event_id: str) -> bytes:
    """Return what `Seen` keeps of an event id."""
    return hashlib.sha256(event_id.encode()).digest()


def _binding(delivery: Delivery) -> str:
    return f"webhooks.Delivery:{delivery.code}:body"
