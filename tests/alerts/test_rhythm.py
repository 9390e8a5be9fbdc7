"""Simulated histories: what rests as usual alarms nobody, what stays away is noticed in time."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from apps.alerts.watching import rhythm

MONDAY = datetime(2026, 6, 1, tzinfo=UTC)
WEEKS = 6


def office(at):
    """Every four minutes from Monday to Friday, 8 to 18 o'clock."""
    return 15 if at.weekday() < 5 and 8 <= at.hour < 18 else 0


def all_day(at):
    """Every minute by day, every ten minutes by night."""
    return 60 if 7 <= at.hour < 22 else 6


def simulate(rate, *, stop=None, weeks=WEEKS, seed=1):
    """Play events that come by chance at so many an hour; return when it would be told of silence."""
    chance = random.Random(seed)  # noqa: S311 - a game that must be the same every time.
    history: list[int] = []
    last_at = since = MONDAY
    alarms: list[datetime] = []
    end = MONDAY + timedelta(weeks=weeks)
    at = MONDAY
    while at < end:
        quiet = stop is not None and at >= stop
        expected = 0 if quiet else rate(at) / 4
        count = sum(chance.random() < expected / 40 for _ in range(40))
        history = [*history, count][-rhythm.KEPT :]
        at += timedelta(seconds=rhythm.SECONDS)
        if count:
            last_at = at - timedelta(seconds=rhythm.SECONDS / 2)
        elif rhythm.unusual(history, now=at, last_at=last_at, since=since):
            alarms.append(at)
    return alarms


@pytest.mark.parametrize("rate", [office, all_day])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nights_weekends_and_chance_alarm_nobody(rate, seed):
    assert simulate(rate, seed=seed) == []


@pytest.mark.parametrize("seed", [4, 5, 6])
def test_a_few_events_a_day_alarm_nobody(seed):
    assert simulate(lambda at: 0.2, seed=seed) == []


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_an_outage_of_a_busy_trigger_is_noticed_within_ninety_minutes(seed):
    stop = MONDAY + timedelta(weeks=5, days=2, hours=10)

    alarms = simulate(all_day, stop=stop, seed=seed)

    assert stop < alarms[0] <= stop + timedelta(minutes=90)


def test_an_outage_in_office_hours_is_noticed_within_two_hours():
    stop = MONDAY + timedelta(weeks=4, days=1, hours=9)

    alarms = simulate(office, stop=stop)

    assert stop < alarms[0] <= stop + timedelta(hours=2)


def test_what_stops_in_the_evening_is_noticed_in_the_morning():
    stop = MONDAY + timedelta(weeks=4, days=4, hours=18)  # Friday evening.
    monday = MONDAY + timedelta(weeks=5, hours=8)

    alarms = simulate(office, stop=stop)

    assert monday < alarms[0] <= monday + timedelta(hours=2)


def batches(starts):
    """Return the history of a batch of 200 events a day, begun at these minutes after nine."""
    history = [0] * (len(starts) * 96)
    for day, minutes in enumerate(starts):
        history[day * 96 + 36 + minutes // 15] = 200
    return history


@pytest.mark.parametrize("today", [0, 14, 29])
def test_a_daily_batch_may_come_somewhat_later(today):
    usual = [0] * 35
    history = batches(usual)
    last_at = MONDAY + timedelta(days=34, hours=9, minutes=5)
    now = MONDAY + timedelta(days=35, hours=9, minutes=today)
    quarters = rhythm.quarter_of(now) - rhythm.quarter_of(MONDAY)

    found = rhythm.unusual([*history, *[0] * 96][:quarters], now=now, last_at=last_at, since=MONDAY)

    assert found is None


def test_a_daily_batch_that_stays_away_is_noticed():
    history = batches([0] * 35)
    last_at = MONDAY + timedelta(days=34, hours=9, minutes=5)
    now = MONDAY + timedelta(days=35, hours=10)

    found = rhythm.unusual([*history, *[0] * 40], now=now, last_at=last_at, since=MONDAY)

    assert found is not None
    assert found.usual == 200


def test_one_bad_week_among_four_teaches_nothing_wrong():
    history = [9] * (5 * rhythm.WEEK)
    history[rhythm.WEEK : 2 * rhythm.WEEK] = [0] * rhythm.WEEK
    now = MONDAY + timedelta(weeks=5)
    history[-8:] = [0] * 8

    found = rhythm.unusual(history, now=now, last_at=now - timedelta(hours=2, minutes=5), since=MONDAY)

    assert found is not None


def test_two_weeks_are_needed():
    history = [9] * int(1.9 * rhythm.WEEK)
    history[-12:] = [0] * 12
    now = MONDAY + timedelta(weeks=3)

    assert rhythm.unusual(history, now=now, last_at=now - timedelta(hours=3), since=MONDAY) is None


def test_our_own_outage_is_nobody_s_silence():
    history = [9] * (4 * rhythm.WEEK)
    history[-12:] = [0] * 12
    now = MONDAY + timedelta(weeks=4)
    last_at = now - timedelta(hours=3)

    assert rhythm.unusual(history, now=now, last_at=last_at, since=MONDAY)
    assert rhythm.unusual(history, now=now, last_at=last_at, since=now - timedelta(minutes=20)) is None


def test_rolling_keeps_the_place_of_every_quarter():
    assert rhythm.rolled([1, 2], quarter=10, count=3, to=10) == [1, 2]
    assert rhythm.rolled([1, 2], quarter=10, count=3, to=13) == [1, 2, 3, 0, 0]
    assert len(rhythm.rolled([1], quarter=10, count=3, to=10**6)) == rhythm.KEPT
