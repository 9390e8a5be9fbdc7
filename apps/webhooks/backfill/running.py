"""Running one event of a backfill: its run is made once, whoever else makes it at the same moment."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from apps.catalog.errors import Permanent
from apps.catalog.spec import Listed, LookContext, Reconcile
from apps.runs import services as runs
from apps.runs.models import Run
from apps.runs.services import BULK
from apps.webhooks import services
from apps.webhooks.backfill.models import Backfill, BackfillEvent
from apps.webhooks.models import Delivery, Seen
from apps.webhooks.reconciliation.comparing import hash_of
from apps.webhooks.reconciliation.injecting import Missing, inject
from apps.webhooks.reconciliation.watching import moment, watched
from apps.webhooks.replays import event_of
from apps.workflows.models import Workflow

ONLY_HERE = "It happened before anything listened to it; a backfill ran it."
State = BackfillEvent.State
_HELD = ("stale", "before_published")


@dataclass(frozen=True, slots=True)
class Running:
    """A backfill that runs. `look` reaches the provider, None where nothing is left to be fetched there."""

    backfill: Backfill
    own_list: Reconcile | None
    look: LookContext | None

    def run(self, event: BackfillEvent, *, at: datetime) -> None:
        """Run one event and write what became of it. Raises what the provider's calls raise.

        No transaction may be open, since the event may have to be fetched.
        """
        delivery = self._delivery_of(event)
        if delivery is not None:
            self._run_stored(event, delivery, at=at)
            return
        if Seen.objects.filter(connection=self.backfill.connection_id, event_hash=hash_of(event.event_id)):
            _end(event, State.UNUSABLE, "It was handled before, and its delivery is not kept any more.")
            return
        missing = self._fetched(event)
        if missing is not None:
            self._run_listed(event, missing, at=at)

    def _delivery_of(self, event: BackfillEvent) -> Delivery | None:
        rows = Delivery.objects.filter(connection=self.backfill.connection_id, event_id=event.event_id)
        named = Delivery.objects.filter(code=event.delivery_code) if event.delivery_code else rows
        return named.select_related("connection").first()

    def _run_stored(self, event: BackfillEvent, delivery: Delivery, *, at: datetime) -> None:
        if not delivery.body:
            _end(event, State.UNUSABLE, "Its body was kept for the replay window only.")
            return
        try:
            with transaction.atomic():
                locked = Delivery.objects.select_for_update(of=("self",)).get(pk=delivery.pk)
                if Run.objects.filter(workflow=self.backfill.workflow_id, delivery=locked).exists():
                    _end(event, State.ALREADY_RAN, "")
                elif _end(event, State.STARTED, ""):
                    Delivery.objects.accept_ignored(locked.pk)
                    origins = origins_of(locked)
                    self._start(locked, at=at, origins=origins)
        except IntegrityError:  # Its run was made in this moment.
            _end(event, State.ALREADY_RAN, "")

    def _start(self, delivery: Delivery, *, at: datetime, origins: Sequence[str]) -> None:
        runs.start_runs(delivery, [self.backfill.workflow], at=at, origins=origins, priority=BULK)
        runs.wake_workers()

    def _fetched(self, event: BackfillEvent) -> Missing | None:
        """Return the event as its webhook would have brought it; None where it can't be had, and note why."""
        if self.own_list is None or self.look is None or self.own_list.find is None:
            _end(event, State.UNUSABLE, "The provider's list does not hold the whole event.")
            return None
        try:
            listed: Listed | None = self.own_list.find(self.look, event.event_id)
            if listed is None or listed.payload is None or self.own_list.rebuild is None:
                _end(event, State.UNUSABLE, "The provider does not know it any more.")
                return None
            rebuilt = self.own_list.rebuild(self.look, listed.payload)
        except Permanent as error:
            _end(event, State.UNUSABLE, error.message)
            return None
        return Missing(listed.id, listed.type, listed.occurred_at, rebuilt.payload, rebuilt.note)

    def _run_listed(self, event: BackfillEvent, missing: Missing, *, at: datetime) -> None:
        if self._is_a_gap(missing):
            self._recover(event, missing, at=at)
        else:
            self._enter_alone(event, missing, at=at)

    def _is_a_gap(self, missing: Missing) -> bool:
        """Tell whether the event should have come: then all who listened to it have it too."""
        if self.own_list is None:
            return False
        since = watched(self.backfill.connection, own_list=self.own_list).types.get(missing.event_type)
        return since is not None and since <= moment(missing.occurred_at)

    def _recover(self, event: BackfillEvent, missing: Missing, *, at: datetime) -> None:
        with transaction.atomic():
            inject(self.backfill.connection, missing, at=at, bulk=True)
            run = Run.objects.filter(
                workflow=self.backfill.workflow_id,
                delivery__connection=self.backfill.connection_id,
                delivery__event_id=missing.event_id,
            )
            # A person has asked for it, so that its age holds it no more; a pause still does.
            held = run.filter(status=Run.Status.HELD, reason_code__in=_HELD)
            held.filter(workflow__status=Workflow.Status.PAUSED).update(
                reason_code="paused", reason="The workflow is paused.", remedy="Resume the workflow."
            )
            held.filter(reason_code__in=_HELD).requeue(statuses=(Run.Status.HELD,), at=at)
            _end(event, State.STARTED if run.exists() else State.UNUSABLE, "")
            runs.wake_workers()

    def _enter_alone(self, event: BackfillEvent, missing: Missing, *, at: datetime) -> None:
        """Store the event for this workflow alone: nobody else listened to it when it happened."""
        body = json.dumps(missing.payload, separators=(",", ":"), ensure_ascii=False).encode()
        with transaction.atomic():
            receipt = services.enter(
                self.backfill.connection, body, at=at, source=Delivery.Source.RECOVERED, ignored=ONLY_HERE
            )
            delivery = Delivery.objects.filter(code=receipt.delivery).first() if receipt.delivery else None
            if delivery is None or receipt.code == "duplicate":
                return  # It came in this moment: the next turn finds it stored.
            if delivery.status == Delivery.Status.QUARANTINED:
                _end(event, State.UNUSABLE, delivery.reason)
            elif _end(event, State.STARTED, ""):
                Delivery.objects.accept_ignored(delivery.pk)
                self._start(delivery, at=at, origins=origins_of(delivery))


def origins_of(delivery: Delivery) -> tuple[str, ...]:
    """Return what the event says of the call of ours that it goes back to."""
    event = event_of(delivery)
    return event.origins if event else ()


def _end(event: BackfillEvent, state: State, reason: str) -> bool:
    """Write what became of an event that waits; tell whether this call did."""
    rows = BackfillEvent.objects.filter(pk=event.pk, state=State.WAITING)
    return bool(rows.update(state=state, reason=reason[:300]))
