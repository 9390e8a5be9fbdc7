"""The pool that makes a worker's calls, and how their ends are heard."""

import os
from collections import deque
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress


class CallPool[Key: Hashable, Result]:
    """Makes calls in threads, each under a key of the caller's.

    Only the owning thread calls the methods; it may select on `fileno`, which
    is readable when a call has ended. Calls must not raise.
    """

    def __init__(self, threads: int) -> None:
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="call")
        self._futures: dict[Key, Future[None]] = {}
        self._results: deque[tuple[Key, Result]] = deque()
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._reader, False)
        os.set_blocking(self._writer, False)

    def __len__(self) -> int:
        return len(self._futures)

    def submit(self, key: Key, call: Callable[[], Result]) -> None:
        """Make the call as soon as a thread is free."""

        def run() -> None:
            self._results.append((key, call()))
            with suppress(BlockingIOError):  # A full pipe wakes as well.
                os.write(self._writer, b"\0")

        self._futures[key] = self._pool.submit(run)

    def take(self) -> list[tuple[Key, Result]]:
        """Return what has ended since the last look."""
        with suppress(BlockingIOError):
            while os.read(self._reader, 4096):
                pass
        ended = [self._results.popleft() for _ in range(len(self._results))]
        for key, _ in ended:
            del self._futures[key]
        return ended

    def withdraw(self) -> list[Key]:
        """Return the keys of the calls that had not begun; they will not be made."""
        withdrawn = [key for key, future in self._futures.items() if future.cancel()]
        for key in withdrawn:
            del self._futures[key]
        return withdrawn

    def fileno(self) -> int:
        """Return what `select` sees as readable when a call has ended."""
        return self._reader

    def close(self) -> None:
        """Let go of the threads; a call still under way is abandoned to its own deadline."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        if not self._futures:
            os.close(self._reader)
            os.close(self._writer)
