"""The shared "stop now": a pipe whose closing every child of the worker sees at once.

A shared event would do the same until a process is killed while it holds the
event's lock; a pipe has no lock, and it closes by itself when its owner dies.
"""

import os
import select


class StopSignal:
    """Made by the worker's first process, inherited by fork.

    The owner keeps the writing end; a child calls `inherit` first of all. It has
    the methods of an event that django-q2 uses.
    """

    def __init__(self) -> None:
        self._reader, self._writer = os.pipe()
        self._raised = False

    def inherit(self) -> None:
        """Give up the writing end in a child, so that only the owner's death or wish closes it."""
        self._close_writer()

    def set(self) -> None:
        """Tell this process and, in the owner, every child to stop. Safe in a signal handler."""
        self._raised = True
        self._close_writer()

    def is_set(self) -> bool:
        """Tell whether to stop, by wish or because the owner is gone."""
        return self._raised or self.wait(0)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until told to stop, at most `timeout` seconds; tell whether so."""
        if not self._raised:
            ready, _, _ = select.select([self._reader], [], [], timeout)
            self._raised = self._raised or bool(ready)
        return self._raised

    def fileno(self) -> int:
        """Return what `select` sees as readable once told to stop."""
        return self._reader

    def _close_writer(self) -> None:
        writer, self._writer = self._writer, -1
        if writer >= 0:
            os.close(writer)


class NeverStop:
    """Stands for the signal where nobody gives it: a drain that ends by itself."""

    def __init__(self) -> None:
        self._reader, self._writer = os.pipe()

    def __del__(self) -> None:
        os.close(self._reader)
        os.close(self._writer)

    def is_set(self) -> bool:
        """Return False."""
        return False

    def fileno(self) -> int:
        """Return a descriptor that never has anything to read."""
        return self._reader


Stop = StopSignal | NeverStop
