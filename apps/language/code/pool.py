"""The sandbox's processes: opened at first use, one pool for each process of ours.

Programs run in processes of their own, which the library kills and replaces
when they crash or pass their limits. A pool must never be shared by a fork:
both sides would talk to the same pipes, and the library's threads are not in the
child, where every call would wait for them forever. So a process opens its pool
at its first program, and a child whose parent had done so refuses: only processes
that run no program may fork others that do. The sandbox's processes end by
themselves when ours is gone, since their input ends.
"""

import atexit
import os
import threading
from typing import Final

from pydantic_monty import Monty

from apps.language.code import limits


class Pool:
    """Opens and replaces this process's pool. Safe for any number of threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._monty: Monty | None = None
        self._owner = 0
        # Dropped, a parent's pool would end the parent's processes; so a child keeps it untouched.
        self._inherited: list[Monty] = []

    def get(self) -> Monty:
        """Return the open pool. Raises `OSError` where the sandbox's program can't be started."""
        if self._inherited:
            raise OSError("this process was forked from one that had opened its sandbox")
        with self._lock:
            if self._monty is None or self._owner != os.getpid():
                self._monty = self._open()
                self._owner = os.getpid()
            return self._monty

    def replace(self, broken: Monty) -> None:
        """Let the next `get` open another pool, unless a thread has done so already."""
        with self._lock:
            if self._monty is broken and self._owner == os.getpid():
                self._monty = None

    def close(self) -> None:
        """End this process's pool and its processes; `get` opens another."""
        with self._lock:
            mine = self._monty if self._owner == os.getpid() else None
            if mine is not None:
                self._monty = None
        if mine is not None:
            mine.__exit__(None, None, None)

    def after_fork(self) -> None:
        """Forget the parent's pool. A thread of the parent may have held the lock."""
        self._lock = threading.Lock()
        if self._monty is not None:
            self._inherited.append(self._monty)
            self._monty = None

    @staticmethod
    def _open() -> Monty:
        return Monty(
            min_processes=1,
            max_processes=limits.MAX_PROCESSES,
            checkout_timeout=limits.WAIT_FOR_PROCESS,
            request_timeout=limits.MAX_SECONDS + 2 * limits.KILL_AFTER,
            max_checkouts_per_worker=limits.RUNS_PER_PROCESS,
            feed_duration_limit_grace=limits.KILL_AFTER,
        ).__enter__()


POOL: Final = Pool()

atexit.register(POOL.close)
os.register_at_fork(after_in_child=POOL.after_fork)
