"""The worker's first process: starts the cluster, keeps it, and ends it within ten seconds."""

import os
import signal
import socket
import uuid
from functools import partial
from multiprocessing.process import BaseProcess

import structlog
from django.conf import settings
from django_q.brokers import Broker

from apps.runs.worker import cluster, tasks
from apps.runs.worker.board import Board
from apps.runs.worker.keeper import Keeper, SilentError
from apps.runs.worker.memory import share_with_children
from apps.runs.worker.stopping import StopSignal

TICK_SECONDS = 0.25
STOP_SECONDS = 9.2
"""What the cluster gets to end in good order; the host gives ten, and orphans need a moment to notice."""

MAX_REPLACEMENTS = 5
"""So many clusters may die before the matter is left to the host, which then restarts the worker."""

log = structlog.get_logger(__name__)


def run_worker() -> int:
    """Run until SIGTERM or SIGINT; returns the exit code, non-zero when the cluster has failed."""
    name = f"{cluster.KEY_PREFIX}{socket.gethostname()[:60]}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
    stop = StopSignal()
    board = Board()
    queue = cluster.own_queue(name)
    _listen_to_signals(stop)
    cluster.purge_stale_queues()
    tasks.hand_down(tasks.Inherited(name, stop, board))
    put_drain = partial(cluster.put_drain, queue)
    keeper = Keeper(name, board, drains=settings.WORKER_DRAINS, enqueue=put_drain)
    keeper.tick()
    log.info("worker.started", drains=settings.WORKER_DRAINS, threads=settings.WORKER_THREADS)
    share_with_children()
    code, guard = _keep(keeper, queue, stop)
    _end(guard, stop)
    keeper.end()
    queue.purge_queue()
    log.info("worker.stopped", code=code)
    return code


def _keep(keeper: Keeper, queue: Broker, stop: StopSignal) -> tuple[int, BaseProcess]:
    """Keep a cluster at work until told to stop; return the exit code and the cluster's first process."""
    guard, lost = cluster.start(stop, queue), 0
    while not stop.wait(TICK_SECONDS):
        if not guard.is_alive() and not stop.is_set():
            log.critical("worker.cluster_died", code=guard.exitcode)
            lost += 1
            if lost > MAX_REPLACEMENTS:
                return 1, guard
            keeper.write_off_queued()
            guard = cluster.start(stop, queue)
        try:
            keeper.tick()
        except SilentError as error:
            log.critical("worker.cluster_silent", reason=str(error))
            return 1, guard
    return 0, guard


def _end(guard: BaseProcess, stop: StopSignal) -> None:
    """Tell every process to stop, wait for them, and leave none behind."""
    stop.set()
    guard.join(STOP_SECONDS)
    if guard.is_alive():
        log.critical("worker.cluster_lingers")
        guard.kill()
        guard.join()


def _listen_to_signals(stop: StopSignal) -> None:
    def handle(*_: object) -> None:
        stop.set()
        # Whatever this process is stuck in, it ends: the alarm's default is to kill it.
        signal.alarm(round(STOP_SECONDS + 0.4))

    signal.signal(signal.SIGTERM, handle)
    signal.signal(signal.SIGINT, handle)
