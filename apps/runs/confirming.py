"""Refused credentials: the connection's own test call tells whether they are really bad."""

from dataclasses import dataclass, field, replace

import structlog
from django.db import connections as databases

from apps.catalog.errors import CallError, Certainty, Permanent, Retryable
from apps.connections import services
from apps.connections.models import Connection
from apps.runs.calling import Incoming
from apps.runs.pump import Execution
from apps.workflows.engine.effects import Failed

UNCONFIRMED_ATTEMPTS = 3
"""A provider may know new credentials in one place and not yet in another."""

log = structlog.get_logger(__name__)


@dataclass(slots=True, eq=False)
class Confirmation:
    """One test call for all the runs that were refused over the same connection."""

    connection: Connection
    reason: str
    waiting: list[tuple[Execution, Incoming]] = field(default_factory=list)

    def ask(self) -> bool | None:
        """Make the test call and write its result.

        True when the connection is broken, False when the test passes, None when
        it could not be made.
        """
        try:
            return services.confirm_broken(self.connection, reason=self.reason)
        except Exception:
            log.exception("confirm.failed", connection=self.connection.pk)
            return None

    def ask_in_thread(self) -> bool | None:
        """Do the same in a thread of the pool, which lets go of its database connection again."""
        try:
            return self.ask()
        finally:
            databases.close_all()


class Confirmations:
    """The test calls under way, at most one for each connection."""

    def __init__(self) -> None:
        self._asked: dict[int, Confirmation] = {}

    def join(self, execution: Execution, incoming: Incoming) -> Confirmation | None:
        """Let a refused call wait for its connection's test call; return that where it is to be made."""
        connection = incoming.piece.contact.connection
        known = self._asked.get(connection.pk)
        if known is not None:
            known.waiting.append((execution, incoming))
            return None
        reason = incoming.answer.error.message if isinstance(incoming.answer, Failed) else ""
        made = self._asked[connection.pk] = Confirmation(connection, reason, [(execution, incoming)])
        return made

    def under_way(self) -> list[Confirmation]:
        """Return the test calls that have not been settled."""
        return list(self._asked.values())

    def settle(self, asked: Confirmation, *, broken: bool | None) -> list[tuple[Execution, Incoming]]:
        """Return the calls that waited for this one, as `with_answer` sees them now; none a second time."""
        self._asked.pop(asked.connection.pk, None)
        waiting, asked.waiting = asked.waiting, []
        return [(held, with_answer(incoming, asked.connection, broken=broken)) for held, incoming in waiting]


def with_answer(incoming: Incoming, connection: Connection, *, broken: bool | None) -> Incoming:
    """Return the refused call's answer in the light of the test call.

    Confirmed, it parks the run. Where the test passed, the call is repeated, and
    when it goes on being refused it fails for good; one that was not even sent,
    since the connection lacks what it needs, fails at once. Where the test could
    not be made (None), nothing is known and the call is repeated.
    """
    answer = incoming.answer
    if broken or not isinstance(answer, Failed):
        return incoming
    if broken is False and answer.error.status is None:
        error: CallError = _lacking(answer.error)
    elif broken is None or incoming.piece.call.attempt < UNCONFIRMED_ATTEMPTS:
        error = _unconfirmed(answer.error)
    else:
        error = _refused_though_connected(answer.error, connection)
    return replace(incoming, answer=replace(answer, error=error))


def _lacking(error: CallError) -> Permanent:
    return Permanent(error.message, code=error.code, remedy=error.remedy)


def _refused_though_connected(error: CallError, connection: Connection) -> Permanent:
    return Permanent(
        f"{error.message} The credentials of “{connection}” passed their test, "
        "so it is this call that they may not make.",
        code="refused_though_connected",
        remedy="Give the key the permission that this call needs at the provider, then resume the run.",
        status=error.status,
    )


def _unconfirmed(error: CallError) -> Retryable:
    return Retryable(
        f"{error.message} The connection's test call did not confirm that its credentials are refused.",
        code="unauthorized_unconfirmed",
        certainty=Certainty.NOT_DONE,
        remedy="Nothing to do: the call is repeated by itself.",
        status=error.status,
    )
