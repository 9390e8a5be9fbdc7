"""How the calls of a dry test are made: reads go out, everything else is only built.

What changes something at a provider is never sent: its connector builds the
request, the sender here keeps it and raises `Captured`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog

from apps.catalog import registry
from apps.catalog.errors import CallError, Permanent, from_transport
from apps.catalog.spec import Action, CallContext
from apps.catalog.spec import Effect as EffectKind
from apps.catalog.transport import Captured, Request, Response, Send, TransportError
from apps.connections.senders import Recording
from apps.language import safe_json
from apps.language.errors import UnsafeJSONError
from apps.runs.calling import CALL_SECONDS, Contact
from apps.runs.journal import clean
from apps.runs.leases import steady

log = structlog.get_logger(__name__)

READS = frozenset({"GET", "HEAD"})
"""What a connector's own code may send inside an action that changes something, to see what is there.

Only where the code itself declares the app: the method of a request that an
operator describes says nothing about what it does.
"""

NOT_SENT = "Not sent: this is a dry run."


@dataclass(frozen=True, slots=True)
class Tried:
    """What a call of a dry test came to.

    `requests` would have been sent, `exchanges` were; both are masked. With
    `sampled` the outputs are the action's examples.
    """

    outputs: Mapping[str, Any] | None = None
    error: CallError | None = None
    sampled: bool = False
    requests: tuple[Mapping[str, Any], ...] = ()
    exchanges: tuple[Mapping[str, Any], ...] = ()
    ms: int = 0
    note: str = ""


@dataclass(slots=True)
class DrySend:
    """A `Send` that lets reads through, if it may, and keeps everything else.

    Once something was kept, nothing goes out any more: what an action would
    send next depends on an answer that nobody gave.
    """

    send: Send
    reads: bool
    ends_at: float
    kept: int = 0

    def __call__(self, request: Request, *, deadline: float) -> Response:
        """Send a read; raises `Captured` for anything else."""
        if self.kept or not self.reads or request.method.upper() not in READS:
            self.kept += 1
            raise Captured(request)
        return self.send(request, deadline=min(deadline, time_left(self.ends_at)))


@dataclass(slots=True)
class LiveSend:
    """A `Send` for an action that is a read as a whole, until the test's time is over."""

    send: Send
    ends_at: float

    def __call__(self, request: Request, *, deadline: float) -> Response:
        """Send the request."""
        return self.send(request, deadline=min(deadline, time_left(self.ends_at)))


class OutOfTimeError(Exception):
    """The time of the whole test is over."""


def time_left(ends_at: float) -> float:
    """Return the seconds until then, on the steady clock; raises `OutOfTimeError` when there are none."""
    left = ends_at - steady()
    if left <= 0:
        raise OutOfTimeError
    return left


@dataclass(frozen=True, slots=True)
class Tryout:
    """One call to be tried: the action with its settled effect, over an open contact."""

    ref: str
    action: Action
    kind: EffectKind
    contact: Contact
    inputs: Mapping[str, Any]
    key: str
    event_time: int
    seconds: float = CALL_SECONDS


def attempt(tryout: Tryout, *, reads: bool, ends_at: float) -> Tried:
    """Make a read, or build what would be sent. Raises `OutOfTimeError`; every other outcome is returned."""
    contact = tryout.contact
    if contact.refusal is not None or contact.account is None or contact.sender is None:
        return Tried(error=contact.refusal)
    if tryout.kind is EffectKind.READ and not reads:
        return Tried(registry.sample_outputs(tryout.action), sampled=True, note="Reads are switched off.")
    send: DrySend | LiveSend
    if tryout.kind is EffectKind.READ:
        send = LiveSend(contact.sender.send, ends_at)
    else:
        may_look = reads and registry.is_built_in(tryout.ref.partition(".")[0])
        send = DrySend(contact.sender.send, may_look, ends_at)
    recording = Recording(send, contact.secrets)
    began = steady()
    outputs, error = _call(tryout, recording)
    ms = round((steady() - began) * 1000)
    told = [_with_key(exchange, tryout.key) for exchange in recording.exchanges]
    if isinstance(send, DrySend) and send.kept:
        return Tried(
            registry.sample_outputs(tryout.action),
            sampled=True,
            requests=tuple(each for each in told if each["error"] == NOT_SENT),
            exchanges=tuple(each for each in told if each["error"] != NOT_SENT),
            ms=ms,
        )
    note = "It found that nothing needs to be changed." if tryout.kind is not EffectKind.READ else ""
    return Tried(outputs, error, exchanges=tuple(told), ms=ms, note=note if error is None else "")


def _call(tryout: Tryout, send: Send) -> tuple[Mapping[str, Any] | None, CallError | None]:
    account = tryout.contact.account
    if account is None:
        raise RuntimeError("A contact with a refusal is never called.")
    context = CallContext(
        inputs=tryout.inputs,
        account=account,
        send=send,
        key=tryout.key,
        event_time=tryout.event_time,
        deadline=tryout.seconds,
    )
    try:
        return _storable(tryout.action.call(context)), None
    except Captured:
        return None, None
    except OutOfTimeError:
        raise
    except CallError as failure:
        return None, failure
    except TransportError as failure:
        return None, from_transport(failure)
    except Exception as failure:  # A connector's mistake is shown at its step.
        log.exception("test.connector_failed", action=tryout.ref)
        return None, Permanent(
            f"The call could not be prepared ({type(failure).__name__}).",
            code="connector_failed",
            remedy="Check the step's fields; the log of the web process has the details.",
        )


def _with_key(exchange: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {**exchange, "key": key}


def _storable(outputs: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        safe_json.check(outputs)
    except UnsafeJSONError:
        cleaned: Mapping[str, Any] = clean(outputs)
        return cleaned
    return outputs


def now() -> datetime:
    """Return the moment of an answer."""
    return datetime.now(UTC)
