"""Signs of life of the worker's processes, for the doctor and for those who wake sleepers."""

import os
import socket
from datetime import UTC, datetime, timedelta

from django.db import connection as database

from apps.runs.leases import DatabaseClock
from apps.runs.models import Heartbeat

CLUSTER, DRAIN = "cluster", "drain"
FORGOTTEN_AFTER = timedelta(minutes=5)


def set_clock(clock: DatabaseClock) -> None:
    """Take PostgreSQL's time, which all hosts share; SQLite's is this host's own."""
    if database.vendor == "postgresql":
        with database.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            clock.set(cursor.fetchone()[0])
    else:
        clock.set(datetime.now(UTC))


def beat(name: str, *, kind: str, at: datetime, started_at: datetime, sleeping: bool = False) -> None:
    """Write that the process is alive."""
    Heartbeat.objects.bulk_create(
        [
            Heartbeat(
                name=name[:120],
                kind=kind,
                pid=os.getpid(),
                host=socket.gethostname()[:120],
                started_at=started_at,
                beat_at=at,
                sleeping=sleeping,
            )
        ],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["pid", "host", "beat_at", "sleeping"],
    )


def say_sleeping(name: str, *, sleeping: bool) -> None:
    """Tell those who start runs whether this worker must be woken."""
    Heartbeat.objects.filter(name=name[:120]).update(sleeping=sleeping)


def end(name: str) -> None:
    """Remove the sign of a process that ends in good order."""
    Heartbeat.objects.filter(name=name[:120]).delete()


def forget_dead(*, at: datetime) -> int:
    """Remove the signs of processes that ended without a word; returns how many."""
    deleted, _ = Heartbeat.objects.filter(beat_at__lt=at - FORGOTTEN_AFTER).delete()
    return deleted
