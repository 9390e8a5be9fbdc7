"""The delivery of a test: stored like any other, but it starts nothing by itself and is no event seen."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from apps.catalog.spec import Event
from apps.connections.models import Connection
from apps.language import safe_json
from apps.webhooks import inbox
from apps.webhooks.arrivals import Arrival
from apps.webhooks.models import Delivery


def store_test(
    connection: Connection, payload: Mapping[str, Any], *, event_type: str, occurred_at: int, at: datetime
) -> Delivery:
    """Store a payload that a person tests a draft with, in the caller's transaction.

    Its event id is new each time, whatever the payload says: the keys of its
    calls are derived from it, so they never meet those of a real event.
    `occurred_at` is in unix seconds; 0 means now. Raises `UnsafeJSONError`.
    """
    event = Event(
        id=f"test_{uuid.uuid4().hex}", type=event_type, occurred_at=occurred_at or int(at.timestamp())
    )
    source = Delivery.Source.TEST
    arrival = Arrival(safe_json.dumps(payload), at=at, late=False, source=source, event=event)
    return inbox.store_delivery(
        connection, arrival, code=uuid.uuid4(), status=Delivery.Status.ACCEPTED, reason=""
    )
