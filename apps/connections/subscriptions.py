"""What published workflows listen for at a connection: rows, and what is reserved for rows to come."""

import time
import uuid
from collections.abc import Iterable
from typing import Any

from apps.connections.models import Connection, Endpoint, EventSubscription

RESERVED_SECONDS = 120


def subscribe(
    connection: Connection, *, user_kind: str, user_code: uuid.UUID | str, event_types: Iterable[str]
) -> None:
    """Write what a user listens for at the connection, in the caller's transaction.

    Event types that it listened for before keep the moment since when.
    """
    wanted = set(event_types)
    rows = EventSubscription.objects.filter(connection=connection, user_kind=user_kind, user_code=user_code)
    rows.exclude(event_type__in=wanted).delete()
    EventSubscription.objects.bulk_create(
        [
            EventSubscription(
                connection=connection, event_type=event_type, user_kind=user_kind, user_code=user_code
            )
            for event_type in sorted(wanted)
        ],
        ignore_conflicts=True,
    )
    _release_reservation(connection, wanted)


def unsubscribe(*, user_kind: str, user_code: uuid.UUID | str) -> list[Connection]:
    """Forget what a user listens for, in the caller's transaction; returns the connections to settle."""
    rows = EventSubscription.objects.filter(user_kind=user_kind, user_code=user_code)
    connections = list(
        Connection.objects.filter(pk__in=rows.values("connection")).select_related("workspace").order_by("pk")
    )
    rows.delete()
    return connections


def needed(endpoint: Endpoint) -> set[str]:
    """Return the event types that published workflows listen for, and those that are about to."""
    rows = EventSubscription.objects.filter(connection=endpoint.connection_id)
    reserved = {each for types, _ in alive(endpoint.reserved) for each in types}
    return set(rows.values_list("event_type", flat=True)) | reserved


def reservation(event_types: set[str]) -> list[Any]:
    """Return the reservation of event types for a publishing that is about to write its subscriptions."""
    return [sorted(event_types), time.time() + RESERVED_SECONDS]


def alive(reserved: list[Any]) -> list[Any]:
    """Return the reservations whose time has not run out."""
    now = time.time()
    return [[types, until] for types, until in reserved if until > now]


def _release_reservation(connection: Connection, event_types: set[str]) -> None:
    """Drop one reservation of exactly these event types: their subscriptions are written now."""
    row = Endpoint.objects.select_for_update().filter(connection=connection).first()
    if row is None:
        return
    reserved = alive(row.reserved)
    mine = next((each for each in reserved if set(each[0]) == event_types), None)
    if mine is not None:
        reserved.remove(mine)
        Endpoint.objects.filter(pk=row.pk).update(reserved=reserved)
