"""What a claim costs among ten thousand, a million and five million runs, and by which plan."""

import json
import sys

from tests.bench.load import Bench
from tests.bench.report import Report

ROWS = (10_000, 1_000_000)
MANY = 5_000_000
WIDTH = 150
"""Of a plan's line; what is longer lists ids."""


def measure(bench: Bench, report: Report, *, many: bool) -> None:
    """Add a claim's time at each size; PostgreSQL only."""
    if not bench.system.database.is_postgres:
        report.add("claim", None, text="measured on PostgreSQL only")
        return
    bench.system.stop("worker")
    first = 0.0
    for rows in (*ROWS, *((MANY,) if many else ())):
        bench.system.call("tests.bench.filling.fill", rows)
        told = json.loads(bench.system.call("tests.bench.filling.measure").splitlines()[-1])
        first = first or told["median"]
        text = f"median {told['median']:.2f}, most {told['most']:.2f}, client's CPU {told['cpu']:.2f} ms"
        report.add(f"claim of 64 among {told['rows']:,} runs", round(told["median"], 2), text=text)
        report.add("times that among the fewest", round(told["median"] / first, 2), "times")
        for plan in told["plans"]:
            sys.stdout.write("".join(f"      {line[:WIDTH]}\n" for line in plan))
