"""Mending many failed runs of one cause: retried at a rate, or put aside."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from apps.common.errors import Conflict, ServiceError, ValidationFailed
from apps.runs import services
from apps.runs.dead_letters.models import Cause, DeadLetter
from apps.runs.models import Effect, Run
from apps.workspaces import audit
from apps.workspaces.access import Actor, require
from apps.workspaces.roles import Permission

RATES = (1, 6000)
"""Runs a minute."""

MOST = 20_000
"""Runs that one press of the button retries; press it again for the rest."""

BATCH = 100


@dataclass(frozen=True, slots=True)
class Preview:
    """What a bulk retry would do. `asking` are the runs with a call that nobody knows the outcome of."""

    runs: int
    asking: int
    capped: bool


def preview(cause: Cause) -> Preview:
    """Count what a retry of all its failed runs would take."""
    rows = DeadLetter.objects.open().filter(cause=cause)
    number = rows[: MOST + 1].count()
    unknown = Effect.objects.undecided().filter(run__dead_letter__in=rows)
    asking = unknown.values("run").distinct()[: MOST + 1].count()
    return Preview(min(number, MOST), min(asking, MOST), number > MOST)


def retry_all(cause: Cause, *, actor: Actor, rate: int, expected: int) -> int:
    """Have the failed runs of a cause retried, so many a minute, the oldest first; returns how many.

    Each goes on from the step that failed, as `runs.services.retry` says: what succeeded is not
    done again. `expected` is the number that the person saw; raises `Conflict` where it has grown by more
    than a tenth since, and `ValidationFailed` for a rate out of range.
    """
    require(actor, cause.workspace, Permission.OPERATE_RUNS)
    least, most = RATES
    if not least <= rate <= most:
        raise ValidationFailed(
            f"Choose {least} to {most:,} runs a minute.", code="out_of_range", field="rate"
        )
    now = timezone.now()
    with transaction.atomic():
        rows = DeadLetter.objects.open().filter(cause=cause, retry_at=None)
        numbers = list(rows.order_by("id").values_list("pk", flat=True)[:MOST])
        if len(numbers) > expected * 1.1 + 1:
            raise Conflict(
                f"There are {len(numbers):,} failed runs now, {expected:,} when you looked.",
                code="grown",
                remedy="Look at the number, then press the button again.",
            )
        if not numbers:
            raise Conflict("No failed run of this cause is left to be resumed.", code="none_left")
        _spread(numbers, rate=rate, begin=now, actor=actor)
        audit.record(
            cause.workspace,
            actor=actor,
            verb="dead_letters.retried",
            target=cause,
            after={"runs": len(numbers), "rate": rate},
        )
    return len(numbers)


def stop_retrying(cause: Cause, *, actor: Actor) -> int:
    """Leave the runs that have not been retried yet as they are; returns how many."""
    require(actor, cause.workspace, Permission.OPERATE_RUNS)
    with transaction.atomic():
        left = DeadLetter.objects.filter(cause=cause, retry_at__isnull=False).update(retry_at=None)
        audit.record(
            cause.workspace,
            actor=actor,
            verb="dead_letters.retry_stopped",
            target=cause,
            after={"left": left},
        )
    return left


def dismiss(cause: Cause, *, actor: Actor) -> int:
    """Put the failed runs of a cause aside; returns how many. The runs stay, later failures show again."""
    require(actor, cause.workspace, Permission.OPERATE_RUNS)
    with transaction.atomic():
        gone = DeadLetter.objects.open().filter(cause=cause)
        number = DeadLetter.objects.filter(pk__in=gone.values("pk")).dismiss(at=timezone.now())
        audit.record(
            cause.workspace,
            actor=actor,
            verb="dead_letters.dismissed",
            target=cause,
            after={"runs": number},
        )
    return number


def retry_due(*, at: datetime) -> int:
    """Retry the runs whose turn has come, for whoever asked; returns how many were queued.

    One that can't be retried says why in its letter and keeps nobody from the others.
    """
    rows = DeadLetter.objects.to_retry(at=at).select_related("run__workspace", "retry_by")
    queued = 0
    for letter in rows[:BATCH]:
        if not DeadLetter.objects.take(letter.pk, at=at):
            continue
        person = letter.retry_by
        actor = Actor.of(person) if person is not None else None
        try:
            if actor is None:
                raise Conflict("Whoever asked to resume it has been removed.", code="nobody")
            services.retry(letter.run, actor=actor)
        except ServiceError as error:
            if letter.run.status == Run.Status.FAILED:
                DeadLetter.objects.filter(pk=letter.pk).update(refused=error.message[:400])
        else:
            queued += 1
    return queued


def _spread(numbers: list[int], *, rate: int, begin: datetime, actor: Actor) -> None:
    """Give each letter its turn, so that no second has more of them than the rate says."""
    per_slot = max(1, rate // 60)
    pause = timedelta(seconds=60 / rate * per_slot)
    for slot, start in enumerate(range(0, len(numbers), per_slot)):
        rows = DeadLetter.objects.filter(pk__in=numbers[start : start + per_slot])
        rows.update(retry_at=begin + slot * pause, retry_by=actor.user, refused="")
