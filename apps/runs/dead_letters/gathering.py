"""Sorting failed runs by their cause, behind the worker's back: no run pays for it.

The look reads the failed runs since the newest that it knows by their own index.
A run's end is written at most a lease's time behind the moment that it names, so
looking back for three leases misses none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef

from apps.runs.dead_letters.models import Cause, DeadLetter
from apps.runs.dead_letters.patterns import digest_of, pattern_of, step_of
from apps.runs.models import Run, StepRun
from apps.runs.querysets import RunQuerySet

LOOK_BACK = timedelta(seconds=30)
BATCH = 500


@dataclass(frozen=True, slots=True)
class _Found:
    """A failed run and what it failed of."""

    run: Run
    step: str
    step_name: str
    pattern: str

    @property
    def failed_at(self) -> datetime:
        return self.run.finished_at or self.run.received_at

    @property
    def digest(self) -> str:
        return digest_of(self.step, self.run.reason_code, self.pattern)


def gather(*, at: datetime) -> list[DeadLetter]:
    """Write a letter for every failed run that has none of this failure; at most `BATCH` of them.

    Runs that tested a draft are none: whoever tests sees it.
    """
    runs = list(_unknown(at=at)[:BATCH])
    if not runs:
        return []
    found = _explained(runs)
    with transaction.atomic():
        causes = _causes(found)
        DeadLetter.objects.filter(run__in=[each.run.pk for each in found]).delete()
        letters = [
            DeadLetter(
                run=each.run,
                cause_id=causes[each.run.workflow_id, each.digest],
                failed_at=each.failed_at,
            )
            for each in found
        ]
        return DeadLetter.objects.bulk_create(letters)


def tidy(*, at: datetime, older: timedelta) -> int:
    """Remove the letters of runs that are not failed any more, and causes that none is left of."""
    mended = DeadLetter.objects.exclude(run__status=Run.Status.FAILED).values_list("pk", flat=True)
    DeadLetter.objects.filter(pk__in=list(mended[:BATCH])).delete()
    left = Cause.objects.filter(last_at__lt=at - older)
    empty = left.exclude(Exists(DeadLetter.objects.filter(cause=OuterRef("pk"))))
    gone, _ = Cause.objects.filter(pk__in=list(empty.values_list("pk", flat=True)[:BATCH])).delete()
    return gone


def _unknown(*, at: datetime) -> RunQuerySet:
    newest = DeadLetter.objects.aggregate(newest=Max("failed_at"))["newest"]
    failed = Run.objects.filter(status=Run.Status.FAILED, finished_at__lte=at)
    if newest is not None:
        failed = failed.filter(finished_at__gte=newest - LOOK_BACK)
    known = DeadLetter.objects.filter(run=OuterRef("pk"), failed_at=OuterRef("finished_at"))
    rows = failed.filter(~Exists(known), version__number__isnull=False)
    return rows.order_by("finished_at", "id")


def _explained(runs: Sequence[Run]) -> list[_Found]:
    """Return each run with the step that failed it: the last one whose error is the run's."""
    steps: dict[int, StepRun] = {}
    rows = StepRun.objects.filter(run__in=[run.pk for run in runs], status=StepRun.Status.FAILED)
    codes = {run.pk: run.reason_code for run in runs}
    for step in rows.only("run_id", "path", "name", "error_code").order_by(F("finished_at").asc(), "id"):
        if step.error_code == codes[step.run_id] or step.run_id not in steps:
            steps[step.run_id] = step
    found = []
    for run in runs:
        failed = steps.get(run.pk)
        found.append(
            _Found(
                run,
                step_of(failed.path) if failed else "",
                failed.name if failed else "",
                pattern_of(run.reason),
            )
        )
    return found


def _causes(found: Sequence[_Found]) -> dict[tuple[int, str], int]:
    """Write the causes of these failures; return their ids by workflow and digest."""
    rows: dict[tuple[int, str], Cause] = {}
    for each in found:
        key = each.run.workflow_id, each.digest
        last = each.failed_at
        first = rows[key].first_at if key in rows else last
        rows[key] = Cause(
            workspace_id=each.run.workspace_id,
            workflow_id=each.run.workflow_id,
            digest=each.digest,
            step=each.step,
            step_name=each.step_name,
            error_code=each.run.reason_code,
            pattern=each.pattern,
            first_at=first,
            last_at=last,
            example=each.run,
        )
    Cause.objects.bulk_create(
        rows.values(),
        update_conflicts=True,
        unique_fields=["workflow", "digest"],
        update_fields=["step_name", "last_at", "example"],
    )
    stored = Cause.objects.filter(
        workflow__in={workflow for workflow, _ in rows}, digest__in={digest for _, digest in rows}
    )
    return {(workflow, digest): pk for pk, workflow, digest in stored.values_list("pk", "workflow", "digest")}
