"""The silence alarm: learns how often each workflow's trigger has events, and tells when they stay away.

Once a minute the runs since the last look are counted by workflow, by their ids:
what that costs follows from what came, not from what is stored. What was learnt is one
row a workflow, written when it has events and at most once a minute.
"""

from datetime import datetime, timedelta

from django.db.models import Count, Max

from apps.alerts.kinds import Kind, Severity
from apps.alerts.models import Alert
from apps.alerts.services import clear_alert, raise_alert
from apps.alerts.watching import rhythm
from apps.alerts.watching.models import Rhythm, Watch
from apps.alerts.watching.words import in_words, subject_of, workflow_page
from apps.runs.models import Run
from apps.workflows.models import Workflow

WATCH = "rhythm"
BATCH = 500
MOST_RUNS = 200_000
BLIND_AFTER = timedelta(minutes=10)
"""So long without a look means that events of ours may not have been made into runs at all."""

OWN_CLOCK = "schedule."
"""Triggers of the clock are silent by their rule."""


def learn(*, at: datetime) -> int:
    """Count the events since the last look; returns how many workflows had some."""
    top = Run.objects.aggregate(top=Max("pk"))["top"] or 0
    watch, is_new = Watch.objects.get_or_create(name=WATCH, defaults={"position": top, "at": at})
    blind = watch.at is not None and at - watch.at > BLIND_AFTER
    if blind:
        Rhythm.objects.update(watched_since=at)
    if is_new:
        return 0
    until = min(top, watch.position + MOST_RUNS)
    counts = _counts(watch.position, until) if until > watch.position else {}
    _note(counts, at=at)
    Watch.objects.filter(pk=watch.pk).update(position=max(until, watch.position), at=at)
    return len(counts)


def alarm(*, at: datetime) -> int:
    """Raise alerts for triggers that are unusually silent, and clear those that are not any more."""
    present = rhythm.quarter_of(at)
    quiet = Rhythm.objects.filter(
        quarter__lt=present - rhythm.EARLY - rhythm.LATE,
        workflow__silence_alarm=True,
        workflow__status=Workflow.Status.PUBLISHED,
    )
    raised: set[str] = set()
    watch, _ = Watch.objects.get_or_create(name="silence")
    rows = quiet.filter(pk__gt=watch.position).order_by("pk").select_related("workflow__workspace")
    found = list(rows.defer("workflow__draft")[:BATCH])
    for row in found:
        if _tell(row, at=at):
            raised.add(subject_of(row.workflow))
    Watch.objects.filter(pk=watch.pk).update(position=found[-1].pk if len(found) == BATCH else 0, at=at)
    _clear(present)
    return len(raised)


def explain(workflow: Workflow) -> str:
    """Say in one sentence what is known of a workflow's rhythm, for its page."""
    if workflow.trigger_ref.startswith(OWN_CLOCK):
        return "This workflow starts by the clock, so its silence is not watched."
    row = Rhythm.objects.filter(workflow=workflow).first()
    weeks = rhythm.weeks_known(row.history) if row else 0.0
    if row is None or weeks < rhythm.FEWEST_WEEKS:
        left = max(1, round((rhythm.FEWEST_WEEKS - weeks) * 7))
        return f"Still learning how often events come: about {left} more day{'s' if left != 1 else ''}."
    total = sum(row.history[-rhythm.WEEK :])
    return f"{total:,} events in the last week that was counted; {int(weeks)} weeks are known."


def _counts(after: int, until: int) -> dict[int, tuple[int, datetime]]:
    """Return how many events workflows had in a range of run ids, and when the last; no replay, no test."""
    rows = Run.objects.filter(pk__gt=after, pk__lte=until, replay=0, version__number__isnull=False)
    found = rows.order_by().values("workflow").annotate(number=Count("pk"), last=Max("received_at"))
    return {row["workflow"]: (row["number"], row["last"]) for row in found}


def _note(counts: dict[int, tuple[int, datetime]], *, at: datetime) -> None:
    present = rhythm.quarter_of(at)
    known = {row.workflow_id: row for row in Rhythm.objects.filter(workflow__in=counts)}
    workflows = Workflow.objects.filter(pk__in=counts).defer("draft")
    new: list[Rhythm] = []
    for workflow in workflows.exclude(trigger_ref__startswith=OWN_CLOCK):
        number, last_at = counts[workflow.pk]
        row, trigger = known.get(workflow.pk), f"{workflow.trigger_connection_id}:{workflow.trigger_ref}"
        if row is None or row.trigger != trigger:
            new.append(
                Rhythm(
                    pk=row.pk if row else None,
                    workflow=workflow,
                    trigger=trigger[:140],
                    quarter=present,
                    count=number,
                    last_at=last_at,
                    watched_since=at,
                )
            )
        elif row.quarter == present:
            Rhythm.objects.filter(pk=row.pk).update(count=row.count + number, last_at=last_at)
        else:
            history = rhythm.rolled(row.history, quarter=row.quarter, count=row.count, to=present)
            Rhythm.objects.filter(pk=row.pk).update(
                history=history, quarter=present, count=number, last_at=last_at
            )
    for each in new:
        each.save()


def _tell(row: Rhythm, *, at: datetime) -> bool:
    if row.last_at is None:
        return False
    history = rhythm.rolled(row.history, quarter=row.quarter, count=row.count, to=rhythm.quarter_of(at))
    found = rhythm.unusual(history, now=at, last_at=row.last_at, since=row.watched_since)
    workflow = row.workflow
    if found is None or _known(workflow, since=row.last_at):
        return False
    raise_alert(
        workflow.workspace,
        kind=Kind.SILENT,
        subject=subject_of(workflow),
        message=f"“{workflow.name}” has had no event for {in_words(found.lasts)}. Usually one comes every "
        f"{in_words(found.every)} at this time of the week (seen in {found.weeks} weeks).",
        remedy="Look at the provider whether the webhook still stands and whether anything happened there; "
        "Repair on the connection's page registers it anew. If this silence is right, close the alert, or "
        "switch the silence alarm off on the workflow's page.",
        url=workflow_page(workflow),
        severity=Severity.WARNING,
        times=0,
        at=at,
    )
    return True


def _known(workflow: Workflow, *, since: datetime) -> bool:
    """Tell whether a person has closed the alert about this very silence."""
    mine = Alert.objects.filter(workspace=workflow.workspace, kind=Kind.SILENT, subject=subject_of(workflow))
    return mine.filter(closed_at__gt=since).exists()


def _clear(present: int) -> None:
    """Close the alarms of workflows that have events again, or are not watched any more."""
    for alert in Alert.objects.standing().filter(kind=Kind.SILENT).select_related("workspace"):
        code = alert.subject.partition(":")[2]
        silent = Rhythm.objects.filter(
            workflow__code=code,
            quarter__lt=present - rhythm.EARLY,
            workflow__silence_alarm=True,
            workflow__status=Workflow.Status.PUBLISHED,
        )
        if not silent.exists():
            clear_alert(alert.workspace, kind=Kind.SILENT, subject=alert.subject)
