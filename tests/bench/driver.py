"""Posts signed Stripe events over loopback, paced or as fast as it is answered."""

import hashlib
import hmac
import http.client
import json
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.bench.system import ROOT, SIGNING_SECRET

SAMPLE = ROOT / "apps/catalog/connectors/stripe/samples/invoice-payment-failed.json"


@dataclass
class Sent:
    """What came of one load: acknowledgement times in seconds, and what was refused."""

    times: list[float] = field(default_factory=list)
    posted_at: dict[int, float] = field(default_factory=dict)
    refused: int = 0
    seconds: float = 0.0
    cpu: float = 0.0

    @property
    def rate(self) -> float:
        """Return the acknowledgements per second."""
        return len(self.times) / self.seconds if self.seconds else 0.0


class Driver:
    """Makes numbered events of one sample, each with an id and an e-mail of its own."""

    def __init__(self, port: int, path: str) -> None:
        self.port = port
        self.path = path
        self.sample: dict[str, Any] = json.loads(Path(SAMPLE).read_text())
        self.number = 0
        self.lock = threading.Lock()

    def post(self, total: int, *, callers: int, rate: float | None = None) -> Sent:
        """Post `total` events by `callers` threads, at `rate` per second if given."""
        sent, begun = Sent(), time.monotonic()
        process = time.process_time()
        left = [total]

        def call() -> None:
            link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            while True:
                with self.lock:
                    if not left[0]:
                        break
                    left[0] -= 1
                    turn = total - left[0] - 1
                if rate:
                    time.sleep(max(0.0, begun + turn / rate - time.monotonic()))
                link = self._one(link, sent)
            link.close()

        threads = [threading.Thread(target=call) for _ in range(callers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        sent.seconds = time.monotonic() - begun
        sent.cpu = time.process_time() - process
        return sent

    def _one(self, link: http.client.HTTPConnection, sent: Sent) -> http.client.HTTPConnection:
        number, body, headers = self._event()
        at, begun = time.time(), time.perf_counter()
        try:
            link.request("POST", self.path, body, headers)
            answer = link.getresponse()
            answer.read()
            status = answer.status
        except (http.client.HTTPException, OSError):
            link.close()
            link, status = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30), 0
        took = time.perf_counter() - begun
        with self.lock:
            if status == 200:
                sent.times.append(took)
                sent.posted_at[number] = at
            else:
                sent.refused += 1
        return link

    def _event(self) -> tuple[int, bytes, dict[str, str]]:
        with self.lock:
            self.number += 1
            number = self.number
        event_id = f"evt_bench{number:09d}"
        customer = {**self.sample["data"]["object"], "customer_email": f"person{number}@example.com"}
        payload = {**self.sample, "id": event_id, "data": {"object": customer}, "created": int(time.time())}
        body = json.dumps(payload).encode()
        stamp = str(int(time.time()))
        signature = hmac.new(SIGNING_SECRET.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
        return (
            number,
            body,
            {"Stripe-Signature": f"t={stamp},v1={signature}", "Content-Type": "application/json"},
        )
