"""Posts numbered, signed Stripe events over loopback: one process, one thread, keep-alive sockets.

    python -m tests.bench.driver PORT PATH SECRET COUNTER

Each line of standard input is an order in JSON, answered by a line of JSON:
`{"first", "total", "seconds", "callers", "rate", "ahead", "out"}`. Numbers count
from `first`. It ends behind `total` events or `seconds`, whichever is given and
first. With a `rate` the events go out at that pace, and a time counts from when
the event was due. With `ahead` no more than so many events are posted beyond
what the sink has counted in the file COUNTER. `out` becomes a file of doubles:
number, when it was posted (monotonic), seconds until the answer; these are
negative where it was refused.
"""

import hmac
import json
import mmap
import select
import socket
import struct
import sys
import time
from array import array
from contextlib import suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "apps/catalog/connectors/stripe/samples/invoice-payment-failed.json"
BODY_BYTES = 4096
CONNECT_SECONDS = 10.0
IDLE_SECONDS = 0.001
ANSWER_SECONDS = 60.0


class Events:
    """Makes requests: the sample with an id, an e-mail and a time of its own, 4 KB long, and signed."""

    def __init__(self, path: str, secret: str) -> None:
        sample = json.loads(SAMPLE.read_text())
        invoice = {**sample["data"]["object"], "customer_email": "person#########@example.com", "footer": ""}
        event = {**sample, "id": "evt_bench#########", "created": 1_111_111_111, "data": {"object": invoice}}
        short = BODY_BYTES - len(json.dumps(event))
        if short < 0:
            raise SystemExit("The sample is longer than 4 KB.")
        invoice["footer"] = "x" * short
        body = json.dumps(event).encode()
        self._before, rest = body.split(b"#########", 1)
        # The event's own time stands before the invoice with its e-mail.
        self._between = rest.replace(b"1111111111", b"#########", 1).split(b"#########")
        head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        self._head = f"{head}Content-Length: {BODY_BYTES}\r\nStripe-Signature: t=".encode()
        self._secret = secret.encode()

    def request(self, number: int) -> bytes:
        """Return the bytes of the request with this event."""
        digits, stamp = b"%09d" % number, b"%d" % time.time()
        one, two, three = self._between
        body = b"".join((self._before, digits, one, stamp, two, digits, three))
        signature = hmac.digest(self._secret, stamp + b"." + body, "sha256").hex().encode()
        return b"".join((self._head, stamp, b",v1=", signature, b"\r\n\r\n", body))


class Caller:
    """One socket and the event that is under way on it."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.number = 0
        self.posted_at = self.counts_from = 0.0
        self.request = b""
        self.received = b""
        self.used = False
        self.open()

    def open(self) -> None:
        """Connect anew."""
        self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=CONNECT_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.used = False

    def post(self, number: int, request: bytes, *, due: float | None) -> None:
        """Send the request; what it takes counts from when it was due, or from now."""
        self.number, self.request, self.received = number, request, b""
        self.posted_at = time.monotonic()
        self.counts_from = due if due is not None else self.posted_at
        with suppress(OSError):  # A closed socket is read next, like any that the server has closed.
            self.socket.sendall(request)

    def status(self) -> int | None:
        """Read what has come: the status of a complete answer, 0 where there is none to come."""
        try:
            got = self.socket.recv(65536)
        except OSError:
            got = b""
        if not got:
            return 0
        self.received += got
        head, found, body = self.received.partition(b"\r\n\r\n")
        if not found:
            return None
        lower = head.lower()
        at = lower.find(b"content-length:")
        if at >= 0 and len(body) < int(lower[at + 15 :].split(b"\r\n", 1)[0]):
            return None
        self.used = b"connection: close" not in lower
        return int(head[9:12])


class Driver:
    """Carries out orders."""

    def __init__(self, port: int, path: str, secret: str, counter: str) -> None:
        self.port = port
        self.events = Events(path, secret)
        with Path(counter).open("r+b") as file:
            self.counter = mmap.mmap(file.fileno(), 8)

    def counted(self) -> int:
        """Return how many effects the sink has counted."""
        count: int = struct.unpack_from("<Q", self.counter)[0]
        return count

    def carry_out(self, order: dict[str, Any]) -> dict[str, Any]:
        """Post what the order says; return what came of it."""
        load = Load(self, order)
        cpu, begun = time.process_time(), time.monotonic()
        load.run()
        taken = time.process_time() - cpu
        with Path(order["out"]).open("wb") as file:
            load.rows.tofile(file)
        return {
            "posted": load.posted,
            "refused": load.refused,
            "begun": begun,
            "seconds": time.monotonic() - begun,
            "cpu": taken,
        }


class Load:
    """One order while it is carried out."""

    def __init__(self, driver: Driver, order: dict[str, Any]) -> None:
        self.driver = driver
        self.first = int(order["first"])
        self.total = order.get("total") or 10**9
        self.seconds = order.get("seconds")
        self.rate = order.get("rate")
        self.ahead = order.get("ahead")
        self.posted = self.refused = 0
        self.rows = array("d")
        self.callers: dict[int, Caller] = {}
        self.poll = select.epoll()
        self.idle = [Caller(driver.port) for _ in range(order["callers"])]

    def run(self) -> None:
        """Post until there is no more to post and everything is answered."""
        begun = time.monotonic()
        counted_before = self.driver.counted()
        busy = 0
        while True:
            now = time.monotonic()
            over = self.posted >= self.total or (self.seconds is not None and now - begun >= self.seconds)
            if over and not busy:
                break
            wait = ANSWER_SECONDS
            while not over and self.idle and self.posted < self.total:
                due = begun + self.posted / self.rate if self.rate else None
                if due is not None and due > (now := time.monotonic()):
                    wait = due - now
                    break
                if self.ahead and self.posted - (self.driver.counted() - counted_before) >= self.ahead:
                    wait = IDLE_SECONDS
                    break
                self._post(self.idle.pop(), due)
                busy += 1
            ready = self.poll.poll(wait)
            if not ready and busy and wait == ANSWER_SECONDS:
                raise SystemExit("The web process gave no answer for a minute.")
            for descriptor, _ in ready:
                busy -= self._hear(self.callers[descriptor])
        for caller in self.idle:
            caller.socket.close()

    def _post(self, caller: Caller, due: float | None) -> None:
        number = self.first + self.posted
        self.posted += 1
        caller.post(number, self.driver.events.request(number), due=due)
        self._watch(caller)

    def _watch(self, caller: Caller) -> None:
        descriptor = caller.socket.fileno()
        self.callers[descriptor] = caller
        self.poll.register(descriptor, select.EPOLLIN)

    def _hear(self, caller: Caller) -> int:
        """Take in what has come; return how many events are answered by it."""
        was_used = caller.used
        status = caller.status()
        if status is None:
            return 0
        now = time.monotonic()
        descriptor = caller.socket.fileno()
        self.poll.unregister(descriptor)
        del self.callers[descriptor]
        if status == 0 or not caller.used:
            caller.socket.close()
            caller.open()
            if status == 0 and was_used and not caller.received:
                # The server had closed an idle socket before the request came.
                caller.post(caller.number, caller.request, due=caller.counts_from)
                self._watch(caller)
                return 0
        took = now - caller.counts_from
        if status != 200:
            self.refused += 1
            took = -took
        self.rows.extend((caller.number, caller.posted_at, took))
        self.idle.append(caller)
        return 1


def main() -> None:
    """Carry out orders until standard input closes."""
    port, path, secret, counter = sys.argv[1:]
    driver = Driver(int(port), path, secret, counter)
    for line in sys.stdin:
        sys.stdout.write(json.dumps(driver.carry_out(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
