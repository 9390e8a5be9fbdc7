"""Percentiles of histograms that are added up, against those of the times themselves."""

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.runs.tallies.latency import added, histogram, percentile

TIMES = st.lists(st.floats(min_value=0.001, max_value=100_000), min_size=1, max_size=200)


@given(TIMES, TIMES)
def test_a_percentile_of_a_sum_is_within_a_bucket_of_the_true_one(first, second):
    found = percentile(added([histogram(first), histogram(second)]), 0.5)

    true = statistics.median_low([*first, *second])
    assert found == pytest.approx(true, rel=0.1)


def test_of_nothing_there_is_no_percentile():
    assert percentile({}, 0.95) is None
