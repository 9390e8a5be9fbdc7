"""A pretended Customer.io in a process of its own: answers every call and counts effects by key.

    python -m tests.bench.sink COUNTER

Prints its port, then serves 127.0.0.1 until its standard input closes. A key is
the id that a tracked event carries; a key that comes again is counted as
doubled. The number of keys so far stands in the file COUNTER, eight bytes that
the driver reads. Orders in JSON, one a line, each answered by a line: `{"delay":
seconds}` lets every answer take that long; `{"out": path}` writes, as doubles,
number and moment (monotonic) of each first effect since the last such order.
"""

import contextlib
import heapq
import json
import mmap
import os
import re
import select
import socket
import struct
import sys
import time
from array import array
from pathlib import Path

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
REGION = b'{"region": "us", "environment_id": 1, "url": "https://track.customer.io"}'
TOLD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (
    len(REGION),
    REGION,
)
KEY = re.compile(rb'"id"\s*:\s*"([0-9A-Z]{26})"')


class Sink:
    """Every key so far, and how long an answer takes."""

    def __init__(self, counter: str) -> None:
        with Path(counter).open("r+b") as file:
            self.counter = mmap.mmap(file.fileno(), 8)
        self.delay = 0.0
        self.keys: set[bytes] = set()
        self.doubled = 0
        self.rows = array("d")
        self.poll = select.epoll()
        self.listening = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.links: dict[int, socket.socket] = {}
        self.received: dict[int, bytes] = {}
        self.waiting: list[tuple[float, int]] = []

    def serve(self) -> None:
        """Answer until standard input closes."""
        self.poll.register(self.listening.fileno(), select.EPOLLIN)
        self.poll.register(sys.stdin.fileno(), select.EPOLLIN)
        while True:
            wait = max(0.0, self.waiting[0][0] - time.monotonic()) if self.waiting else None
            for descriptor, _ in self.poll.poll(wait):
                if descriptor == self.listening.fileno():
                    self._accept()
                elif descriptor == sys.stdin.fileno():
                    if not self._obey():
                        return
                else:
                    self._read(descriptor)
            now = time.monotonic()
            while self.waiting and self.waiting[0][0] <= now:
                self._answer(heapq.heappop(self.waiting)[1])

    def _accept(self) -> None:
        link, _ = self.listening.accept()
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.links[link.fileno()] = link
        self.received[link.fileno()] = b""
        self.poll.register(link.fileno(), select.EPOLLIN)

    def _obey(self) -> bool:
        lines = os.read(sys.stdin.fileno(), 65536)
        for line in lines.splitlines():
            order = json.loads(line)
            self.delay = order.get("delay", self.delay)
            if "out" in order:
                with Path(order["out"]).open("wb") as file:
                    self.rows.tofile(file)
                self.rows = array("d")
            sys.stdout.write(json.dumps({"effects": len(self.keys), "doubled": self.doubled}) + "\n")
            sys.stdout.flush()
        return bool(lines)

    def _read(self, descriptor: int) -> None:
        try:
            got = self.links[descriptor].recv(65536)
        except OSError:
            got = b""
        if not got:
            self._close(descriptor)
            return
        buffer = self.received[descriptor] + got
        head, found, body = buffer.partition(b"\r\n\r\n")
        if not found or len(body) < _length(head):
            self.received[descriptor] = buffer
            return
        self.received[descriptor] = b""
        if head.startswith(b"GET "):
            self._write(descriptor, TOLD)
            return
        self._count(head, body)
        if self.delay:
            heapq.heappush(self.waiting, (time.monotonic() + self.delay, descriptor))
        else:
            self._answer(descriptor)

    def _count(self, head: bytes, body: bytes) -> None:
        key = KEY.search(body)
        if key is None:
            return
        if key[1] in self.keys:
            self.doubled += 1
            return
        self.keys.add(key[1])
        at = head.index(b"person") + 6
        self.rows.extend((int(head[at : at + 9]), time.monotonic()))
        struct.pack_into("<Q", self.counter, 0, len(self.keys))

    def _answer(self, descriptor: int) -> None:
        self._write(descriptor, OK)

    def _write(self, descriptor: int, answer: bytes) -> None:
        link = self.links.get(descriptor)
        if link is not None:
            with contextlib.suppress(OSError):
                link.sendall(answer)

    def _close(self, descriptor: int) -> None:
        self.poll.unregister(descriptor)
        self.links.pop(descriptor).close()
        del self.received[descriptor]


def _length(head: bytes) -> int:
    lower = head.lower()
    at = lower.find(b"content-length:")
    return int(lower[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0


def main() -> None:
    """Print the port and serve."""
    sink = Sink(sys.argv[1])
    sys.stdout.write(f"{sink.listening.getsockname()[1]}\n")
    sys.stdout.flush()
    sink.serve()


if __name__ == "__main__":
    main()
