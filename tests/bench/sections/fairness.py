"""What a workspace's events wait while another workspace has a hundred thousand runs that are due."""

import socket
import time

from tests.bench.driver import Events
from tests.bench.load import PATIENCE, Bench
from tests.bench.report import Report, add_spread
from tests.bench.system import SIGNING_SECRET

CROWD = "Crowd"
NUMBER = 999_999_999
"""Of the event that all of the crowd's runs are of: beyond any that the driver posts."""

RATE = 5
LIMIT_MS = 500
BEGIN_SECONDS = 2.0
"""How long the worker is at the crowd before the first event of the other workspace."""


def measure(bench: Bench, report: Report, *, total: int, seconds: float) -> None:
    """Add event to effect at a few events a second beside the crowd; PostgreSQL only."""
    system = bench.system
    if not system.database.is_postgres:
        report.add("event to effect", None, text="measured on PostgreSQL only")
        return
    _, path = system.create(CROWD)
    bench.warm_up()
    system.stop("worker")
    _post_one(system.port, path)
    system.call("tests.bench.filling.crowd", total)
    waiting = system.database.unfinished()
    before = bench.counted()
    system.start_worker()
    bench.wait_until(before + 1)
    time.sleep(BEGIN_SECONDS)
    bench.effects()
    posted = bench.post(callers=8, total=int(RATE * seconds), rate=RATE)
    effects = _effects_of(bench, set(posted.posted_at))
    left = system.database.unfinished()
    took = [effects[number] - at for number, at in posted.posted_at.items() if number in effects]
    report.add("runs of the other workspace at the start", waiting, driver_ms=posted.driver_ms)
    report.add("of them left at the end", left)
    add_spread(report, f"{RATE}/s beside them: event to effect", took, driver_ms=posted.driver_ms)
    report.add("refused, without effect", None, text=f"{posted.refused}, {len(posted.times) - len(took)}")
    worst = 1000 * sorted(took)[max(0, -(-len(took) * 99 // 100) - 1)] if took else float("inf")
    held = "kept" if worst <= LIMIT_MS and left > 0 else "MISSED"
    report.add("limit: p99 of 500 ms with runs left", worst, "ms", text=f"{held}, {worst:.1f} ms")
    system.stop("worker")
    system.database.rows("DELETE FROM runs_run WHERE status = 'queued' AND started_at IS NULL", writes=True)


def _effects_of(bench: Bench, numbers: set[int]) -> dict[int, float]:
    """Wait for the first effects of these events; return when they were."""
    found: dict[int, float] = {}
    until = time.monotonic() + PATIENCE / 4
    while not numbers <= found.keys() and time.monotonic() < until:
        time.sleep(0.2)
        found |= {number: at for number, at in bench.effects().items() if number in numbers}
    return found


def _post_one(port: int, path: str) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as link:
        link.sendall(Events(path, SIGNING_SECRET).request(NUMBER))
        if not link.recv(4096).startswith(b"HTTP/1.1 200"):
            raise SystemExit("The crowd's event was refused.")
