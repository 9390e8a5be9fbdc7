"""Run the Procfile's lines together and stop them together.

Each line runs in a session of its own, so that Ctrl-C in the terminal reaches
only this process, which then asks every line to stop with SIGTERM, waits
STOP_SECONDS, and ends what is left of their groups with SIGKILL.  One line that
ends by itself ends the others.  Standard library only.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

STOP_SECONDS = 9.6
"""More than the worker takes at most for calls under way, less than the ten seconds that a host gives."""

TURN_SECONDS = 0.1
PR_SET_PDEATHSIG = 1


class StopRequest(SystemExit):
    """Ctrl-C, SIGTERM or SIGHUP arrived."""


def stop_on_signals() -> None:
    """Turn the signals that end a program into StopRequest, also where Ctrl-C was ignored."""

    def stop(number: int, frame: Any) -> None:
        raise StopRequest(128 + number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)


def read_procfile(path: Path) -> dict[str, str]:
    """Return each line's name and command."""
    lines = [line.strip() for line in path.read_text().splitlines()]
    pairs = (line.split(":", 1) for line in lines if line and not line.startswith("#"))
    return {name.strip(): command.strip() for name, command in pairs}


def run_together(
    commands: Mapping[str, str],
    *,
    environment: Mapping[str, str],
    on_turn: Callable[[], None],
) -> int:
    """Run the commands until one ends or a stop is asked for; return the exit code.

    0 when the stop was asked for, else the code of the line that ended first (1
    when that was 0: a service that ends by itself has failed).
    """
    launcher = Launcher()
    running: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for name, command in commands.items():
            running[name] = launcher.start(command, environment)
        return _watch(running, launcher, on_turn)
    except StopRequest:
        print("\nStopping …", flush=True)
        return 0
    finally:
        _ignore_signals()
        _stop(running)


class Launcher:
    """Starts commands, and notices when the program that started us wants to stop.

    make passes SIGTERM on to its recipe but not SIGINT, and nothing at all when
    it is killed.  A make that waits for its recipe after a SIGINT no longer
    catches that signal, which the kernel shows.
    """

    def __init__(self) -> None:
        self._parent = os.getppid()
        self._caught = _catches_interrupt(self._parent)

    def start(self, command: str, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
        """Start one line through the shell, which gives its place to the command."""
        return subprocess.Popen(
            ["/bin/sh", "-c", f"exec {command}"],
            env=dict(environment),
            start_new_session=True,
            preexec_fn=end_with_parent,
        )

    def wants_to_stop(self) -> bool:
        """Tell whether the parent has gone or was interrupted alone."""
        if os.getppid() != self._parent:
            return True
        return self._caught and not _catches_interrupt(self._parent)


def _watch(
    running: Mapping[str, subprocess.Popen[bytes]], launcher: Launcher, on_turn: Callable[[], None]
) -> int:
    while True:
        for name, process in running.items():
            code = process.poll()
            if code is not None:
                print(
                    f"“{name}” ended with exit code {code}; stopping the rest.", file=sys.stderr, flush=True
                )
                return code if code > 0 else 1
        if launcher.wants_to_stop():
            raise StopRequest
        on_turn()
        time.sleep(TURN_SECONDS)


def _stop(running: Mapping[str, subprocess.Popen[bytes]]) -> None:
    for process in running.values():
        if process.poll() is None:
            process.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    for name, process in running.items():
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            print(f"“{name}” did not stop within {STOP_SECONDS:g} s and was killed.", file=sys.stderr)
    for process in running.values():
        _kill_group(process)


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    """End what is left of a line: its session's id is its process id."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _ignore_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def end_with_parent() -> None:
    """Ask Linux to send SIGTERM to the new process when this one is killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _catches_interrupt(pid: int) -> bool:
    """Tell whether the process has a handler for SIGINT; False where that can't be known."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
    mask = next((line.split()[1] for line in status.splitlines() if line.startswith("SigCgt:")), "0")
    return bool(int(mask, 16) >> (signal.SIGINT - 1) & 1)
