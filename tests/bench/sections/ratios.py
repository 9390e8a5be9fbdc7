"""What is compared within minutes on one machine: the yardstick, the cost of recording, more workers."""

from tests.bench.load import Bench
from tests.bench.report import Report
from tests.bench.sections.acks import until_drained
from tests.bench.sections.arriving import Window, pour
from tests.bench.sections.latency import SLOW_SECONDS

YARDSTICK = 5
RECORDING_PERCENT = 15
NAIVE_AHEAD = 100
WORKERS = (1, 2, 4)


def naive(bench: Bench, report: Report, *, seconds: float) -> None:
    """Add what one task per run does, between two measurements of the product as deployed."""
    rates, costs = [], []
    for turn in ("before", "naive", "behind"):
        if turn == "naive":
            bench.system.stop("worker")
            bench.system.stop("web")
            settings = "tests.bench.naive.settings"
            bench.system.start_web(settings=settings, wsgi="tests.bench.naive.wsgi")
            bench.system.start_worker(settings=settings, command="qcluster")
        else:
            bench.system.restart_as_deployed()
        bench.warm_up()
        ahead = {"ahead": NAIVE_AHEAD} if turn == "naive" else {}
        posted, window, missing = pour(bench, seconds, **ahead)
        name = "one task per run" if turn == "naive" else f"as deployed, {turn}"
        text = f"{window.rate:.1f} runs/s, {window.whole_ms:.2f} ms of CPU each"
        report.add(name, round(window.rate, 1), text=text, driver_ms=posted.driver_ms)
        report.add(f"{name}: refused, lost", missing, text=f"{posted.refused}, {missing}")
        rates.append(window.rate)
        costs.append(window.whole_ms)
    before, yardstick, behind = rates
    ratio = (before + behind) / 2 / max(0.1, yardstick)
    report.add(f"throughput, times the yardstick (at least {YARDSTICK})", round(ratio, 2), "times")
    report.add("CPU of the yardstick, times ours", round(costs[1] / ((costs[0] + costs[2]) / 2), 2), "times")


def recording(bench: Bench, report: Report, *, total: int) -> None:
    """Add what the records of steps cost: backlogs drained with and without them, in turn."""
    rates: dict[str, list[float]] = {"with": [], "without": []}
    costs: dict[str, list[float]] = {"with": [], "without": []}
    for kind in ("with", "without", "without", "with"):
        settings = "tests.bench.unrecorded.settings" if kind == "without" else ""
        window = _drained(bench, total, settings=settings)
        rates[kind].append(window.rate)
        costs[kind].append(window.whole_ms)
        text = f"{window.rate:.1f} runs/s, {window.whole_ms:.2f} ms of CPU each"
        report.add(f"backlog {kind} the records of steps", round(window.rate, 1), text=text)
    lost = 100 * (1 - sum(rates["with"]) / sum(rates["without"]))
    report.add(f"throughput that recording costs (at most {RECORDING_PERCENT} %)", round(lost, 1), "%")
    more = 100 * (1 - sum(costs["without"]) / sum(costs["with"]))
    report.add("part of a run's CPU that it costs", round(more, 1), "%")


def scale(bench: Bench, report: Report, *, total: int) -> None:
    """Add what 1, 2 and 4 workers of one drain each do, with a fast provider and a slow one."""
    for name, delay, count in (("fast provider", 0.0, total), ("provider of 200 ms", SLOW_SECONDS, total)):
        first = 0.0
        bench.delay(delay)
        for workers in WORKERS:
            window = _drained(bench, count, workers=workers, drains=1)
            first = first or window.rate
            text = f"{window.rate:.1f} runs/s, {window.rate / first:.2f} times one"
            what = f"{name}: {workers} worker{'s' if workers > 1 else ''}"
            report.add(what, round(window.rate, 1), text=text)
    bench.delay(0.0)


def _drained(
    bench: Bench, total: int, *, settings: str = "", workers: int = 1, drains: int | None = None
) -> Window:
    """Let so many runs wait, start workers, and return the window in which they were finished."""
    bench.system.stop("worker")
    posted = bench.post(callers=16, total=total)
    before = bench.counted()
    for _ in range(workers):
        bench.system.start_worker(settings=settings, drains=drains)
    window, _ = until_drained(bench, before, len(posted.times))
    return window
