"""The two ways to run by the clock. The slugs are part of definitions; they never change."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from apps.catalog.connectors.schedule import event, rules
from apps.catalog.spec import Choice, Field, FieldType, Trigger
from apps.language.recurrence import Recurrence

RUN_LATE = "run_late"
SKIP = "skip"

TIME_ZONE = Field(
    key="zone",
    label="Time zone",
    required=True,
    default="UTC",
    max_bytes=60,
    help_text="An IANA name such as Europe/Berlin, America/New_York or UTC; it knows summer time.",
    example="Europe/Berlin",
)
MISSED = Field(
    key="missed",
    label="If a time was missed",
    type=FieldType.CHOICE,
    required=True,
    default=RUN_LATE,
    choices=(
        Choice(value=RUN_LATE, label="Run once, late"),
        Choice(value=SKIP, label="Skip it"),
    ),
    help_text="A time is missed when the worker was not running for more than a minute. However many times "
    "were missed, one run makes up for them; what is skipped is shown as an ignored delivery.",
    example=RUN_LATE,
)

_WHEN = Field(
    key="when",
    label="When",
    type=FieldType.CHOICE,
    required=True,
    default="every-day",
    choices=(
        Choice(value="every-hour", label="Every hour, at the minutes of the time below"),
        Choice(value="every-day", label="Every day"),
        Choice(value="weekdays", label="Every weekday, Monday to Friday"),
        Choice(value="every-week", label="Every week, on the weekday below"),
        Choice(value="every-month", label="Every month, on the first day"),
        Choice(value=rules.OWN_LINE, label="By the cron line below"),
    ),
    help_text="How often it runs. The workflow's page shows the next five times.",
    example="every-day",
)
_TIME = Field(
    key="at",
    label="Time of the day",
    default="09:00",
    pattern=rules.CLOCK,
    help_text="From 00:00 to 23:59 in the time zone. On a day when clocks change it still runs once: a time "
    "that is left out comes as much later, one that comes twice counts the first time.",
    example="09:00",
)
_WEEKDAY = Field(
    key="on_day",
    label="Weekday",
    type=FieldType.CHOICE,
    default="mon",
    choices=tuple(
        Choice(value=name[:3].lower(), label=name)
        for name in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    ),
    help_text="For “Every week” only.",
    example="mon",
)
_CRON = Field(
    key="cron",
    label="Cron line",
    max_bytes=200,
    help_text="For “By the cron line” only: minute, hour, day of the month, month, day of the week. "
    "“0 9 * * 1-5” is 09:00 on weekdays, “*/15 8-17 * * *” every quarter of an hour from 08:00 to 17:45. "
    "Where both kinds of day are given, a day that fits either counts.",
    example="0 9 * * 1-5",
)
_EVERY = Field(
    key="every",
    label="Every",
    type=FieldType.INTEGER,
    required=True,
    default=1,
    help_text="How many minutes, hours or days; from 1 minute to 366 days, counted from the publishing.",
    example=15,
)
_UNIT = Field(
    key="unit",
    label="Unit",
    type=FieldType.CHOICE,
    required=True,
    default="hours",
    choices=(
        Choice(value="minutes", label="Minutes"),
        Choice(value="hours", label="Hours"),
        Choice(value="days", label="Days, at the same time of the day"),
    ),
    help_text="Days keep the time of the day when clocks change.",
    example="minutes",
)

FIELDS: tuple[Field, ...] = (
    Field(
        key="scheduled_at",
        label="Scheduled at",
        type=FieldType.TIME,
        unit="seconds",
        help_text="When the run was due.",
        example=1_795_420_800,
    ),
    Field(
        key="fired_at",
        label="Fired at",
        type=FieldType.TIME,
        unit="seconds",
        help_text="When the worker started it; later than scheduled where a time was missed.",
        example=1_795_420_800,
    ),
    Field(
        key="late_seconds",
        label="Late by",
        type=FieldType.INTEGER,
        unit="seconds",
        help_text="How long after its time it was started; 0 or 1 unless a time was missed.",
        example=0,
    ),
    Field(
        key="time_zone",
        label="Time zone",
        help_text="The zone that the fields below are in.",
        example="Europe/Berlin",
    ),
    Field(
        key="local",
        label="Local date and time",
        help_text="The scheduled time as a clock in the zone shows it, in ISO 8601 without an offset.",
        example="2026-11-23T09:00",
    ),
    Field(key="date", label="Date", help_text="The scheduled day in the zone.", example="2026-11-23"),
    Field(key="time", label="Time", help_text="The scheduled time of the day in the zone.", example="09:00"),
    Field(
        key="weekday", label="Weekday", help_text="The scheduled weekday in the zone, in English.",
        example="Monday",
    ),
    Field(
        key="day", label="Day of the month", type=FieldType.INTEGER, help_text="1 to 31, in the zone.",
        example=23,
    ),
    Field(key="month", label="Month", type=FieldType.INTEGER, help_text="1 to 12, in the zone.", example=11),
    Field(key="year", label="Year", type=FieldType.INTEGER, help_text="In the zone.", example=2026),
)  # fmt: skip

_ANY_START = datetime(2026, 1, 1, tzinfo=UTC)


def recurrence(trigger_key: str, options: Mapping[str, Any], *, start: datetime) -> Recurrence:
    """Return the times that a trigger means by settled options; intervals count from `start`.

    Raises `Permanent` naming the option that is wrong.
    """
    if trigger_key == "every-so-often":
        return rules.interval(options, start)
    return rules.set_times(options)


def _check_set_times(options: Mapping[str, Any]) -> None:
    rules.set_times(options)


def _check_interval(options: Mapping[str, Any]) -> None:
    rules.interval(options, _ANY_START)


TRIGGERS: tuple[Trigger, ...] = (
    Trigger(
        key="at-set-times",
        name="At Set Times",
        event_types=(event.AT_SET_TIMES,),
        description="Runs at the times of a calendar: every day, on weekdays, every week, every month, "
        "or by a cron line.",
        fields=FIELDS,
        flatten=event.flatten,
        options=(_WHEN, _TIME, _WEEKDAY, _CRON, TIME_ZONE, MISSED),
        check=_check_set_times,
    ),
    Trigger(
        key="every-so-often",
        name="Every So Often",
        event_types=(event.EVERY_SO_OFTEN,),
        description="Runs again and again after a number of minutes, hours or days.",
        fields=FIELDS,
        flatten=event.flatten,
        options=(_EVERY, _UNIT, TIME_ZONE, MISSED),
        check=_check_interval,
    ),
)
