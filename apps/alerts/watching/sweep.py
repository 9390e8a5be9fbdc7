"""The worker's looks for what is wrong: every minute, by one process of all."""

from datetime import datetime

from apps.alerts.watching import failures, silence, standing, worker
from apps.runs.worker.sweeps import every


@every(seconds=10)
def look_at_failures(*, at: datetime) -> int:
    """Raise alerts for runs that failed. Moves no run."""
    failures.look(at=at)
    return 0


@every(seconds=30)
def look(*, at: datetime) -> int:
    """Raise and clear the alerts of states that last. Moves no run."""
    worker.look_from_inside(at=at)
    standing.look(at=at)
    return 0


@every(seconds=60)
def listen(*, at: datetime) -> int:
    """Learn how often triggers have events, and notice where they stay away. Moves no run."""
    silence.learn(at=at)
    silence.alarm(at=at)
    return 0
