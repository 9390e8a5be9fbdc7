"""A Stripe connection with its webhook, and a workflow that listens to it."""

from collections.abc import Callable
from typing import Any

import pytest

from apps.catalog import registry
from apps.connections.models import Connection, Endpoint
from apps.workflows.models import Workflow
from apps.workspaces.models import Workspace
from tests.factories import ConnectionFactory, EndpointFactory, VersionFactory, definition
from tests.webhooks.stripe_sender import SECRET


@pytest.fixture
def connection(workspace: Workspace) -> Connection:
    return ConnectionFactory(workspace=workspace, name="Stripe live")


@pytest.fixture
def endpoint(connection: Connection) -> Endpoint:
    return EndpointFactory(connection=connection, secret_value=SECRET)


@pytest.fixture
def listening(connection: Connection) -> Workflow:
    return publish(connection)


@pytest.fixture
def altered_stripe(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return a function that puts another Stripe into the catalog, with these parts of its scheme."""

    def alter(**parts: Any) -> None:
        app = registry.get_app("stripe")
        assert app.webhook is not None
        scheme = app.webhook.model_copy(update=parts)
        monkeypatch.setitem(registry._BY_KEY, "stripe", app.model_copy(update={"webhook": scheme}))

    return alter


def publish(connection: Connection, trigger: str = "stripe.trigger-charge-failed", **workflow) -> Workflow:
    """Return a live workflow that the connection's trigger starts."""
    return VersionFactory(
        live=True,
        definition=definition(trigger, str(connection.code)),
        workflow__workspace=connection.workspace,
        workflow__trigger_connection=connection,
        **{f"workflow__{name}": value for name, value in workflow.items()},
    ).workflow
