"""The benchmark's table: printed line by line, and kept for a file."""

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.bench.system import ROOT


@dataclass(frozen=True)
class Line:
    """One figure. `driver_ms` is the driver's CPU per request meanwhile: how fast the machine was."""

    database: str
    section: str
    what: str
    figure: str
    value: float | None
    unit: str
    driver_ms: float | None


class Report:
    """Collects the figures of one run."""

    def __init__(self, database: str) -> None:
        self.database = database
        self.lines: list[Line] = []
        self.section = ""
        self.driver_ms: float | None = None

    def begin(self, section: str) -> None:
        """Begin a section and print its name."""
        self.section = section
        sys.stdout.write(f"\n{self.database} · {section}\n")
        sys.stdout.flush()

    def add(
        self,
        what: str,
        value: float | None,
        unit: str = "",
        *,
        text: str = "",
        driver_ms: float | None = None,
    ) -> None:
        """Add a figure and print it; without a speed of its own it has that of the last measurement."""
        if driver_ms is not None:
            self.driver_ms = driver_ms
        figure = text or f"{_round(value)} {unit}".strip()
        line = Line(self.database, self.section, what, figure, value, unit, self.driver_ms)
        self.lines.append(line)
        speed = f"[driver {line.driver_ms:.3f} ms]" if line.driver_ms is not None else ""
        sys.stdout.write(f"  {what:<50} {figure:<46} {speed}\n")
        sys.stdout.flush()

    def value(self, section: str, what: str) -> float | None:
        """Return a figure of this run, None where it was not measured."""
        found = [line.value for line in self.lines if (line.section, line.what) == (section, what)]
        return found[-1] if found else None


def spread(times: Sequence[float]) -> tuple[float, float, float]:
    """Return median, 95th and 99th percentile of seconds, in milliseconds."""
    if not times:
        return 0.0, 0.0, 0.0
    ordered = sorted(times)
    last = len(ordered) - 1
    p50, p95, p99 = (1000 * ordered[min(last, int(len(ordered) * part))] for part in (0.5, 0.95, 0.99))
    return p50, p95, p99


def add_spread(report: Report, what: str, times: Sequence[float], *, driver_ms: float | None = None) -> None:
    """Add the three percentiles, one of them a line with a value each."""
    for name, value in zip(("p50", "p95", "p99"), spread(times), strict=True):
        report.add(f"{what}, {name}", round(value, 2), "ms", driver_ms=driver_ms)


def write(lines: Sequence[Line], *, as_json: str, as_markdown: str) -> None:
    """Write the figures to the files that were asked for; what stands in a JSON file already is kept."""
    if as_json:
        file = Path(as_json)
        before = json.loads(file.read_text())["figures"] if file.exists() else []
        replaced = {(line.database, line.section) for line in lines}
        kept = [each for each in before if (each["database"], each["section"]) not in replaced]
        about = {**machine(), "figures": [*kept, *map(asdict, lines)]}
        file.write_text(json.dumps(about, indent=1) + "\n")
    if as_markdown:
        with Path(as_markdown).open("a") as out:
            out.write(markdown(lines))


def markdown(lines: Sequence[Line]) -> str:
    """Return the table as it stands in docs/performance.md."""
    about = machine()
    text = [f"{about['when']} · commit {about['commit']} · {about['processor']}, {about['cores']} cores"]
    for database, section in dict.fromkeys((line.database, line.section) for line in lines):
        text += [
            "",
            f"**{database} · {section}**",
            "",
            "| | figure | driver, ms of CPU a request |",
            "|---|---|---|",
        ]
        for line in lines:
            if (line.database, line.section) == (database, section):
                speed = f"{line.driver_ms:.3f}" if line.driver_ms is not None else "–"
                text.append(f"| {line.what} | {line.figure} | {speed} |")
    return "\n".join(text) + "\n\n"


def machine() -> dict[str, object]:
    """Return what the figures were measured on."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.strip()
    cpuinfo = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(": ")[2] for line in cpuinfo if line.startswith("model name")), "")
    return {
        "when": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "commit": commit or "unknown",
        "processor": model or platform.machine(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
    }


def _round(value: float | None) -> str:
    if value is None:
        return "not measured"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
