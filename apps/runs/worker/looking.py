"""When a drain looks for runs, and what it then claims."""

from apps.runs.claim import Claim, claim, look
from apps.runs.leases import DatabaseClock, steady
from apps.runs.models import Run
from apps.runs.worker.wakeup import LONGEST_SLEEP

AGAIN_SECONDS = 0.02
"""Behind a look that showed runs which could not be claimed; doubled each time, unless it is woken."""

_MOST_DOUBLED = 6


class Looking:
    """One drain's looks into the queue.

    `next_at` is when to look next, in `steady` seconds, if nothing wakes it: of what others do it is told,
    or it finds out within `LONGEST_SLEEP`.
    """

    def __init__(self, clock: DatabaseClock) -> None:
        self.next_at = 0.0
        self._clock = clock
        self._in_vain = 0

    def claim(self, limit: int) -> Claim | None:
        """Look, and claim what there is; know then when to look next."""
        seen = look(limit)
        at = self._clock.now()
        idle = seen.is_idle(at=at)
        found = None if idle else claim(limit, clock=self._clock, seen=seen)
        if idle or found is not None:
            wait = LONGEST_SLEEP if seen.next_due is None else (seen.next_due - at).total_seconds()
            self._in_vain = 0
        else:  # What was seen is another worker's by now, or its time comes by a clock that goes ahead.
            wait = AGAIN_SECONDS * 2**self._in_vain
            self._in_vain = min(self._in_vain + 1, _MOST_DOUBLED)
        self.next_at = steady() + min(max(wait, 0.0), LONGEST_SLEEP)
        return found

    def woken(self) -> None:
        """Note that there is something new."""
        self._in_vain = 0

    def left(self, run: Run) -> None:
        """Look again when a run is due that this drain has left before its end."""
        if not run.finished:
            wait = (run.due_at - self._clock.now()).total_seconds()
            self.next_at = min(self.next_at, steady() + max(0.0, wait))
