"""Connecting a socket for a call: guarded, and bounded by the call's deadline."""

import socket
import ssl
import time
from dataclasses import dataclass

from apps.common.egress import ResolveFailed, check_host

MAX_ADDRESSES = 4  # Addresses of one name that are tried.


class ConnectFailed(Exception):  # noqa: N818 - read as a sentence where it is raised.
    """The request surely did not reach the other side.

    `code` is dns, refused, unreachable, tls, connect_timeout, pool_timeout,
    connection_closed or connection_failed. `reason` names the host and is safe
    to show.
    """

    def __init__(self, reason: str, *, code: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code


@dataclass(slots=True)
class Call:
    """One call: its last moment on the monotonic clock, and how many bytes of it the kernel has taken."""

    host: str
    ends_at: float
    sent: int = 0

    def remaining(self) -> float:
        """Return the seconds that are left."""
        return self.ends_at - time.monotonic()


def open_socket(host: str, port: int, *, call: Call, allow: frozenset[str]) -> socket.socket:
    """Resolve, check, and return a connection to the first checked address that answers.

    Raises `AddressRefused` or `ConnectFailed`.
    """
    try:
        target = check_host(host, port, allow=allow, timeout=call.remaining())
    except ResolveFailed as error:
        raise ConnectFailed(error.reason, code=error.code) from None
    ips = target.ips[:MAX_ADDRESSES]
    failure = ConnectFailed(f"{call.host} could not be connected to in time.", code="connect_timeout")
    for index, ip in enumerate(ips):
        seconds = call.remaining() / (len(ips) - index)
        if seconds <= 0:
            break
        try:
            # An address that never answers leaves time for the next one.
            return _connect(ip, port, seconds)
        except OSError as error:
            failure = connect_failure(error, call)
    raise failure


def _connect(ip: str, port: int, seconds: float) -> socket.socket:
    sock = socket.socket(socket.AF_INET6 if ":" in ip else socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.settimeout(seconds)
        sock.connect((ip, port))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException:
        sock.close()
        raise
    return sock


def connect_failure(error: OSError, call: Call) -> ConnectFailed:
    """Tell what failed before anything of a call was sent."""
    if isinstance(error, TimeoutError):
        return ConnectFailed(f"{call.host} could not be connected to in time.", code="connect_timeout")
    if isinstance(error, ssl.SSLCertVerificationError):
        return ConnectFailed(
            f"The certificate of {call.host} does not verify: {error.verify_message}.", code="tls"
        )
    if isinstance(error, ssl.SSLError):
        return ConnectFailed(f"{call.host} could not agree on TLS.", code="tls")
    if isinstance(error, ConnectionRefusedError):
        return ConnectFailed(f"{call.host} refused the connection.", code="refused")
    return ConnectFailed(f"{call.host} can't be reached from here.", code="unreachable")
