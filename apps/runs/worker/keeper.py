"""Keeps the drains going: queues their tasks, replaces those that are lost, sweeps, shows life."""

from collections.abc import Callable
from datetime import UTC, datetime

import structlog
from django.db import connection as database

from apps.runs.leases import RENEW_SECONDS, DatabaseClock, steady
from apps.runs.record import CONNECTION_ERRORS
from apps.runs.worker import heartbeats
from apps.runs.worker.board import Board, Place, is_alive
from apps.runs.worker.drain import CLAIM_SECONDS
from apps.runs.worker.sweeps import sweep

SWEEP_SECONDS = 1.0
LOST_AFTER = 10.0
"""Seconds that a task may stay in the queue: as long as a drain's last calls."""

SILENT_AFTER = 30.0
"""Seconds without a single drain behind which the worker counts as dead."""

_HANDOVER = 1.0
"""Seconds before a drain stops claiming at which its successor is queued."""

log = structlog.get_logger(__name__)


class SilentError(Exception):
    """Tasks are queued, the database answers, and yet none of them is executed."""


class Keeper:
    """One worker's keeper. `enqueue` puts the drain task with a number into the queue."""

    def __init__(self, name: str, board: Board, *, drains: int, enqueue: Callable[[int], None]) -> None:
        self._name = name
        self._board = board
        self._drains = drains
        self._enqueue = enqueue
        self._clock = DatabaseClock()
        self._started_at = datetime.now(UTC)
        self._next_sweep = 0.0
        self._next_beat = 0.0
        self._heard_at = self._ticked_at = steady()

    def tick(self) -> None:
        """Look after everything once. Raises `SilentError`; a database that is away is waited for."""
        now = steady()
        if now - self._ticked_at > RENEW_SECONDS:  # This process was frozen, or its machine slept.
            self._let_drains_come_back(now)
        self._ticked_at = now
        try:
            self._replenish(now)
            if now >= self._next_beat:
                self._beat()
                self._next_beat = now + RENEW_SECONDS
            if now >= self._next_sweep:
                sweep(at=self._clock.now())
                self._next_sweep = now + SWEEP_SECONDS
        except CONNECTION_ERRORS as error:
            log.warning("keeper.database_away", error=type(error).__name__)
            database.close()
            self._let_drains_come_back(now)
        if now - self._heard_at > SILENT_AFTER:
            raise SilentError(f"No drain has run for {SILENT_AFTER:.0f} seconds.")

    def write_off_queued(self) -> None:
        """Expect nothing of the tasks that wait in a queue which is gone."""
        for place in self._board.open_places():
            if not place.begun_at:
                place.written_off = True

    def end(self) -> None:
        """Take the sign of life back."""
        try:
            heartbeats.end(self._name)
        except CONNECTION_ERRORS:
            database.close()

    def _beat(self) -> None:
        heartbeats.set_clock(self._clock)
        heartbeats.beat(
            self._name, kind=heartbeats.CLUSTER, at=self._clock.now(), started_at=self._started_at
        )

    def _let_drains_come_back(self, now: float) -> None:
        """Let those that could not renew their leases either do it before the sweep takes their runs."""
        self._heard_at = now
        self._next_sweep = now + RENEW_SECONDS

    def _replenish(self, now: float) -> None:
        young = 0
        for place in self._board.open_places():
            if place.begun_at and is_alive(place.pid):
                self._heard_at = now
            if self._counts(place, now):
                young += 1
        for _ in range(self._drains - young):
            number = self._board.assign()
            try:
                self._enqueue(number)
            except CONNECTION_ERRORS:
                self._board.end(number)  # Nobody will begin it: the next look queues another.
                raise

    def _counts(self, place: Place, now: float) -> bool:
        """Tell whether this drain will be claiming a moment from now."""
        if place.begun_at:
            if not is_alive(place.pid):
                place.written_off = True
                log.warning("keeper.drain_lost", drain=place.number)
                return False
            return now < max(place.begun_at + CLAIM_SECONDS, place.claims_until) - _HANDOVER
        if now - place.queued_at > LOST_AFTER:
            place.written_off = True
            log.warning("keeper.task_lost", drain=place.number)
            return False
        return True
