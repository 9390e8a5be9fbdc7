"""The benchmark's side of the driver and of the sink."""

import json
import struct
import subprocess
import sys
import time
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench import proc
from tests.bench.system import SIGNING_SECRET, System

PATIENCE = 60.0
"""How long nothing may happen before what is missing counts as lost."""


@dataclass(frozen=True)
class Posted:
    """What came of one order. Times in seconds, moments monotonic; `cpu` is the driver's."""

    posted_at: dict[int, float]
    times: Sequence[float]
    refused: int
    begun: float
    seconds: float
    cpu: float

    @property
    def rate(self) -> float:
        """Return the acknowledgements per second."""
        return len(self.times) / self.seconds if self.seconds else 0.0

    @property
    def driver_ms(self) -> float:
        """Return the driver's CPU per request, in milliseconds: the machine's speed."""
        return 1000 * self.cpu / max(1, len(self.times) + self.refused)


class Bench:
    """A running system with its driver; events are numbered through all measurements."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.number = 0
        command = [sys.executable, "-m", "tests.bench.driver"]
        arguments = [str(system.port), system.path, SIGNING_SECRET, str(system.counter)]
        self.driver = system.start([*command, *arguments])
        self._files = 0

    def post(
        self,
        *,
        callers: int,
        total: int | None = None,
        seconds: float | None = None,
        rate: float | None = None,
        ahead: int | None = None,
        meanwhile: Callable[[], None] | None = None,
    ) -> Posted:
        """Have the driver post events (see there); do something `meanwhile`; return what came of it."""
        out = self._file()
        order = {"first": self.number + 1, "callers": callers, "out": str(out)}
        order |= {"total": total, "seconds": seconds, "rate": rate, "ahead": ahead}
        _write(self.driver, order)
        if meanwhile is not None:
            meanwhile()
        told = _read(self.driver)
        self.number += told["posted"]
        posted_at, times = {}, []
        for number, at, took in _rows(out, 3):
            if took >= 0:
                posted_at[int(number)] = at
                times.append(took)
        return Posted(posted_at, times, told["refused"], told["begun"], told["seconds"], told["cpu"])

    def warm_up(self) -> None:
        """Have a few events go all the way, so that what is measured next finds everything awake."""
        before = self.counted()
        posted = self.post(callers=4, total=20)
        self.settle(before + len(posted.times))

    def effects(self) -> dict[int, float]:
        """Return when each event since the last look had its first effect, by its number."""
        out = self._file()
        _write(self.system.sink, {"out": str(out)})
        _read(self.system.sink)
        return {int(number): at for number, at in _rows(out, 2)}

    def delay(self, seconds: float) -> None:
        """Let every answer of the provider take that long."""
        _write(self.system.sink, {"delay": seconds})
        _read(self.system.sink)

    def told(self) -> dict[str, int]:
        """Return how many effects there were by now, and how many came twice."""
        _write(self.system.sink, {})
        told: dict[str, int] = _read(self.system.sink)
        return told

    def counted(self) -> int:
        """Return how many effects there were by now, without asking anybody."""
        count: int = struct.unpack("<Q", self.system.counter.read_bytes())[0]
        return count

    def cpu(self) -> dict[str, float]:
        """Return the CPU seconds of everything that runs."""
        return {**self.system.cpu(), "driver": proc.cpu_seconds(self.driver.pid)}

    def wait_until(self, count: int, *, patience: float = PATIENCE) -> bool:
        """Wait until the sink has counted so many effects; tell whether it has.

        Given up when nothing has come for `patience` seconds.
        """
        last, since = self.counted(), time.monotonic()
        while last < count:
            time.sleep(0.02)
            now = self.counted()
            if now != last:
                last, since = now, time.monotonic()
            elif time.monotonic() - since > patience:
                return False
        return True

    def settle(self, count: int) -> int:
        """Wait for so many effects, and until their runs are written; return how many effects are missing."""
        if not self.wait_until(count):
            return count - self.counted()
        until = time.monotonic() + PATIENCE
        while self.system.database.unfinished() and time.monotonic() < until:
            time.sleep(0.1)
        return count - self.counted()

    def _file(self) -> Path:
        self._files += 1
        return self.system.folder / f"rows{self._files}"


def _write(process: subprocess.Popen[str], order: dict[str, Any]) -> None:
    assert process.stdin is not None
    process.stdin.write(json.dumps(order) + "\n")
    process.stdin.flush()


def _read(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise SystemExit("A process of the benchmark has ended; its error stands above.")
    told: dict[str, Any] = json.loads(line)
    return told


def _rows(file: Path, width: int) -> list[tuple[float, ...]]:
    values = array("d")
    values.frombytes(file.read_bytes())
    file.unlink()
    return list(zip(*[iter(values)] * width, strict=True))
