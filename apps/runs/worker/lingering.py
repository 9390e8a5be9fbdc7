"""How long results are kept, so that many are written at the cost of one.

What a call was made for has happened; nothing but its record waits. So a drain
under load writes groups, and one that has little to do writes at once.
"""

from apps.runs.leases import steady

LINGER_SECONDS = 0.02
LINGER_FOR = 16
"""Results that are waited for, and how long, while other calls are under way."""

LINGER_STEP = 0.004
"""Seconds between two looks while results are kept: not every call that ends wakes the drain."""


class Results:
    """The runs that have gone on since the last write."""

    def __init__(self) -> None:
        self._count = 0
        self._until = 0.0

    def __len__(self) -> int:
        return self._count

    def add(self) -> None:
        """Count one more."""
        if not self._count:
            self._until = steady() + LINGER_SECONDS
        self._count += 1

    def written(self) -> None:
        """Forget them."""
        self._count = 0

    def linger(self, *, under_way: int, threads: int, waiting: bool) -> bool:
        """Tell whether they are kept a moment longer. `waiting` tells of runs that have no thread yet."""
        if not self._count or self._count >= LINGER_FOR:
            return False
        # Threads that have nothing to do are worth more than large groups.
        enough = threads // 2 if waiting else 0
        return under_way > enough and steady() < self._until
