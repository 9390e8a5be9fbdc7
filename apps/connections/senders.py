"""How a connection's calls leave: over the network, or into its sandbox."""

from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings

from apps.catalog.transport import EgressRefused, NoAnswer, NotSent, Request, Response, Send
from apps.common import egress, http, smtp
from apps.connections.accounts import secrets_of
from apps.connections.exchanges import Exchange, Recording, masked_body
from apps.connections.models import Connection
from apps.connections.sandbox import SandboxSend

__all__ = ["Exchange", "Recording", "Sender", "live_send", "sender_for"]


@dataclass(frozen=True, slots=True)
class Sender:
    """A `Send` and whether it may run in a thread of a pool: a sandbox's uses the caller's database."""

    send: Send
    in_thread: bool


def live_send(request: Request, *, deadline: float) -> Response:
    """Send over the network, through the egress guard; a mail server's address is spoken to as one.

    Raises `EgressRefused`, `NotSent` (surely not sent) or `NoAnswer` (may have
    been acted on).
    """
    perform = smtp.perform if request.url.startswith(smtp.SCHEMES) else http.perform
    try:
        status, headers, body = perform(
            request.method,
            request.url,
            request.headers,
            request.body,
            deadline=deadline,
            allow=_allowed(tuple(settings.EGRESS_ALLOW)),
        )
    except http.AddressRefused as error:
        raise EgressRefused(error.reason, code=error.code) from None
    except http.ConnectFailed as error:
        raise NotSent(error.reason, code=error.code) from None
    except http.AnswerLost as error:
        raise NoAnswer(error.reason, code=error.code) from None
    return Response(status, headers, body)


@lru_cache(maxsize=8)
def _allowed(entries: tuple[str, ...]) -> frozenset[str]:
    return egress.parse_allow(entries)


@dataclass(frozen=True, slots=True)
class Discreet:
    """A `Send` that takes the account's own secrets out of an answer that refuses.

    Some providers repeat the key in their words, and what a provider says goes
    into errors, the run log and pages. An answer that succeeds stays as it is.
    """

    send: Send
    connection: Connection

    def __call__(self, request: Request, *, deadline: float) -> Response:
        """Send; mask a refusal."""
        response = self.send(request, deadline=deadline)
        if response.status < 300:
            return response
        body = masked_body(response.body, secrets_of(self.connection)).encode()
        return Response(response.status, response.headers, body)


def sender_for(connection: Connection) -> Sender:
    """Return what sends this connection's calls."""
    if connection.sandbox:
        return Sender(SandboxSend(connection), in_thread=False)
    return Sender(Discreet(live_send, connection), in_thread=True)
