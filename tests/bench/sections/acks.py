"""Acknowledgements with the workers stopped, and what the backlog behind them takes to drain."""

import time

from tests.bench.load import Bench
from tests.bench.report import Report, spread
from tests.bench.sections.arriving import Window, add_cpu

CALLERS = (1, 8, 32, 64)


def measure(bench: Bench, report: Report, *, seconds: float) -> None:
    """Add acknowledgements per second by so many callers; the runs wait."""
    bench.system.stop("worker")
    for callers in CALLERS:
        cpu = bench.cpu()
        posted = bench.post(callers=callers, seconds=seconds)
        used = {name: seconds - cpu[name] for name, seconds in bench.cpu().items()}
        p50, p95, p99 = spread(posted.times)
        text = f"{posted.rate:,.0f}/s, p50 {p50:.1f}, p95 {p95:.1f}, p99 {p99:.1f} ms"
        speed = posted.driver_ms
        what = f"{callers} caller{'s' if callers > 1 else ''}"
        report.add(what, round(posted.rate, 1), text=text, driver_ms=speed)
        report.add(f"{what}: p99", round(p99, 1), "ms")
        report.add(f"{what}: refused", posted.refused)
        count = max(1, len(posted.times))
        split = {name: 1000 * used.get(name, 0.0) / count for name in ("web", "PostgreSQL") if name in used}
        report.add(
            f"{what}: CPU per acknowledgement",
            round(sum(split.values()), 2),
            text=", ".join(f"{name} {ms:.2f} ms" for name, ms in split.items()),
        )


def drain(bench: Bench, report: Report, *, total: int) -> None:
    """Let so many runs wait, start the worker, and add how fast they are finished."""
    bench.system.stop("worker")
    waiting = bench.system.database.unfinished()
    speed = None
    if waiting < total:
        posted = bench.post(callers=16, total=total - waiting)
        speed, waiting = posted.driver_ms, waiting + len(posted.times)
    before, doubled = bench.counted(), bench.told()["doubled"]
    bench.system.start_worker()
    window, missing = until_drained(bench, before, waiting)
    report.add("runs in the backlog", waiting, driver_ms=speed)
    report.add("finished runs per second", round(window.rate, 1), "runs/s")
    report.add("lost, doubled", missing, text=f"{missing}, {bench.told()['doubled'] - doubled}")
    add_cpu(report, window)


def until_drained(bench: Bench, before: int, waiting: int) -> tuple[Window, int]:
    """Wait until so many effects came behind `before`; return the window and how many miss."""
    bench.wait_until(before + 1)
    cpu, begun, first = bench.cpu(), time.monotonic(), bench.counted()
    bench.wait_until(before + waiting)
    window = Window(time.monotonic() - begun, bench.counted() - first)
    window.cpu = {name: used - cpu[name] for name, used in bench.cpu().items() if name != "driver"}
    return window, bench.settle(before + waiting)
