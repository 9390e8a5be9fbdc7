"""Compile requirements/*.in into hashed files, or check that they are current.

    python3 bin/requirements.py compile|upgrade|check

Each compiled file names, in its first line, the hash of what it was made from,
so that the check needs neither uv nor a network.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import bootstrap

FOLDER = bootstrap.ROOT / "requirements"
NAMES = ("base", "prod", "dev")
OPTIONS = (
    "--quiet",
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--no-header",
    "--no-config",
    "--universal",
    "--python-version",
    "3.12",
)


def header(name: str) -> str:
    """Return the first line of a compiled file: where it comes from."""
    digest = hashlib.sha256((FOLDER / "base.in").read_bytes() + (FOLDER / f"{name}.in").read_bytes())
    return f"# Made by `make requirements` from {name}.in, sha256 {digest.hexdigest()}\n"


def stale() -> list[str]:
    """Return the names whose compiled file was made from other sources."""
    return [name for name in NAMES if not compiled(name).read_text().startswith(header(name))]


def compiled(name: str) -> Path:
    """Return the path of the compiled file."""
    return FOLDER / f"{name}.txt"


def compile_all(*, upgrade: bool) -> None:
    """Compile base first and hold the others to its versions."""
    uv = bootstrap.find_uv()
    for name in NAMES:
        held = [] if name == "base" else ["--constraint", "requirements/base.txt"]
        newest = ["--upgrade"] if upgrade else []
        command = [uv, "pip", "compile", f"requirements/{name}.in", "-o", f"requirements/{name}.txt"]
        subprocess.run([*command, *OPTIONS, *held, *newest], check=True, cwd=bootstrap.ROOT)
        compiled(name).write_text(header(name) + compiled(name).read_text())


def main() -> int:
    """Do what the command line says."""
    if sys.argv[1:] == ["check"]:
        for name in stale():
            print(
                f"requirements/{name}.txt is not made from {name}.in. Run: make requirements", file=sys.stderr
            )
        return 1 if stale() else 0
    if sys.argv[1:] in (["compile"], ["upgrade"]):
        compile_all(upgrade=sys.argv[1] == "upgrade")
        return 0
    print("usage: python3 bin/requirements.py compile|upgrade|check", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
