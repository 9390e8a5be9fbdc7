"""Points in time: what is read, what is refused, and how they are written."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.language.errors import TimeError
from apps.language.times import format_time, to_datetime, to_iso, to_unix

NOON = 1769860800  # 2026-01-31T12:00:00Z, a Saturday


@pytest.mark.parametrize(
    ("value", "zone"),
    [
        (NOON, None),
        (NOON + 0.9, None),
        (str(NOON), None),
        ("2026-01-31T12:00:00Z", None),
        ("2026-01-31 12:00:00+00:00", None),
        ("2026-01-31T14:00:00.999+02:00", None),
        (" 20260131T120000Z ", None),
        ("2026-01-31T13:00:00", "Europe/Berlin"),
        ("2026-01-31T13:00", "+01:00"),
        ("2026-01-31T12:00:00Z", "Asia/Tokyo"),
    ],
)
def test_a_time_is_read_as_unix_seconds(value: Any, zone: str | None):
    assert to_unix(value, zone=zone) == NOON


def test_a_date_is_its_midnight():
    assert to_unix("2026-01-31") == NOON - 12 * 3600
    assert to_unix("2026-01-31", zone="Europe/Berlin") == NOON - 13 * 3600


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (NOON * 1000, "milliseconds"),
        (str(NOON * 1000), "milliseconds"),
        (-NOON * 1000, "milliseconds"),
        ("2026-01-31T12:00:00", "no_zone"),
        ("9999-01-01", "not_a_time"),
        ("yesterday", "not_a_time"),
        ("2026-02-30", "not_a_time"),
        ("", "not_a_time"),
        (True, "not_a_time"),
        (None, "not_a_time"),
        (float("inf"), "not_a_time"),
        ([NOON], "not_a_time"),
    ],
)
def test_what_is_no_clear_time_is_refused(value: Any, code: str):
    with pytest.raises(TimeError) as caught:
        to_unix(value)

    assert caught.value.code == code


def test_a_refusal_of_milliseconds_tells_the_remedy():
    with pytest.raises(TimeError, match="divided_by: 1000"):
        to_unix(NOON * 1000)


@pytest.mark.parametrize("zone", ["Nowhere/Atlantis", "../../etc/passwd", "", "+1:00", "+99:00", "a\x00b"])
def test_an_unknown_zone_is_refused(zone: str):
    with pytest.raises(TimeError) as caught:
        to_datetime(NOON, zone)

    assert caught.value.code == "unknown_zone"


@given(st.integers(-62_135_596_800, 10**11))
def test_iso_text_is_read_back(unix: int):
    assert to_unix(to_iso(unix)) == unix


def test_a_time_before_the_year_one_is_refused():
    with pytest.raises(TimeError):
        to_iso(-62_135_596_801)


@pytest.mark.parametrize(
    ("pattern", "written"),
    [
        ("%Y-%m-%d %H:%M:%S", "2026-01-31 13:00:00"),
        ("%B %-d, %Y", "January 31, 2026"),
        ("%a %A %b %e %j %u %w %U", None),
        ("%-I %p|%l %P|%-H|%k", "1 PM| 1 pm|13|13"),
        ("%^b %^a", "JAN SAT"),
        ("%s", str(NOON)),
        ("%z %Z", "+0100 CET"),
        ("100%%", "100%"),
        ("%%Y", "%Y"),
        ("%%%Y", "%2026"),
        ("%F %T %D %R", "2026-01-31 13:00:00 01/31/26 13:00"),
        ("%G-W%V", "2026-W05"),
        ("no directive", "no directive"),
        ("%", None),
        ("%Q", None),
        ("%9Y", None),
        ("%Y" * 200, None),
    ],
)
def test_a_time_is_written_by_a_pattern_or_the_pattern_is_refused(pattern: str, written: str | None):
    moment = to_datetime(NOON, "Europe/Berlin")

    if written is not None:
        assert format_time(moment, pattern) == written
    else:
        with pytest.raises(TimeError) as caught:
            format_time(moment, pattern)
        assert caught.value.code == "bad_format"


@given(
    st.integers(-30_000_000_000, 90_000_000_000),
    st.sampled_from("YmdHMSjyBbaAIpuwGVFTDRe"),
)
def test_a_directive_writes_what_python_writes_in_english(unix: int, directive: str):
    aware = to_datetime(unix)

    assert format_time(aware, f"%{directive}") == aware.strftime(f"%{directive}")
