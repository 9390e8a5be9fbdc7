"""Make the virtual environment from hashed requirements, with nothing but a Python.

    python3 bin/bootstrap.py base|dev

Finds uv or installs it into .tools/, finds a Python that the product runs on,
makes .venv and installs requirements/<set>.txt into it.  A marker that holds the
hash of that file makes the next call instant.  Standard library only, and
Python 3.9 is enough to run it.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
TOOLS = ROOT / ".tools"
PYTHON = VENV / "bin" / "python"
# dev holds all of base, so an environment made for dev serves base as well.
INCLUDES = {"base": ("base", "dev"), "dev": ("dev",)}
OLDEST = (3, 12)


class BootstrapError(Exception):
    """What could not be prepared, and what to do about it."""


def ensure(requirements: str) -> Path:
    """Return the interpreter of an environment that holds requirements/<requirements>.txt."""
    if _is_current(requirements):
        return PYTHON
    TOOLS.mkdir(exist_ok=True)
    with (TOOLS / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _is_current(requirements):
            _install(requirements)
    return PYTHON


def find_uv() -> str:
    """Return a uv that runs: the machine's, or one of our own in .tools/."""
    own = [TOOLS / "uv" / "bin" / "uv", TOOLS / "lib" / "bin" / "uv"]
    for candidate in [shutil.which("uv"), *map(str, own)]:
        if candidate and _runs([candidate, "--version"]):
            return candidate
    print("Installing uv into .tools/ …", flush=True)
    pip = [str(TOOLS / "uv" / "bin" / "python"), "-m", "pip", "install", "--quiet", "uv"]
    if _runs([sys.executable, "-m", "venv", str(TOOLS / "uv")]) and _call(pip) == 0:
        return str(own[0])
    # A Python without ensurepip can't make an environment, but may have pip.
    target = ["install", "--quiet", "--target", str(TOOLS / "lib"), "uv"]
    if _call([sys.executable, "-m", "pip", *target]) == 0:
        return str(own[1])
    raise BootstrapError(
        f"uv is not on this machine and {sys.executable} could not install it. "
        "Install uv, or Python's venv and pip (on Debian: apt-get install python3-venv)."
    )


def _install(requirements: str) -> None:
    uv = find_uv()
    if not _runs([str(PYTHON), "-c", f"import sys; sys.exit(sys.version_info < {OLDEST})"]):
        _make_environment(uv)
    for marker in VENV.glob(".requirements-*"):
        marker.unlink()
    print(f"Installing requirements/{requirements}.txt …", flush=True)
    file = str(ROOT / "requirements" / f"{requirements}.txt")
    command = [uv, "pip", "install", "--quiet", "--python", str(PYTHON), "--require-hashes", "-r", file]
    if _call(command) != 0:
        raise BootstrapError(f"requirements/{requirements}.txt could not be installed; uv says why above.")
    _marker(requirements).write_text(_fingerprint(requirements))


def _make_environment(uv: str) -> None:
    """Make .venv with the wanted Python, another that is new enough, or one uv downloads."""
    wanted = (ROOT / ".python-version").read_text().strip()
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    installed = [str(path) for path in sorted(pyenv.glob(f"{wanted}*/bin/python"), reverse=True)]
    newer = [sys.executable] if sys.version_info >= OLDEST else []
    for candidate in [wanted, *installed, *newer, ">=3.12"]:
        make = [uv, "venv", "--quiet", "--clear", "--python", candidate, str(VENV)]
        if _runs([*make, "--no-python-downloads"]):
            return
    if _call([uv, "venv", "--quiet", "--clear", "--python", wanted, str(VENV)]) != 0:
        raise BootstrapError(
            f"No Python {OLDEST[0]}.{OLDEST[1]} or newer was found. Install Python {wanted}."
        )


def _is_current(requirements: str) -> bool:
    for name in INCLUDES[requirements]:
        marker = _marker(name)
        if marker.is_file() and marker.read_text() == _fingerprint(name):
            return PYTHON.exists()
    return False


def _marker(requirements: str) -> Path:
    return VENV / f".requirements-{requirements}"


def _fingerprint(requirements: str) -> str:
    return hashlib.sha256((ROOT / "requirements" / f"{requirements}.txt").read_bytes()).hexdigest()


def _runs(command: list[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _call(command: list[str]) -> int:
    try:
        return subprocess.run(command, check=False).returncode
    except OSError:
        return 127


def main() -> int:
    """Prepare the environment that the command line names."""
    if sys.argv[1:] not in (["base"], ["dev"]):
        print("usage: python3 bin/bootstrap.py base|dev", file=sys.stderr)
        return 2
    try:
        ensure(sys.argv[1])
    except BootstrapError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
