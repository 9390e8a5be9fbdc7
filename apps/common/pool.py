"""Connections that are kept for the next call to the same place.

A connection belongs to one scheme, host and port, and to the set of exceptions
under which its address was checked: it is never used for another. One that the
server may have closed is not used again; a request that is lost on it would
leave it unknown whether it was read.
"""

import select
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable

from apps.common.answer import AnswerLost, disconnected
from apps.common.http_request import Origin
from apps.common.wire import Call, ConnectFailed, connect_failure, open_socket

KEEPALIVE_SECONDS = 4.0
"""Many servers close an idle connection after five seconds; it is given up before that."""

READ_BYTES = 65_536

Place = tuple[str, str, int]


class Link:
    """One connection; its reads and writes end with the call in hand, however the bytes drip."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.used = False
        self.idle_since = 0.0
        self._poll = select.poll()
        self._poll.register(sock, select.POLLIN)

    def send(self, data: bytes, call: Call) -> None:
        """Write all of the data, as far as the server takes it.

        Raises `ConnectFailed` when the connection is gone and the kernel has taken
        no byte of this call, `AnswerLost` when the time is over.
        """
        view = memoryview(data)
        while view:
            self.sock.settimeout(_bounded(call))
            try:
                count = self.sock.send(view)
            except TimeoutError:
                raise late(call) from None
            except OSError:
                if call.sent:
                    return  # It may have answered before it hung up: a refusal of what is too large.
                code = "connection_closed" if self.used else "connection_failed"
                raise ConnectFailed(f"{call.host} closed the connection at once.", code=code) from None
            call.sent += count
            view = view[count:]

    def receive(self, call: Call) -> bytes:
        """Return what arrives next, or nothing at the end of the stream."""
        self.sock.settimeout(_bounded(call))
        try:
            return self.sock.recv(READ_BYTES)
        except TimeoutError:
            raise late(call) from None
        except OSError:
            raise disconnected(call) from None  # A reset is not the end of an answer without a length.

    def has_expired(self) -> bool:
        """Tell whether it must not be used again: idle for long, or with something to read, its end."""
        return time.monotonic() - self.idle_since > KEEPALIVE_SECONDS or bool(self._poll.poll(0))

    def close(self) -> None:
        """Close the socket."""
        self.sock.close()


class Pool:
    """The connections under one set of exceptions. At most `limit` calls are made at a time."""

    def __init__(self, allow: frozenset[str], *, limit: int, tls: Callable[[], ssl.SSLContext]) -> None:
        self._allow = allow
        self._limit = limit
        self._tls = tls
        self._room = threading.BoundedSemaphore(limit)
        self._lock = threading.Lock()
        self._idle: dict[Place, deque[Link]] = {}
        self._kept = 0

    @property
    def connections(self) -> list[Link]:
        """Return those that no call is using."""
        with self._lock:
            return [link for links in self._idle.values() for link in links]

    def enter(self, call: Call) -> None:
        """Wait for room for one more call. Raises `ConnectFailed`."""
        if not self._room.acquire(blocking=False) and not self._room.acquire(
            timeout=max(call.remaining(), 0.001)
        ):
            raise ConnectFailed(f"No connection to {call.host} was free in time.", code="pool_timeout")

    def leave(self) -> None:
        """Give the room back."""
        self._room.release()

    def take(self, origin: Origin, call: Call) -> Link:
        """Return a kept connection, the one used last, or a new one to a checked address."""
        place = (origin.scheme, origin.host, origin.port)
        while (link := self._pop(place)) is not None:
            if not link.has_expired():
                return link
            link.close()
        return self._open(origin, call)

    def keep(self, origin: Origin, link: Link) -> None:
        """Keep a connection whose answer has been read whole."""
        link.used, link.idle_since = True, time.monotonic()
        place = (origin.scheme, origin.host, origin.port)
        dropped: list[Link] = []
        with self._lock:
            self._idle.setdefault(place, deque()).append(link)
            self._kept += 1
            if self._kept > self._limit:
                dropped = self._drop_oldest()
        for each in dropped:
            each.close()

    def close(self) -> None:
        """Close every connection that no call is using."""
        with self._lock:
            links = [link for links in self._idle.values() for link in links]
            self._idle.clear()
            self._kept = 0
        for link in links:
            link.close()

    def _pop(self, place: Place) -> Link | None:
        with self._lock:
            links = self._idle.get(place)
            if not links:
                return None
            self._kept -= 1
            link = links.pop()
            if not links:
                del self._idle[place]
            return link

    def _drop_oldest(self) -> list[Link]:
        """Take out the connection that has been idle for longest."""
        place = min(self._idle, key=lambda each: self._idle[each][0].idle_since)
        link = self._idle[place].popleft()
        if not self._idle[place]:
            del self._idle[place]
        self._kept -= 1
        return [link]

    def _open(self, origin: Origin, call: Call) -> Link:
        sock = open_socket(origin.host, origin.port, call=call, allow=self._allow)
        if origin.scheme == "https":
            try:
                sock.settimeout(max(call.remaining(), 0.001))
                sock = self._tls().wrap_socket(sock, server_hostname=origin.host)
            except OSError as error:
                sock.close()
                raise connect_failure(error, call) from None
        return Link(sock)


def late(call: Call) -> ConnectFailed | AnswerLost:
    """Return the error of a call whose time is over."""
    if not call.sent:
        return ConnectFailed(f"{call.host} could not be connected to in time.", code="connect_timeout")
    return AnswerLost(f"{call.host} did not answer in time.", code="timeout")


def _bounded(call: Call) -> float:
    """Return the seconds left; raises where there are none."""
    seconds = call.remaining()
    if seconds <= 0:
        raise late(call)
    return seconds
