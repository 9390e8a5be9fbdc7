"""`make test`: the whole suite, each part on the database that can show it.

    .venv/bin/python bin/test.py PART… [-- PYTEST ARGUMENTS…]

Parts: sqlite, postgres, browser, kill.  All parts run even when one fails; the exit
code is that of the first that failed.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import postgres  # noqa: E402 - beside this file
from tests import chromium  # noqa: E402 - found through the line above

NO_TESTS = 5
# One run of them shows all: they meet no database, or look at more than the database.
ONCE = (
    "tests/language",
    "tests/workflows/engine",
    "tests/catalog/stripe",
    "tests/catalog/customerio",
    "tests/common",
    "tests/house",
    "tests/e2e/test_canaries.py",
)


def sqlite(arguments: Sequence[str]) -> int:
    """Run what needs neither PostgreSQL nor a browser."""
    return pytest("not postgres and not browser and not kill", arguments, parallel=True, TEST_DATABASE_URL="")


def on_postgres(arguments: Sequence[str]) -> int:
    """Run everything that meets a database, on TEST_DATABASE_URL or a server of our own."""
    arguments = [*(f"--ignore={path}" for path in ONCE), *arguments]
    return with_postgres("not sqlite_only and not browser and not kill", arguments)


def kill(arguments: Sequence[str]) -> int:
    """Kill, freeze and stop processes in mid-call, on a database file and on PostgreSQL."""
    arguments = ["tests/kill", *arguments]
    on_file = pytest("kill and not postgres", arguments, parallel=False, TEST_DATABASE_URL="")
    return on_file or with_postgres("kill and not sqlite_only", arguments)


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
    workers = ["-n", os.environ.get("WORKERS", "2")] if parallel else []
    command = [sys.executable, "-m", "pytest", "-m", marks, *workers, *arguments]
    environment = {**os.environ, **variables}
    print(f"\n$ pytest -m “{marks}”", flush=True)
    return subprocess.run(command, env=environment, check=False, cwd=ROOT).returncode


PARTS: dict[str, Callable[[Sequence[str]], int]] = {
    "sqlite": sqlite,
    "postgres": on_postgres,
    "browser": browser,
    "kill": kill,
}


def main() -> int:
    """Run the named parts in order."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    words = sys.argv[1:]
    split = words.index("--") if "--" in words else len(words)
    parts, arguments = words[:split], words[split + 1 :]
    if not parts or not set(parts) <= set(PARTS):
        print(f"usage: bin/test.py {' '.join(PARTS)} [-- PYTEST ARGUMENTS]", file=sys.stderr)
        return 2
    codes = {part: PARTS[part](arguments) for part in parts}
    failed = [part for part, code in codes.items() if code]
    if failed:
        print(f"\nFailed: {', '.join(failed)}.", file=sys.stderr)
    return codes[failed[0]] if failed else 0


if __name__ == "__main__":
    sys.exit(main())
