"""make bench: what the product does on this machine, as it is deployed.

    python -m tests.bench [--postgres] [--seconds N] [--burst N] [--delay SECONDS]

Everything runs on loopback and ends by itself. Figures depend on the machine:
the driver's own CPU per request is printed beside them.
"""

import argparse
import http.client
import json
import os
import re
import sys
import time
from collections.abc import Sequence

from tests.bench import editor
from tests.bench.driver import Driver, Sent
from tests.bench.system import System


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument(
        "--postgres", action="store_true", help="on TEST_DATABASE_URL; default: a SQLite file"
    )
    parser.add_argument("--seconds", type=float, default=20.0, help="how long 20 events a second are sent")
    parser.add_argument("--burst", type=int, default=2000, help="how many events are sent flat out")
    parser.add_argument("--delay", type=float, default=0.0, help="how long the provider takes for an answer")
    options = parser.parse_args()
    # The database that every fresh server has; tests make one of their own beside it.
    url = os.environ["TEST_DATABASE_URL"].replace("/tandem?", "/postgres?") if options.postgres else ""
    with System(url, delay=options.delay) as system:
        up = system.start_web()
        system.start_worker()
        driver = Driver(system.port, system.path)
        say("database", "PostgreSQL" if options.postgres else "SQLite")
        say("web takes connections after", f"{up:.2f} s")
        wait_for(system, driver.post(1, callers=1))
        paced(system, driver, options.seconds)
        burst(system, driver, options.burst)
    if not options.postgres:
        say("Editor", "")
        for what, figure in editor.measure():
            say(what, figure)


def paced(system: System, driver: Driver, seconds: float) -> None:
    """Send 20 events a second: acknowledgement, and event to effect."""
    sent = driver.post(int(20 * seconds), callers=8, rate=20)
    effects = wait_for(system, sent)
    say("20/s: acknowledgement", spread(sent.times))
    say("20/s: event to effect", spread(effects))
    say(
        "20/s: refused, lost, doubled", f"{sent.refused}, {len(sent.times) - len(effects)}, {doubled(system)}"
    )


def burst(system: System, driver: Driver, number: int) -> None:
    """Send as fast as it is answered, by 8 callers, until every run is finished."""
    cpu, begun = system.cpu(), time.monotonic()
    sent = driver.post(number, callers=8)
    effects = wait_for(system, sent)
    seconds = time.monotonic() - begun
    say("burst: acknowledgements per second", f"{sent.rate:.0f} ({spread(sent.times)})")
    say("burst: finished runs per second", f"{len(effects) / seconds:.0f}")
    say("burst: CPU per run, web and worker", f"{1000 * (system.cpu() - cpu) / max(1, len(effects)):.2f} ms")
    say("burst: driver's CPU per request", f"{1000 * sent.cpu / max(1, number):.2f} ms")
    say(
        "burst: refused, lost, doubled",
        f"{sent.refused}, {len(sent.times) - len(effects)}, {doubled(system)}",
    )
    for name, megabytes in system.memory().items():
        say(f"memory (PSS): {name}", f"{megabytes:.0f} MB")


def wait_for(system: System, sent: Sent, *, seconds: float = 60.0) -> list[float]:
    """Return the time from each event to its call, waiting at most `seconds` for the last."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        first = first_calls(system)
        if sent.posted_at.keys() <= first.keys():
            break
        time.sleep(0.05)
    return [first[number] - at for number, at in sent.posted_at.items() if number in first]


def first_calls(system: System) -> dict[int, float]:
    """Return when each person's first call came, by the number in their e-mail."""
    first: dict[int, float] = {}
    for at, path in calls(system):
        first.setdefault(person(path), at)
    return first


def doubled(system: System) -> int:
    """Return how many calls were made more than once."""
    people = [person(path) for _, path in calls(system)]
    return len(people) - len(set(people))


def person(path: str) -> int:
    """Return the number of the person whom a call is about."""
    return int(re.findall(r"/customers/person(\d+)", path)[0])


def calls(system: System) -> list[tuple[float, str]]:
    """Return every call that the provider has seen."""
    link = http.client.HTTPConnection("127.0.0.1", system.provider_port, timeout=10)
    link.request("GET", "/calls")
    found: list[tuple[float, str]] = [(at, path) for at, path in json.loads(link.getresponse().read())]
    link.close()
    return found


def spread(times: Sequence[float]) -> str:
    """Return median and 99th percentile in milliseconds."""
    if not times:
        return "none"
    ordered = sorted(times)
    p99 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    return f"p50 {1000 * ordered[len(ordered) // 2]:.1f} ms, p99 {1000 * p99:.1f} ms"


def say(what: str, figure: str) -> None:
    """Print one line of the table."""
    sys.stdout.write(f"{what:<46} {figure}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
