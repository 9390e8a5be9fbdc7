"""Starting workflows by the clock: rows of due times, and the events that they become.

The worker's sweep calls `fire_due` once a second. Publishing is below this room
and knows nothing of it, so the sweep looks every few seconds for workflows that
have no row yet, and for rows that their workflow has left behind.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import F, Q

from apps.catalog.connectors.schedule import event
from apps.common.errors import Conflict
from apps.language.recurrence import latest
from apps.runs.record import CONNECTION_ERRORS
from apps.schedules.models import DueTime
from apps.schedules.rules import TRIGGER_REFS, Rule, UnreadableRuleError, rule_of_version, unreadable_reason
from apps.schedules.succession import next_time, succeeding_time
from apps.webhooks import services as webhooks
from apps.webhooks.models import Delivery
from apps.workflows.models import Workflow, WorkflowVersion

ARRANGE_SECONDS = 5.0
LATE_AFTER = timedelta(seconds=60)
"""What is started later than this was missed."""

AT_ONCE = 200
"""So many due times are taken at one look; the rest follows a second later."""

log = structlog.get_logger(__name__)


class _Pace:
    """How long ago this process looked; a clock that is set back counts as long ago."""

    def __init__(self, seconds: float) -> None:
        self._pause = timedelta(seconds=seconds)
        self._last: datetime | None = None

    def is_due(self, at: datetime) -> bool:
        """Tell whether it is time to look again; the caller then does."""
        if self._last is not None and self._last <= at < self._last + self._pause:
            return False
        self._last = at
        return True


_arranging = _Pace(ARRANGE_SECONDS)


def fire_due(*, at: datetime) -> int:
    """Start every workflow whose time has come; returns how many events were made.

    Safe to run in any number of processes at once. `at` is the database's time.
    """
    if _arranging.is_due(at):
        arrange(at=at)
    rows = DueTime.objects.due(at=at).select_related("version", "workflow__trigger_connection__workspace")
    return sum(_fire_safely(row, at=at) for row in rows.defer("workflow__draft")[:AT_ONCE])


def arrange(*, at: datetime) -> None:
    """Bring the rows in line with what is published, paused, resumed and taken back."""
    DueTime.objects.ended(TRIGGER_REFS).delete()
    DueTime.objects.suspend()
    live = Workflow.objects.filter(
        trigger_ref__in=TRIGGER_REFS, status__in=(Workflow.Status.PUBLISHED, Workflow.Status.PAUSED)
    ).select_related("live_version", "due_time__version")
    unfit = live.filter(Q(due_time=None) | ~Q(due_time__version=F("live_version")))
    for workflow in unfit.defer("draft"):
        if workflow.live_version is not None:
            _fit(workflow, workflow.live_version)
    resumed = DueTime.objects.filter(due_at=None, workflow__status=Workflow.Status.PUBLISHED)
    for row in resumed.select_related("version"):
        # From now on: what came while the workflow was paused was not missed. A rule
        # that can't be read has been told of already.
        if (due_at := next_time(row.version, at)) is not None:
            DueTime.objects.advance(row, to=due_at)


def _fit(workflow: Workflow, version: WorkflowVersion) -> None:
    """Give a live workflow its row, or the row that an earlier version had; of several callers one does."""
    paused = workflow.status == Workflow.Status.PAUSED
    row: DueTime | None = getattr(workflow, "due_time", None)
    if row is None:
        # From the publishing on: a worker that was not running then has missed times.
        due_at = None if paused else next_time(version, version.published_at)
        made = DueTime(workflow=workflow, version=version, due_at=due_at)
        DueTime.objects.bulk_create([made], ignore_conflicts=True)
    else:
        DueTime.objects.hand_over(row, version=version, to=None if paused else succeeding_time(row, version))
    if reason := unreadable_reason(version):
        _tell_unreadable(version, reason)


@dataclass(frozen=True, slots=True)
class Entered:
    """An event that was made at once, and what became of it."""

    event_id: str
    receipt: webhooks.Receipt


def run_now(workflow: Workflow, *, at: datetime) -> Entered:
    """Run a live workflow at once, as a sample of a time that is due now.

    Raises `Conflict` where its rule can't be read any more, as the event would tell a zone that is gone.
    """
    if workflow.live_version is None or workflow.trigger_connection is None:
        raise ValueError(f"Workflow {workflow.code} is not live.")
    try:
        rule = rule_of_version(workflow.live_version)
    except UnreadableRuleError as error:
        raise Conflict(
            f"“{workflow}” is not started any more: {error.message}",
            code="unreadable_rule",
            remedy="Choose its times anew and publish it.",
        ) from None
    if rule is None:
        raise ValueError(f"Workflow {workflow.code} is not started by the clock.")
    event_id = event.new_event_id()
    body = _written(_body(workflow, rule, due=at, at=at) | {"id": event_id})
    with transaction.atomic():
        receipt = webhooks.enter(workflow.trigger_connection, body, at=at, source=Delivery.Source.SAMPLE)
    return Entered(event_id, receipt)


def _fire_safely(row: DueTime, *, at: datetime) -> int:
    """Fire one row; whatever is wrong with it must not keep the others waiting."""
    try:
        return int(_fire(row, at=at))
    except CONNECTION_ERRORS:
        raise
    except UnreadableRuleError as error:
        # It would stay the first of all for ever. Until it can be read again it has no next time.
        if DueTime.objects.advance(row, to=None):
            _tell_unreadable(row.version, error.message)
        return 0
    except Exception:
        log.exception("schedule.not_fired", workflow=str(row.workflow.code))
        return 0


def _fire(row: DueTime, *, at: datetime) -> bool:
    """Make the event of a time that has come and move its row on; of several callers one does."""
    rule, connection, due = rule_of_version(row.version), row.workflow.trigger_connection, row.due_at
    if rule is None or connection is None or due is None:
        return False
    due = latest(rule.times, first=due, until=at)
    missed = at - due > LATE_AFTER
    with transaction.atomic():
        if not DueTime.objects.of_live_versions().advance(row, to=rule.times.next_after(at)):
            return False
        webhooks.enter(
            connection,
            _written(_body(row.workflow, rule, due=due, at=at)),
            at=at,
            late=missed,
            source=Delivery.Source.SCHEDULE,
            ignored=_skipped(rule, due=due, at=at) if missed and rule.skips_missed else "",
        )
    if missed:
        log.warning("schedule.late", workflow=str(row.workflow.code), seconds=int((at - due).total_seconds()))
    return True


def _tell_unreadable(version: WorkflowVersion, reason: str) -> None:
    log.error("schedule.unreadable", version=version.pk, reason=reason)


def _body(workflow: Workflow, rule: Rule, *, due: datetime, at: datetime) -> dict[str, object]:
    return event.payload(
        rule.kind, workflow=str(workflow.code), scheduled_at=due, fired_at=at, zone=rule.zone_name
    )


def _written(body: dict[str, object]) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()


def _skipped(rule: Rule, *, due: datetime, at: datetime) -> str:
    return (
        f"Missed: no worker was running at {due.astimezone(rule.zone):%Y-%m-%d %H:%M} ({rule.zone_name}), "
        f"{_told(at - due)} before this. The workflow skips what it missed."
    )


def _told(span: timedelta) -> str:
    minutes = int(span.total_seconds()) // 60
    days, hours = divmod(minutes // 60, 24)
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes % 60} min" if hours else f"{minutes} min"
