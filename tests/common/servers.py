"""Loopback servers that answer exactly what a test scripts, byte by byte."""

import contextlib
import itertools
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

Answer = Callable[[socket.socket, bytes], object]


@dataclass
class Server:
    """A listening socket, what it read, and how many connections it accepted."""

    port: int
    connections: int = 0
    requests: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        """An address with something in it that no message may repeat."""
        return f"http://127.0.0.1:{self.port}/v1/things?email=ada%40example.com"

    @property
    def allow(self) -> frozenset[str]:
        """The exception that lets the sender call this server."""
        return frozenset({f"127.0.0.1:{self.port}"})


@contextlib.contextmanager
def serving(
    *answers: Answer, wrap: Callable[[socket.socket], socket.socket] | None = None
) -> Iterator[Server]:
    """Serve on loopback: the n-th request gets the n-th answer, those beyond get the last.

    An answer is called with the connection and the request; it writes what it
    likes and may close the connection.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    server = Server(listener.getsockname()[1])
    threads: list[threading.Thread] = []
    sockets: list[socket.socket] = []

    def serve(connection: socket.socket) -> None:
        with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            stack.callback(connection.close)
            connection.settimeout(5)
            if wrap:
                connection = stack.enter_context(wrap(connection))
                sockets.append(connection)
            while request := read_request(connection):
                server.requests.append(request)
                answers[min(len(server.requests), len(answers)) - 1](connection, request)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                server.connections += 1
                sockets.append(connection)
                threads.append(threading.Thread(target=serve, args=(connection,)))
                threads[-1].start()

    acceptor = threading.Thread(target=accept)
    acceptor.start()
    try:
        yield server
    finally:
        # Whoever waits on one of these wakes up.
        for open_socket in (listener, *sockets):
            with contextlib.suppress(OSError):
                open_socket.shutdown(socket.SHUT_RDWR)
        listener.close()
        acceptor.join()
        for thread in threads:
            thread.join()


def read_request(connection: socket.socket) -> bytes:
    """Read one request with its body; nothing at the end of the connection."""
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = connection.recv(65536)
        if not chunk:
            return b""
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            while len(body) < int(value):
                body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def reply(body: bytes = b"{}", *, status: str = "200 OK", headers: str = "") -> Answer:
    """Answer with a whole response and keep the connection."""
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode()
    return lambda connection, request: connection.sendall(head + body)


def raw(data: bytes) -> Answer:
    """Write these bytes and close."""

    def answer(connection: socket.socket, request: bytes) -> None:
        connection.sendall(data)
        connection.close()

    return answer


def reset(connection: socket.socket, request: bytes) -> None:
    """Reset the connection without an answer."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def silence(connection: socket.socket, request: bytes) -> None:
    """Say nothing until the other side gives up."""
    connection.recv(1)


def drip(data: bytes) -> Answer:
    """Write one byte after the other, repeating the last, until the other side gives up."""

    def answer(connection: socket.socket, request: bytes) -> None:
        pause = threading.Event()
        for position in itertools.count():
            connection.sendall(data[position : position + 1] or data[-1:])
            pause.wait(0.002)

    return answer
