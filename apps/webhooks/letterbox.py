"""Group commit: requests that come at the same time are stored in one transaction.

Threads that serve requests hand in what they have read and wait for the answer.
One clerk, a thread with the process's only receiving connection, takes whatever
lies there, has it received, and answers; meanwhile the next batch gathers. So a
request alone waits for nothing, and many share the cost of a commit. Behind a
batch of several the clerk waits a moment for as many again: senders that were
answered together come back one after the other, and without that wait the first
of them would pay for a commit of its own.
"""

import os
import threading
import time
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue

import structlog
from django.db import connection as database

from apps.webhooks.receipts import NOT_STORED, Errand, Post, Receipt

MOST = 64
"""Requests of one batch."""

MOST_BYTES = 4 * 1024 * 1024
"""Bodies of one batch, all together; a single one may be larger."""

GAP_SECONDS = 0.0015
"""The next of a batch is waited for so long, where one of several came before."""

GATHERING_SECONDS = 0.008
"""And all of them together so long."""

PATIENCE_SECONDS = 10.0
"""A request that has no answer then is told to come again; providers wait about as long."""

LOOK_SECONDS = 1.0
"""So often a waiting request looks whether the clerk is alive."""

log = structlog.get_logger(__name__)


class _Waiting:
    """A request that was handed in, and the lock that is released with its answer."""

    __slots__ = ("done", "given_up", "post", "receipt")

    def __init__(self, post: Post) -> None:
        self.post = post
        self.receipt = NOT_STORED
        self.given_up = False
        self.done = threading.Lock()
        self.done.acquire()

    def answer(self, receipt: Receipt) -> None:
        self.receipt = receipt
        self.done.release()


class Letterbox:
    """Takes requests from any thread. Nothing is opened before the first one, so that it may be forked."""

    def __init__(
        self,
        receive: Callable[[Sequence[Post], list[Errand]], list[Receipt]],
        *,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._receive = receive
        self._patience = patience
        self._lock = threading.Lock()
        self._queue: SimpleQueue[_Waiting | None] = SimpleQueue()
        self._clerk: threading.Thread | None = None
        self._process = 0
        self._closed = False

    def hand_in(self, post: Post) -> Receipt:
        """Return the receipt once what it says is committed; 503 where nobody can tell in time."""
        if not self._has_clerk():
            return NOT_STORED
        waiting = _Waiting(post)
        self._queue.put(waiting)
        until = time.monotonic() + self._patience
        while (left := until - time.monotonic()) > 0:
            if waiting.done.acquire(timeout=min(left, LOOK_SECONDS)):
                return waiting.receipt
            if not self._has_clerk():
                break
        waiting.given_up = True
        log.error("webhook.not_stored", error="Timeout")
        return NOT_STORED

    def stop(self, *, timeout: float = PATIENCE_SECONDS) -> None:
        """Take nothing more, and return when what was handed in is answered, or after `timeout` seconds."""
        with self._lock:
            self._closed = True
            clerk = self._clerk if self._process == os.getpid() else None
        if clerk is not None:
            self._queue.put(None)
            clerk.join(timeout)

    def _has_clerk(self) -> bool:
        """Make sure that a living clerk of this process reads the box; False once it is closed."""
        clerk = self._clerk
        if clerk is not None and clerk.is_alive() and self._process == os.getpid():
            return not self._closed
        with self._lock:
            if self._closed:
                return False
            if self._process != os.getpid():
                # What the parent's threads have handed in is the parent's.
                self._queue, self._process, self._clerk = SimpleQueue(), os.getpid(), None
            if self._clerk is None or not self._clerk.is_alive():
                if self._clerk is not None:
                    log.error("webhook.clerk_replaced")
                self._clerk = threading.Thread(target=self._work, name="webhooks", daemon=True)
                self._clerk.start()
        return True

    def _work(self) -> None:
        batch: list[_Waiting | None] = []
        expected = 1
        try:
            while True:
                batch = self._gathered(self._queue.get(), expected)
                self._answer([each for each in batch if each is not None and not each.given_up])
                # Who was answered may come again, beside those who wait already.
                expected = len(batch) + self._queue.qsize() if len(batch) > 1 else 1
                if None in batch:
                    return
        finally:
            for each in batch:
                if each is not None and each.done.locked():
                    each.answer(NOT_STORED)
            database.close()

    def _gathered(self, first: _Waiting | None, expected: int) -> list[_Waiting | None]:
        """Return what lies in the box, as far as one transaction should take it.

        While it is fewer than `expected`, those that come a moment later, too.
        """
        batch, size = [first], len(first.post.body) if first else 0
        until = time.monotonic() + GATHERING_SECONDS
        while len(batch) < MOST and size < MOST_BYTES:
            wait = len(batch) < expected and batch[-1] is not None
            left = until - time.monotonic() if wait else 0.0
            try:
                each = self._queue.get(timeout=max(0.0, min(left, GAP_SECONDS)))
            except Empty:
                break
            batch.append(each)
            size += len(each.post.body) if each else 0
        return batch

    def _answer(self, batch: Sequence[_Waiting]) -> None:
        if not batch:
            return
        errands: list[Errand] = []
        try:
            receipts = self._receive([each.post for each in batch], errands)
        except Exception:
            log.exception("webhook.batch_failed", requests=len(batch))
            receipts = [NOT_STORED] * len(batch)
        for each, receipt in zip(batch, receipts, strict=True):
            each.answer(receipt)
        # Nobody waits for these. A worker looks once a second, also where it was not woken.
        for errand in errands:
            try:
                errand()
            except Exception:
                log.exception("webhook.errand_failed")
