"""When a workflow that the clock starts runs next, in words for its pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from apps.schedules.rules import Rule, UnreadableRuleError, rule_of_trigger, rule_of_version
from apps.workflows.models import Workflow

SHOWN = 5


@dataclass(frozen=True, slots=True)
class NextTimes:
    """The next times in the rule's zone. `paused` ones do not come until the workflow is resumed.

    `problem` says why a live workflow has none.
    """

    zone: str
    times: tuple[str, ...]
    paused: bool = False
    live: bool = False
    problem: str = ""


def of_workflow(workflow: Workflow, *, now: datetime | None = None) -> NextTimes | None:
    """Return the next times of what is live, else of the draft; None where the clock starts nothing."""
    moment = now or datetime.now(UTC)
    is_live = workflow.status in (Workflow.Status.PUBLISHED, Workflow.Status.PAUSED)
    if not is_live or workflow.live_version is None:
        return of_definition(workflow.draft, now=moment)
    try:
        rule = rule_of_version(workflow.live_version)
    except UnreadableRuleError as error:
        return NextTimes("", (), live=True, problem=error.message)
    return _told(rule, moment, paused=workflow.status == Workflow.Status.PAUSED, live=True)


def of_definition(definition: Mapping[str, Any], *, now: datetime | None = None) -> NextTimes | None:
    """Return the times that a draft would have if it were published now; None while its options are wrong."""
    moment = now or datetime.now(UTC)
    try:
        rule = rule_of_trigger(definition.get("trigger", {}), start=moment)
    except UnreadableRuleError:
        return None
    return _told(rule, moment)


def _told(
    rule: Rule | None, moment: datetime, *, paused: bool = False, live: bool = False
) -> NextTimes | None:
    if rule is None:
        return None
    times = tuple(f"{each:%a} {each.day} {each:%b %Y, %H:%M}" for each in rule.upcoming(moment, SHOWN))
    return NextTimes(rule.zone_name, times, paused, live)
