"""The editor's script: `make check` types, tests and builds it and compares with what is committed.

    python bin/frontend.py check     # types, tests, and whether static/editor is what frontend/ makes
    python bin/frontend.py build     # write static/editor anew

Both need Node and npm, and install frontend/node_modules when the lock file has changed.
Running Tandem needs neither: static/editor is committed.
"""

from __future__ import annotations

import filecmp
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FRONTEND = ROOT / "frontend"
BUILT = ROOT / "static" / "editor"
LOCK = FRONTEND / "package-lock.json"
STAMP = FRONTEND / "node_modules" / ".installed-from"


def check() -> int:
    """Type, test, build elsewhere and compare; returns the exit code."""
    run("npx", "--no-install", "tsc", "--noEmit")
    run("npx", "--no-install", "vitest", "run", "--reporter=dot")
    with tempfile.TemporaryDirectory(prefix="tandem-editor-") as folder:
        vite(Path(folder))
        found = differences(Path(folder), BUILT)
    for line in found:
        print(line, file=sys.stderr)
    if found:
        print("static/editor is not what frontend/ makes. Run: python bin/frontend.py build", file=sys.stderr)
    return 1 if found else 0


def build() -> int:
    """Write static/editor."""
    vite(BUILT)
    return 0


def vite(folder: Path) -> None:
    """Build into a folder, which is emptied first."""
    run(
        "npx", "--no-install", "vite", "build", "--outDir", str(folder), "--emptyOutDir", "--logLevel", "warn"
    )


def differences(fresh: Path, committed: Path) -> list[str]:
    """Tell the files that only one side has, or that differ by a byte."""
    sides = [files_of(fresh), files_of(committed)]
    found = [f"missing in static/editor: {name}" for name in sorted(sides[0] - sides[1])]
    found += [f"left over in static/editor: {name}" for name in sorted(sides[1] - sides[0])]
    both = sorted(sides[0] & sides[1])
    found += [
        f"differs: {name}" for name in both if not filecmp.cmp(fresh / name, committed / name, shallow=False)
    ]
    return found


def files_of(folder: Path) -> set[str]:
    """Return the files below a folder by their path in it."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def install() -> None:
    """Install what the lock file names, unless that was done."""
    wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if STAMP.is_file() and STAMP.read_text() == wanted:
        return
    run("npm", "ci", "--no-audit", "--no-fund")
    STAMP.write_text(wanted)


def run(*command: str) -> None:
    """Run one command in frontend/; a failure ends with its exit code."""
    done = subprocess.run(command, cwd=FRONTEND, check=False, env=os.environ | {"CI": "1", "NO_COLOR": "1"})
    if done.returncode:
        sys.exit(done.returncode)


def main(arguments: Sequence[str]) -> int:
    """Do what was asked for."""
    parts = {"check": check, "build": build}
    if len(arguments) != 1 or arguments[0] not in parts:
        print(__doc__, file=sys.stderr)
        return 2
    if shutil.which("npm") is None:
        print(
            "The editor is checked and built with Node 20 or newer and npm, and npm was not found. "
            "Install Node from your system's packages. Running Tandem does not need it.",
            file=sys.stderr,
        )
        return 1
    install()
    return parts[arguments[0]]()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
