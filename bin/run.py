"""`make run`: everything from nothing, then the Procfile's web and worker together.

Standard library only; Python 3.9 is enough to start it.
"""

from __future__ import annotations

import errno
import os
import secrets
import select
import socket
import subprocess
import sys
from pathlib import Path

import bootstrap
import supervise

ROOT = bootstrap.ROOT
LOCAL_ENV = ROOT / "var" / "local.env"
LOCAL_VALUES = {"ENVIRONMENT": "local", "ALLOWED_HOSTS": "localhost,127.0.0.1,[::1]", "LOG_JSON": "false"}
LOCAL_SECRETS = ("SECRET_KEY", "FIELD_KEYS", "SEARCH_KEYS")


def main() -> int:
    """Prepare, say where Tandem is, and serve until told to stop."""
    os.chdir(ROOT)
    supervise.stop_on_signals()
    host, port = os.environ.get("HOST") or "127.0.0.1", os.environ.get("PORT") or "8000"
    problem = port_problem(host, port)
    if problem:
        print(problem, file=sys.stderr)
        return 1
    try:
        python = bootstrap.ensure("base")
    except bootstrap.BootstrapError as error:
        print(error, file=sys.stderr)
        return 1
    write_local_env(LOCAL_ENV)
    environment = process_environment(python, host, port)
    code = prepare(python, environment)
    if code:
        return code
    commands = supervise.read_procfile(ROOT / "Procfile")
    return supervise.run_together(
        {name: commands[name] for name in ("web", "worker")},
        environment=environment,
        on_turn=Announcement(host, port),
    )


def port_problem(host: str, port: str) -> str | None:
    """Say why nothing can be served at this address, or None."""
    if not port.isdigit() or not 0 < int(port) < 65536:
        return f"PORT is “{port}”, which is not a port. Set one, for example: PORT=8001 make run"
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, int(port)))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                free = int(port) + 1 if int(port) < 65535 else 8001
                return f"Port {port} is taken by another program. Choose another: PORT={free} make run"
            return f"Tandem cannot listen at {host}:{port} ({error.strerror}). Set PORT or HOST."
    return None


def write_local_env(path: Path) -> None:
    """Add what is missing to the file of this installation's own secrets, readable by its owner alone."""
    path.parent.mkdir(exist_ok=True)
    text = path.read_text() if path.exists() else ""
    if text and not text.endswith("\n"):
        text += "\n"
    present = {line.split("=", 1)[0] for line in text.splitlines()}
    values = LOCAL_VALUES | {name: secrets.token_urlsafe(48) for name in LOCAL_SECRETS}
    missing = [f"{name}={value}\n" for name, value in values.items() if name not in present]
    if missing:
        draft = path.with_suffix(".draft")
        draft.touch(mode=0o600)
        draft.write_text(text + "".join(missing))
        draft.replace(path)


def process_environment(python: Path, host: str, port: str) -> dict[str, str]:
    """Return what web and worker run with: the shell's environment, and local.env through ENV_FILE."""
    return {
        **os.environ,
        "PATH": f"{python.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "ENV_FILE": str(LOCAL_ENV),
        "HOST": host,
        "PORT": port,
        "PYTHONUNBUFFERED": "1",
    }


def prepare(python: Path, environment: dict[str, str]) -> int:
    """Bring database, first account, demo and static files up to date; return the exit code."""
    command = [str(python), "manage.py", "prepare", "--demo"]
    process = subprocess.Popen(command, env=environment)
    try:
        return process.wait()
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()


class Announcement:
    """Prints the address once, as soon as a request is answered there."""

    def __init__(self, host: str, port: str) -> None:
        self._host = "127.0.0.1" if host == "0.0.0.0" else host  # noqa: S104 - compared, not bound
        self._port = int(port)
        self._probe: socket.socket | None = None
        self._made = False

    def __call__(self) -> None:
        """Look once, without waiting, unless the address is out already."""
        if self._made:
            return
        if self._probe is None:
            self._probe = self._ask()
        elif select.select([self._probe], [], [], 0)[0]:
            self._probe.close()
            self._made = True
            print(f"Tandem is ready at http://{self._host}:{self._port}/ — Ctrl-C stops it.", flush=True)

    def _ask(self) -> socket.socket | None:
        """Send a request, whose answer is worth nothing but its coming; None while nobody listens."""
        probe = socket.socket()
        probe.settimeout(0.05)
        try:
            probe.connect((self._host, self._port))
            probe.sendall(f"GET /livez HTTP/1.0\r\nHost: {self._host}\r\n\r\n".encode())
        except OSError:
            probe.close()
            return None
        return probe


if __name__ == "__main__":
    sys.exit(main())
