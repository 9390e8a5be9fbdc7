"""Who may test what, and what hostile or secret things do to a test."""

import copy
import json
from typing import Any

import pytest
from django.test import Client

from apps.catalog import registry
from apps.common import crypto
from apps.connections.models import Connection
from apps.console.editor.testing.asked import read_asked
from apps.console.editor.testing.dry import run_dry
from apps.runs.models import Run
from apps.workflows.models import Workflow, WorkflowCase
from apps.workspaces.access import Actor
from tests.console.conftest import url
from tests.console.editor.test_testing_dry import dry, post
from tests.console.editor.test_testing_logic import base, compared, track
from tests.factories import ConnectionFactory, DeliveryFactory, RunFactory, WorkflowFactory

pytestmark = pytest.mark.django_db

CANARY = "sk_test_canary00112233445566778899"

CALLS = {
    "test/plan": ("POST", 200),
    "test": ("POST", 200),
    "cases": ("POST", 200),
    "cases/run": ("POST", 200),
}


def body_of(workflow: Workflow) -> dict[str, Any]:
    return {"definition": workflow.draft, "event": {"source": "sample"}, "name": "A case"}


def confirmed(client: Client, workflow: Workflow) -> dict[str, Any]:
    """Return what starts a real test, with the digest of its plan."""
    body = {**body_of(workflow), "mode": "real"}
    return {**body, "confirmed": post(client, workflow, "test/plan", body).json()["digest"]}


@pytest.mark.parametrize("path", CALLS)
@pytest.mark.parametrize(
    ("persona", "status"),
    [("owner", 200), ("admin_member", 200), ("editor", 200), ("viewer", 403), ("stranger", 404)],
)
def test_who_may_call(workflow: Workflow, persona_client: Any, persona: str, status: int, path: str) -> None:
    assert post(persona_client(persona), workflow, path, body_of(workflow)).status_code == status


@pytest.mark.parametrize(
    ("persona", "status"),
    [("owner", 200), ("admin_member", 200), ("editor", 200), ("viewer", 403), ("stranger", 404)],
)
def test_who_may_test_for_real(
    workflow: Workflow, owner_client: Client, persona_client: Any, persona: str, status: int
) -> None:
    client = persona_client(persona)

    assert post(client, workflow, "test", confirmed(owner_client, workflow)).status_code == status
    assert Run.objects.exists() == (status == 200)


def test_a_viewer_reads_and_changes_nothing(
    workflow: Workflow, owner_client: Client, viewer_client: Client, stranger_client: Client
) -> None:
    post(owner_client, workflow, "cases", body_of(workflow))
    case = WorkflowCase.objects.get()
    address = f"{url(workflow, 'editor')}api/cases"

    assert viewer_client.get(address).json()["cases"][0]["name"] == "A case"
    assert stranger_client.get(address).status_code == 404
    assert post(viewer_client, workflow, f"cases/{case.code}", {"delete": True}).status_code == 403
    assert WorkflowCase.objects.exists()


def test_the_test_and_the_case_of_another_workflow_are_not_found(
    workflow: Workflow, owner_client: Client, workspace: Any
) -> None:
    other = WorkflowFactory(workspace=workspace, draft=workflow.draft)
    post(owner_client, other, "cases", body_of(other))
    started = post(owner_client, other, "test", confirmed(owner_client, other)).json()
    case, code = WorkflowCase.objects.get().code, started["run"]["code"]

    assert owner_client.get(f"{url(workflow, 'editor')}api/test/{code}").status_code == 404
    assert owner_client.get(f"{url(workflow, 'editor')}api/test/nonsense").status_code == 404
    assert post(owner_client, workflow, f"cases/{case}", {"delete": True}).status_code == 404


def test_the_run_of_an_event_is_no_test(workflow: Workflow, owner_client: Client) -> None:
    run = RunFactory(workflow=workflow)

    assert owner_client.get(f"{url(workflow, 'editor')}api/test/{run.code}").status_code == 404


def test_the_delivery_of_a_stranger_is_not_taken(workflow: Workflow, owner_client: Client) -> None:
    event = {"source": "delivery", "code": str(DeliveryFactory().code)}

    refused = post(owner_client, workflow, "test", {**body_of(workflow), "event": event})

    assert (refused.status_code, refused.json()["code"]) == (400, "unusable_event")


def test_the_connection_of_a_stranger_is_not_used(
    workflow: Workflow, owner_client: Client, other_workspace: Any
) -> None:
    foreign = ConnectionFactory(workspace=other_workspace, app="customerio")
    draft = {**workflow.draft, "steps": [track(workflow, "one", connection=str(foreign.code))]}

    found = dry(owner_client, workflow, definition=draft)

    assert found["steps"][0]["error"]["code"] == "connection_missing"


@pytest.mark.parametrize(("persona", "status"), [("admin_member", 409), ("editor", 403)])
def test_an_action_for_admins_is_tested_for_real_by_them_alone(
    workflow: Workflow, stripe: Connection, persona_client: Any, persona: str, status: int
) -> None:
    body = {**body_of(workflow), "definition": anything(workflow, stripe, "POST"), "mode": "real"}

    response = post(persona_client(persona), workflow, "test", body)

    assert response.status_code == status
    assert response.json()["code"] == {409: "unconfirmed", 403: "needs_admin"}[status]


@pytest.mark.parametrize(("persona", "called"), [("admin_member", True), ("editor", False)])
def test_the_reads_of_an_action_for_admins_go_out_for_them_alone(
    workflow: Workflow, stripe: Connection, persona_client: Any, persona: str, called: bool
) -> None:
    found = dry(persona_client(persona), workflow, definition=anything(workflow, stripe, "GET"))

    (step,) = found["steps"]
    assert bool(step["exchanges"]) == called
    assert step["sampled"] != called


def anything(workflow: Workflow, stripe: Connection, method: str) -> dict[str, Any]:
    """Return a draft whose step calls any path of Stripe's."""
    step = {
        "id": "any",
        "kind": "action",
        "name": "Any call",
        "action": "stripe.call-any-endpoint",
        "connection": str(stripe.code),
        "confirmed": True,
        "inputs": {"method": {"value": method}, "path": {"value": "/v1/customers"}},
    }
    return {**workflow.draft, "steps": [step]}


@pytest.mark.parametrize(
    "payload",
    [
        {"id": "evt_1", "deep": None},
        {"id": "x" * 1_500_000, "type": "invoice.payment_failed"},
        [],
        "text",
        None,
        {"id": "evt_\ud800"},
        {},
    ],
    ids=["deep", "huge", "list", "text", "null", "surrogate", "empty"],
)
def test_a_hostile_event_ends_in_words(workflow: Workflow, owner_client: Client, payload: Any) -> None:
    if isinstance(payload, dict) and "deep" in payload:
        for _ in range(200):
            payload = {"deep": payload}

    response = post(
        owner_client, workflow, "test", {**body_of(workflow), "event": {"source": "json", "payload": payload}}
    )

    assert response.status_code in (200, 400, 413)
    if response.status_code != 200:
        assert response.json()["message"]


def test_two_megabytes_are_refused(workflow: Workflow, owner_client: Client) -> None:
    payload = {"id": "evt_1", "type": "invoice.payment_failed", "more": "x" * 2_200_000}

    response = post(
        owner_client, workflow, "test", {**body_of(workflow), "event": {"source": "json", "payload": payload}}
    )

    assert response.status_code in (400, 413)
    assert response.json()["message"]


@pytest.mark.parametrize(
    "change",
    [
        {"outputs": []},
        {"outputs": {"a": 1}},
        {"reads": "yes"},
        {"step": "nobody"},
        {"assume": 7},
        {"mode": "wet"},
    ],
    ids=["outputs", "output", "reads", "step", "assume", "mode"],
)
def test_what_the_editor_would_never_ask_is_refused(
    workflow: Workflow, owner_client: Client, change: dict[str, Any]
) -> None:
    response = post(owner_client, workflow, "test", {**body_of(workflow), **change})

    assert response.status_code == 400
    assert response.json()["message"]


def test_no_secret_is_in_any_result(workspace: Any, owner_client: Client, stripe: Connection) -> None:
    values = {"secret_key": CANARY}
    secret = ConnectionFactory(workspace=workspace, name="Canary", entered=values)
    payload = copy.deepcopy(registry.sample_payload("stripe", "invoice-payment-failed"))
    payload["data"]["object"]["number"] = CANARY
    whole = {"template": "{{ trigger.raw | json }}"}
    draft = {
        "schema": 1,
        "trigger": {
            "id": "trigger",
            "trigger": "stripe.trigger-invoice-payment-failed",
            "connection": str(secret.code),
            "options": {},
        },
        "steps": [
            base("told", "filter", condition=compared("{{ trigger.amount_due }}", "greater_than", 0)),
            base("code", "code", code="return inputs", inputs={"a": whole}),
        ],
        "notes": "",
    }
    workflow = WorkflowFactory(workspace=workspace, draft=draft)

    answer = dry(owner_client, workflow, event={"source": "json", "payload": payload})
    kept = post(
        owner_client,
        workflow,
        "cases",
        {**body_of(workflow), "event": {"source": "json", "payload": payload}},
    )

    assert CANARY not in json.dumps(answer)
    assert CANARY not in json.dumps(kept.json())
    case = WorkflowCase.objects.get()
    assert CANARY not in json.dumps(crypto.unpack(bytes(case.body), bound_to=case.body_binding))


def test_two_tests_at_once_do_not_mix(workflow: Workflow) -> None:
    def numbered(number: str) -> Any:
        payload = copy.deepcopy(registry.sample_payload("stripe", "invoice-payment-failed"))
        payload["data"]["object"]["number"] = number
        event = {"source": "json", "payload": payload}
        return read_asked(workflow, {"definition": workflow.draft, "event": event})

    actor = Actor.system("test")
    asked = [numbered("FIRST"), numbered("SECOND")]

    first, second = (run_dry(each, actor=actor).results.as_json()[0] for each in asked)

    assert "FIRST" in first["requests"][0]["body"]
    assert "SECOND" in second["requests"][0]["body"]
    assert first["requests"][0]["key"] == second["requests"][0]["key"]
