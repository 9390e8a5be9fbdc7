"""Stripe and Customer.io for one test run, in a process of its own on loopback.

    python -m tests.e2e.standin

Reads the accounts' keys as one JSON line from standard input, prints the two
ports as one JSON line, then serves until its standard input closes. Written from
the providers' documentation and sharing nothing with the product's sandboxes.

Control, at either port: `GET /_seen` answers every request so far; `POST
/_refuse` with `{"person": …, "status": …}` makes Customer.io refuse the next
call about that person, repeating the caller's own credentials in its answer as
a careless provider might.
"""

import base64
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

Answer = tuple[int, dict[str, Any]]


class Seen:
    """Every request so far, and what shall be refused."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.refusals: dict[str, int] = {}
        self.lock = threading.Lock()


class Handler(BaseHTTPRequestHandler):
    """What both providers share: keep the request, answer JSON."""

    protocol_version = "HTTP/1.1"
    keys: dict[str, str]
    seen: Seen
    service = ""

    def _serve(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        parts = urlsplit(self.path)
        if parts.path == "/_seen":
            return self._send(200, {"requests": self.seen.requests})
        if parts.path == "/_refuse":
            order = json.loads(raw)
            self.seen.refusals[order["person"]] = order["status"]
            return self._send(200, {})
        with self.seen.lock:
            self.seen.requests.append(
                {
                    "service": self.service,
                    "method": self.command,
                    "path": parts.path,
                    "query": parts.query,
                    "authorization": self.headers.get("Authorization", ""),
                    "version": self.headers.get("Stripe-Version", ""),
                    "body": raw,
                }
            )
            status, body = self.answer(parts.path, raw)
        return self._send(status, body)

    do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 - http.server's names.

    def answer(self, path: str, raw: str) -> Answer:
        """Answer one request."""
        raise AssertionError(path)

    def _send(self, status: int, body: dict[str, Any]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        """Stay quiet."""


class Stripe(Handler):
    """The part of https://docs.stripe.com/api that the product uses."""

    service = "stripe"
    endpoints: dict[str, dict[str, Any]] = {}  # noqa: RUF012 - one Stripe per process.
    answered: dict[str, Answer] = {}  # noqa: RUF012

    def answer(self, path: str, raw: str) -> Answer:
        """Answer as Stripe does: 401 for another key, the same answer for the same idempotency key."""
        if self.headers.get("Authorization") != f"Bearer {self.keys['stripe_key']}":
            return 401, {"error": {"type": "invalid_request_error", "message": "Invalid API Key provided"}}
        key = self.headers.get("Idempotency-Key") if self.command == "POST" else None
        if key in self.answered:
            return self.answered[key]
        answer = self._object(path.strip("/").split("/")[1:], dict(parse_qsl(raw)))
        if key:
            self.answered[key] = answer
        return answer

    def _object(self, path: list[str], form: dict[str, str]) -> Answer:
        if path == ["balance"]:
            return 200, {"object": "balance", "livemode": False, "available": []}
        if path[:1] == ["webhook_endpoints"]:
            return self._endpoint(path[1:], form)
        if path[:1] == ["customers"]:
            found = {
                "id": path[1],
                "object": "customer",
                "email": f"{path[1]}@example.com",
                "name": "Ann Lee",
            }
            return 200, found
        return 404, {"error": {"type": "invalid_request_error", "message": f"Unrecognized URL {path}"}}

    def _endpoint(self, path: list[str], form: dict[str, str]) -> Answer:
        if not path and self.command == "GET":
            listed = [{k: v for k, v in each.items() if k != "secret"} for each in self.endpoints.values()]
            return 200, {"object": "list", "data": listed[::-1], "has_more": False}
        if not path:
            return 200, self._created(form)
        known = self.endpoints.get(path[0])
        if known is None:
            return 404, {
                "error": {"type": "invalid_request_error", "code": "resource_missing", "message": ""}
            }
        if self.command == "DELETE":
            del self.endpoints[path[0]]
            return 200, {"id": path[0], "object": "webhook_endpoint", "deleted": True}
        if self.command == "POST":
            known.update(_endpoint_fields(form))
        return 200, {name: value for name, value in known.items() if name != "secret"}

    def _created(self, form: dict[str, str]) -> dict[str, Any]:
        made = {
            "id": f"we_standin{len(self.answered):04d}",
            "object": "webhook_endpoint",
            "status": "enabled",
            "livemode": False,
            "secret": self.keys["signing_secret"],
            "api_version": form.get("api_version"),
            "metadata": {name[9:-1]: value for name, value in form.items() if name.startswith("metadata[")},
            **_endpoint_fields(form),
        }
        self.endpoints[made["id"]] = made
        return made


class CustomerIO(Handler):
    """The part of Customer.io's Track and App APIs that the product uses."""

    service = "customerio"

    def answer(self, path: str, raw: str) -> Answer:
        """Answer as Customer.io does: Basic for Track, Bearer for the App API."""
        basic = base64.b64encode(f"{self.keys['site_id']}:{self.keys['track_key']}".encode()).decode()
        track = path.startswith("/api/v1/")
        expected = f"Basic {basic}" if track else f"Bearer {self.keys['app_key']}"
        if self.headers.get("Authorization") != expected:
            return 401, {"meta": {"error": "unauthorized"}}
        if path == "/api/v1/accounts/region":
            return 200, {"region": "us", "data_center": "us", "environment_id": 4711}
        if path.startswith("/api/v1/customers/"):
            return self._person(unquote(path.split("/")[4]))
        return self._app(path)

    def _person(self, person: str) -> Answer:
        status = self.seen.refusals.pop(person, 200)
        if status == 200:
            return 200, {}
        told = f"You sent {self.headers['Authorization']} with key {self.keys['track_key']}."
        return status, {"meta": {"errors": [told]}}

    def _app(self, path: str) -> Answer:
        if path == "/v1/workspaces":
            return 200, {"workspaces": [{"id": 4711, "name": "Stand-in"}]}
        if path == "/v1/transactional":
            return 200, {"messages": []}
        if path == "/v1/send/email":
            return 200, {"delivery_id": "dlv_standin", "queued_at": 1_780_000_000}
        return 404, {"meta": {"error": "not found"}}


def _endpoint_fields(form: dict[str, str]) -> dict[str, Any]:
    fields: dict[str, Any] = {name: form[name] for name in ("url", "description") if name in form}
    events = [value for name, value in sorted(form.items()) if name.startswith("enabled_events[")]
    return {**fields, "enabled_events": events} if events else fields


def _main() -> None:
    keys, seen = json.loads(sys.stdin.readline()), Seen()
    ports = {}
    for handler in (Stripe, CustomerIO):
        handler.keys, handler.seen = keys, seen
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        ports[handler.service] = server.server_port
    sys.stdout.write(json.dumps(ports) + "\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    _main()
