"""Which calls are announced now, and which wait until a thread can make them."""

from collections.abc import Iterable

from apps.catalog.spec import Idempotency
from apps.runs.calling import Outgoing
from apps.runs.coding import Coding
from apps.runs.dispatch import Piece
from apps.runs.pump import Execution


def in_turn(changed: Iterable[Execution], *, threads: int, busy: int) -> list[Execution]:
    """Return what is to be written now: everything but the calls that no thread would begin soon.

    A call counts as begun from its announcement on: behind a crash a person is
    asked about one without any key, so such a call waits for a free thread.
    Others may queue for as many again, so that no thread waits for the database.
    The order is kept, or a call without a key would be overtaken for ever.
    `busy` counts the calls that threads make or that are queued for them. The calls
    of one run go together; more than there are threads wait until all are free.
    """
    ready: list[Execution] = []
    full = False
    for execution in changed:
        needed = _needed_threads(execution)
        if needed:
            full = full or (busy > 0 and busy + needed > _places(execution, threads))
            if full:
                continue
            busy += needed
        ready.append(execution)
    return ready


def _needed_threads(execution: Execution) -> int:
    if execution.verdict is not None:
        return 0
    return sum(in_thread(piece) for piece in execution.pieces)


def in_thread(piece: Piece) -> bool:
    """Tell whether a piece of work is done by a thread: code always is, a sandbox's call never."""
    if isinstance(piece, Coding):
        return True
    return piece.contact.sender is not None and piece.contact.sender.in_thread


def _places(execution: Execution, threads: int) -> int:
    unguarded = any(
        isinstance(piece, Outgoing) and piece.call.idempotency is Idempotency.NONE
        for piece in execution.pieces
    )
    return threads if unguarded else 2 * threads
