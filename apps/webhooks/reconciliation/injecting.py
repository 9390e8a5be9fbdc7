"""Storing a missing event: as a webhook would have, marked as recovered, held where it is not fresh."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from apps.connections.models import Connection
from apps.runs.models import Run
from apps.runs.querysets import GUARDS
from apps.runs.services import BULK
from apps.webhooks import services
from apps.webhooks.models import Delivery
from apps.webhooks.reconciliation.models import Gap
from apps.webhooks.reconciliation.watching import moment, since_of_workflows

FRESH = timedelta(hours=24)
"""Runs of recovered events that are older are held: a person decides whether they still make sense."""

MANY = 20
"""So many events at once wait behind what happens now."""


@dataclass(frozen=True, slots=True)
class Missing:
    """An event to be stored; `note` says what in its payload is of now, not of then."""

    event_id: str
    event_type: str
    occurred_at: int
    payload: Mapping[str, Any]
    note: str = ""


def inject(connection: Connection, event: Missing, *, at: datetime, bulk: bool = False) -> bool:
    """Store and route the event, in one transaction with its row; tell whether it was missing still.

    Of this and the webhook of the same event at the same moment one wins; the other
    is a duplicate. Raises what the database raises.
    """
    body = json.dumps(event.payload, separators=(",", ":"), ensure_ascii=False).encode()
    with transaction.atomic():
        receipt = services.enter(connection, body, at=at, source=Delivery.Source.RECOVERED)
        if receipt.code == "duplicate":
            note_arrived(Gap.objects.filter(connection=connection, event_id=event.event_id), at=at)
            return False
        runs = Run.objects.filter(delivery__code=receipt.delivery)
        _hold(connection, event, runs, at=at)
        if bulk:
            runs.update(priority=BULK)
        row = {
            "workspace_id": connection.workspace_id,
            "event_type": event.event_type[:120],
            "occurred_at": moment(event.occurred_at),
            "status": Gap.Status.RECOVERED,
            "note": event.note[:300],
            "reason": receipt.message,
            "remedy": "",
            "delivery_code": receipt.delivery,
            "ended_at": at,
        }
        found = {"connection": connection, "event_id": event.event_id}
        Gap.objects.update_or_create(**found, defaults=row, create_defaults={**row, "found_at": at})
    return True


def note_arrived(gaps: QuerySet[Gap], *, at: datetime) -> int:
    """Close the open ones among these gaps, whose events have come by themselves."""
    words = {"status": Gap.Status.ARRIVED, "reason": "It arrived later by itself.", "remedy": ""}
    return gaps.filter(status=Gap.Status.OPEN).update(ended_at=at, **words)


def _hold(connection: Connection, event: Missing, runs: "QuerySet[Run]", *, at: datetime) -> None:
    """Hold the runs that nobody may expect any more; paused ones among them too, for good.

    What a guard holds stays as it is: it says more.
    """
    happened = moment(event.occurred_at)
    waiting = runs.filter(status__in=(Run.Status.QUEUED, Run.Status.HELD)).exclude(reason_code__in=GUARDS)
    if at - happened > FRESH:
        hours = int((at - happened).total_seconds() // 3600)
        waiting.update(
            status=Run.Status.HELD,
            reason_code="stale",
            reason=f"The event was recovered {hours} hours after it happened.",
            remedy="Release the run if it still makes sense, or cancel it.",
        )
        return
    since = since_of_workflows(connection, event.event_type)
    later = [code for code, first in since.items() if first > happened]
    waiting.filter(workflow__code__in=later).update(
        status=Run.Status.HELD,
        reason_code="before_published",
        reason="The event happened before this workflow listened to it.",
        remedy="Release the run if the workflow is meant for it, or cancel it.",
    )
