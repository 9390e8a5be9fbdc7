"""What the tests of workflows share: connections, a definition to publish, a Stripe on loopback."""

from typing import Any

import pytest

from apps.connections.models import Connection
from apps.workflows.engine.recipes import build_recipe
from apps.workflows.models import Workflow
from apps.workspaces.access import Actor
from tests.connections.conftest import public_url, stand_in
from tests.factories import ConnectionFactory, WorkflowFactory

__all__ = ["public_url", "stand_in"]

FAILED = "stripe.trigger-invoice-payment-failed"
PAID = "stripe.trigger-invoice-paid"
TRACK = "customerio.track-event"


def recipe(trigger_connection: object, action_connection: object, trigger: str = FAILED) -> dict[str, Any]:
    """Return a definition of one step that can be published over these connections."""
    made = build_recipe(
        trigger,
        TRACK,
        account_fields=frozenset(),
        trigger_connection=str(getattr(trigger_connection, "code", trigger_connection)),
        action_connection=str(getattr(action_connection, "code", action_connection)),
    )
    return made.to_json()


@pytest.fixture
def actor() -> Actor:
    return Actor.system("test")


@pytest.fixture
def stripe(workspace: Any) -> Connection:
    made: Connection = ConnectionFactory(workspace=workspace, name="Stripe sandbox")
    return made


@pytest.fixture
def customerio(workspace: Any) -> Connection:
    made: Connection = ConnectionFactory(workspace=workspace, app="customerio", name="Customer.io sandbox")
    return made


@pytest.fixture
def live_stripe(workspace: Any, stand_in: Any, public_url: str) -> Connection:
    """Return a connection to the Stripe on loopback, where webhooks are really registered."""
    made: Connection = ConnectionFactory(
        workspace=workspace, name="Stripe test", sandbox=False, base_url=stand_in.url
    )
    return made


@pytest.fixture
def workflow(workspace: Any, stripe: Connection, customerio: Connection) -> Workflow:
    """Return a draft over sandboxes that can be published."""
    made: Workflow = WorkflowFactory(workspace=workspace, name="Dunning", draft=recipe(stripe, customerio))
    return made
