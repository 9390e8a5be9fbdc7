"""Sockets under the HTTP pool: guarded, bounded by the call's deadline, and counting what was sent.

The pool calls back in the thread of the call, so the call in hand is the
thread's own state.
"""

import select
import socket
import ssl
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import httpcore

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
    """One call: its last moment on the monotonic clock, the bytes it sent, and whether the server hung up."""

    host: str
    ends_at: float
    sent: int = 0
    ended: bool = False

    def remaining(self) -> float:
        """Return the seconds that are left."""
        return self.ends_at - time.monotonic()


class _Current(threading.local):
    """The call that this thread is making."""

    call: Call | None = None


current = _Current()


def _in_hand() -> Call:
    call = current.call
    if call is None:
        raise RuntimeError("The pool was used outside of a call.")
    return call


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


class GuardedBackend(httpcore.NetworkBackend):
    """Opens connections to checked addresses only; Host and TLS keep the name."""

    def __init__(self, allow: frozenset[str]) -> None:
        self.allow = allow

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Resolve, check, and connect to the first checked address that answers.

        Raises `AddressRefused` or `ConnectFailed`.
        """
        return Stream(open_socket(host, port, call=_in_hand(), allow=self.allow))


class Stream(httpcore.NetworkStream):
    """A connection whose reads and writes end with the call in hand, however the bytes drip."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._last_call: Call | None = None

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return what arrives next, or nothing at the end of the stream."""
        call = _in_hand()
        self._sock.settimeout(_bounded(call, httpcore.ReadTimeout))
        try:
            data = self._sock.recv(max_bytes)
        except TimeoutError:
            raise httpcore.ReadTimeout from None
        except OSError:
            raise httpcore.ReadError from None
        call.ended = not data
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write all of the buffer.

        Raises `ConnectFailed` when the connection is gone and the kernel has
        taken no byte of this call.
        """
        call = _in_hand()
        reused = self._last_call is not None and self._last_call is not call
        view = memoryview(buffer)
        while view:
            self._sock.settimeout(_bounded(call, httpcore.WriteTimeout))
            try:
                count = self._sock.send(view)
            except TimeoutError:
                raise httpcore.WriteTimeout from None
            except OSError:
                if call.sent:
                    raise httpcore.WriteError from None
                code = "connection_closed" if reused else "connection_failed"
                raise ConnectFailed(f"{call.host} closed the connection at once.", code=code) from None
            call.sent += count
            view = view[count:]
        self._last_call = call

    def close(self) -> None:
        """Close the socket."""
        self._sock.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """Return the connection under TLS, verified for the name."""
        call = _in_hand()
        try:
            self._sock.settimeout(_bounded(call, httpcore.ConnectTimeout))
            return Stream(ssl_context.wrap_socket(self._sock, server_hostname=server_hostname))
        except OSError as error:
            self._sock.close()
            raise connect_failure(error, call) from None

    def get_extra_info(self, info: str) -> Any:
        """Tell the pool whether an idle connection has something to read, which is its end."""
        return _is_readable(self._sock) if info == "is_readable" else None


def _bounded(call: Call, late: type[httpcore.TimeoutException]) -> float:
    """Return the seconds left; raise `late` when there are none."""
    seconds = call.remaining()
    if seconds <= 0:
        raise late
    return seconds


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


def _is_readable(sock: socket.socket) -> bool:
    if sock.fileno() < 0:
        return True
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))
