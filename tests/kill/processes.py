"""The product's own processes, started as the Procfile does, and what is done to them."""

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOOK_SECONDS = 0.02
START_SECONDS = 40.0
"""How long a process of the product may take to start on a busy machine; no test is about that."""


def until[Found](look: Callable[[], Found], *, within: float, what: str) -> Found:
    """Look again and again until there is something; return it. Fails behind `within` seconds."""
    ends_at = time.monotonic() + within
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < ends_at, f"Not within {within:g} s: {what}"
        time.sleep(LOOK_SECONDS)


class Group:
    """One line of the Procfile in a process group of its own, with its log in a file."""

    def __init__(self, name: str, environment: Mapping[str, str], log: Path) -> None:
        self.log = log
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                ["sh", "-c", f"exec {_procfile()[name].replace('python', shlex.quote(sys.executable), 1)}"],
                cwd=ROOT,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The id of the first process, and of the group."""
        return self.process.pid

    def members(self) -> list[int]:
        """Return the processes of the group that have not ended."""
        self.process.poll()
        return [pid for pid in _pids() if _is_in_group(pid, self.pid)]

    def signal_all(self, number: signal.Signals) -> None:
        """Send a signal to every process of the group at once."""
        os.killpg(self.pid, number)

    def kill(self) -> None:
        """End every process of the group at once, without a word."""
        if self.members():
            self.signal_all(signal.SIGKILL)
        until(lambda: not self.members(), within=5, what="the killed processes are gone")
        self.process.wait()

    def gone_within(self, seconds: float) -> float:
        """Wait until no process of the group is left; return the seconds that it took."""
        begun = time.monotonic()
        until(lambda: not self.members(), within=seconds, what=f"every process has ended\n{self.tail()}")
        return time.monotonic() - begun

    def tail(self) -> str:
        """Return the end of the log."""
        return self.log.read_text(errors="replace")[-4000:]


def is_alive(pid: int) -> bool:
    """Tell whether the process has not ended; one that nobody has waited for has."""
    return _stat(pid)[:1] not in ([], ["Z"])


def freeze(pid: int) -> None:
    """Stop a process with all its threads, each of which stops when its turn to run comes."""
    os.kill(pid, signal.SIGSTOP)
    tasks = Path(f"/proc/{pid}/task")

    def stands_still() -> bool:
        return all(_stat(int(task.name))[:1] == ["T"] for task in tasks.iterdir())

    until(stands_still, within=5, what=f"process {pid} stands still")


def children_of(pid: int) -> list[int]:
    """Return the processes that this one has started and that have not ended."""
    return [child for child in _pids() if is_alive(child) and _stat(child)[1] == str(pid)]


def wait_for_port(port: int) -> None:
    """Wait until a server takes connections."""

    def connects() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    until(connects, within=START_SECONDS, what=f"port {port} takes connections")


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _procfile() -> dict[str, str]:
    lines = (ROOT / "Procfile").read_text().splitlines()
    return {match[1]: match[2] for line in lines if (match := re.fullmatch(r"(\w+): *(.+)", line))}


def _pids() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def _is_in_group(pid: int, group: int) -> bool:
    stat = _stat(pid)
    return len(stat) > 2 and stat[0] != "Z" and int(stat[2]) == group


def _stat(pid: int) -> list[str]:
    """Return a process's state, parent, group and so on; nothing once it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
