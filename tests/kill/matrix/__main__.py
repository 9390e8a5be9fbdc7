"""The crash matrix, as a table: `make kill`, or

    .venv/bin/python -m tests.kill.matrix [--short] [--lanes N] [--only TEXT]

Exits with 1 where a promise is broken, and names it.
"""

import argparse
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "bin"))

import postgres
from tests.kill.matrix import cases, full_disk, trial
from tests.kill.matrix.cases import Case
from tests.kill.matrix.lane import Lane
from tests.kill.matrix.trial import Row

HEAD = (
    f"{'point':<24}{'victim':<20}{'ack’d':>6}{'runs':>6}{'lost':>6}"
    f"{'doubled':>9}{'(hostile)':>10}{'mails':>7}{'unknown':>9}{'recovered':>11}"
)


def main() -> int:
    """Try every case on a few systems at a time; print the table."""
    parser = argparse.ArgumentParser(prog="make kill")
    parser.add_argument("--short", action="store_true", help="each point once")
    parser.add_argument("--lanes", type=int, default=3, help="how many systems there are at a time")
    parser.add_argument("--only", default="", help="cases whose point or victim has this in its name")
    asked = parser.parse_args()
    chosen = cases.short() if asked.short else cases.every()
    chosen = [case for case in chosen if asked.only in f"{case.point} {case.victim}"]
    begun = time.monotonic()
    rows = _all(chosen, lanes=min(asked.lanes, len(chosen)))
    order = {case: number for number, case in enumerate(cases.every())}
    say(f"\n{HEAD}")
    for row in sorted(rows, key=lambda row: (row.case.point, order[row.case])):
        say(_line(row))
    missing = len(chosen) - len(rows)
    broken = [row for row in rows if row.broken]
    say(
        f"\n{len(rows)} cases in {time.monotonic() - begun:.0f} s;"
        f" lost {sum(row.lost for row in rows)}, doubled {sum(row.doubled for row in rows)} (obedient),"
        f" mails doubled {sum(row.doubled_mails for row in rows)},"
        f" promises broken in {len(broken)}, not tried {missing}."
    )
    return 1 if broken or missing else 0


def _all(chosen: list[Case], *, lanes: int) -> list[Row]:
    waiting, rows = deque(chosen), list[Row]()
    # Told to end, a lane ends its case first, so that nothing of it is left behind.
    signal.signal(signal.SIGTERM, lambda *_: waiting.clear())
    threads = [
        threading.Thread(target=_guarded, args=(_lane, number, waiting, rows))
        for number in range(1, lanes + 1)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return rows


def _guarded(work: Callable[..., None], *arguments: Any) -> None:
    try:
        work(*arguments)
    except SystemExit as error:
        say(f"A lane has ended: {error}")


def _lane(number: int, waiting: deque[Case], rows: list[Row]) -> None:
    """Try cases on one system until there are no more."""
    if full_disk.CASE in waiting:
        waiting.remove(full_disk.CASE)
        row = full_disk.run(postgres.Server, 500 + number)
        if row is None:
            say("disk full: left out, since no file system can be mounted here (it takes root).")
            row = Row(full_disk.CASE)
        rows.append(row)
    with postgres.Server(durable=True) as server, Lane(server, number) as lane:
        lane.begin()
        while waiting:
            try:
                case = waiting.popleft()
            except IndexError:
                return
            row = trial.run(lane, case)
            rows.append(row)
            say(_line(row))


def _line(row: Row) -> str:
    return (
        f"{row.case.point:<24}{row.case.victim:<20}{row.acknowledged:>6}{row.finished:>6}{row.lost:>6}"
        f"{row.doubled:>9}{row.repeated:>10}{row.doubled_mails:>7}{row.unknown:>9}{row.recovered:>9.1f} s"
        f"  {row.broken}"
    ).rstrip()


def say(text: str) -> None:
    """Print a line."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
