"""What a drain's runs have under way: handed to threads, taken in again, confirmed or left."""

from collections.abc import Callable, Collection
from datetime import datetime
from functools import partial

from apps.catalog.errors import NeedsHuman
from apps.runs import rate
from apps.runs.calling import Incoming, Outgoing
from apps.runs.coding import Coding
from apps.runs.confirming import Confirmation, Confirmations
from apps.runs.dispatch import Piece, Result, do, is_long, not_done
from apps.runs.pump import Execution
from apps.runs.worker.admission import in_thread
from apps.runs.worker.threads import CallPool
from apps.workflows.engine.effects import Failed

Then = Callable[[], None]


class UnderWay:
    """The work of many runs. Only the drain's own thread calls the methods.

    `ready` is told each run that has gone on and must be written. While
    `is_ending` says so, no test call is begun. `used` collects the connections
    that calls were made over.
    """

    def __init__(
        self,
        threads: int,
        *,
        ready: Callable[[Execution], None],
        is_ending: Callable[[], bool],
        now: Callable[[], datetime],
    ) -> None:
        self.used: set[int] = set()
        self._pool: CallPool[object, Then] = CallPool(threads)
        self._ready = ready
        self._is_ending = is_ending
        self._now = now
        self._pieces: dict[Piece, Execution] = {}
        self._ended_here: list[Then] = []
        self._confirmations = Confirmations()

    def __len__(self) -> int:
        """Return how much threads do, or have before them."""
        return len(self._pool)

    def fileno(self) -> int:
        """Return what `select` sees as readable when a thread is done with something."""
        return self._pool.fileno()

    def close(self) -> None:
        """Let go of the threads; what is still under way is abandoned to its own deadline."""
        self._pool.close()

    @property
    def pieces(self) -> Collection[Piece]:
        """Return the work that has been handed out and has not ended."""
        return self._pieces.keys()

    @property
    def has_long(self) -> bool:
        """Tell whether a call is under way that may take longer than most."""
        return any(is_long(piece) for piece in self._pieces)

    def send(self, execution: Execution) -> None:
        """Do what the run has prepared; its announcement has been written."""
        for piece in execution.pieces:
            self._pieces[piece] = execution
            if isinstance(piece, Outgoing):
                self.used.add(piece.contact.connection.pk)
            if in_thread(piece):
                self._pool.submit(piece, partial(self._do, piece))
            else:
                self._ended_here.append(self._do(piece))

    def collect(self) -> bool:
        """Take in what has ended; tell whether anything has."""
        ended, self._ended_here = self._ended_here, []
        ended += [then for _, then in self._pool.take()]
        for then in ended:
            then()
        return bool(ended)

    def withdraw(self) -> None:
        """Give back what no thread has begun, and wait for no test call: it may take longer than there is."""
        for key in self._pool.withdraw():
            if isinstance(key, Outgoing | Coding):
                self._resume(not_done(key))
            elif isinstance(key, Confirmation):
                self._confirmed(key, None)
        for asked in self._confirmations.under_way():
            self._confirmed(asked, None)

    def leave_long(self) -> None:
        """Give back what takes longer than a worker has that must go: a read, which is made anew."""
        for piece in [piece for piece in self._pieces if is_long(piece)]:
            self._resume(not_done(piece))

    def _do(self, piece: Piece) -> Then:
        """Do a piece of work, in whatever thread; return what is to be done with its result."""
        return partial(self._answered, do(piece))

    def _answered(self, result: Result) -> None:
        execution = self._pieces.get(result.piece)
        if execution is None:
            return  # It was left, and is made anew by the next worker.
        if isinstance(result, Incoming) and _is_refused(result):
            self._confirm(execution, result)
        else:
            self._resume(result)
        rate.heard(result, self._now())

    def _resume(self, result: Result) -> None:
        execution = self._pieces.pop(result.piece, None)
        if execution is not None and execution.resume(result):
            self._ready(execution)

    def _confirm(self, execution: Execution, incoming: Incoming) -> None:
        """Let the connection's own test call tell whether its credentials are refused; once for all runs."""
        asked = self._confirmations.join(execution, incoming)
        if asked is None:
            return
        if self._is_ending():
            self._confirmed(asked, None)
        elif in_thread(incoming.piece):
            self._pool.submit(asked, lambda: partial(self._confirmed, asked, asked.ask_in_thread()))
        else:
            self._ended_here.append(partial(self._confirmed, asked, asked.ask()))

    def _confirmed(self, asked: Confirmation, broken: bool | None) -> None:  # noqa: FBT001 - the answer itself.
        for _, incoming in self._confirmations.settle(asked, broken=broken):
            self._resume(incoming)


def _is_refused(incoming: Incoming) -> bool:
    """Tell whether the credentials were refused."""
    return isinstance(incoming.answer, Failed) and isinstance(incoming.answer.error, NeedsHuman)
