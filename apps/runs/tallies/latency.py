"""Percentiles of times, from histograms that can be added up. Pure.

A bucket is an eighth of a doubling, so that a percentile is some five percent off at most.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping

PER_DOUBLING = 8


def histogram(seconds: Iterable[float]) -> dict[str, int]:
    """Return how many of these times fall into each bucket, by the bucket's number as text."""
    return dict(Counter(str(_bucket(each)) for each in seconds if each >= 0))


def added(histograms: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Return the sum of histograms."""
    total: Counter[str] = Counter()
    for each in histograms:
        total.update(each)
    return dict(total)


def percentile(buckets: Mapping[str, int], part: float) -> float | None:
    """Return the time, in seconds, that `part` of the sample is not above; None of nothing."""
    wanted = part * sum(buckets.values())
    reached = 0
    for bucket, number in sorted((int(name), number) for name, number in buckets.items()):
        reached += number
        if reached >= wanted:
            return float(2 ** ((bucket + 0.5) / PER_DOUBLING) / 1000)
    return None


def _bucket(seconds: float) -> int:
    return math.floor(math.log2(max(seconds * 1000, 1.0)) * PER_DOUBLING)
