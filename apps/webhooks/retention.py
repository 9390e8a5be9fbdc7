"""Tidies up what arrived: bodies past the replay window, unused deliveries, marks of old events."""

from datetime import datetime, timedelta
from functools import partial

from django.db.models import Exists, OuterRef, Q

from apps.runs.models import Run
from apps.runs.retention.ages import first_since
from apps.runs.retention.walking import Chunk, Done, walk
from apps.runs.retention.working import window_begins
from apps.runs.worker.sharing import every
from apps.webhooks.models import Delivery, Seen
from apps.workspaces.models import Workspace

SEEN_DAYS = 40
"""How long after an event it is known to have been handled; providers send again for less."""

SECONDS = 0.3
BATCH = 1000


@every(seconds=20)
def look(*, at: datetime) -> int:
    """Tidy up for a second at most; returns how many rows went or were emptied."""
    return clear_bodies(at=at) + prune_deliveries(at=at) + forget_seen(at=at)


def clear_bodies(*, at: datetime) -> int:
    """Remove the bodies of deliveries past the replay window whose runs have all ended."""
    begins = window_begins(at)
    before = first_since(Delivery.objects.all(), "received_at", begins)
    return walk("bodies", before=before, seconds=SECONDS, deal=partial(_clear_bodies, begins=begins))


def prune_deliveries(*, at: datetime) -> int:
    """Delete deliveries that started nothing once they are older than their workspace keeps runs.

    Those that started runs go with the last of them; what is quarantined waits for a person.
    """
    gone = 0
    boundaries: dict[int, int] = {}
    for workspace, days in Workspace.objects.values_list("pk", "keep_runs_days"):
        cutoff = at - timedelta(days=days)
        if days not in boundaries:
            boundaries[days] = first_since(Delivery.objects.all(), "received_at", cutoff)
        rows = Delivery.objects.filter(workspace=workspace, pk__lt=boundaries[days], received_at__lt=cutoff)
        rows = rows.filter(status=Delivery.Status.IGNORED).filter(
            ~Exists(Run.objects.filter(delivery=OuterRef("pk")))
        )
        gone += Delivery.objects.filter(pk__in=list(rows.values_list("pk", flat=True)[:BATCH])).delete()[0]
    return gone


def forget_seen(*, at: datetime) -> int:
    """Delete the marks of events that happened more than 40 days ago."""
    cutoff = at - timedelta(days=SEEN_DAYS)
    before = first_since(Seen.objects.all(), "event_at", cutoff)

    def deal(chunk: Chunk) -> Done:
        rows = Seen.objects.filter(Q(pk__gt=chunk.after, pk__lte=chunk.end) | Q(pk__in=chunk.again))
        gone, _ = rows.filter(event_at__lt=cutoff).delete()
        # Events that are dated later than they came, as a backfill's are dated earlier.
        return Done(gone, set(rows.values_list("pk", flat=True)))

    return walk("seen", before=before, seconds=SECONDS, deal=deal)


def _clear_bodies(chunk: Chunk, *, begins: datetime) -> Done:
    rows = Delivery.objects.filter(Q(pk__gt=chunk.after, pk__lte=chunk.end) | Q(pk__in=chunk.again))
    waiting = Run.objects.filter(delivery=OuterRef("pk")).exclude(status__in=Run.FINISHED)
    needed = Exists(waiting) | Q(status=Delivery.Status.QUARANTINED) | Q(received_at__gte=begins)
    left = set(rows.filter(needed).values_list("pk", flat=True))
    return Done(rows.exclude(pk__in=left).exclude(body=b"").update(body=b""), left)
