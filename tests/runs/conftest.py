"""A small world in which runs can be executed: two connections, a workflow, and a provider in the test's hand."""

import json
import threading
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from apps.catalog.transport import Request, Response
from apps.common import crypto
from apps.connections.models import Connection
from apps.connections.senders import Sender
from apps.runs import services
from apps.runs.models import Run
from apps.runs.worker.drain import Drain
from apps.runs.worker.stopping import NeverStop
from apps.webhooks.models import Delivery
from apps.workflows.models import Workflow
from apps.workspaces.models import Workspace
from tests.factories import (
    ConnectionFactory,
    DeliveryFactory,
    VersionFactory,
    WorkflowFactory,
    WorkspaceFactory,
    definition,
)

Answer = Response | Exception


@dataclass
class Provider:
    """A `Send` that answers from a script, then with 200, and keeps what it was sent."""

    script: list[Answer | Callable[[Request], Answer]] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    default: Answer = field(default_factory=lambda: ok())
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, request: Request, *, deadline: float) -> Response:
        with self.lock:
            self.requests.append(request)
            answer = self.script.pop(0) if self.script else self.default
        if callable(answer):
            answer = answer(request)
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def bodies(self) -> list[Any]:
        return [json.loads(request.body) for request in self.requests if request.body]


def ok(body: Any = None) -> Response:
    return Response(200, {"content-type": "application/json"}, json.dumps(body or {}).encode())


def status(code: int, body: Any = None, **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(code, {"content-type": "application/json", **named}, json.dumps(body or {}).encode())


TRACK = {
    "id": "tell",
    "kind": "action",
    "name": "Tell Customer.io",
    "action": "customerio.track-event",
    "inputs": {
        "identifier": {"template": "{{ trigger.receipt_email }}"},
        "name": {"value": "charge_failed"},
        "data": {"value": {"amount": 1}},
    },
}
MAIL = {
    "id": "mail",
    "kind": "action",
    "name": "Send the mail",
    "action": "customerio.send-transactional-email",
    "inputs": {
        "transactional_message_id": {"value": "3"},
        "to": {"template": "{{ trigger.receipt_email }}"},
        "identifiers_email": {"template": "{{ trigger.receipt_email }}"},
    },
}
DELETE = {
    "id": "remove",
    "kind": "action",
    "name": "Forget the person",
    "action": "customerio.delete-person",
    "confirmed": True,
    "inputs": {"identifier": {"template": "{{ trigger.receipt_email }}"}},
}
IDENTIFY = {
    "id": "identify",
    "kind": "action",
    "name": "Know the person",
    "action": "customerio.identify-person",
    "inputs": {
        "identifier": {"template": "{{ trigger.receipt_email }}"},
        "email": {"template": "{{ trigger.receipt_email }}"},
    },
}
BIG = {
    "id": "big",
    "kind": "filter",
    "name": "Only big ones",
    "condition": {"all": [{"left": {"template": "{{ trigger.amount }}"}, "op": "greater_than", "right": {"value": 100}}]},
}


class World:
    """One workspace with a Stripe and a Customer.io connection."""

    def __init__(self) -> None:
        self.workspace: Workspace = WorkspaceFactory()
        self.stripe: Connection = ConnectionFactory(workspace=self.workspace, app="stripe", name="Stripe")
        self.customerio: Connection = ConnectionFactory(
            workspace=self.workspace, app="customerio", name="Customer.io"
        )

    def workflow(self, *steps: dict[str, Any], **facts: Any) -> Workflow:
        """Publish a workflow of these steps; actions of Customer.io get its connection."""
        connected = [
            {**step, "connection": str(self.customerio.code)} if step["kind"] == "action" else step
            for step in steps
        ]
        made = WorkflowFactory(workspace=self.workspace, trigger_connection=self.stripe, **facts)
        version = VersionFactory(
            workflow=made,
            live=True,
            definition=definition(connection=str(self.stripe.code), steps=tuple(connected)),
        )
        made.live_version = version
        return made

    def deliver(self, event_id: str = "evt_1", **charge: Any) -> Delivery:
        """Store a delivery of a failed charge as receiving does."""
        facts = {"id": "ch_1", "object": "charge", "amount": 2000, "currency": "usd", "customer": "cus_1"}
        body = json.dumps(
            {
                "id": event_id,
                "object": "event",
                "type": "charge.failed",
                "created": 1_780_000_000,
                "livemode": False,
                "data": {"object": {**facts, "receipt_email": "ada@example.com", **charge}},
            }
        ).encode()
        delivery = DeliveryFactory.build(connection=None, workspace=None, event_id=event_id)
        delivery.connection, delivery.workspace = self.stripe, self.workspace
        delivery.occurred_at = datetime.fromtimestamp(1_780_000_000, UTC)
        delivery.body_size = len(body)
        delivery.body = crypto.seal(zlib.compress(body, 1), bound_to=f"webhooks.Delivery:{delivery.code}:body")
        delivery.save()
        return delivery

    def start(self, workflow: Workflow, delivery: Delivery | None = None, *, replay: int | None = None) -> Run:
        delivery = delivery or self.deliver()
        (run,) = services.start_runs(delivery, [workflow], at=datetime.now(UTC), replay=replay)
        return run


@pytest.fixture
def world(db: None) -> World:
    return World()


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Provider:
    """Return the provider that every connection reaches, in the worker's own thread."""
    made = Provider()
    monkeypatch.setattr("apps.runs.calling.sender_for", lambda _: Sender(made, in_thread=False))
    monkeypatch.setattr("apps.connections.health.sender_for", lambda _: Sender(made, in_thread=False))
    return made


@pytest.fixture
def work(db: None) -> Callable[[], None]:
    """Return a function that executes everything that is due."""
    return lambda: Drain("test", stop=NeverStop(), threads=4).run_until_idle()


def refreshed(run: Run) -> Run:
    run.refresh_from_db()
    return run
