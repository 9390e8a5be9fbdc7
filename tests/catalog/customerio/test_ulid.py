"""Event ids: the same key makes the same id, and ids sort by time."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.catalog.connectors.customerio import ulid

KEYS = st.text("0123456789abcdef", min_size=64, max_size=64)
TIMES = st.integers(min_value=0, max_value=281_474_976_710)


@given(TIMES, KEYS)
def test_an_id_is_26_characters_of_crockfords_alphabet(time, key):
    assert re.fullmatch(ulid.ULID_PATTERN, ulid.derive(time, key))
    assert len(ulid.derive(time, key)) == 26


@given(TIMES, KEYS)
def test_the_same_event_and_key_make_the_same_id(time, key):
    assert ulid.derive(time, key) == ulid.derive(time, key)


@given(TIMES, TIMES, KEYS, KEYS)
def test_ids_sort_by_time(first, second, key, other):
    if first < second:
        assert ulid.derive(first, key) < ulid.derive(second, other)


@given(TIMES, KEYS, KEYS)
def test_keys_that_differ_in_80_bits_make_different_ids(time, key, other):
    same = key[:20] == other[:20]

    assert (ulid.derive(time, key) == ulid.derive(time, other)) is same


@given(TIMES, KEYS)
def test_time_and_key_can_be_read_back(time, key):
    number = 0
    for character in ulid.derive(time, key):
        number = number * 32 + "0123456789ABCDEFGHJKMNPQRSTVWXYZ".index(character)

    assert number >> 80 == time * 1000
    assert f"{number & (1 << 80) - 1:020x}" == key[:20]


def test_the_specifications_example_time_is_written_as_there():
    # ulid/spec: 01ARYZ6S41 is 1469918176385 ms; its whole second is 385 ms earlier.
    assert ulid.derive(1_469_918_176, "0" * 64).startswith("01ARYZ6RR0")


@pytest.mark.parametrize("time", [-1, 10**30])
def test_a_time_that_does_not_fit_still_makes_an_id(time):
    assert re.fullmatch(ulid.ULID_PATTERN, ulid.derive(time, "ab" * 32))


def test_a_short_key_is_a_mistake():
    with pytest.raises(ValueError, match="20 hexadecimal"):
        ulid.derive(0, "abc")
