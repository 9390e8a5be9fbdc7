"""Events that arrive: how many runs a second are finished for as long as they come, and at what cost."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.bench.database import MEGABYTE, grown
from tests.bench.load import Bench, Posted
from tests.bench.report import Report, spread

WARM_UP_SECONDS = 4.0
AHEAD = 1500
"""Events posted beyond what is finished: enough that no worker idles, few enough that none piles up."""

CALLERS = 16
LIMIT_MB = 400


@dataclass
class Window:
    """What happened between two looks, behind a warm-up."""

    seconds: float = 0.0
    finished: int = 0
    cpu: dict[str, float] = field(default_factory=dict)
    memory: Sequence[dict[str, float]] = ()

    @property
    def rate(self) -> float:
        """Return the finished runs per second."""
        return self.finished / self.seconds if self.seconds else 0.0

    def cpu_ms(self, name: str) -> float:
        """Return a group's CPU per finished run, in milliseconds."""
        return 1000 * self.cpu.get(name, 0.0) / max(1, self.finished)

    @property
    def whole_ms(self) -> float:
        """Return everything's CPU per finished run, in milliseconds."""
        return sum(map(self.cpu_ms, self.cpu))


def watch(bench: Bench, seconds: float) -> tuple[Window, Callable[[], None]]:
    """Return a window and what fills it in: a warm-up, a look, `seconds`, another look."""
    window = Window()

    def look() -> None:
        time.sleep(WARM_UP_SECONDS)
        cpu, count, begun, memory = bench.cpu(), bench.counted(), time.monotonic(), bench.system.memory()
        time.sleep(seconds)
        window.memory = (memory, bench.system.memory())
        window.seconds = time.monotonic() - begun
        window.finished = bench.counted() - count
        window.cpu = {name: used - cpu[name] for name, used in bench.cpu().items()}

    return window, look


def pour(bench: Bench, seconds: float, *, ahead: int = AHEAD) -> tuple[Posted, Window, int]:
    """Post for the warm-up and `seconds`; return what was posted, the window, how many are missing."""
    before = bench.counted()
    window, look = watch(bench, seconds)
    posted = bench.post(callers=CALLERS, seconds=seconds + WARM_UP_SECONDS + 0.5, ahead=ahead, meanwhile=look)
    return posted, window, bench.settle(before + len(posted.times))


def measure(bench: Bench, report: Report, *, seconds: float) -> None:
    """Add what the product does while events arrive as fast as it can take them."""
    sizes, runs = bench.system.database.sizes(), bench.counted()
    doubled = bench.told()["doubled"]
    posted, window, missing = pour(bench, seconds)
    speed = posted.driver_ms
    report.add("finished runs per second", round(window.rate, 1), "runs/s", driver_ms=speed)
    p50, p95, p99 = spread(posted.times)
    report.add("acknowledgement meanwhile", p50, text=f"p50 {p50:.1f}, p95 {p95:.1f}, p99 {p99:.1f} ms")
    counts = f"{posted.refused}, {missing}, {bench.told()['doubled'] - doubled}"
    report.add("refused, lost, doubled", posted.refused + missing, text=counts)
    add_cpu(report, window)
    add_memory(report, window)
    made = max(1, bench.counted() - runs)
    for name, size in grown(sizes, bench.system.database.sizes())[:9]:
        if size > 0:
            report.add(f"database per 1,000 runs: {name}", round(1000 * size / made / MEGABYTE, 2), "MB")


def add_cpu(report: Report, window: Window) -> None:
    """Add where the CPU of a run goes."""
    report.add("CPU per run", round(window.whole_ms, 2), "ms")
    for name in window.cpu:
        report.add(f"CPU per run: {name}", round(window.cpu_ms(name), 2), "ms")


def add_memory(report: Report, window: Window) -> None:
    """Add the memory of each group at the window's begin and end."""
    before, after = window.memory
    for name, megabytes in after.items():
        text = f"{before[name]:.0f} → {megabytes:.0f} MB"
        report.add(f"memory (PSS): {name}", round(megabytes, 1), text=text)
    ours = sum(megabytes for name, megabytes in after.items() if name != "PostgreSQL")
    report.add(f"memory (PSS) without PostgreSQL (at most {LIMIT_MB})", round(ours, 1), "MB")
