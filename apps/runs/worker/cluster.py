"""django-q2's cluster as the product runs it: one that stops at once and never lingers.

As it comes, a cluster waits for its tasks without telling them to end, a child
that gets the host's SIGTERM dies in mid-task, and children outlive a parent
that was killed. Here all of them share one stop signal, which also tells when
the first process is gone, and a child leaves when its parent does.
"""

import os
import signal
import threading
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from multiprocessing.process import BaseProcess
from typing import Any

import structlog
from django import db
from django.conf import settings
from django.utils import timezone
from django_q.brokers import Broker
from django_q.brokers.orm import ORM
from django_q.cluster import Sentinel, get_mp_context
from django_q.conf import Conf
from django_q.models import OrmQ
from django_q.tasks import async_task
from django_q.worker import worker

from apps.runs.record import CONNECTION_ERRORS
from apps.runs.worker import tasks
from apps.runs.worker.stopping import StopSignal

KEY_PREFIX = "worker-"
STALE_AFTER = timedelta(hours=1)
ORPHAN_LOOK_SECONDS = 0.25
ORPHAN_GRACE_SECONDS = 12.0
IDLE = -1
"""What django-q2's timer of a child shows while it waits for a task."""

log = structlog.get_logger(__name__)


class OwnQueue(ORM):  # type: ignore[misc] # django-q2 comes without types.
    """The queue of one worker in the database: what a killed one left locked is not the next one's business.

    Tasks of the installation's common queue are taken as well.
    """

    def dequeue(self) -> list[tuple[int, str]] | None:
        """Return one task, locked against others, or wait a moment and return None.

        A database that is away is waited for: django-q2 would pause for ten
        seconds, in which no drain follows the one that ends.
        """
        try:
            return self._dequeue()
        except CONNECTION_ERRORS as error:
            log.warning("queue.database_away", error=type(error).__name__)
            db.connection.close()
            time.sleep(Conf.POLL)
            return None

    def _dequeue(self) -> list[tuple[int, str]] | None:
        now = timezone.now()
        waiting = OrmQ.objects.filter(key__in=(self.list_key, Conf.CLUSTER_NAME), lock__lte=now)
        task = waiting.order_by("id").first()
        if task is None:
            time.sleep(Conf.POLL)
            return None
        locked = OrmQ.objects.filter(pk=task.pk, lock=task.lock).update(lock=self.timeout(task))
        return [(task.pk, task.payload)] if locked else None


def own_queue(name: str) -> Broker:
    """Return the queue of the worker with this name: in the Redis of BROKER_URL, else in the database."""
    if settings.BROKER_URL:
        from apps.runs.worker.redis_queue import RedisQueue

        return RedisQueue(name)
    return OwnQueue(name)


def put_drain(queue: Broker, number: int) -> None:
    """Queue the drain task with this number. Raises one of `CONNECTION_ERRORS` when the queue is away."""
    async_task(tasks.DRAIN_TASK, number, task_name=f"drain-{number}", broker=queue)


def purge_stale_queues() -> None:
    """Forget the queues of workers that were killed; those in Redis end by themselves."""
    OrmQ.objects.filter(key__startswith=KEY_PREFIX, lock__lt=timezone.now() - STALE_AFTER).delete()


def start(stop: StopSignal, queue: Broker) -> BaseProcess:
    """Fork the cluster's first process, which guards the children; returns it."""
    db.connections.close_all()  # A connection that two processes hold serves neither.
    process: BaseProcess = get_mp_context().Process(target=_guard, name="sentinel", args=(stop, queue))
    process.start()
    return process


def _guard(stop: StopSignal, queue: Broker) -> None:
    stop.inherit()
    # The guard only reads these two; nothing else in this process waits for them.
    _Guard(stop, threading.Event(), uuid.uuid4(), queue)


class _Guard(Sentinel):  # type: ignore[misc] # django-q2 comes without types.
    """The process that keeps the pool alive, until the stop signal."""

    def start(self) -> None:
        """Guard until told to stop. The signals of the host are the first process's business."""
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        super().start()

    def spawn_process(self, target: Callable[..., None], *args: Any) -> Any:
        """Fork a child that leaves when this process is gone."""
        process: Any = get_mp_context().Process(
            target=_child,
            args=(target, os.getpid(), self.stop_event, args),
            name=f"Process-{uuid.uuid4().hex}",
        )
        process.daemon = True
        if target is worker:
            process.timer = args[2]
            self.pool.append(process)
        process.start()
        return process

    def reincarnate(self, process: Any) -> None:
        """Replace a child; one that outlived its time is killed, since it may not hear SIGTERM.

        A child that died while it waited for a task may have held the lock of the
        queue, for which the others would then wait for ever, and so may a pusher or
        a monitor that was killed: the whole cluster is given up, and the worker's
        first process starts another.
        """
        if process in (self.monitor, self.pusher) and process.exitcode:
            log.critical("cluster.queue_child_died", pid=process.pid, code=process.exitcode)
            os._exit(1)
        if process in self.pool and process.timer.value == IDLE:
            log.critical("cluster.idle_child_died", pid=process.pid)
            os._exit(1)
        if process in self.pool and process.timer.value == 0:
            process.kill()
        super().reincarnate(process)


def _child(target: Callable[..., None], parent: int, stop: StopSignal, args: tuple[Any, ...]) -> None:
    if target is worker:
        signal.signal(signal.SIGTERM, lambda *_: stop.set())
    threading.Thread(target=_leave_with, args=(parent,), daemon=True, name="leave-with-parent").start()
    target(*args)


def _leave_with(parent: int) -> None:
    """End this process when its parent is gone: at once, or when its drain has come to its end."""
    while os.getppid() == parent:
        time.sleep(ORPHAN_LOOK_SECONDS)
    until = time.monotonic() + ORPHAN_GRACE_SECONDS
    while tasks.is_draining() and time.monotonic() < until:
        time.sleep(ORPHAN_LOOK_SECONDS)
    os._exit(1)
