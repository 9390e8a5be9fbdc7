"""The worker's looks at failed runs: sorted by cause, workflows that only fail paused, many retried."""

from datetime import datetime, timedelta
from time import monotonic

from apps.runs import failing
from apps.runs.dead_letters import gathering, services
from apps.runs.worker.sweeps import every

SECONDS = 0.6
KEEP_CAUSES = timedelta(days=90)


@every(seconds=3)
def look(*, at: datetime) -> int:
    """Sort what failed, pause what only fails and retry what is due; returns how many runs moved."""
    until = monotonic() + SECONDS
    while letters := gathering.gather(at=at):
        failing.pause_failing({letter.run.workflow_id for letter in letters}, at=at)
        if len(letters) < gathering.BATCH or monotonic() >= until:
            break
    return failing.hold_queued(at=at) + services.retry_due(at=at)


@every(seconds=3600)
def tidy(*, at: datetime) -> int:
    """Forget what was mended. Moves no run."""
    gathering.tidy(at=at, older=KEEP_CAUSES)
    return 0
