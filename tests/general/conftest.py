"""The general apps together: a webhook's connection, a mail server and a web server, all on loopback."""

import hashlib
import hmac
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.common.http import close_pools
from apps.connections import registration, services
from apps.connections.models import Connection
from apps.runs.models import Run
from apps.runs.worker.drain import Drain
from apps.runs.worker.stopping import NeverStop
from apps.workflows import publishing
from apps.workflows import services as workflows
from apps.workflows.models import Workflow
from apps.workflows.versions import compiled
from apps.workspaces.access import Actor
from apps.workspaces.models import Workspace
from tests.factories import definition

ACTOR = Actor.system("test")
SECRET = "a secret of the tests"


@dataclass
class Asked:
    """One request that the web server got."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class WebServer:
    """A web server on loopback. `answer` makes status, headers and body of a request."""

    port: int
    answer: Callable[[Asked], tuple[int, dict[str, str], bytes]]
    asked: list[Asked] = field(default_factory=list)

    @property
    def address(self) -> str:
        """Host and port, as EGRESS_ALLOW lists them."""
        return f"127.0.0.1:{self.port}"


@pytest.fixture
def web_server() -> Iterator[WebServer]:
    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asked = Asked(self.command, self.path, dict(self.headers), body)
            server.asked.append(asked)
            status, headers, answer = server.answer(asked)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(answer)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 - http.server's names.

        def log_message(self, *args: Any) -> None:
            """Stay quiet."""

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server = WebServer(
        listening.server_port, lambda asked: (201, {"Content-Type": "application/json"}, b'{"id": "ord_1"}')
    )
    thread = threading.Thread(target=listening.serve_forever, daemon=True)
    thread.start()
    yield server
    close_pools()
    listening.shutdown()
    listening.server_close()
    thread.join()


def connect(workspace: Workspace, app: str, name: str, **values: str) -> Connection:
    made = services.create_connection(workspace, actor=ACTOR, app=app, name=name, values=values)
    return services.test_connection(made, actor=ACTOR)


@pytest.fixture
def hook(workspace: Workspace) -> Connection:
    return connect(workspace, "webhook", "Shop", verification="hmac", secret=SECRET, event_id_from="body.id")


def post(hook: Connection, body: bytes, headers: Mapping[str, str] | None = None) -> Any:
    """Send a signed request to the connection's address."""
    proof = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    address = f"/v1/webhooks/webhook/{registration.endpoint_of(hook).token}"
    return Client().post(
        address, data=body, content_type="application/json", headers={"X-Signature": proof, **(headers or {})}
    )


def live(hook: Connection, *steps: dict[str, Any]) -> Workflow:
    """Return a published workflow that the connection's requests start."""
    made = workflows.create_workflow(
        hook.workspace,
        actor=ACTOR,
        name="Order",
        definition=definition("webhook.trigger-catch", str(hook.code), steps),
    )
    publishing.publish(made, actor=ACTOR)
    made.refresh_from_db()
    return made


def step(action: str, connection: Connection, *, confirmed: bool = False, **inputs: Any) -> dict[str, Any]:
    """Return an action step; a text with braces is a template, an object is rows."""
    return {
        "id": action.rpartition(".")[2].replace("-", "_"),
        "kind": "action",
        "name": action,
        "action": action,
        "connection": str(connection.code),
        "inputs": {key: _mapping(value) for key, value in inputs.items()},
        "confirmed": confirmed,
    }


def _mapping(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return {"object": {key: _mapping(each) for key, each in value.items()}}
    return {"template": value} if isinstance(value, str) and "{{" in value else {"value": value}


def work() -> None:
    """Do what a worker would do now, also what waits for its time."""
    compiled.cache_clear()  # The ids of an earlier test's versions are given again.
    Run.objects.filter(status="waiting").update(due_at=timezone.now())
    Drain("test", stop=NeverStop(), threads=2).run_until_idle()
