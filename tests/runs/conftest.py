"""A small world in which runs can be executed, with a provider in the test's hand."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.utils import timezone

from apps.catalog import registry
from apps.catalog.responses import failure
from apps.catalog.spec import Action, CallContext, Effect, Field, Idempotency
from apps.catalog.transport import Request, Response
from apps.common import crypto, prepared
from apps.connections.models import Connection
from apps.connections.senders import Sender
from apps.runs import services
from apps.runs.claim import claim, prepare
from apps.runs.leases import DatabaseClock
from apps.runs.models import Run
from apps.runs.pump import Execution
from apps.runs.worker.drain import Drain
from apps.runs.worker.stopping import NeverStop
from apps.webhooks.models import Delivery
from apps.workflows.models import Workflow
from apps.workflows.versions import compiled
from apps.workspaces.models import Workspace
from tests.factories import (
    ConnectionFactory,
    DeliveryFactory,
    VersionFactory,
    WorkflowFactory,
    WorkspaceFactory,
    definition,
)

Answer = Response | BaseException
Scripted = Answer | Callable[[Request], Answer]


class KilledError(BaseException):
    """What a worker's death looks like from inside: nothing behind the call is executed."""


def ok(body: Any = None) -> Response:
    return status(200, body)


def status(code: int, body: Any = None, **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(code, {"content-type": "application/json", **named}, json.dumps(body or {}).encode())


@dataclass
class Provider:
    """A `Send` that answers from a script, then with `default`, and keeps what it was sent."""

    script: list[Scripted] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    default: Scripted = field(default_factory=ok)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, request: Request, *, deadline: float) -> Response:
        with self.lock:
            self.requests.append(request)
            answer = self.script.pop(0) if self.script else self.default
        if callable(answer):
            answer = answer(request)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    @property
    def bodies(self) -> list[Any]:
        return [json.loads(request.body) for request in self.requests if request.body]


def _charge(context: CallContext) -> dict[str, Any]:
    """Create something under an idempotency key, as Stripe's creates do."""
    request = Request("POST", "https://api.stripe.com/v1/things", {"Idempotency-Key": context.key}, b"{}")
    answer = context.send(request, deadline=context.deadline)
    error = failure(answer, provider="Stripe")
    if error is not None:
        raise error
    return {"thing_id": json.loads(answer.body).get("id", "")}


KEYED = Action(
    key="create-thing",
    name="Create Thing",
    description="Creates a thing under an idempotency key.",
    inputs=(Field(key="amount", label="Amount", required=True),),
    outputs=(Field(key="thing_id", label="Thing"),),
    effect=Effect.CREATE,
    idempotency=Idempotency.KEY,
    call=_charge,
    provider_id="thing_id",
)

TRACK: dict[str, Any] = {
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
MAIL: dict[str, Any] = {
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
DELETE: dict[str, Any] = {
    "id": "remove",
    "kind": "action",
    "name": "Forget the person",
    "action": "customerio.delete-person",
    "confirmed": True,
    "inputs": {"identifier": {"template": "{{ trigger.receipt_email }}"}},
}
CREATE: dict[str, Any] = {
    "id": "create",
    "kind": "action",
    "name": "Create the thing",
    "action": "stripe.create-thing",
    "inputs": {"amount": {"value": "5"}},
}
READ: dict[str, Any] = {
    "id": "read",
    "kind": "action",
    "name": "Look the customer up",
    "action": "stripe.get-customer",
    "inputs": {"customer_id": {"template": "{{ trigger.customer }}"}},
}
IDENTIFY: dict[str, Any] = {
    "id": "identify",
    "kind": "action",
    "name": "Know the person",
    "action": "customerio.identify-person",
    "inputs": {
        "identifier": {"template": "{{ trigger.receipt_email }}"},
        "email": {"template": "{{ trigger.receipt_email }}"},
    },
}
BIG: dict[str, Any] = {
    "id": "big",
    "kind": "filter",
    "name": "Only big ones",
    "condition": {
        "all": [{"left": {"template": "{{ trigger.amount }}"}, "op": "greater_than", "right": {"value": 100}}]
    },
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
        """Publish a workflow of these steps; each action gets the connection of its app."""
        of_app = {"stripe": self.stripe, "customerio": self.customerio}
        connected = [
            {"connection": str(of_app[step["action"].split(".")[0]].code), **step}
            if step["kind"] == "action"
            else step
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
        delivery.body = crypto.pack_bytes(body, bound_to=delivery.body_binding)
        delivery.save()
        return delivery

    def start(
        self, workflow: Workflow, delivery: Delivery | None = None, *, replay: int | None = None
    ) -> Run:
        delivery = delivery or self.deliver()
        (run,) = services.start_runs(delivery, [workflow], at=datetime.now(UTC), replay=replay)
        return run

    def make_due(self) -> None:
        """Let what waits for its time be due."""
        Run.objects.filter(status="waiting").update(due_at=timezone.now())

    def lose_worker(self) -> None:
        """Let the leases of a dead worker run out."""
        Run.objects.reap(at=timezone.now() + timedelta(seconds=60))
        Run.objects.filter(status="queued").update(due_at=timezone.now())


@pytest.fixture
def world(db: None) -> World:
    compiled.cache_clear()  # A rolled back version's id is given again.
    return World()


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Provider:
    """Return the provider that every connection reaches, in the worker's own thread."""
    made = Provider()
    monkeypatch.setattr("apps.runs.calling.sender_for", lambda _: Sender(made, in_thread=False))
    monkeypatch.setattr("apps.connections.health.sender_for", lambda _: Sender(made, in_thread=False))
    return made


@pytest.fixture
def keyed_action(monkeypatch: pytest.MonkeyPatch) -> Action:
    """Offer `stripe.create-thing`, an action whose provider keeps keys."""
    known = registry.get_action

    def get_action(ref: str) -> Any:
        return (registry.get_app("stripe"), KEYED) if ref == "stripe.create-thing" else known(ref)

    monkeypatch.setattr(registry, "get_action", get_action)
    return KEYED


@pytest.fixture
def work(db: None) -> Callable[[], None]:
    """Return a function that executes everything that is due."""
    return lambda: Drain("test", stop=NeverStop(), threads=4).run_until_idle()


def take(clock: DatabaseClock, limit: int = 10) -> list[Execution]:
    """Claim what is due and begin it, as a worker does."""
    claimed = claim(limit, clock=clock)
    assert claimed is not None
    return prepare(claimed, clock=clock)


@pytest.fixture
def statements(monkeypatch):
    """Return what lists the statements said inside its `with`, the prepared ones too."""

    @contextmanager
    def listed() -> Iterator[list[str]]:
        said: list[str] = []
        execute = prepared.execute

        def note(call, sql, params, many, context):
            said.append(sql)
            return call(sql, params, many, context)

        def note_prepared(sql, parameters=()):
            said.append(sql)
            return execute(sql, parameters)

        with monkeypatch.context() as patched, database.execute_wrapper(note):
            patched.setattr(prepared, "execute", note_prepared)
            yield said

    return listed
