"""Cron lines: what they name, and which are refused with what words."""

from datetime import date
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.language.cron import parse_cron
from apps.language.errors import TimeError


@pytest.mark.parametrize(
    ("line", "minutes", "hours"),
    [
        ("0 9 * * *", (0,), (9,)),
        ("*/15 * * * *", (0, 15, 30, 45), tuple(range(24))),
        ("5,10-12 0-3/2 * * *", (5, 10, 11, 12), (0, 2)),
        ("50/5 23 * * *", (50, 55), (23,)),
        ("  7   8  *  *  *  ", (7,), (8,)),
    ],
)
def test_lists_ranges_and_steps_name_minutes_and_hours(line, minutes, hours):
    cron = parse_cron(line)

    assert (cron.minutes, cron.hours) == (minutes, hours)


@pytest.mark.parametrize(
    ("weekday", "expected"),
    [
        ("0", {0}),
        ("7", {0}),
        ("sun", {0}),
        ("MON-FRI", {1, 2, 3, 4, 5}),
        ("fri-sun", {5, 6, 0}),
        ("5-7", {5, 6, 0}),
        ("mon,Wed", {1, 3}),
        ("*/3", {0, 3, 6}),
        ("1/2", {1, 3, 5}),
        ("*", {0, 1, 2, 3, 4, 5, 6}),
    ],
)
def test_weekdays_have_numbers_and_names_and_sunday_has_two(weekday, expected):
    assert parse_cron(f"0 0 * * {weekday}").weekdays == expected


def test_months_have_names():
    assert parse_cron("0 0 1 JAN,jun-aug *").months == {1, 6, 7, 8}


def days(line: str, count: int = 4, first: date = date(2026, 11, 1)) -> list[str]:
    return [day.isoformat() for day in islice(parse_cron(line).days_from(first), count)]


def test_where_both_kinds_of_day_are_given_either_counts():
    assert days("0 0 13 * 5") == ["2026-11-06", "2026-11-13", "2026-11-20", "2026-11-27"]
    assert days("0 0 1,15 * 1") == ["2026-11-01", "2026-11-02", "2026-11-09", "2026-11-15"]


def test_where_one_kind_begins_with_a_star_both_must_fit():
    assert days("0 0 */2 * 1") == ["2026-11-09", "2026-11-23", "2026-12-07", "2026-12-21"]


def test_the_thirty_first_skips_short_months_and_leap_day_skips_years():
    assert days("0 0 31 * *") == ["2026-12-31", "2027-01-31", "2027-03-31", "2027-05-31"]
    assert days("0 0 29 2 *", 3, date(2095, 1, 1)) == ["2096-02-29", "2104-02-29", "2108-02-29"]


@pytest.mark.parametrize("line", ["0 0 31 2 *", "0 0 30 feb *", "0 0 31 4,6,9,11 *", "0 0 30-31 2 *"])
def test_a_day_that_no_month_has_never_comes(line):
    with pytest.raises(TimeError, match="never comes") as caught:
        parse_cron(line)

    assert caught.value.code == "never_comes"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "five fields"),
        ("0 9 * *", "this one has 4"),
        ("0 9 * * * *", "this one has 6"),
        ("60 * * * *", "The minute of this cron line is “60”. It takes 0 to 59"),
        ("0 24 * * *", "The hour of this cron line is “24”. It takes 0 to 23"),
        ("0 0 0 * *", "The day of the month of this cron line is “0”. It takes 1 to 31"),
        ("0 0 * 13 *", "The month of this cron line is “13”. It takes 1 to 12 or JAN to DEC"),
        ("0 0 * * 8", "The day of the week of this cron line is “8”. It takes 0 to 7 or SUN to SAT"),
        ("0 0 * * mo", "The day of the week of this cron line is “mo”"),
        ("*/0 * * * *", "The minute of this cron line is “*/0”"),
        ("1,,2 * * * *", "The minute"),
        ("-5 * * * *", "The minute"),
        ("0 22-2 * * *", "counts backwards. Write it as two ranges, such as “22-23,0-2”"),
        ("@daily", "this one has 1"),
        ("٣ * * * *", "The minute"),
    ],
)
def test_a_wrong_line_says_which_field_and_what_it_takes(line, said):
    with pytest.raises(TimeError) as caught:
        parse_cron(line)

    assert said in caught.value.message
    assert caught.value.code == "bad_cron"


@given(st.text("0123456789*/-, \tmonfriJANfeb@٣", max_size=24))
def test_any_text_is_read_or_refused_in_words(text):
    try:
        cron = parse_cron(text)
    except TimeError as error:
        refused = error.message
    else:
        refused = ""
        assert cron.minutes
        assert cron.hours
    assert refused == "" or refused.endswith(".")


numbers = st.lists(st.integers(0, 59), min_size=1, max_size=5, unique=True)


@given(numbers, st.integers(1, 59), st.integers(0, 59))
def test_a_list_means_its_numbers_and_a_step_counts_from_its_start(minutes, step, start):
    assert parse_cron(f"{','.join(map(str, minutes))} * * * *").minutes == tuple(sorted(minutes))
    assert parse_cron(f"{start}-59/{step} * * * *").minutes == tuple(range(start, 60, step))
