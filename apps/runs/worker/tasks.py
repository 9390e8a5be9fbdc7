"""What django-q2 executes. A task carries a number or nothing; it may be lost or doubled without harm."""

import os
from dataclasses import dataclass
from functools import partial

from django import db
from django.conf import settings

from apps.common import logs
from apps.runs.worker.board import Board
from apps.runs.worker.drain import Drain
from apps.runs.worker.stopping import StopSignal

DRAIN_TASK = "apps.runs.worker.tasks.run_drain"


@dataclass(slots=True)
class Inherited:
    """What the worker's first process hands to its children by fork."""

    name: str
    stop: StopSignal
    board: Board


_inherited: list[Inherited] = []
_draining: list[int] = []


def hand_down(shared: Inherited) -> None:
    """Let the children that are forked from now on find this."""
    _inherited[:] = [shared]


def is_draining() -> bool:
    """Tell whether this process is executing a drain."""
    return bool(_draining)


def run_drain(number: int) -> None:
    """Be the drain with this number for one life; at once over when it was replaced meanwhile."""
    if not _inherited:
        raise RuntimeError("A drain runs in a child of `manage.py worker` only.")
    shared = _inherited[0]
    if shared.stop.is_set():
        shared.board.end(number)
    elif shared.board.begin(number):
        _draining.append(number)
        try:
            with logs.bound(drain=number):
                Drain(
                    f"{shared.name}/{number}",
                    stop=shared.stop,
                    threads=settings.WORKER_THREADS,
                    prolonged=partial(shared.board.prolong, number),
                ).run()
        finally:
            shared.board.end(number)
            _draining.remove(number)
    if shared.stop.is_set():
        # At once, since a thread may still wait for an answer. Should this child
        # alone have been told to stop, another one takes its place.
        db.connections.close_all()
        os._exit(0)
