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
    elif broken is None or incoming.outgoing.call.attempt < UNCONFIRMED_ATTEMPTS:
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
        remedy="Give the key the permission that this call needs at the provider, then retry the run.",
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
