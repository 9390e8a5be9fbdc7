"""What a version says about its times: read from its definition, computed by the connector."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from apps.catalog import registry
from apps.catalog.connectors.schedule import APP
from apps.catalog.connectors.schedule.triggers import SKIP, recurrence
from apps.catalog.errors import Permanent
from apps.language.recurrence import Recurrence, upcoming
from apps.workflows.engine.options import settled_options
from apps.workflows.models import WorkflowVersion

TRIGGER_REFS = tuple(registry.trigger_ref(APP, trigger) for trigger in APP.triggers)
"""The triggers that the clock starts, by the names that workflows know them by."""


class UnreadableRuleError(Exception):
    """Options that give no times; `message` says which and why."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, slots=True)
class Rule:
    """The times of a workflow, what kind of event each one is, and what happens to a missed one."""

    times: Recurrence
    kind: str
    zone_name: str
    skips_missed: bool

    @property
    def zone(self) -> ZoneInfo:
        """Return the zone that the times are meant in."""
        return ZoneInfo(self.zone_name)

    def upcoming(self, moment: datetime, count: int) -> list[datetime]:
        """Return the next times behind a moment, in the rule's zone."""
        return [each.astimezone(self.zone) for each in upcoming(self.times, moment, count)]


def rule_of_trigger(part: Mapping[str, Any], *, start: datetime) -> Rule | None:
    """Return the rule of a definition's trigger; None for one that the clock does not start.

    Raises `UnreadableRuleError` for options that publishing would refuse.
    """
    if part.get("trigger") not in TRIGGER_REFS:
        return None
    _, trigger = registry.get_trigger(part["trigger"])
    options = settled_options(trigger, part.get("options", {}))
    try:
        times = recurrence(trigger.key, options, start=start)
    except Permanent as error:
        raise UnreadableRuleError(error.message) from None
    return Rule(
        times=times,
        kind=trigger.event_types[0],
        zone_name=str(options["zone"]).strip(),
        skips_missed=options.get("missed") == SKIP,
    )


def rule_of_version(version: WorkflowVersion) -> Rule | None:
    """Return the rule of a published version; its intervals count from the publishing."""
    return rule_of_trigger(version.definition.get("trigger", {}), start=version.published_at)


def unreadable_reason(version: WorkflowVersion) -> str:
    """Return why the rule of a published version gives no times any more, "" where it can be read."""
    try:
        rule_of_version(version)
    except UnreadableRuleError as error:
        return error.message
    return ""
