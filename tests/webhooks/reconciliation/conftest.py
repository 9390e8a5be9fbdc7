"""A Stripe sandbox whose list of events can be filled, and a workflow that has listened for five days."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.catalog.connectors.stripe import reconciling
from apps.catalog.connectors.stripe.client import API_VERSION
from apps.catalog.spec import LookContext
from apps.connections.accounts import account_of
from apps.connections.models import Connection, Endpoint, EventSubscription
from apps.connections.senders import sender_for
from apps.webhooks.reconciliation import turn
from apps.webhooks.reconciliation.models import Reconciliation
from apps.workflows.models import Workflow
from tests.webhooks.stripe_sender import event


@pytest.fixture
def subscribed(endpoint: Endpoint, listening: Workflow) -> Workflow:
    """Return the workflow, which has listened to charge.failed for five days."""
    subscribe(listening, days=5)
    return listening


@pytest.fixture
def stripe_lists(connection: Connection) -> Callable[..., dict[str, Any]]:
    """Return a function that puts an event into the sandbox's list, which no webhook brings."""

    def put(event_id: str = "evt_lost", *, minutes_ago: float = 30, **fields: Any) -> dict[str, Any]:
        created = int((timezone.now() - timedelta(minutes=minutes_ago)).timestamp())
        payload = json.loads(event(event_id, **{"created": created, "api_version": API_VERSION, **fields}))
        look = LookContext(account_of(connection), sender_for(connection).send)
        reconciling.pretend(look, payload)
        return payload

    return put


def subscribe(
    workflow: Workflow, kind: str = "charge.failed", *, days: float = 5, since: datetime | None = None
) -> None:
    """Let the workflow listen to an event type since then."""
    assert workflow.trigger_connection is not None
    row = EventSubscription.objects.create(
        connection=workflow.trigger_connection,
        event_type=kind,
        user_kind="workflow",
        user_code=workflow.code,
    )
    first = since or timezone.now() - timedelta(days=days)
    EventSubscription.objects.filter(pk=row.pk).update(since=first)


def compare(connection: Connection) -> Reconciliation:
    """Take one turn at the connection, and return its row."""
    row, _ = Reconciliation.objects.get_or_create(connection=connection)
    assert turn.take(row.pk)
    row.refresh_from_db()
    return row
