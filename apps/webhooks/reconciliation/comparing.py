"""One page of a provider's list, compared with what arrived."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from apps.catalog.errors import Permanent
from apps.catalog.spec import App, Event, Listed, LookContext, Reconcile
from apps.common.crypto import SealError
from apps.connections.models import Connection
from apps.language import safe_json
from apps.language.errors import UnsafeJSONError
from apps.webhooks import inbox
from apps.webhooks.models import Delivery, Seen
from apps.webhooks.reconciliation.injecting import MANY, Missing, inject, note_arrived
from apps.webhooks.reconciliation.models import Gap
from apps.webhooks.reconciliation.watching import moment

NEAR = timedelta(minutes=5)
"""How far the moment of a delivery may lie from the one that the list tells for its event."""

MOST_OPENED = 5_000
"""So many deliveries are opened for one page at the most."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What a page was found to be; the counts leave out what was counted before."""

    expected: int = 0
    received: int = 0
    recovered: int = 0
    missing: int = 0


@dataclass(frozen=True, slots=True)
class Comparison:
    """Whose events are compared, and with what. Behind `counted_until` an event counts as a new one."""

    connection: Connection
    app: App
    own_list: Reconcile
    look: LookContext
    types: dict[str, datetime]
    counted_until: datetime | None = None

    def page(self, events: Iterable[Listed], *, at: datetime) -> Compared:
        """Compare a page, and store what is missing of it.

        Makes calls: no transaction may be open. Raises what the provider's calls raise
        when they may be repeated; what was stored by then is found as seen again.
        """
        asked = {each.id: each for each in events if self._is_watched(each)}
        missing = self._missing(list(asked.values()))
        bulk = len(missing) > MANY
        became = [self._recover(each, at=at, bulk=bulk) for each in missing]
        fresh = {each.id for each in asked.values() if self._is_new(each)} | {each.id for each in missing}
        recovered, left = became.count(Gap.Status.RECOVERED), became.count(Gap.Status.OPEN)
        return Compared(
            expected=len(fresh),
            received=len(fresh) - recovered - left,
            recovered=recovered,
            missing=left,
        )

    def recover(self, listed: Listed, *, at: datetime) -> bool:
        """Store one listed event that is missing; tell whether it is here now."""
        if self._missing([listed]):
            return self._recover(listed, at=at, bulk=False) != Gap.Status.OPEN
        return True

    def _is_watched(self, listed: Listed) -> bool:
        """Tell whether the event is one that was subscribed to when it happened."""
        since = self.types.get(listed.type)
        # Whole seconds: the event of the second in which the subscription was confirmed counts.
        return since is not None and listed.occurred_at >= int(since.timestamp())

    def _is_new(self, listed: Listed) -> bool:
        return self.counted_until is None or moment(listed.occurred_at) > self.counted_until

    def _missing(self, listed: Sequence[Listed]) -> list[Listed]:
        """Return what did not arrive, oldest first: one query for the page."""
        if not listed:
            return []
        here = self._arrived_facts(listed) if self.own_list.fact_of else self._seen(listed)
        left = [each for each in listed if each.id not in here]
        closed = Gap.objects.filter(connection=self.connection, event_id__in=[each.id for each in left])
        done = set(closed.exclude(status=Gap.Status.OPEN).values_list("event_id", flat=True))
        return sorted((each for each in left if each.id not in done), key=lambda each: each.occurred_at)

    def _seen(self, listed: Sequence[Listed]) -> set[str]:
        hashes = {hash_of(each.id): each.id for each in listed}
        rows = Seen.objects.filter(connection=self.connection, event_hash__in=list(hashes))
        return {hashes[bytes(found)] for found in rows.values_list("event_hash", flat=True)}

    def _arrived_facts(self, listed: Sequence[Listed]) -> set[str]:
        moments = [moment(each.occurred_at) for each in listed]
        rows = Delivery.objects.filter(
            connection=self.connection,
            event_type__in={each.type for each in listed},
            occurred_at__range=(min(moments) - NEAR, max(moments) + NEAR),
        ).exclude(body=b"")
        facts = (self._fact_in(row) for row in rows.order_by("-pk")[:MOST_OPENED])
        return {fact for fact in facts if fact}

    def _fact_in(self, delivery: Delivery) -> str:
        if self.own_list.fact_of is None:
            return ""
        try:
            payload = safe_json.loads(inbox.open_body(delivery))
        except (SealError, UnsafeJSONError):
            return ""
        return self.own_list.fact_of(payload) if isinstance(payload, dict) else ""

    def _recover(self, listed: Listed, *, at: datetime, bulk: bool) -> Gap.Status:
        if listed.payload is None or self.own_list.rebuild is None:
            self._leave_open(listed, "The provider's list does not hold the whole event.", at=at)
            return Gap.Status.OPEN
        try:
            rebuilt = self.own_list.rebuild(self.look, listed.payload)
        except Permanent as error:
            self._leave_open(listed, error.message, remedy=error.remedy, at=at)
            return Gap.Status.OPEN
        event = Missing(listed.id, listed.type, listed.occurred_at, rebuilt.payload, rebuilt.note)
        here = inject(self.connection, event, at=at, bulk=bulk)
        return Gap.Status.RECOVERED if here else Gap.Status.ARRIVED

    def _leave_open(self, listed: Listed, reason: str, *, remedy: str = "", at: datetime) -> None:
        said = {"reason": reason, "remedy": " ".join(filter(None, (remedy, self.own_list.by_hand)))}
        Gap.objects.update_or_create(
            connection=self.connection,
            event_id=listed.id,
            defaults=said,
            create_defaults={
                **said,
                "workspace_id": self.connection.workspace_id,
                "event_type": listed.type[:120],
                "occurred_at": moment(listed.occurred_at),
                "found_at": at,
                "status": Gap.Status.OPEN,
                "note": listed.label[:300],
            },
        )


def close_arrived(comparison: Comparison, *, at: datetime) -> int:
    """Close the open gaps whose events have come by themselves since; returns how many."""
    gaps = Gap.objects.filter(connection=comparison.connection, status=Gap.Status.OPEN)
    rows = list(gaps.order_by("pk")[:200])
    if not rows:
        return 0
    listed = [Listed(row.event_id, row.event_type, int(row.occurred_at.timestamp())) for row in rows]
    facts = comparison.own_list.fact_of is not None
    here = comparison._arrived_facts(listed) if facts else comparison._seen(listed)
    return note_arrived(gaps.filter(event_id__in=here), at=at)


def hash_of(event_id: str) -> bytes:
    """Return what `Seen` keeps of the event with this id."""
    return inbox.identity_of(Event(id=event_id, type="", occurred_at=0), b"")
