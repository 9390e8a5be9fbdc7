"""The queue of django-q2's tasks in a Redis, for installations that name one in BROKER_URL.

What it holds may be lost: a drain's task is put again by its worker, and every
task of a sweep by the sweep's next look. Runs, and what is due, are the database's.
Where Redis is away, tasks wait for it as they would for a database.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import redis
import structlog
from django.db import OperationalError
from django_q.brokers import redis_broker
from django_q.conf import Conf
from redis.backoff import NoBackoff
from redis.retry import Retry

PATIENCE_SECONDS = 5.0
"""How long one command may take; the worker's stop has to fit behind it."""

WAIT_SECONDS = 1
"""Whole seconds, which every Redis understands, that an empty queue is waited at. A task ends the wait."""

FORGOTTEN_AFTER = 3600
"""Seconds behind its last task at which a queue is dropped: that of a worker which was killed."""

log = structlog.get_logger(__name__)


class QueueAwayError(OperationalError):
    """The Redis of BROKER_URL did not answer. The worker's processes wait for it, as for a database."""


class RedisQueue(redis_broker.Redis):  # type: ignore[misc] # django-q2 comes without types.
    """One queue in Redis; the tasks of the installation's common queue are taken from it as well.

    A task that was taken is gone, whoever dies with it.
    """

    def enqueue(self, task: str) -> int:
        """Put one signed task at the end; returns the queue's length. Raises `QueueAwayError`."""
        with _answering():
            both = self.connection.pipeline(transaction=False).rpush(self.list_key, task)
            length, _ = both.expire(self.list_key, FORGOTTEN_AFTER).execute()
        return int(length)

    def dequeue(self) -> list[tuple[None, bytes]] | None:
        """Return the next task; None when there was none for a moment, or Redis is away."""
        try:
            with _answering():
                found = self.connection.blpop([self.list_key, _key(Conf.CLUSTER_NAME)], WAIT_SECONDS)
        except QueueAwayError as error:
            log.warning("queue.redis_away", error=str(error))
            time.sleep(WAIT_SECONDS)
            return None
        return [(None, found[1])] if found else None

    def purge_queue(self) -> None:
        """Drop what the queue holds; a Redis that is away forgets it by itself."""
        try:
            with _answering():
                self.connection.delete(self.list_key)
        except QueueAwayError as error:
            log.warning("queue.redis_away", error=str(error))

    def ping(self) -> bool:
        """Tell whether Redis answers; a cluster begins without it and waits."""
        try:
            with _answering():
                return bool(self.connection.ping())
        except QueueAwayError as error:
            log.warning("queue.redis_away", error=str(error))
            return False

    def set_stat(self, key: str, value: str, timeout: int) -> None:
        """Keep no statistics of the cluster: nobody reads them, and a guard must not wait for Redis."""

    @staticmethod
    def get_connection(list_key: str | None = None) -> Any:
        """Return this process's client; its connections are made anew behind a fork."""
        return _client(Conf.REDIS)


@cache
def _client(url: str) -> Any:
    return redis.Redis.from_url(
        url,
        protocol=2,  # Which every Redis speaks.
        socket_timeout=PATIENCE_SECONDS,
        socket_connect_timeout=PATIENCE_SECONDS,
        # Redis closes what idled too long; the second try is over a new connection.
        retry=Retry(NoBackoff(), 1),
    )


@contextmanager
def _answering() -> Iterator[None]:
    """Turn the client's errors into one that the worker waits behind; it tells no password."""
    try:
        yield
    except redis.RedisError as error:
        raise QueueAwayError(f"The Redis of BROKER_URL did not answer: {type(error).__name__}.") from error


def _key(name: str) -> str:
    return f"django_q:{name}:q"
