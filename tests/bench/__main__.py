"""make bench: what the product does on this machine, as it is deployed.

    make bench ARGS="--only acks,arriving --seconds 20"

Everything runs on loopback and ends by itself. Figures depend on the machine:
the driver's own CPU per request is printed beside them.
"""

import argparse
import os
import signal
import sys
from collections.abc import Callable

from tests.bench import editor
from tests.bench.load import Bench
from tests.bench.report import Report, write
from tests.bench.sections import acks, arriving, claims, fairness, latency, ratios, volume
from tests.bench.system import System

Section = Callable[[Bench, Report, argparse.Namespace], None]

SECTIONS: dict[str, Section] = {
    "latency": lambda bench, report, asked: latency.paced(bench, report, seconds=asked.paced_seconds),
    "arriving": lambda bench, report, asked: arriving.measure(bench, report, seconds=asked.seconds),
    "acks": lambda bench, report, asked: acks.measure(bench, report, seconds=asked.ack_seconds),
    "backlog": lambda bench, report, asked: acks.drain(bench, report, total=asked.backlog),
    "slow": lambda bench, report, asked: latency.slow(
        bench, report, seconds=asked.seconds / 2, paced_seconds=asked.paced_seconds
    ),
    "naive": lambda bench, report, asked: ratios.naive(bench, report, seconds=asked.ratio_seconds),
    "recording": lambda bench, report, asked: ratios.recording(bench, report, total=asked.drained),
    "scale": lambda bench, report, asked: ratios.scale(bench, report, total=asked.drained),
    "fairness": lambda bench, report, asked: fairness.measure(
        bench, report, total=asked.crowd, seconds=asked.paced_seconds
    ),
    "claims": lambda bench, report, asked: claims.measure(bench, report, many=asked.many),
}
"""What is measured, in this order, each among the rows of those before it."""

LONG: dict[str, Section] = {
    "burst": lambda bench, report, asked: volume.burst(bench, report, total=asked.burst),
    "soak": lambda bench, report, asked: volume.soak(bench, report, total=asked.soak),
}
"""What is measured only where its number is given, and then alone."""


def main() -> None:
    """Measure and print a table."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    asked = arguments()
    url = ""
    if asked.postgres:
        # The database that every fresh server has; tests make one of their own beside it.
        url = os.environ["TEST_DATABASE_URL"].replace("/tandem?", "/postgres?")
    report = Report("PostgreSQL" if asked.postgres else "SQLite")
    names = [name for name in LONG if getattr(asked, name)] or [
        name for name in asked.only if name in SECTIONS
    ]
    if names:
        measure(url, names, report, asked)
    if not asked.postgres and "editor" in asked.only and not (asked.burst or asked.soak):
        report.begin("editor")
        report.driver_ms = None
        for what, figure in editor.measure():
            report.add(what, None, text=figure)
    write(report.lines, as_json=asked.json, as_markdown=asked.markdown)


def measure(url: str, names: list[str], report: Report, asked: argparse.Namespace) -> None:
    """Run these sections on one system."""
    with System(url) as system:
        bench = Bench(system)
        report.begin("start")
        latency.start(bench, report)
        for name in names:
            report.begin(name)
            (SECTIONS | LONG)[name](bench, report, asked)
            if name != names[-1]:
                system.restart_as_deployed()
                bench.warm_up()


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="make bench")
    add = parser.add_argument
    everything = [*SECTIONS, "editor"]
    add("--postgres", action="store_true", help="on TEST_DATABASE_URL; default: a SQLite file")
    add(
        "--only",
        type=lambda text: text.split(","),
        default=everything,
        help=f"some of {','.join(everything)}",
    )
    add("--seconds", type=float, default=60.0, help="how long events arrive flat out")
    add("--paced-seconds", type=float, default=30.0, help="how long 5 and 20 events a second are sent")
    add("--ack-seconds", type=float, default=6.0, help="how long each number of callers posts")
    add("--backlog", type=int, default=20_000, help="how many runs wait before the worker starts")
    add("--crowd", type=int, default=100_000, help="how many runs of one workspace others pass by")
    add("--ratio-seconds", type=float, default=20.0, help="how long each part of a comparison takes")
    add("--drained", type=int, default=6000, help="how many runs wait in each comparison of workers")
    add("--many", action="store_true", help="claims among five million runs, too: takes minutes")
    add("--burst", type=int, default=0, metavar="N", help="post N events at once, and nothing else")
    add("--soak", type=int, default=0, metavar="N", help="finish N runs and watch memory, and nothing else")
    add("--json", default="", metavar="FILE", help="write the figures there, beside those of other sections")
    add("--markdown", default="", metavar="FILE", help="append the table there")
    asked = parser.parse_args()
    unknown = sorted(set(asked.only) - set(everything))
    if unknown:
        parser.error(f"no such section: {', '.join(unknown)}")
    return asked


if __name__ == "__main__":
    main()
