"""A start, and single events: how soon they are acknowledged, and how soon their effect is done."""

import time

from tests.bench.load import Bench
from tests.bench.report import Report, add_spread
from tests.bench.sections.arriving import pour

RATES = (5, 20)
SLOW_SECONDS = 0.2


def start(bench: Bench, report: Report) -> None:
    """Start web and worker on the migrated database; add when the first webhook was taken, and its effect."""
    before, begun = bench.counted(), time.monotonic()
    bench.system.start_worker()
    bench.system.start_web()
    posted = bench.post(callers=1, total=1)
    (at,) = posted.posted_at.values()
    first = at - begun + posted.times[0]
    if not bench.wait_until(before + 1):
        raise SystemExit("The first event had no effect within a minute: nothing can be measured.")
    effect = bench.effects()[bench.number]
    report.add("first webhook acknowledged after", round(first, 2), "s", driver_ms=None)
    report.add("its effect done after", round(effect - begun, 2), "s")


def paced(bench: Bench, report: Report, *, seconds: float) -> None:
    """Add acknowledgement and event to effect at a few events a second."""
    for rate in RATES:
        bench.effects()
        before, doubled = bench.counted(), bench.told()["doubled"]
        posted = bench.post(callers=8, total=int(rate * seconds), rate=rate)
        missing = bench.settle(before + len(posted.times))
        effects = bench.effects()
        took = [effects[number] - at for number, at in posted.posted_at.items() if number in effects]
        speed = posted.driver_ms
        add_spread(report, f"{rate}/s: acknowledgement", posted.times, driver_ms=speed)
        add_spread(report, f"{rate}/s: event to effect", took, driver_ms=speed)
        counts = f"{posted.refused}, {missing}, {bench.told()['doubled'] - doubled}"
        report.add(f"{rate}/s: refused, lost, doubled", posted.refused + missing, text=counts)


def slow(bench: Bench, report: Report, *, seconds: float, paced_seconds: float) -> None:
    """Add the same with a provider that takes 200 ms for each answer."""
    bench.delay(SLOW_SECONDS)
    try:
        posted, window, missing = pour(bench, seconds)
        report.add("finished runs per second", round(window.rate, 1), "runs/s", driver_ms=posted.driver_ms)
        report.add("refused, lost", posted.refused + missing, text=f"{posted.refused}, {missing}")
        report.add("CPU per run", round(window.whole_ms, 2), "ms")
        paced(bench, report, seconds=paced_seconds)
    finally:
        bench.delay(0.0)
