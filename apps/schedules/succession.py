"""Which time a workflow is due at next when it was published anew: nothing that was due gets lost."""

from datetime import datetime, timedelta

from apps.language.recurrence import latest
from apps.schedules.models import DueTime
from apps.schedules.rules import Rule, UnreadableRuleError, rule_of_version
from apps.workflows.models import WorkflowVersion

_INSTANT = timedelta(microseconds=1)


def next_time(version: WorkflowVersion, moment: datetime) -> datetime | None:
    """Return a version's first time behind a moment; None where there is none, or its rule can't be read."""
    rule = _rule(version)
    return rule.times.next_after(moment) if rule else None


def succeeding_time(row: DueTime, live: WorkflowVersion) -> datetime | None:
    """Return when `live` is due next, where the row still stands for an earlier version.

    What was overdue when a version was published stays due, if the new version
    has that time, too. Versions that no worker ever saw are gone through one by
    one, so that the outcome is the same as if one had looked in between.
    """
    since = WorkflowVersion.objects.filter(
        workflow=row.workflow_id, number__gt=row.version.number, number__lte=live.number
    )
    due, former = row.due_at, row.version
    for version in since.order_by("number"):
        due, former = _inherited(former, due, version), version
    return due


def _inherited(former: WorkflowVersion, due: datetime | None, version: WorkflowVersion) -> datetime | None:
    rule, published = _rule(version), version.published_at
    if rule is None:
        return None
    if due is not None and due <= published:
        before = _rule(former)
        last = latest(before.times, first=due, until=published) if before else due
        # The newest makes up for all that were missed; a new rule may have only the first of them.
        for overdue in (last, due):
            if rule.times.next_after(overdue - _INSTANT) == overdue:
                return overdue
    return rule.times.next_after(published)


def _rule(version: WorkflowVersion) -> Rule | None:
    try:
        return rule_of_version(version)
    except UnreadableRuleError:
        return None
