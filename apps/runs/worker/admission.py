"""Which calls are announced now, and which wait until a thread can make them."""

from collections.abc import Iterable

from apps.catalog.spec import Idempotency
from apps.runs.pump import Execution


def in_turn(changed: Iterable[Execution], *, threads: int, busy: int) -> list[Execution]:
    """Return what is to be written now: everything but the calls that no thread would begin soon.

    A call counts as begun from its announcement on: behind a crash a person is
    asked about one without any key, so such a call waits for a free thread.
    Others may queue for as many again, so that no thread waits for the database.
    The order is kept, or a call without a key would be overtaken for ever.
    `busy` counts the calls that threads make or that are queued for them.
    """
    ready: list[Execution] = []
    full = False
    for execution in changed:
        if _needs_thread(execution):
            full = full or busy >= _places(execution, threads)
            if full:
                continue
            busy += 1
        ready.append(execution)
    return ready


def _needs_thread(execution: Execution) -> bool:
    if execution.verdict is not None or execution.outgoing is None:
        return False
    sender = execution.outgoing.contact.sender
    return sender is not None and sender.in_thread


def _places(execution: Execution, threads: int) -> int:
    outgoing = execution.outgoing
    unguarded = outgoing is not None and outgoing.call.idempotency is Idempotency.NONE
    return threads if unguarded else 2 * threads
