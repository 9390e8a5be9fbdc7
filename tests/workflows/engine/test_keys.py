from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.workflows.engine.keys import derive_key

FACTS: dict[str, Any] = {"connection": "c", "event_id": "evt_1", "workflow": "w", "path": "send"}


def test_a_key_never_changes_between_releases():
    assert derive_key(**FACTS) == "02bf011b2de5416fd89b71eb8fdb7802b901ce41eeda49f6678f1964c1eac3df"


@pytest.mark.parametrize(
    "other",
    [
        {"connection": "d"},
        {"event_id": "evt_2"},
        {"workflow": "x"},
        {"path": "send2"},
        {"item": 1},
        {"replay": 1},
        {"generation": 1},
    ],
)
def test_each_fact_changes_the_key(other):
    assert derive_key(**(FACTS | other)) != derive_key(**FACTS)


@given(st.text(max_size=8), st.text(max_size=8), st.text(max_size=8), st.text(max_size=8))
def test_parts_do_not_run_into_each_other(first, second, third, fourth):
    one = derive_key(connection=first, event_id=second, workflow="w", path="p")
    other = derive_key(connection=third, event_id=fourth, workflow="w", path="p")

    assert (one == other) == ((first, second) == (third, fourth))


def test_a_key_is_64_hex_characters():
    key = derive_key(**FACTS)

    assert len(key) == 64
    assert set(key) <= set("0123456789abcdef")
