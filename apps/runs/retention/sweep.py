"""Keeps the tables of the run log as small as their workspaces want them."""

from datetime import datetime

from apps.runs.retention import space
from apps.runs.retention.pruning import prune
from apps.runs.retention.working import clear_runs
from apps.runs.worker.sharing import every

SECONDS = 0.6
"""Of one look: at one look in five seconds some thousand runs go in it, more than come."""


@every(seconds=5)
def look(*, at: datetime) -> int:
    """Delete old runs and remove working state that is over; returns how many rows it was."""
    gone = prune(at=at, seconds=SECONDS)
    cleared = clear_runs(at=at, seconds=SECONDS / 2)
    space.give_back()
    return gone + cleared
