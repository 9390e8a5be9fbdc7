"""The pool that makes a worker's calls, and how their ends are heard."""

import os
import threading
from collections import deque
from collections.abc import Callable, Hashable
from contextlib import suppress
from queue import SimpleQueue


class CallPool[Key: Hashable, Result]:
    """Makes calls in threads, each under a key of the caller's.

    Only the owning thread calls the methods; it may select on `fileno`, which
    is readable when a call has ended. Calls must not raise. Threads are begun as
    they are needed, up to `threads`, and take turns in the order of the calls.
    """

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._begun = 0
        self._queue: SimpleQueue[Key | None] = SimpleQueue()
        self._waiting: dict[Key, Callable[[], Result]] = {}
        self._under_way: set[Key] = set()
        self._results: deque[tuple[Key, Result]] = deque()
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._reader, False)
        os.set_blocking(self._writer, False)
        self._closed = False
        self._told = False
        self._telling = threading.Lock()

    def __len__(self) -> int:
        return len(self._under_way)

    def submit(self, key: Key, call: Callable[[], Result]) -> None:
        """Make the call as soon as a thread is free."""
        self._under_way.add(key)
        self._waiting[key] = call
        self._queue.put(key)
        if self._begun < min(self._threads, len(self._under_way)):
            self._begun += 1
            threading.Thread(target=self._work, name=f"call-{self._begun}", daemon=True).start()

    def take(self) -> list[tuple[Key, Result]]:
        """Return what has ended since the last look."""
        with suppress(BlockingIOError):
            while len(os.read(self._reader, 4096)) == 4096:
                pass
        self._told = False  # Before the look, so that what ends behind it is told again.
        ended = [self._results.popleft() for _ in range(len(self._results))]
        self._under_way.difference_update(key for key, _ in ended)
        return ended

    def withdraw(self) -> list[Key]:
        """Return the keys of the calls that had not begun; they will not be made."""
        # Whoever takes a call out of the dictionary has it: a thread, or this.
        withdrawn = [key for key in list(self._waiting) if self._waiting.pop(key, None) is not None]
        self._under_way.difference_update(withdrawn)
        return withdrawn

    def fileno(self) -> int:
        """Return what `select` sees as readable when a call has ended."""
        return self._reader

    def close(self) -> None:
        """Let go of the threads; a call still under way is abandoned to its own deadline."""
        self.withdraw()
        for _ in range(self._begun):
            self._queue.put(None)
        if not self._under_way and not self._closed:
            with self._telling:
                self._closed = True
                os.close(self._reader)
                os.close(self._writer)

    def _work(self) -> None:
        while (key := self._queue.get()) is not None:
            call = self._waiting.pop(key, None)
            if call is None:
                continue  # It was withdrawn.
            self._results.append((key, call()))
            if not self._told:  # Else the owner has not looked since it was told.
                self._tell()

    def _tell(self) -> None:
        self._told = True
        with self._telling, suppress(BlockingIOError):  # A full pipe wakes as well.
            if not self._closed:
                os.write(self._writer, b"\0")
