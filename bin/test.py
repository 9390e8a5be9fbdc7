"""`make test`: the whole suite, each part on the database that can show it.

    .venv/bin/python bin/test.py PART… [-- PYTEST ARGUMENTS…]

Parts: sqlite, postgres, browser, kill, matrix.  The databases' parts run side by side, each in a
process of its own whose lines carry its name, so that each collects and migrates once; the others
run alone behind them.  All parts run even when one fails; the exit code is that of the first that
failed.  A part alone has WORKERS processes of pytest, and half as many beside another.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import postgres  # noqa: E402 - beside this file
from tests import chromium  # noqa: E402 - found through the line above

NO_TESTS = 5
# One run of them shows all: they meet no database, or no more of it than its rows.
ON_SQLITE_ONLY = (
    "tests/language",
    "tests/workflows/engine",
    "tests/catalog",
    "tests/common",
    "tests/house",
    "tests/e2e/test_canaries.py",
    "tests/webhooks/test_delivery_queries.py",
    "tests/workspaces/test_query_counts.py",
    "tests/workspaces/test_personas.py",
)
# The admin's pages, which the browser tests walk on SQLite.
ON_POSTGRES_ONLY = ("tests/console",)


def sqlite(arguments: Sequence[str]) -> int:
    """Run what needs neither PostgreSQL nor a browser."""
    marks = "not postgres and not browser and not kill"
    return pytest(marks, _but(ON_POSTGRES_ONLY, arguments), parallel=True, TEST_DATABASE_URL="")


def on_postgres(arguments: Sequence[str]) -> int:
    """Run everything that asks something of a database, on TEST_DATABASE_URL or a server of our own."""
    marks = "not sqlite_only and not browser and not kill"
    return with_postgres(marks, _but(ON_SQLITE_ONLY, arguments))


def kill(arguments: Sequence[str]) -> int:
    """Kill, freeze and stop processes in mid-call, on a database file and on PostgreSQL."""
    arguments = ["tests/kill", *arguments]
    on_file = pytest("kill and not postgres", arguments, parallel=False, TEST_DATABASE_URL="")
    return on_file or with_postgres("kill and not sqlite_only", arguments)


def matrix(arguments: Sequence[str]) -> int:
    """Kill a deployed system at every labelled point and print the table."""
    command = [sys.executable, "-m", "tests.kill.matrix", *arguments]
    print(f"\n$ {' '.join(command[1:])}", flush=True)
    return subprocess.run(command, check=False, cwd=ROOT).returncode


def _but(paths: Sequence[str], arguments: Sequence[str]) -> list[str]:
    """Leave these paths out, unless the arguments say themselves what is to run."""
    chosen = any((ROOT / argument.split("::")[0]).exists() for argument in arguments)
    return list(arguments) if chosen else [*(f"--ignore={path}" for path in paths), *arguments]


def with_postgres(marks: str, arguments: Sequence[str]) -> int:
    """Run pytest on TEST_DATABASE_URL, or on a server of our own."""
    if os.environ.get("TEST_DATABASE_URL"):
        return pytest(marks, arguments, parallel=True)
    with postgres.server() as url:
        return pytest(marks, arguments, parallel=True, TEST_DATABASE_URL=url)


def browser(arguments: Sequence[str]) -> int:
    """Run the browser tests, or say loudly why they can't run."""
    if chromium.find() is None:
        print("Installing Chromium …", flush=True)
        reason = chromium.install()
        if reason:
            print(f"\n*** BROWSER TESTS SKIPPED: {reason}. ***\n", flush=True)
            return 0
    code = pytest("browser", arguments, parallel=False, TEST_DATABASE_URL="")
    return 0 if code == NO_TESTS else code


def pytest(marks: str, arguments: Sequence[str], *, parallel: bool, **variables: str) -> int:
    """Run pytest on the tests with these marks; return its exit code."""
    # Who is done takes over from the other, so that nobody waits behind a slow folder.
    count = os.environ.get("WORKERS", "2")
    workers = ["-n", count, "--dist", "worksteal"] if parallel and count != "1" else []
    command = [sys.executable, "-m", "pytest", "-m", marks, *workers, *arguments]
    environment = {**os.environ, **variables}
    print(f"\n$ pytest -m “{marks}”", flush=True)
    return subprocess.run(command, env=environment, check=False, cwd=ROOT).returncode


PARTS: dict[str, Callable[[Sequence[str]], int]] = {
    "sqlite": sqlite,
    "postgres": on_postgres,
    "browser": browser,
    "kill": kill,
    "matrix": matrix,
}


ALONE = ("browser", "kill", "matrix")
"""What has limits of time, and would miss them beside others."""


def side_by_side(parts: Sequence[str], arguments: Sequence[str]) -> dict[str, int]:
    """Run each part in a process of its own; return their exit codes.  Who ends us ends them."""
    each = max(1, int(os.environ.get("WORKERS", "2")) // 2)
    environment = {**os.environ, "WORKERS": str(each), "PYTHONUNBUFFERED": "1"}
    started: dict[str, subprocess.Popen[str]] = {}
    pumps: list[threading.Thread] = []
    try:
        for part in parts:
            started[part] = subprocess.Popen(
                [sys.executable, __file__, part, "--", *arguments],
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                cwd=ROOT,
            )
            pumps.append(threading.Thread(target=_say, args=(part, started[part])))
            pumps[-1].start()
        codes = {part: process.wait() for part, process in started.items()}
        for pump in pumps:
            pump.join()
        return codes
    finally:
        for process in started.values():
            process.terminate()  # Nothing happens to one that has ended.


def _say(part: str, process: subprocess.Popen[str]) -> None:
    """Print what a part says, line by line."""
    for line in process.stdout or ():
        print(f"{part:<8} | {line}", end="", flush=True)


def main() -> int:
    """Run the named parts."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    words = sys.argv[1:]
    split = words.index("--") if "--" in words else len(words)
    parts, arguments = words[:split], words[split + 1 :]
    if not parts or not set(parts) <= set(PARTS):
        print(f"usage: bin/test.py {' '.join(PARTS)} [-- PYTEST ARGUMENTS]", file=sys.stderr)
        return 2
    together = [part for part in parts if part not in ALONE]
    alone = [part for part in parts if part in ALONE] if len(together) > 1 else parts
    codes = side_by_side(together, arguments) if len(together) > 1 else {}
    codes |= {part: PARTS[part](arguments) for part in alone}
    failed = [part for part, code in codes.items() if code]
    if failed:
        print(f"\nFailed: {', '.join(failed)}.", file=sys.stderr)
    return codes[failed[0]] if failed else 0


if __name__ == "__main__":
    sys.exit(main())
