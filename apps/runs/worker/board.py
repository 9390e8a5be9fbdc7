"""What the worker's processes know of each other: memory that is shared by fork, without locks.

Each place is written by one process alone: the keeper assigns it, the drain
fills in its process and its end. A process that is killed leaves nothing locked.
"""

import ctypes
import os
from multiprocessing.sharedctypes import RawArray

from apps.runs.leases import steady

PLACES = 256


class Place(ctypes.Structure):
    """One drain task. Times are `steady` seconds; 0 means not yet."""

    _fields_ = (
        ("number", ctypes.c_long),
        ("queued_at", ctypes.c_double),
        ("pid", ctypes.c_long),
        ("begun_at", ctypes.c_double),
        ("claims_until", ctypes.c_double),
        ("ended_at", ctypes.c_double),
        ("written_off", ctypes.c_bool),
    )

    number: int
    queued_at: float
    pid: int
    begun_at: float
    claims_until: float
    ended_at: float
    written_off: bool


class Board:
    """The places of all drain tasks of one worker, by their number."""

    def __init__(self) -> None:
        self._places = RawArray(Place, PLACES)
        self._next = 1

    def assign(self) -> int:
        """Take the next place, for a task that is about to be queued; returns its number."""
        number, self._next = self._next, self._next + 1
        place = self._places[number % PLACES]
        place.pid, place.begun_at, place.ended_at, place.written_off = 0, 0.0, 0.0, False
        place.claims_until = 0.0
        place.queued_at = steady()
        place.number = number
        return number

    def begin(self, number: int) -> bool:
        """Note that this process executes the task; False when it was begun before or written off."""
        place = self._places[number % PLACES]
        if place.number != number or place.written_off or place.begun_at:
            return False
        place.pid = os.getpid()
        place.begun_at = steady()
        return True

    def prolong(self, number: int, until: float) -> None:
        """Note that the task claims longer than usual: until then, if it goes on living."""
        place = self._places[number % PLACES]
        if place.number == number:
            place.claims_until = until

    def end(self, number: int) -> None:
        """Note that the task is over."""
        place = self._places[number % PLACES]
        if place.number == number:
            place.ended_at = steady()

    def open_places(self) -> list[Place]:
        """Return the tasks that are queued or running as far as anyone knows."""
        return [
            place for place in self._places if place.number and not place.ended_at and not place.written_off
        ]


def is_alive(pid: int) -> bool:
    """Tell whether a process of this user has the id."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True
