"""Failed runs: one alert per workflow, counted; over when its runs succeed again."""

from collections import defaultdict
from datetime import datetime, timedelta

from apps.alerts.kinds import Kind, Severity
from apps.alerts.models import Alert
from apps.alerts.services import clear_alert, raise_alert
from apps.alerts.watching.models import Watch
from apps.alerts.watching.words import subject_of
from apps.runs.models import DeadLetter, Run
from apps.workflows.models import Workflow

WATCH = "failures"
BATCH = 1000
QUIET = timedelta(minutes=15)
LOOK_BACK = 50


def look(*, at: datetime) -> int:
    """Raise alerts for the failures since the last look; returns how many failures that were."""
    top = DeadLetter.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    watch, is_new = Watch.objects.get_or_create(name=WATCH, defaults={"position": top, "at": at})
    if is_new:  # What failed before there was a watch is known.
        return 0
    rows = DeadLetter.objects.filter(pk__gt=watch.position, dismissed_at=None).order_by("pk")
    letters = list(rows.select_related("run", "cause")[:BATCH])
    by_workflow: dict[int, list[DeadLetter]] = defaultdict(list)
    for letter in letters:
        by_workflow[letter.run.workflow_id].append(letter)
    workflows = Workflow.objects.filter(pk__in=by_workflow).select_related("workspace").defer("draft")
    for workflow in workflows:
        _raise(workflow, by_workflow[workflow.pk], at=at)
    if letters:
        Watch.objects.filter(pk=watch.pk).update(position=letters[-1].pk, at=at)
    _clear(at=at)
    return len(letters)


def _raise(workflow: Workflow, letters: list[DeadLetter], *, at: datetime) -> None:
    last = letters[-1]
    raise_alert(
        workflow.workspace,
        kind=Kind.RUN_FAILED,
        subject=subject_of(workflow),
        message=f"A run of “{workflow.name}” failed. {last.run.reason}",
        remedy=last.run.remedy or "Mend the cause, then resume the failed runs under Dead letters.",
        url=last.run.get_absolute_url(),
        severity=Severity.WARNING,
        times=len(letters),
        at=at,
    )


def _clear(*, at: datetime) -> None:
    """Close the alerts of workflows of which a later run has succeeded, and none failed for a while."""
    standing = Alert.objects.standing().filter(kind=Kind.RUN_FAILED, last_at__lte=at - QUIET)
    for alert in standing.select_related("workspace"):
        workflow = Workflow.objects.filter(code=alert.subject.partition(":")[2]).only("pk").first()
        if workflow is None or _well(workflow, since=alert.last_at):
            clear_alert(alert.workspace, kind=Kind.RUN_FAILED, subject=alert.subject, at=at)


def _well(workflow: Workflow, *, since: datetime) -> bool:
    newest = Run.objects.filter(workflow=workflow.pk).order_by("-id")
    ends = newest.values_list("status", "finished_at")[:LOOK_BACK]
    return any(status == Run.Status.SUCCEEDED and end and end > since for status, end in ends)
