"""From arrivals to rows: deduplicated, routed, with the runs that they start."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection as database
from django.db import transaction

from apps.catalog.spec import Event
from apps.connections.models import Connection
from apps.runs import services as runs
from apps.webhooks import inbox, routing, statement
from apps.webhooks.arrivals import Arrival
from apps.webhooks.models import Delivery
from apps.webhooks.receipts import Receipt

_SEEN_BEFORE = "This event was handled before."


@dataclass(frozen=True, slots=True)
class Draft:
    """An arrival at a connection with its delivery as it would be stored, its body sealed already.

    With a reason in `ignored` it is stored and starts nothing.
    """

    connection: Connection
    arrival: Arrival
    identity: bytes
    delivery: Delivery
    ignored: str = ""

    @property
    def key(self) -> tuple[int, bytes]:
        """What there is one row of in `Seen`."""
        return self.connection.pk, self.identity


def draft(connection: Connection, arrival: Arrival, *, ignored: str = "") -> Draft:
    """Make what is stored of an arrival; no database."""
    identity = inbox.identity_of(arrival.event, arrival.body)
    return Draft(connection, arrival, identity, inbox.new_delivery(connection, arrival), ignored)


@dataclass(frozen=True, slots=True)
class Stored:
    """The receipts of drafts, in their order, and whether a run begins whose worker is to be woken."""

    receipts: list[Receipt]
    begins: bool


def commit(drafts: Sequence[Draft]) -> Stored:
    """Store as `store` does, and commit; on PostgreSQL what is new by one statement of its own.

    Refuses, as any durable block, to be called inside a transaction: the receipts
    would be given before the commit.
    """
    if database.in_atomic_block or not statement.stores_at_once():
        with transaction.atomic(durable=True):
            return store(drafts)
    receipts, begins = _store_new(drafts)
    if len(receipts) == len(drafts):
        return Stored([receipts[each.delivery.code] for each in drafts], begins)
    with transaction.atomic(durable=True):
        return _with_duplicates(drafts, receipts, begins=begins)


def store(drafts: Sequence[Draft]) -> Stored:
    """Store what was not seen before, start its runs, count what was.

    In the caller's transaction; the receipts hold once it is committed. Of
    one event twice among the drafts the first is stored. Raises what the
    database raises.
    """
    receipts, begins = _store_new(drafts)
    return _with_duplicates(drafts, receipts, begins=begins)


def _store_new(drafts: Sequence[Draft]) -> tuple[dict[UUID, Receipt], bool]:
    """Store what was not seen before; return its receipts by the codes of the deliveries."""
    firsts: dict[tuple[int, bytes], Draft] = {}
    for each in drafts:
        firsts.setdefault(each.key, each)
    entries = _entries(list(firsts.values()))
    won = statement.store(entries)
    stored = [entry for entry in entries if entry.delivery.code in won]
    return {entry.delivery.code: _receipt(entry.delivery) for entry in stored}, any(
        entry.runs for entry in stored
    )


def _with_duplicates(drafts: Sequence[Draft], receipts: dict[UUID, Receipt], *, begins: bool) -> Stored:
    """Count the drafts that have no receipt yet as seen before."""
    again = [each for each in drafts if each.delivery.code not in receipts]
    # In one order everywhere, so that two transactions can't wait for each other's rows.
    for each in sorted(again, key=lambda each: each.key):
        receipts[each.delivery.code], started = _store_duplicate(each)
        begins = begins or started
    return Stored([receipts[each.delivery.code] for each in drafts], begins)


def _entries(drafts: Sequence[Draft]) -> list[statement.Entry]:
    wanted = [(each, each.arrival.event) for each in drafts]
    routed = [(each, event) for each, event in wanted if event is not None and not each.ignored]
    routes = routing.route_all([(each.connection, event) for each, event in routed])
    by_code = {each.delivery.code: route for (each, _), route in zip(routed, routes, strict=True)}
    return [_entry(each, event, by_code.get(each.delivery.code)) for each, event in wanted]


def _entry(each: Draft, event: Event | None, route: routing.Route | None) -> statement.Entry:
    delivery = each.delivery
    if event is None:
        delivery.status, reason = Delivery.Status.QUARANTINED, each.arrival.problem
    else:
        route = route or routing.Route([], each.ignored)
        delivery.status, reason = route.status, route.reason
    delivery.reason = reason[:300]
    started = (
        runs.new_runs(delivery, route.workflows, at=each.arrival.at, origins=event.origins)
        if event is not None and route is not None and route.workflows
        else ()
    )
    return statement.Entry(each.identity, delivery, started)


def _receipt(delivery: Delivery) -> Receipt:
    return Receipt(200, str(delivery.status), delivery.reason or "Accepted.", str(delivery.code))


def _store_duplicate(again: Draft) -> tuple[Receipt, bool]:
    """Count a delivery that came again; return its receipt and whether a run begins after all."""
    event = again.arrival.event
    delivery = None if again.ignored else inbox.find_seen(again.connection, again.identity)
    if delivery is None:
        return Receipt(200, "duplicate", _SEEN_BEFORE), False
    Delivery.objects.count_duplicate(delivery.pk)
    # A workflow published since may listen now: an ignored event is routed afresh.
    if delivery.status == Delivery.Status.IGNORED and event is not None:
        route = routing.route(again.connection, event.type, workflow=event.workflow)
        if route.workflows and Delivery.objects.accept_ignored(delivery.pk):
            delivery.status = Delivery.Status.ACCEPTED
            runs.start_runs(delivery, route.workflows, at=again.arrival.at, origins=event.origins)
            return Receipt(200, str(delivery.status), "Accepted.", str(delivery.code)), True
    return Receipt(200, "duplicate", _SEEN_BEFORE, str(delivery.code)), False
