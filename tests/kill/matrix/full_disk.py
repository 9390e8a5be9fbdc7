"""A disk that is full: PostgreSQL's data on a file system of its own, as small as that takes."""

import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.kill.matrix.cases import Case
from tests.kill.matrix.lane import Lane, Load
from tests.kill.matrix.trial import EVENTS, EVENTS_UNDER_LOAD, FINISHED_SECONDS, Row, count

MEGABYTES = 160
FULL_SECONDS = 3.0
CASE = Case("under load", "disk full")


def run(server: Callable[..., Any], number: int) -> Row | None:
    """Fill the disk under load, then make room again; None where no file system can be mounted."""
    folder = Path(tempfile.mkdtemp(prefix="full", dir="/tmp"))
    mount = ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m,mode=777", "tmpfs", str(folder)]
    try:
        if subprocess.run(mount, capture_output=True, check=False).returncode:
            return None
    except OSError:
        return None
    try:
        with server(durable=True, data=folder / "data") as running, Lane(running, number) as lane:
            lane.begin()
            return _fill(lane, folder / "ballast")
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False)
        folder.rmdir()


def _fill(lane: Lane, ballast: Path) -> Row:
    numbers = lane.numbers(EVENTS_UNDER_LOAD)
    lane.standin.delay(0.1)
    load = Load(lane, numbers, threads=EVENTS, within=2 * FINISHED_SECONDS)
    time.sleep(0.3)
    with ballast.open("wb") as file, suppress(OSError):
        while True:
            file.write(bytes(65536))
            file.flush()
    time.sleep(FULL_SECONDS)
    begun = time.monotonic()
    ballast.unlink()
    if _is_ended(lane.server.pid):
        lane.server.wait()
        lane.server.start()
    return count(lane, CASE, numbers, load, begun)


def _is_ended(pid: int) -> bool:
    """Tell whether the process has ended and nobody has waited for it."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    return True
