"""From arrivals to rows: deduplicated, routed, with the runs that they start. In the caller's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass

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


def store(drafts: Sequence[Draft]) -> list[Receipt]:
    """Store what was not seen before, start its runs, count what was; return the receipts in order.

    Must be called in a transaction; the receipts hold once it is committed. Of
    one event twice among the drafts the first is stored. Raises what the
    database raises.
    """
    firsts: dict[tuple[int, bytes], Draft] = {}
    for each in drafts:
        firsts.setdefault(each.key, each)
    entries = _entries(list(firsts.values()))
    won = statement.store(entries)
    receipts = {
        entry.delivery.code: _receipt(entry.delivery) for entry in entries if entry.delivery.code in won
    }
    if any(entry.runs for entry in entries if entry.delivery.code in won):
        runs.wake_workers()
    # In one order everywhere, so that two transactions can't wait for each other's rows.
    again = [each for each in drafts if each.delivery.code not in won]
    for each in sorted(again, key=lambda each: each.key):
        receipts[each.delivery.code] = _store_duplicate(each)
    return [receipts[each.delivery.code] for each in drafts]


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


def _store_duplicate(again: Draft) -> Receipt:
    event = again.arrival.event
    delivery = None if again.ignored else inbox.find_seen(again.connection, again.identity)
    if delivery is None:
        return Receipt(200, "duplicate", _SEEN_BEFORE)
    Delivery.objects.count_duplicate(delivery.pk)
    # A workflow published since may listen now: an ignored event is routed afresh.
    if delivery.status == Delivery.Status.IGNORED and event is not None:
        route = routing.route(again.connection, event.type, workflow=event.workflow)
        if route.workflows and Delivery.objects.accept_ignored(delivery.pk):
            delivery.status = Delivery.Status.ACCEPTED
            runs.start_runs(delivery, route.workflows, at=again.arrival.at, origins=event.origins)
            runs.wake_workers()
            return Receipt(200, str(delivery.status), "Accepted.", str(delivery.code))
    return Receipt(200, "duplicate", _SEEN_BEFORE, str(delivery.code))
