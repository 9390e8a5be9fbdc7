"""Calls of a dry replay: their requests are built, and answered by what was recorded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog

from apps.catalog.errors import CallError
from apps.catalog.spec import Action, CallContext
from apps.catalog.transport import Captured, Request, Response, TransportError
from apps.connections.exchanges import masked_request
from apps.connections.senders import Recording
from apps.runs.calling import Contact
from apps.workflows.engine.effects import Call

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class FromRecord:
    """A `Send` that answers a request as the old run's log says; one that it does not know ends the call."""

    exchanges: list[Mapping[str, Any]]
    secrets: tuple[str, ...] = field(repr=False)

    def __call__(self, request: Request, *, deadline: float) -> Response:
        """Answer from the record; raises `Captured` where there is nothing."""
        asked = masked_request(request, self.secrets)
        for index, each in enumerate(self.exchanges):
            status = each.get("status")
            same = (each.get("method"), each.get("url")) == (asked["method"], asked["url"])
            if same and isinstance(status, int) and 200 <= status < 300:
                del self.exchanges[: index + 1]
                headers = {str(name).lower(): str(value) for name, value in _headers(each).items()}
                return Response(status, headers, str(each.get("response_body", "")).encode())
        raise Captured(request)


@dataclass(frozen=True, slots=True)
class Built:
    """The requests that a call would send, masked. With an `error` it would fail before the first."""

    requests: tuple[Mapping[str, Any], ...] = ()
    error: CallError | None = None
    note: str = ""


def build(
    call: Call,
    action: Action,
    contact: Contact | None,
    *,
    event_time: int,
    exchanges: Sequence[Mapping[str, Any]],
    secrets: tuple[str, ...],
) -> Built:
    """Return what the call would send. Nothing leaves this process."""
    if contact is None or contact.account is None:
        why = contact.refusal.message if contact is not None and contact.refusal else "It is not there."
        return Built(note=f"Its request can't be built without its connection. {why}")
    hidden = (*contact.secrets, *secrets)
    recording = Recording(FromRecord(list(exchanges), hidden), hidden)
    context = CallContext(
        inputs=call.inputs,
        account=contact.account,
        send=recording,
        key=call.key,
        event_time=event_time,
        deadline=call.deadline,
    )
    error: CallError | None = None
    try:
        action.call(context)
    except Captured:
        pass
    except CallError as failure:
        error = failure
    except TransportError:
        pass
    except Exception:  # What a connector makes of a masked answer says nothing about the request.
        log.warning("replay.answer_not_read", action=call.action, exc_info=True)
    requests = tuple({**each, "error": ""} for each in recording.exchanges)
    return Built(requests, error if not requests else None)


def _headers(exchange: Mapping[str, Any]) -> Mapping[str, Any]:
    given = exchange.get("response_headers")
    return given if isinstance(given, Mapping) else {}
