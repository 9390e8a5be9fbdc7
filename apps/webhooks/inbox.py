"""The rows of a delivery: deduplicate, store, count. Called inside the receiving transaction."""

import hashlib
import uuid
from datetime import datetime, timedelta

from django.db.models import Q, Subquery

from apps.catalog.spec import Event
from apps.common import crypto
from apps.connections.models import Connection, Endpoint
from apps.webhooks.arrivals import Arrival
from apps.webhooks.models import Delivery, Seen

_TOUCH_EVERY = timedelta(seconds=10)


def identity_of(event: Event | None, body: bytes) -> bytes:
    """Return what `Seen` keeps of an event: a hash of its id, or of a body without one.

    The two never meet, whatever a provider chooses as an id.
    """
    if event is None:
        return hashlib.sha256(b"body\0" + body).digest()
    return hashlib.sha256(b"event\0" + event.id.encode()).digest()


def new_delivery(connection: Connection, arrival: Arrival, *, code: uuid.UUID | None = None) -> Delivery:
    """Return the row of a delivery with its sealed body; it is not stored, and its status is not set."""
    event = arrival.event
    delivery = Delivery(
        workspace_id=connection.workspace_id,
        connection=connection,
        code=code or uuid.uuid4(),
        source=arrival.source,
        event_id=event.id[:255] if event else "",
        event_type=event.type[:120] if event else "",
        occurred_at=arrival.occurred_at if event else None,
        received_at=arrival.at,
        late=arrival.late,
        body_size=len(arrival.body),
    )
    delivery.body = crypto.pack_bytes(arrival.body, bound_to=delivery.body_binding)
    return delivery


def store_delivery(
    connection: Connection, arrival: Arrival, *, code: uuid.UUID, status: Delivery.Status, reason: str
) -> Delivery:
    """Write the delivery with its sealed body."""
    delivery = new_delivery(connection, arrival, code=code)
    delivery.status, delivery.reason = status, reason[:300]
    delivery.save(force_insert=True)
    return delivery


def open_body(delivery: Delivery) -> bytes:
    """Return the stored body as it was received; raises `SealError` when its key is gone."""
    return crypto.unpack_bytes(bytes(delivery.body), bound_to=delivery.body_binding)


def find_seen(connection: Connection, identity: bytes) -> Delivery | None:
    """Return the delivery of an event that was seen, without its body; None once it was pruned."""
    code = Seen.objects.filter(connection=connection, event_hash=identity).values("delivery_code")
    delivery = Delivery.objects.defer("body").filter(code=Subquery(code)).first()
    if delivery is not None:
        delivery.connection = connection
    return delivery


def touch(endpoint: Endpoint, *, at: datetime) -> None:
    """Note when the endpoint last got a delivery, to ten seconds.

    One row that every delivery writes would make them wait for each other.
    """
    before = at - _TOUCH_EVERY
    if endpoint.last_delivery_at is None or endpoint.last_delivery_at < before:
        stale = Q(last_delivery_at=None) | Q(last_delivery_at__lt=before)
        Endpoint.objects.filter(stale, pk=endpoint.pk).update(last_delivery_at=at)
