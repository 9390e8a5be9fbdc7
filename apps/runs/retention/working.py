"""Removes the working state of runs once the replay window is over: they can then be read, not replayed."""

from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db.models import Q

from apps.runs.models import Hook, Replay, Run, StepRun
from apps.runs.retention.ages import first_since
from apps.runs.retention.walking import Chunk, Done, walk


def window_begins(at: datetime) -> datetime:
    """Return the moment from which on events can still be run again."""
    return at - timedelta(days=settings.REPLAY_DAYS)


def clear_runs(*, at: datetime, seconds: float) -> int:
    """Remove what the executor keeps of ended runs past the window; returns how many rows it was."""
    begins = window_begins(at)
    before = first_since(Run.objects.all(), "received_at", begins)
    return walk("working", before=before, seconds=seconds, deal=partial(_clear, begins=begins))


def _clear(chunk: Chunk, *, begins: datetime) -> Done:
    looked_at = Run.objects.filter(Q(pk__gt=chunk.after, pk__lte=chunk.end) | Q(pk__in=chunk.again))
    over = Q(status__in=Run.FINISHED, received_at__lt=begins)
    left = set(looked_at.exclude(over).values_list("pk", flat=True))
    ended = Q(run__gt=chunk.after, run__lte=chunk.end) | Q(run__in=set(chunk.again) - left)
    changed = 0
    kept = ((StepRun.objects, "working"), (Hook.objects, "body"), (Replay.objects, "given"))
    for rows, field in kept:
        changed += rows.filter(ended).exclude(**{field: b""}).exclude(run__in=left).update(**{field: b""})
    return Done(changed, left)
