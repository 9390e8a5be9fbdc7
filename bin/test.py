"""`make test`: the whole suite, each part on the database that can show it.

    .venv/bin/python bin/test.py PART… [-- PYTEST ARGUMENTS…]

Parts: sqlite, postgres, browser, kill, matrix.  The databases' parts run side by side, each in a
process of its own whose lines carry its name, so that each collects and migrates once; the others
run behind them.  All parts run even when one fails; the exit code is that of the first that
failed.  A part alone has WORKERS processes of pytest, and half as many beside another.  The last
lines tell how each part ended, and the names of what failed.
"""

from __future__ import annotations

import os
import re
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

MOST_NAMED = 12
LONGEST = 200
SUM = re.compile(r"=*\s*(\d+ [a-z]+, )*(\d+ [a-z]+|no tests ran) in [\d.]+s.*")


class Part:
    """A part in a process of its own, whose lines carry its name; `closing` sums it up."""

    def __init__(self, name: str, arguments: Sequence[str], workers: int) -> None:
        self.name = name
        self._failed: list[str] = []
        self._sums: list[str] = []
        self._last = ""
        self._process = subprocess.Popen(
            [sys.executable, __file__, name, "--", *arguments],
            env={**os.environ, "WORKERS": str(workers), "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            cwd=ROOT,
        )
        self._pump = threading.Thread(target=self._say)
        self._pump.start()

    def wait(self) -> int:
        """Return the exit code once all is said."""
        code = self._process.wait()
        self._pump.join()
        return code

    def end(self) -> None:
        """Tell the process to end; nothing happens to one that has ended."""
        self._process.terminate()

    def closing(self) -> list[str]:
        """Return how it ended, and what failed."""
        code = self._process.poll()
        ended = " | ".join(self._sums) or self._last
        lines = [f"{self.name:<8} {'FAILED' if code else 'ok':<6} {ended[:LONGEST]}"]
        lines += [f"    {line[:LONGEST]}" for line in self._failed[:MOST_NAMED]]
        if len(self._failed) > MOST_NAMED:
            lines.append(f"    … and {len(self._failed) - MOST_NAMED} more")
        if code and not self._failed:
            lines.append(f"    exit code {code}; the last line: {self._last[:LONGEST]}")
        return lines

    def _say(self) -> None:
        for line in self._process.stdout or ():
            print(f"{self.name:<8} | {line}", end="", flush=True)
            said = line.strip()
            self._last = said or self._last
            if said.startswith(("FAILED ", "ERROR ")):
                self._failed.append(said)
            elif SUM.fullmatch(said):
                self._sums.append(said.strip("= "))


def run(parts: Sequence[str], arguments: Sequence[str]) -> dict[str, int]:
    """Run what can be side by side, and the others behind it; return the exit codes.

    Who ends us ends them.
    """
    together = [part for part in parts if part not in ALONE]
    behind = [[part] for part in parts if part in ALONE]
    workers = int(os.environ.get("WORKERS", "2"))
    codes: dict[str, int] = {}
    said: list[str] = []
    for group in [together, *behind]:
        each = max(1, workers // max(1, len(group)))
        started: list[Part] = []
        try:
            started += (Part(name, arguments, each) for name in group)
            codes |= {part.name: part.wait() for part in started}
        finally:
            for part in started:
                part.end()
        said += (line for part in started for line in part.closing())
    print("\n" + "\n".join(said), flush=True)
    return codes


def main() -> int:
    """Run the named parts."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    words = sys.argv[1:]
    split = words.index("--") if "--" in words else len(words)
    parts, arguments = words[:split], words[split + 1 :]
    if not parts or not set(parts) <= set(PARTS):
        print(f"usage: bin/test.py {' '.join(PARTS)} [-- PYTEST ARGUMENTS]", file=sys.stderr)
        return 2
    alone = len(parts) == 1
    codes = {parts[0]: PARTS[parts[0]](arguments)} if alone else run(parts, arguments)
    failed = [part for part, code in codes.items() if code]
    if failed:
        print(f"\nFailed: {', '.join(failed)}.", file=sys.stderr)
    return codes[failed[0]] if failed else 0


if __name__ == "__main__":
    sys.exit(main())
