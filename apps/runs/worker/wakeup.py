"""How an idle worker learns that there is work: a notification, or a look at a counter.

PostgreSQL: LISTEN on the worker's own connection; whoever starts runs sends one
NOTIFY after its commit if a worker has said that it sleeps. SQLite: the
database file's change counter, looked at every few milliseconds.
"""

import select
from collections.abc import Sequence
from typing import Any, Protocol

from django.db import connection as database

from apps.common import prepared

CHANNEL = "tandem_runs"
LONGEST_SLEEP = 1.0
"""Seconds: no wait depends on a notification alone."""

SQLITE_LOOK_SECONDS = 0.01


class Wakeup(Protocol):
    """Waits for work, or until one of the other descriptors has something to read."""

    needs_announcement: bool
    """Whether those who start runs must be told that this worker sleeps."""

    def wait(self, others: Sequence[int], timeout: float) -> bool:
        """Return True when there may be new work; False when another descriptor or the time was first."""


def wakeup_for_database() -> Wakeup:
    """Return the way of this database."""
    return ListenWakeup() if database.vendor == "postgresql" else PollWakeup()


class ListenWakeup:
    """Sleeps until PostgreSQL notifies. Made anew for each connection."""

    needs_announcement = True

    def __init__(self) -> None:
        with database.cursor() as cursor:
            cursor.execute(f"LISTEN {CHANNEL}")
        self._listening: Any = database.connection

    def wait(self, others: Sequence[int], timeout: float) -> bool:
        """Wait on the connection's socket beside the others. A lost connection raises Django's errors."""
        with database.wrap_database_errors:  # The driver is asked directly here.
            if self._drain():
                return True
            socket = self._listening.fileno()
            ready, _, _ = select.select([socket, *others], [], [], max(0.0, min(timeout, LONGEST_SLEEP)))
            return socket in ready and self._drain()

    def _drain(self) -> bool:
        """Take every notification that has arrived, also during other statements; tell whether any did."""
        return len(list(self._listening.notifies(timeout=0))) > 0


class PollWakeup:
    """Looks at SQLite's change counter, which grows with every commit of another connection."""

    needs_announcement = False

    def __init__(self) -> None:
        self._version = self._look()

    def wait(self, others: Sequence[int], timeout: float) -> bool:
        """Wait for one look's time at the most."""
        pause = max(0.0, min(timeout, SQLITE_LOOK_SECONDS))
        select.select(others, [], [], pause)
        version = self._look()
        changed, self._version = version != self._version, version
        return changed

    def _look(self) -> int:
        database.ensure_connection()
        with database.wrap_database_errors:
            row = database.connection.execute("PRAGMA data_version").fetchone()
        return int(row[0])


_NOTIFY = f"""
    SELECT pg_notify('{CHANNEL}', ''), set_config('synchronous_commit', 'off', true)
    FROM runs_heartbeat WHERE sleeping LIMIT 1
"""  # noqa: S608 - a constant.


def notify_sleepers() -> None:
    """Wake the workers that have said that they sleep; one statement, nothing on SQLite.

    Behind the commit of what there is to do, never in a transaction: its own, which
    holds nothing else, need not reach the disk.
    """
    if database.vendor == "postgresql":
        prepared.execute(_NOTIFY)
