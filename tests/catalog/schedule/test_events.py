"""A due time as an event, and options as the times that they mean."""

from datetime import UTC, datetime

import pytest

from apps.catalog.connectors.schedule import event, rules
from apps.catalog.connectors.schedule.triggers import recurrence
from apps.catalog.errors import Permanent, UnreadableEventError

WORKFLOW = "5b7f2b4e-6f0e-4f0a-9d64-0c6a3a1f7d21"
DUE = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def body(**facts):
    made = event.payload(
        event.AT_SET_TIMES,
        workflow=WORKFLOW,
        scheduled_at=DUE,
        fired_at=datetime(2026, 10, 25, 2, 0, 5, tzinfo=UTC),
        zone="Europe/Berlin",
    )
    return made | facts


def test_fields_tell_the_scheduled_time_in_the_zone():
    found = event.flatten(body())

    assert (found["date"], found["time"], found["weekday"]) == ("2026-10-25", "02:30", "Sunday")
    assert (found["day"], found["month"], found["year"]) == (25, 10, 2026)
    assert found["local"] == "2026-10-25T02:30"
    assert found["late_seconds"] == 5_405


def test_a_clock_that_is_behind_makes_no_negative_delay():
    early = event.payload(
        event.AT_SET_TIMES, workflow=WORKFLOW, scheduled_at=DUE, fired_at=DUE.replace(minute=29), zone="UTC"
    )

    assert event.flatten(early)["late_seconds"] == 0


def test_the_id_is_the_same_for_the_same_workflow_and_time_alone():
    due = int(DUE.timestamp())
    others = {
        event.event_id(WORKFLOW, due + 60),
        event.event_id("00000000-0000-0000-0000-000000000000", due),
        event.new_event_id(),
    }

    assert event.read_event(body()).id == event.event_id(WORKFLOW, due)
    assert event.event_id(WORKFLOW, due) not in others


def test_an_event_names_its_workflow_and_happened_when_it_was_due():
    found = event.read_event(body())

    assert (found.workflow, found.occurred_at) == (WORKFLOW, int(DUE.timestamp()))


@pytest.mark.parametrize(
    "facts", [{"id": ""}, {"workflow": None}, {"type": 5}, {"scheduled_at": "now"}, {"scheduled_at": True}]
)
def test_what_lacks_a_part_is_no_due_time(facts):
    with pytest.raises(UnreadableEventError):
        event.read_event(body(**facts))


def test_a_zone_that_is_gone_leaves_the_local_fields_empty():
    found = event.flatten(body(time_zone="Mars/Olympus"))

    assert found["scheduled_at"] == int(DUE.timestamp())
    assert (found["local"], found["time_zone"]) == (None, None)


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"when": "every-hour", "at": "9:15"}, "15 * * * *"),
        ({"when": "every-day", "at": "09:00"}, "0 9 * * *"),
        ({"when": "weekdays", "at": "17:30"}, "30 17 * * 1-5"),
        ({"when": "every-week", "at": "00:00", "on_day": "sun"}, "0 0 * * sun"),
        ({"when": "every-month", "at": "23:59"}, "59 23 1 * *"),
        ({"when": "cron", "cron": " */5 8-17 * * MON ", "at": "09:00"}, "*/5 8-17 * * MON"),
    ],
)
def test_each_preset_means_a_cron_line(options, line):
    assert rules.cron_line(options) == line


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"when": "cron", "cron": " "}, "cron"),
        ({"when": "never"}, "when"),
        ({"when": "every-day", "at": "24:00"}, "at"),
        ({"when": "every-day"}, "at"),
    ],
)
def test_what_means_no_time_names_the_option(options, field):
    with pytest.raises(Permanent) as caught:
        rules.cron_line(options)

    assert caught.value.field == field


@pytest.mark.parametrize("every", [0, -1, True, 1.5, "5", None])
def test_an_interval_is_a_whole_number_from_one_on(every):
    with pytest.raises(Permanent) as caught:
        recurrence("every-so-often", {"every": every, "unit": "minutes", "zone": "UTC"}, start=DUE)

    assert caught.value.field == "every"


def test_an_interval_counts_from_where_it_starts():
    times = recurrence("every-so-often", {"every": 2, "unit": "days", "zone": "Europe/Berlin"}, start=DUE)

    found = times.next_after(DUE)

    assert found == datetime(2026, 10, 27, 1, 30, tzinfo=UTC), "02:30 in Berlin, in winter time"
