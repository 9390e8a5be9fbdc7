"""The dry count: which events of the window there are, and what would become of each. It runs nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from apps.catalog.errors import UnreadableEventError
from apps.catalog.spec import ListContext, Listed, LookContext, Reconcile
from apps.common.crypto import SealError
from apps.language import safe_json
from apps.language.errors import UnsafeJSONError
from apps.runs.models import Run
from apps.webhooks import inbox
from apps.webhooks.backfill.matching import Listener, event_before
from apps.webhooks.backfill.models import Backfill, BackfillEvent
from apps.webhooks.models import Delivery, Seen
from apps.webhooks.reconciliation.comparing import hash_of
from apps.webhooks.reconciliation.watching import moment

BATCH = 200
MOST = 100_000
"""More events than this make a window too long."""

_SOURCES = (Delivery.Source.WEBHOOK, Delivery.Source.RECOVERED)
_GONE = "It was handled before, and its delivery is not kept any more."
_NO_BODY = "Its body was kept for the replay window only."
State = BackfillEvent.State


@dataclass(frozen=True, slots=True)
class Count:
    """A count under way: `own_list` is the provider's, None where there is none to run events from."""

    backfill: Backfill
    listener: Listener
    own_list: Reconcile | None

    def stored_page(self) -> str | None:
        """Count the next deliveries; return where the following begin, None behind the last."""
        rows = Delivery.objects.filter(
            connection=self.backfill.connection_id,
            source__in=_SOURCES,
            status__in=(Delivery.Status.ACCEPTED, Delivery.Status.IGNORED),
            occurred_at__range=(self.backfill.since, self.backfill.until),
            pk__gt=int(self.backfill.position or 0),
        )
        if not self.listener.trigger.any_event_type:
            rows = rows.filter(event_type__in=self.listener.event_types)
        page = list(rows.order_by("pk")[:BATCH])
        ran = set(
            Run.objects.filter(workflow=self.backfill.workflow_id, delivery__in=page).values_list(
                "delivery", flat=True
            )
        )
        self._keep(self._of_delivery(row, ran=row.pk in ran) for row in page)
        return str(page[-1].pk) if len(page) == BATCH else None

    def listed_page(self, look: LookContext) -> str | None:
        """Count the next page of the provider's list; as above. Raises what the provider's call raises."""
        if self.own_list is None or self.own_list.find is None:
            return None
        settled = timezone.now() - timedelta(seconds=self.own_list.settle_seconds)
        covered = tuple(each for each in self.listener.event_types if self.own_list.covers(each))
        until = min(self.backfill.until, settled)
        if not covered or until <= self.backfill.since:
            return None
        page = self.own_list.list_page(
            ListContext(
                account=look.account,
                send=look.send,
                event_types=covered,
                since=int(self.backfill.since.timestamp()),
                until=int(until.timestamp()),
                position=self.backfill.position,
            )
        )
        hashes = {hash_of(each.id): each.id for each in page.events}
        seen = Seen.objects.filter(connection=self.backfill.connection_id, event_hash__in=list(hashes))
        here = {hashes[bytes(found)] for found in seen.values_list("event_hash", flat=True)}
        # What is here was counted with its delivery, unless that was pruned: the row stays as it is.
        self._keep(self._of_listed(each, here=each.id in here) for each in page.events)
        return page.next or None

    def _keep(self, rows: Iterable[BackfillEvent]) -> None:
        BackfillEvent.objects.bulk_create(list(rows), ignore_conflicts=True)

    def _of_delivery(self, delivery: Delivery, *, ran: bool) -> BackfillEvent:
        state, reason = (State.ALREADY_RAN, "") if ran else self._judged(delivery)
        return BackfillEvent(
            backfill=self.backfill,
            event_id=delivery.event_id,
            event_type=delivery.event_type,
            occurred_at=delivery.occurred_at or delivery.received_at,
            delivery_code=delivery.code,
            state=state,
            reason=reason[:300],
        )

    def _judged(self, delivery: Delivery) -> tuple[State, str]:
        if not delivery.body:
            return State.UNUSABLE, _NO_BODY
        try:
            payload = safe_json.loads(inbox.open_body(delivery))
            against = self.listener.reason_against(payload, event=event_before(self.listener.app, delivery))
        except SealError:
            return State.UNUSABLE, "Its stored body does not open."
        except (UnsafeJSONError, UnreadableEventError) as error:
            return State.UNUSABLE, str(error) or "Its body can't be read as an event."
        return (State.NOT_MATCHING, against) if against else (State.WAITING, "")

    def _of_listed(self, listed: Listed, *, here: bool) -> BackfillEvent:
        state, reason = State.WAITING, ""
        if here:
            state, reason = State.UNUSABLE, _GONE
        elif listed.payload is None:
            state, reason = State.UNUSABLE, "The provider's list does not hold the whole event."
        else:
            try:
                reason = self.listener.reason_against(listed.payload)
            except UnreadableEventError as error:
                state, reason = State.UNUSABLE, str(error)
            else:
                state = State.NOT_MATCHING if reason else State.WAITING
        return BackfillEvent(
            backfill=self.backfill,
            event_id=listed.id[:255],
            event_type=listed.type[:120],
            occurred_at=moment(listed.occurred_at),
            state=state,
            reason=reason[:300],
        )
