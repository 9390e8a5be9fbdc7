"""Leases: how long a worker may believe that a run is its own.

The row's `lease_until` is what other workers go by; this memory of it is what
the holder goes by directly before it sends a call. It is measured on a clock
that also runs while the process is frozen or the machine sleeps.
"""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

LEASE_SECONDS = 10.0
RENEW_SECONDS = 3.0
MARGIN_SECONDS = 1.0
"""A holder stops sending this long before others may take its runs."""

_CLOCK_ID: int = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def steady() -> float:
    """Return seconds on a clock that never jumps and never stops."""
    return time.clock_gettime(_CLOCK_ID)


@dataclass(slots=True, eq=False)
class Lease:
    """One claim's fencing token and the moment, in `steady` seconds, until which it is trusted."""

    trusted_until: float
    token: UUID = field(default_factory=uuid4)

    @classmethod
    def begin(cls) -> "Lease":
        """Return a new lease counted from now, before the claiming statement is sent."""
        return cls(trusted_until=_trusted_from(steady()))

    def holds(self) -> bool:
        """Tell whether the holder may still send calls."""
        return steady() < self.trusted_until

    def prolong(self, *, since: float) -> None:
        """Trust it anew, counted from `since`: when the renewing statement was sent."""
        self.trusted_until = _trusted_from(since)


def _trusted_from(start: float) -> float:
    return start + LEASE_SECONDS - MARGIN_SECONDS


@dataclass(slots=True)
class DatabaseClock:
    """The time by which leases are written: the database's, so that hosts agree.

    Between two looks it goes on by the steady clock. `set` is told what the
    database said.
    """

    _base: datetime = field(default_factory=lambda: datetime.now(UTC))
    _at: float = field(default_factory=steady)

    def set(self, moment: datetime) -> None:
        """Take the database's time as of now."""
        self._base, self._at = moment, steady()

    def now(self) -> datetime:
        """Return the database's time as well as it is known."""
        return self._base + timedelta(seconds=steady() - self._at)

    def lease_end(self) -> datetime:
        """Return what a lease that begins now ends at."""
        return self.now() + timedelta(seconds=LEASE_SECONDS)
