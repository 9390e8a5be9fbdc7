"""When a delay ends, over zones and changes of clock."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.workflows.engine.moments import DelayError, after, moment, next_time_of_day

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)  # A Sunday.


@pytest.mark.parametrize(
    ("amount", "unit", "seconds"),
    [(5, "seconds", 5), ("1.5", "minutes", 90), (2, "hours", 7200), (90, "days", 7_776_000), (0, "days", 0)],
)
def test_an_amount_of_a_unit_is_added(amount, unit, seconds):
    assert after(amount, unit, now=NOW) == NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("amount", "code"),
    [(-1, "out_of_range"), (91, "too_far"), ("soon", "wrong_type"), (None, "wrong_type"), ([], "wrong_type")],
)
def test_an_amount_that_is_none_is_refused(amount, code):
    with pytest.raises(DelayError) as caught:
        after(amount, "days", now=NOW)

    assert (caught.value.code, caught.value.field) == (code, "amount")


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (1_772_373_600, datetime(2026, 3, 1, 14, tzinfo=UTC)),
        ("2026-03-01T15:00:00+01:00", datetime(2026, 3, 1, 14, tzinfo=UTC)),
        ("2026-03-02", datetime(2026, 3, 2, tzinfo=UTC)),
        ("2020-01-01T00:00:00Z", NOW),
        (-5, NOW),
    ],
)
def test_a_moment_is_unix_seconds_or_iso_and_the_past_is_now(given, wanted):
    assert moment(given, now=NOW) == wanted


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("tomorrow", "not_a_time"),
        ("2026-03-01T15:00:00", "no_zone"),
        ("2026-07-01", "too_far"),
        (99_999_999_999, "too_far"),
        (1_772_373_600_000, "milliseconds"),
        ([], "not_a_time"),
    ],
)
def test_a_moment_that_is_none_is_refused(given, code):
    with pytest.raises(DelayError) as caught:
        moment(given, now=NOW)

    assert (caught.value.code, caught.value.field) == (code, "until")


@pytest.mark.parametrize(
    ("now", "text", "zone", "days", "wanted"),
    [
        # Later today, and tomorrow where it is past or just now.
        ("2026-03-01T12:00Z", "13:00", "UTC", (), "2026-03-01T13:00Z"),
        ("2026-03-01T12:00Z", "11:00", "UTC", (), "2026-03-02T11:00Z"),
        ("2026-03-01T12:00Z", "12:00", "UTC", (), "2026-03-02T12:00Z"),
        # In the zone's own clocks; there it is already Monday.
        ("2026-03-01T23:30Z", "09:00", "Europe/Berlin", (), "2026-03-02T08:00Z"),
        ("2026-07-01T12:00Z", "09:00", "Europe/Berlin", (), "2026-07-02T07:00Z"),
        ("2026-03-01T12:00Z", "09:00", "+05:30", (), "2026-03-02T03:30Z"),
        # Weekdays: Monday is 0. The same weekday a week on.
        ("2026-03-01T12:00Z", "11:00", "UTC", (0,), "2026-03-02T11:00Z"),
        ("2026-03-01T12:00Z", "11:00", "UTC", (6,), "2026-03-08T11:00Z"),
        ("2026-03-01T12:00Z", "13:00", "UTC", (6,), "2026-03-01T13:00Z"),
        # 29 March 2026, 02:00 CET becomes 03:00 CEST: what is skipped is the jump.
        ("2026-03-28T12:00Z", "02:30", "Europe/Berlin", (), "2026-03-29T01:00Z"),
        ("2026-03-28T12:00Z", "03:00", "Europe/Berlin", (), "2026-03-29T01:00Z"),
        ("2026-03-29T01:00Z", "02:30", "Europe/Berlin", (), "2026-03-30T00:30Z"),
        # 25 October 2026, 03:00 CEST becomes 02:00 CET: of a time that comes twice, the first.
        ("2026-10-24T12:00Z", "02:30", "Europe/Berlin", (), "2026-10-25T00:30Z"),
        ("2026-10-25T00:45Z", "02:30", "Europe/Berlin", (), "2026-10-26T01:30Z"),
        # Half an hour is skipped there.
        ("2026-10-03T00:00Z", "02:15", "Australia/Lord_Howe", (), "2026-10-03T15:30Z"),
    ],
)
def test_the_next_time_of_day(now, text, zone, days, wanted):
    found = next_time_of_day(text, zone, days, now=datetime.fromisoformat(now))

    assert found == datetime.fromisoformat(wanted)


@pytest.mark.parametrize(
    ("text", "zone", "field"),
    [
        ("9:00", "UTC", "time"),
        ("24:00", "UTC", "time"),
        ("", "UTC", "time"),
        ("٠٩:٠٠", "UTC", "time"),
        ("09:00", "Mars/Base", "zone"),
        ("09:00", "", "zone"),
    ],
)
def test_a_time_of_day_that_is_none_is_refused(text, zone, field):
    with pytest.raises(DelayError) as caught:
        next_time_of_day(text, zone, (), now=NOW)

    assert caught.value.field == field
