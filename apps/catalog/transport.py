"""The seam between connectors and the network.

A connector builds a `Request`, hands it to the `Send` that it was given and
reads the `Response`. It never imports a sender, so the same code runs live,
in the sandbox, in a dry run and in tests.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, complete as it goes on the wire.

    `url` is absolute and already percent-encoded. Header names keep the case
    in which they are sent.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    body: bytes = b""

    def __repr__(self) -> str:
        return f"<Request {self.method}>"  # Addresses and headers may carry secrets.


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP answer, read whole. Header names are lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    body: bytes = b""

    def __repr__(self) -> str:
        return f"<Response {self.status}>"


class Send(Protocol):
    """Send one request and return the whole answer.

    `deadline` is the number of seconds that the call may take in all. Any
    status is returned, never raised. Raises `NotSent`, `NoAnswer` or, in a dry
    run, `Captured`.
    """

    def __call__(self, request: Request, *, deadline: float) -> Response:
        """Send the request; return the answer."""
        ...


class TransportError(Exception):
    """A request that got no answer. `reason` is safe to show."""

    def __init__(self, reason: str, *, code: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code


class NotSent(TransportError):  # noqa: N818 - says what is known, not that something is wrong.
    """The request surely did not reach the provider (DNS, refused, TLS, no connection)."""


class EgressRefused(NotSent):
    """The address is not one that this installation may call; repeating can't help."""


class NoAnswer(TransportError):  # noqa: N818
    """The request may have been processed: it was sent, wholly or in part, and no whole answer came."""


class Captured(Exception):  # noqa: N818 - not an error: it ends a dry run's call.
    """Raised by the recorder instead of sending; carries what would have been sent."""

    def __init__(self, request: Request) -> None:
        super().__init__("captured")
        self.request = request
