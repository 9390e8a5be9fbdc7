"""Removes the working state of runs once the replay window is over: they can then be read, not replayed."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q

from apps.runs.models import Hook, Run, StepRun
from apps.runs.retention.ages import first_since
from apps.runs.retention.walking import Chunk, Done, walk


def window_begins(at: datetime) -> datetime:
    """Return the moment from which on events can still be run again."""
    return at - timedelta(days=settings.REPLAY_DAYS)


def clear_runs(*, at: datetime, seconds: float) -> int:
    """Remove what the executor keeps of ended runs past the window; returns how many rows it was."""
    before = first_since(Run.objects.all(), "received_at", window_begins(at))
    return walk("working", before=before, seconds=seconds, deal=_clear)


def unfinished(chunk: Chunk) -> set[int]:
    """Return the runs of a chunk that have not ended, or could be retried although they are old."""
    looked_at = Run.objects.filter(Q(pk__gt=chunk.after, pk__lte=chunk.end) | Q(pk__in=chunk.again))
    return set(looked_at.exclude(status__in=Run.FINISHED).values_list("pk", flat=True))


def _clear(chunk: Chunk) -> Done:
    left = unfinished(chunk)
    ended = Q(run__gt=chunk.after, run__lte=chunk.end) | Q(run__in=set(chunk.again) - left)
    changed = 0
    for rows, field in ((StepRun.objects, "working"), (Hook.objects, "body")):
        changed += rows.filter(ended).exclude(**{field: b""}).exclude(run__in=left).update(**{field: b""})
    return Done(changed, left)
