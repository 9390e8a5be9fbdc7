"""What the product is given to do: one workspace, its two accounts, workflows, and events."""

import hashlib
import hmac
import http.client
import json
import time
import zlib
from datetime import UTC, datetime
from typing import Any

from apps.common import crypto
from apps.connections.models import Connection
from apps.runs import services
from apps.runs.models import Effect, Heartbeat, Run
from apps.webhooks.models import Delivery
from apps.workflows.models import Workflow
from apps.workspaces.models import Workspace
from tests.factories import (
    ConnectionFactory,
    DeliveryFactory,
    EndpointFactory,
    VersionFactory,
    WorkflowFactory,
    WorkspaceFactory,
    definition,
)
from tests.kill.processes import until

SECRET = "whsec_of_the_kill_tests"
OLD_KEY, NEW_KEY = "the-old-track-key", "the-new-track-key"
EMAIL = {"template": "{{ trigger.receipt_email }}"}
TRACK = {
    "action": "customerio.track-event",
    "inputs": {"identifier": EMAIL, "name": {"value": "charge_failed"}},
}
MAIL = {
    "action": "customerio.send-transactional-email",
    "inputs": {"transactional_message_id": {"value": "3"}, "to": EMAIL, "identifiers_email": EMAIL},
}


class World:
    """One workspace; its Customer.io is the stand-in at `port`."""

    def __init__(self, port: int) -> None:
        self.workspace: Workspace = WorkspaceFactory()
        self.stripe: Connection = ConnectionFactory(
            workspace=self.workspace, app="stripe", sandbox=False, entered={"webhook_secret": SECRET}
        )
        self.customerio: Connection = ConnectionFactory(
            workspace=self.workspace,
            app="customerio",
            name="Customer.io",
            sandbox=False,
            base_url=f"http://127.0.0.1:{port}",
            entered={"site_id": "site", "track_api_key": OLD_KEY, "region": "us", "app_api_key": "app-key"},
        )
        self.endpoint = EndpointFactory(connection=self.stripe, secret_value=SECRET)

    def workflow(self, action: dict[str, Any]) -> Workflow:
        """Publish a workflow that does this for every failed charge."""
        step = {
            "id": "do",
            "kind": "action",
            "name": "Do it",
            "connection": str(self.customerio.code),
            **action,
        }
        made = WorkflowFactory(workspace=self.workspace, trigger_connection=self.stripe)
        facts = definition(connection=str(self.stripe.code), steps=(step,))
        made.live_version = VersionFactory(workflow=made, live=True, definition=facts)
        return made

    def start(self, workflow: Workflow, person: str) -> Run:
        """Store an event about this person as receiving does, and queue its run."""
        body = event_body(person)
        delivery: Delivery = DeliveryFactory.build(connection=None, workspace=None, event_id=f"evt_{person}")
        delivery.connection, delivery.workspace = self.stripe, self.workspace
        delivery.occurred_at = datetime.now(UTC)
        delivery.body = crypto.seal(
            zlib.compress(body, 1), bound_to=f"webhooks.Delivery:{delivery.code}:body"
        )
        delivery.save()
        (run,) = services.start_runs(delivery, [workflow], at=datetime.now(UTC))
        return run

    def post(self, port: int, person: str) -> int:
        """Post the signed event about this person to the web process; return the status of the answer."""
        body = event_body(person)
        stamp = str(int(time.time()))
        signature = hmac.new(SECRET.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
        link = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        try:
            headers = {"Stripe-Signature": f"t={stamp},v1={signature}", "Content-Type": "application/json"}
            link.request("POST", f"/v1/webhooks/stripe/{self.endpoint.token}", body, headers)
            answer = link.getresponse()
            answer.read()
            return answer.status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            link.close()


def event_body(person: str) -> bytes:
    """Return the event of a failed charge, the same for each call with this person."""
    charge = {"id": "ch_1", "object": "charge", "amount": 2000, "currency": "usd", "receipt_email": person}
    event = {"id": f"evt_{person}", "object": "event", "type": "charge.failed", "created": 1_780_000_000}
    return json.dumps({**event, "livemode": False, "data": {"object": charge}}).encode()


def people(count: int, name: str = "person") -> list[str]:
    """Return so many e-mail addresses."""
    return [f"{name}{number}@example.com" for number in range(count)]


def statuses(*runs: Run) -> list[str]:
    """Return how these runs stand now, in their order."""
    found = dict(Run.objects.filter(pk__in=[run.pk for run in runs]).values_list("pk", "status"))
    return [found[run.pk] for run in runs]


def wait_for(status: str, *runs: Run, within: float) -> None:
    """Wait until all these runs have the status."""
    wanted = [status] * len(runs)

    def stand() -> bool:
        return statuses(*runs) == wanted

    try:
        until(stand, within=within, what=f"the runs are {status}")
    except AssertionError as error:
        told = Run.objects.filter(pk__in=[run.pk for run in runs]).values_list(
            "status", "reason_code", "reason"
        )
        raise AssertionError(f"{error}: {list(told)}") from None


def draining() -> list[Heartbeat]:
    """Return the signs of life of the drains, the oldest first."""
    return list(Heartbeat.objects.filter(kind="drain").order_by("pk"))


def effect_of(run: Run) -> Effect:
    """Return the run's one row in the ledger."""
    return Effect.objects.get(run=run)
