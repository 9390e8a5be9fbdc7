"""When a cron line or an interval comes next, above all where clocks change."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from apps.language.cron import parse_cron
from apps.language.recurrence import CronTimes, IntervalTimes, latest, upcoming

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = [
    ZoneInfo(name)
    for name in (
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",  # Half an hour of summer time.
        "America/Havana",  # Clocks change at midnight.
        "Pacific/Apia",  # Left out a whole day, 30 December 2011.
        "Asia/Kolkata",
    )
]


def cron(line: str, zone: ZoneInfo = BERLIN) -> CronTimes:
    return CronTimes(parse_cron(line), zone)


def local(line: str, start: str, count: int, zone: ZoneInfo = BERLIN) -> list[str]:
    """Return the next times behind a local time, as clocks in the zone show them with their offset."""
    moment = datetime.fromisoformat(start).replace(tzinfo=zone)
    return [f"{each.astimezone(zone):%m-%d %H:%M%z}" for each in upcoming(cron(line, zone), moment, count)]


def test_a_time_of_the_day_follows_summer_and_winter_time():
    assert local("0 9 * * *", "2026-03-27 12:00", 3) == [
        "03-28 09:00+0100",
        "03-29 09:00+0200",
        "03-30 09:00+0200",
    ]


def test_a_time_that_is_left_out_runs_once_with_the_offset_before():
    assert local("30 2 * * *", "2026-03-28 12:00", 2) == ["03-29 03:30+0200", "03-30 02:30+0200"]


def test_a_time_that_comes_twice_runs_once_the_first_time():
    assert local("30 2 * * *", "2026-10-24 12:00", 2) == ["10-25 02:30+0200", "10-26 02:30+0100"]


def test_two_times_that_fall_together_run_once():
    assert local("30 2,3 * * *", "2026-03-28 12:00", 3) == [
        "03-29 03:30+0200",
        "03-30 02:30+0200",
        "03-30 03:30+0200",
    ]


def test_every_quarter_of_an_hour_goes_by_real_time():
    moment = datetime(2026, 10, 24, 22, 0, tzinfo=UTC)
    night = upcoming(cron("*/15 * * * *"), moment, 25 * 4)

    assert {second - first for first, second in pairwise(night)} == {timedelta(minutes=15)}
    assert local("0,30 * * * *", "2026-03-29 01:15", 3) == [
        "03-29 01:30+0100",
        "03-29 03:00+0200",
        "03-29 03:30+0200",
    ]


def test_a_day_that_begins_in_a_gap_begins_later():
    havana = ZoneInfo("America/Havana")

    assert local("0 0 * * *", "2026-03-07 12:00", 2, havana) == ["03-08 01:00-0400", "03-09 00:00-0400"]


def test_a_day_that_was_left_out_runs_once_with_the_next():
    apia = ZoneInfo("Pacific/Apia")

    assert local("0 9 * * *", "2011-12-29 12:00", 2, apia) == ["12-31 09:00+1400", "01-01 09:00+1400"]


def test_an_interval_counts_from_its_whole_minute():
    start = datetime(2026, 11, 23, 10, 7, 42, tzinfo=UTC)
    times = IntervalTimes(start, 15, BERLIN)

    assert [f"{each:%H:%M:%S}" for each in upcoming(times, start, 3)] == ["10:22:00", "10:37:00", "10:52:00"]
    assert times.next_after(datetime(2026, 11, 23, 10, 22, tzinfo=UTC)) == datetime(
        2026, 11, 23, 10, 37, tzinfo=UTC
    )


def test_hours_pass_really_and_days_keep_the_time_of_the_day():
    start = datetime(2026, 3, 28, 9, 0, tzinfo=BERLIN)

    hours = IntervalTimes(start, 12 * 60, BERLIN)
    days = IntervalTimes(start, 24 * 60, BERLIN)

    def shown(times: IntervalTimes) -> list[str]:
        return [f"{each.astimezone(BERLIN):%d %H:%M}" for each in upcoming(times, start, 3)]

    assert shown(hours) == ["28 21:00", "29 10:00", "29 22:00"]
    assert shown(days) == ["29 09:00", "30 09:00", "31 09:00"]


@pytest.mark.parametrize(
    ("line", "until", "expected"),
    [
        ("0 9 * * *", "2026-11-23T10:00", "2026-11-23T09:00"),
        ("0 9 * * *", "2026-11-23T08:00", "2026-11-22T09:00"),
        ("* * * * *", "2026-11-23T10:00:30", "2026-11-23T10:00"),
        ("0 0 1 1 *", "2026-11-23T10:00", "2026-01-01T00:00"),
        ("0 9 20 11 *", "2026-11-23T10:00", "2026-11-20T09:00"),
    ],
)
def test_the_latest_of_many_missed_times_is_found_without_walking_through_all(line, until, expected):
    times = cron(line, ZoneInfo("UTC"))
    end = datetime.fromisoformat(until).replace(tzinfo=UTC)
    (first,) = upcoming(times, datetime(2020, 1, 1, tzinfo=UTC), 1)

    assert latest(times, first=first, until=end) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


def test_the_latest_is_the_first_where_no_other_came():
    first = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

    assert latest(cron("0 9 * * *", ZoneInfo("UTC")), first=first, until=first) == first


moments = st.integers(1_230_000_000, 2_200_000_000).map(lambda second: datetime.fromtimestamp(second, UTC))
field = st.sampled_from(["*", "*/7", "0", "30", "5,35"])
hour = st.sampled_from(["*", "*/6", "0", "2", "2,3", "23"])
lines = st.builds(
    lambda minute, hour, day, weekday: f"{minute} {hour} {day} * {weekday}",
    field,
    hour,
    st.sampled_from(["*", "1", "13,29", "*/9"]),
    st.sampled_from(["*", "0", "1-5"]),
)


@given(lines, moments, st.sampled_from(ZONES))
def test_times_grow_are_whole_minutes_and_fit_the_line(line, moment, zone):
    parsed = parse_cron(line)
    times = upcoming(CronTimes(parsed, zone), moment, 4)

    assert len(times) == 4
    assert moment < times[0]
    assert times == sorted(set(times))
    for each in times:
        shown = each.astimezone(zone)
        assert (each.second, each.microsecond) == (0, 0)
        fits = parsed.fits(shown.date()) and shown.hour in parsed.hours and shown.minute in parsed.minutes
        gap = shown.utcoffset() != (each - timedelta(days=1)).astimezone(zone).utcoffset()
        assert fits or gap, "only a day with a gap moves a time"


@given(lines, moments, st.sampled_from(ZONES), st.integers(0, 3 * 24 * 60))
def test_nothing_is_left_out_between_two_looks(line, moment, zone, minutes):
    times = CronTimes(parse_cron(line), zone)
    middle = moment + timedelta(minutes=minutes)
    following = upcoming(times, moment, 6)
    before = [each for each in following if each <= middle]
    assume(len(before) < 6)

    assert [*before, times.next_after(middle)] == following[: len(before) + 1]


@given(st.integers(1, 366 * 24 * 60), moments, st.timedeltas(timedelta(0), timedelta(days=900)))
def test_an_interval_has_one_time_in_each_of_its_lengths(minutes, start, later):
    times = IntervalTimes(start, minutes, BERLIN)
    moment = start + later

    found = times.next_after(moment)

    slack = timedelta(hours=1) if minutes % (24 * 60) == 0 else timedelta(0)
    assert moment < found <= moment + timedelta(minutes=minutes) + slack
