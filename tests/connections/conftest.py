"""What the tests of connections share: an actor, and a provider that they steer."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from apps.catalog.connectors.stripe.sandbox import handle
from apps.catalog.transport import Request, Response
from apps.connections import senders
from apps.workspaces.access import Actor

PUBLIC_URL = "https://tandem.example.com"
STRIPE_KEY = "sk_test_canaryCanaryCanary0042"
KEY_OF_STAND_IN = "sk_test_sandbox"


@pytest.fixture
def actor() -> Actor:
    return Actor.system("test")


@pytest.fixture
def public_url(settings: Any) -> str:
    settings.PUBLIC_URL = PUBLIC_URL
    return PUBLIC_URL


class Network:
    """Takes the place of the network at the `Send` seam: `answer` decides, `requests` remembers."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.answer: Callable[[Request], Response] = lambda request: Response(200, {}, b"{}")

    def __call__(self, request: Request, *, deadline: float) -> Response:
        """Answer as the test says."""
        self.requests.append(request)
        return self.answer(request)


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Network:
    network = Network()
    monkeypatch.setattr(senders, "live_send", network)
    return network


def json_response(status: int, body: Any) -> Response:
    return Response(status, {"content-type": "application/json"}, json.dumps(body).encode())


class StandIn:
    """A Stripe on loopback, with the connector's own sandbox behind it."""

    def __init__(self) -> None:
        self.state: dict[str, Any] = {}
        self.calls: list[str] = []
        self._lock = threading.Lock()
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                request = Request(
                    self.command, f"https://api.stripe.com{self.path}", dict(self.headers), body
                )
                response = stand_in.handle(request)
                self.send_response(response.status)
                for name, value in response.headers.items():
                    if name != "content-length":
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(response.body)))
                self.end_headers()
                self.wfile.write(response.body)

            do_GET = do_POST = do_DELETE = _answer  # noqa: N815 - http.server's names.

            def log_message(self, *args: Any) -> None:
                """Stay quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        self._thread.start()

    def handle(self, request: Request) -> Response:
        """Answer one request; one at a time."""
        with self._lock:
            self.calls.append(
                f"{request.method} {request.url.partition('api.stripe.com')[2].partition('?')[0]}"
            )
            response, self.state = handle(request, self.state, 1_770_000_000.0)
        return response

    @property
    def address(self) -> str:
        """Return host and port, as EGRESS_ALLOW lists them."""
        return f"127.0.0.1:{self._server.server_port}"

    @property
    def url(self) -> str:
        """Return the base address."""
        return f"http://{self.address}"

    @property
    def endpoints(self) -> list[dict[str, Any]]:
        """Return the webhook endpoints that stand there."""
        return list(self.state.get("objects", {}).get("webhook_endpoints", {}).values())

    def close(self) -> None:
        """Stop listening; calls are refused from then on."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def stand_in(settings: Any) -> Iterator[StandIn]:
    server = StandIn()
    settings.EGRESS_ALLOW = [server.address]
    yield server
    server.close()
