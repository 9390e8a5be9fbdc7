"""Very many events: a burst that is not waited for, and a long load under which memory stays flat."""

import time

from tests.bench.load import Bench
from tests.bench.report import Report
from tests.bench.sections.arriving import AHEAD, CALLERS, LIMIT_MB

LOOK_SECONDS = 5.0
FLAT_MB = 20.0
"""What the groups together may have more at the end than behind the first tenth."""


def burst(bench: Bench, report: Report, *, total: int) -> None:
    """Post so many events as fast as they are taken; add whether all were finished, and the memory."""
    before, doubled = bench.counted(), bench.told()["doubled"]
    begun, most = time.monotonic(), [0.0]

    def sample() -> None:
        while bench.counted() - before < total and not _stuck(bench):
            most.append(_ours(bench))

    posted = bench.post(callers=64, total=total, meanwhile=sample)
    seconds = time.monotonic() - begun
    missing = bench.settle(before + len(posted.times))
    report.add("events acknowledged", len(posted.times), driver_ms=posted.driver_ms)
    report.add("acknowledgements per second", round(posted.rate, 1), "/s")
    counts = f"{posted.refused}, {missing}, {bench.told()['doubled'] - doubled}"
    report.add("refused, lost, doubled", posted.refused + missing, text=counts)
    report.add("all finished after", round(seconds, 1), "s")
    report.add(f"most memory (PSS) of web and worker (at most {LIMIT_MB})", round(max(most), 1), "MB")
    for status, count in sorted(bench.system.database.statuses().items()):
        report.add(f"runs that are {status}", count)


def soak(bench: Bench, report: Report, *, total: int) -> None:
    """Keep events coming until so many runs are finished; add the memory along the way."""
    before, samples = bench.counted(), list[tuple[int, float]]()
    begun = time.monotonic()

    def sample() -> None:
        while bench.counted() - before < 0.98 * total and not _stuck(bench):
            samples.append((bench.counted() - before, _ours(bench)))

    posted = bench.post(callers=CALLERS, total=total, ahead=AHEAD, meanwhile=sample)
    missing = bench.settle(before + len(posted.times))
    rate = (len(posted.times) - missing) / (time.monotonic() - begun)
    report.add("runs finished", len(posted.times) - missing, driver_ms=posted.driver_ms)
    report.add("runs per second", round(rate, 1), "runs/s")
    report.add("refused, lost", posted.refused + missing, text=f"{posted.refused}, {missing}")
    for tenth in range(10):
        inside = [megabytes for count, megabytes in samples if tenth <= 10 * count / total < tenth + 1]
        if inside:
            report.add(f"memory (PSS) in tenth {tenth + 1}", round(sum(inside) / len(inside), 1), "MB")
    settled = [megabytes for count, megabytes in samples if count >= total / 10]
    if settled:
        grown = settled[-1] - settled[0]
        report.add(f"grown since the first tenth (at most {FLAT_MB:.0f})", round(grown, 1), "MB")


def _ours(bench: Bench) -> float:
    """Return the memory of web and worker; PostgreSQL's is its own."""
    return sum(size for name, size in bench.system.memory().items() if name != "PostgreSQL")


def _stuck(bench: Bench) -> bool:
    """Wait for the next look; tell whether nothing has been finished meanwhile."""
    before, until = bench.counted(), time.monotonic() + 6 * LOOK_SECONDS
    time.sleep(LOOK_SECONDS)
    while bench.counted() == before and time.monotonic() < until:
        time.sleep(0.1)
    return bench.counted() == before
