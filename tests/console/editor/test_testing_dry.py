"""Dry tests of a draft: what would be sent is shown, and nothing that changes anything is sent."""

import copy
import json
from typing import Any

import pytest
from django.test import Client

from apps.catalog import registry
from apps.connections.models import Connection, SandboxCall
from apps.runs.models import Effect, Run
from apps.webhooks.models import Delivery
from apps.workflows.models import Workflow
from tests.console.conftest import url
from tests.factories import definition

pytestmark = pytest.mark.django_db


def post(client: Client, workflow: Workflow, path: str, body: dict[str, Any]) -> Any:
    """POST to the editor's API."""
    address = f"{url(workflow, 'editor')}api/{path}"
    return client.post(address, json.dumps(body), content_type="application/json")


def dry(client: Client, workflow: Workflow, **more: Any) -> Any:
    """Return the answer of a dry test of the saved draft."""
    body = {"definition": workflow.draft, "event": {"source": "sample"}, "mode": "dry", **more}
    response = post(client, workflow, "test", body)
    assert response.status_code == 200, response.content
    return response.json()


def only_if_paid(operator: str = "greater_than") -> dict[str, Any]:
    """Return a filter on the amount."""
    left = {"template": "{{ trigger.amount_due }}"}
    return {
        "id": "large",
        "kind": "filter",
        "name": "Only large ones",
        "condition": {"all": [{"left": left, "op": operator, "right": {"value": 0}}]},
    }


def test_a_write_is_shown_and_not_sent(workflow: Workflow, owner_client: Client) -> None:
    found = dry(owner_client, workflow)

    (step,) = found["steps"]
    assert found["ended"] == {"outcome": "succeeded", "message": ""}
    assert (step["outcome"], step["sampled"]) == ("succeeded", True)
    (request,) = step["requests"]
    assert (request["method"], "track.customer.io" in request["url"]) == ("POST", True)
    assert "invoice" in request["body"]
    assert len(request["key"]) == 64
    assert request["headers"]["Authorization"] == "Basic ••••"
    assert not SandboxCall.objects.exists()
    assert not Run.objects.exists()
    assert not Effect.objects.exists()
    assert not Delivery.objects.exists()


def test_a_filter_that_does_not_hold_ends_the_test(workflow: Workflow, owner_client: Client) -> None:
    draft = {**workflow.draft, "steps": [only_if_paid("less_than"), *workflow.draft["steps"]]}

    found = dry(owner_client, workflow, definition=draft)

    (step,) = found["steps"]
    assert found["ended"]["outcome"] == step["outcome"] == "filtered"
    assert step["conditions"][0]["result"] is False


def test_a_pasted_event_is_taken(workflow: Workflow, owner_client: Client) -> None:
    sample = dry(owner_client, workflow)["steps"][0]["requests"][0]
    payload = copy.deepcopy(registry.sample_payload("stripe", "invoice-payment-failed"))
    payload["data"]["object"]["number"] = "PASTED-1"

    found = dry(owner_client, workflow, event={"source": "json", "payload": payload})

    assert "PASTED-1" in found["steps"][0]["requests"][0]["body"]
    assert "PASTED-1" not in sample["body"]


def test_a_draft_without_a_trigger_is_told(workflow: Workflow, owner_client: Client) -> None:
    body = {"definition": definition(trigger=""), "mode": "dry"}

    response = post(owner_client, workflow, "test", body)

    assert response.status_code == 400
    assert response.json()["code"] == "unusable_event"


def test_the_connection_of_another_app_is_never_used(
    workflow: Workflow, stripe: Connection, owner_client: Client
) -> None:
    step = {**workflow.draft["steps"][0], "connection": str(stripe.code)}

    found = dry(owner_client, workflow, definition={**workflow.draft, "steps": [step]})

    assert found["steps"][0]["error"]["code"] == "connection_missing"
    assert found["steps"][0]["requests"] == []
