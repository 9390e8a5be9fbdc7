"""make bench: what the product does on this machine, as it is deployed.

    make bench ARGS="--only acks,arriving --seconds 20"

Everything runs on loopback and ends by itself. Figures depend on the machine:
the driver's own CPU per request is printed beside them.
"""

import argparse
import os
from collections.abc import Callable

from tests.bench import editor
from tests.bench.load import Bench
from tests.bench.report import Report, write
from tests.bench.sections import acks, arriving, latency
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
}
"""What is measured, in this order, one system behind the other sections' rows."""


def main() -> None:
    """Measure and print a table."""
    asked = arguments()
    url = ""
    if asked.postgres:
        # The database that every fresh server has; tests make one of their own beside it.
        url = os.environ["TEST_DATABASE_URL"].replace("/tandem?", "/postgres?")
    report = Report("PostgreSQL" if asked.postgres else "SQLite")
    names = [name for name in asked.only if name in SECTIONS]
    if names:
        measure(url, names, report, asked)
    if not asked.postgres and "editor" in asked.only:
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
            SECTIONS[name](bench, report, asked)
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
    add(
        "--json", default="", metavar="FILE", help="write the figures there; other sections' figures are kept"
    )
    add("--markdown", default="", metavar="FILE", help="append the table there")
    asked = parser.parse_args()
    unknown = sorted(set(asked.only) - set(everything))
    if unknown:
        parser.error(f"no such section: {', '.join(unknown)}")
    return asked


if __name__ == "__main__":
    main()
