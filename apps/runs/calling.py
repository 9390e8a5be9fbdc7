"""One call to a provider: everything it needs, prepared; then performed in any thread.

`perform` touches no database. What it returns is recorded by the thread that
holds the lease.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import structlog

from apps.catalog.errors import CallError, Certainty, NeedsHuman, Permanent, Retryable, from_transport
from apps.catalog.spec import Account, Action, CallContext
from apps.catalog.transport import Captured, Request, Response, Send, TransportError
from apps.common.errors import ServiceError
from apps.connections import opening
from apps.connections.models import Connection
from apps.connections.oauth import refreshing
from apps.connections.opening import Found
from apps.connections.senders import Recording, Sender, sender_for
from apps.language import safe_json
from apps.language.errors import UnsafeJSONError
from apps.runs.journal import clean
from apps.runs.leases import Lease, steady
from apps.workflows.engine import effects
from apps.workflows.engine.effects import Answered, Call, Failed

CALL_SECONDS = effects.CALL_SECONDS
"""How long most calls may take in all: a worker that is told to stop must be gone within ten.

A call that says more is a read, which is left where the worker must go and made anew.
"""

RENEWAL_SECONDS = 10.0
"""How long a call waits for a new token: as often as the worker looks for tokens to renew."""

log = structlog.get_logger(__name__)


class LeaseLostError(Exception):
    """The run may belong to another worker by now: nothing may be sent."""


@dataclass(slots=True)
class Contact:
    """A connection of one batch of runs, opened once.

    With a `refusal` it can't be called; that is the answer to every call.
    """

    connection: Connection
    account: Account | None = None
    secrets: tuple[str, ...] = ()
    sender: Sender | None = None
    refusal: CallError | None = None


@dataclass(slots=True, eq=False)
class Outgoing:
    """A call ready to be sent. `event_time` is the event's, in unix seconds.

    `hidden` are secrets of the run itself, masked beside the connection's own;
    `priority` is the run's.
    """

    call: Call
    action: Action
    contact: Contact
    lease: Lease
    event_time: int
    started_at: datetime
    run_code: str
    first_sent_at: datetime
    hidden: tuple[str, ...] = ()
    priority: int = 0

    @property
    def secrets(self) -> tuple[str, ...]:
        """Return what nobody may read in the run log."""
        return (*self.contact.secrets, *self.hidden)

    @property
    def path(self) -> str:
        """Return the path of its step."""
        return self.call.path

    @property
    def is_long(self) -> bool:
        """Tell whether it may take longer than a worker that must go has time."""
        return self.call.deadline > CALL_SECONDS


@dataclass(frozen=True, slots=True)
class Incoming:
    """What a call came to. `answer` is None when nothing was sent because the lease ran out."""

    piece: Outgoing
    answer: Answered | Failed | None
    exchanges: list[dict[str, Any]] = field(default_factory=list)


def open_contacts(wanted: Iterable[tuple[int, str]]) -> dict[tuple[int, str], Contact]:
    """Open the connections that (workspace id, code) name, in one query; unknown ones are left out."""
    pairs = {(workspace, UUID(code)) for workspace, code in wanted if _is_code(code)}
    if not pairs:
        return {}
    contacts: dict[tuple[int, str], Contact] = {}
    for found in opening.look({code for _, code in pairs}):
        connection = found.connection
        if (connection.workspace_id, connection.code) in pairs:
            contacts[connection.workspace_id, str(connection.code)] = _open(found)
    return contacts


def perform(outgoing: Outgoing) -> Incoming:
    """Make the call; every outcome becomes an answer, nothing is raised."""
    contact = outgoing.contact
    if contact.account is None or contact.sender is None:
        raise RuntimeError("A contact with a refusal is never called.")
    recording = Recording(contact.sender.send, outgoing.secrets)
    guard = _Guard(recording, outgoing.lease, outgoing.call.deadline)
    with structlog.contextvars.bound_contextvars(run=outgoing.run_code, step=outgoing.call.path):
        answer = _answer(outgoing, contact.account, guard)
    return Incoming(outgoing, answer, [dict(exchange) for exchange in recording.exchanges])


def planned_request(outgoing: Outgoing) -> dict[str, Any] | None:
    """Return, masked, the request that the call begins with; nothing is sent.

    It is kept before a call about which a person may have to decide, who must
    see what was sent also where the worker died before an answer was recorded.
    """
    contact = outgoing.contact
    if contact.account is None:
        return None
    recording = Recording(_capture, outgoing.secrets)
    with suppress(Exception):  # Whatever a connector makes of it: the call itself will tell.
        outgoing.action.call(_context(outgoing, contact.account, recording))
    if not recording.exchanges:
        return None
    return {**recording.exchanges[0], "error": "No answer was recorded."}


def _capture(request: Request, *, deadline: float) -> Response:
    raise Captured(request)


def _context(outgoing: Outgoing, account: Account, send: Send) -> CallContext:
    call = outgoing.call
    return CallContext(
        inputs=call.inputs,
        account=account,
        send=send,
        key=call.key,
        event_time=outgoing.event_time,
        deadline=call.deadline,
    )


def _answer(outgoing: Outgoing, account: Account, guard: "_Guard") -> Answered | Failed | None:
    try:
        outputs: Mapping[str, Any] = outgoing.action.call(_context(outgoing, account, guard))
    except LeaseLostError:
        if not guard.sent:
            return None
        error: CallError = _cut_short()
    except CallError as failure:
        error = failure
    except TransportError as failure:
        error = from_transport(failure)
    except Exception as failure:  # A connector's mistake must not take the worker with it.
        log.exception("call.connector_failed", action=outgoing.call.action)
        error = _mistake(failure, sent=guard.sent)
    else:
        return Answered(_storable(outputs), at=datetime.now(UTC))
    return Failed(error, at=datetime.now(UTC), first_sent_at=outgoing.first_sent_at)


class _Guard:
    """A sender that looks at the lease directly before each request, and keeps the whole call in time.

    A process that was frozen and thawed finds its lease run out here.
    """

    def __init__(self, send: Send, lease: Lease, seconds: float) -> None:
        self._send = send
        self._lease = lease
        self._seconds = seconds
        self._ends_at = steady() + seconds
        self.sent = 0

    def __call__(self, request: Request, *, deadline: float) -> Response:
        if not self._lease.holds():
            raise LeaseLostError
        left = self._ends_at - steady()
        if left <= 0:
            raise Retryable(
                f"The call took longer than {self._seconds:g} seconds.",
                code="timeout",
                certainty=Certainty.UNCERTAIN if self.sent else Certainty.NOT_DONE,
            )
        self.sent += 1
        return self._send(request, deadline=min(deadline, left))


def _open(found: Found) -> Contact:
    connection = found.connection
    refusal = _refusal(connection) or _renewing(found)
    if refusal is not None:
        opening.forget(connection.pk)
        return Contact(connection, refusal=refusal)
    try:
        account, secrets = opening.opened(found)
    except ServiceError as error:
        return Contact(connection, refusal=NeedsHuman(error.message, code=error.code, remedy=error.remedy))
    return Contact(connection, account, secrets, sender_for(connection))


def _refusal(connection: Connection) -> CallError | None:
    if connection.status == Connection.Status.BROKEN:
        return NeedsHuman(
            f"Connection “{connection}” is broken: {connection.status_reason}",
            code="connection_broken",
            remedy="Reconnect it under Connections; the run then goes on by itself.",
        )
    if connection.status == Connection.Status.DISCONNECTED:
        return Permanent(
            f"Connection “{connection}” has been disconnected.",
            code="connection_disconnected",
            remedy="Choose another connection in the step, publish, then run the event again.",
        )
    return None


def _renewing(found: Found) -> CallError | None:
    """Return why a call waits whose token has ended: renewing it is a call, which is not made here."""
    connection = found.connection
    if not refreshing.is_expired(connection, found.token_ends_at, at=datetime.now(UTC)):
        return None
    return Retryable(
        f"The token of connection “{connection}” has ended and is being renewed.",
        code="token_ended",
        certainty=Certainty.NOT_DONE,
        after=RENEWAL_SECONDS,
        remedy="Nothing to do: the call is made as soon as the token is renewed. If it never is, the "
        "connection's page says why.",
    )


def missing_connection() -> Permanent:
    """Return the error of a step whose connection is not in the workspace."""
    return Permanent(
        "The step's connection does not exist in this workspace.",
        code="connection_missing",
        remedy="Choose a connection in the step, publish, then run the event again.",
    )


def _storable(outputs: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the outputs as JSON can hold them; what can't be is replaced, since the call has happened."""
    try:
        safe_json.check(outputs)
    except UnsafeJSONError:
        cleaned: Mapping[str, Any] = clean(outputs)
        return cleaned
    return outputs


def _cut_short() -> Retryable:
    return Retryable(
        "The worker lost its hold on the run in the middle of the call.",
        code="lease_lost",
        certainty=Certainty.UNCERTAIN,
    )


def _mistake(failure: Exception, *, sent: int) -> CallError:
    name = type(failure).__name__
    if sent:
        return Retryable(
            f"The provider's answer could not be understood ({name}).",
            code="connector_failed",
            certainty=Certainty.UNCERTAIN,
            remedy="Look at the answer in the run log; the worker's log has the details.",
        )
    return Permanent(
        f"The call could not be prepared ({name}).",
        code="connector_failed",
        remedy="Check the step's fields; the worker's log has the details.",
    )


def _is_code(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
