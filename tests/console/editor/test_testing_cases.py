"""Test cases: kept from a dry test, run again without calling anybody, differences told in words."""

import copy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from apps.catalog import registry
from apps.connections.models import SandboxCall
from apps.console.editor.testing.cases import run_cases
from apps.console.editor.testing.expecting import normalised
from apps.workflows import cases as rows
from apps.workflows.models import Workflow, WorkflowCase
from apps.workspaces.models import AuditEntry
from tests.console.conftest import url
from tests.console.editor.test_testing_dry import only_if_paid, post
from tests.console.editor.test_testing_logic import base, compared, track

pytestmark = pytest.mark.django_db

AT = datetime(2026, 1, 31, 10, tzinfo=UTC)


def keep(client: Client, workflow: Workflow, name: str = "Usual", **more: Any) -> Any:
    body = {"name": name, "definition": workflow.draft, "event": {"source": "sample"}, **more}
    return post(client, workflow, "cases", body)


def results(client: Client, workflow: Workflow, draft: Any) -> Any:
    return post(client, workflow, "cases/run", {"definition": draft}).json()


@pytest.fixture
def kept(workflow: Workflow, owner_client: Client) -> WorkflowCase:
    assert keep(owner_client, workflow).status_code == 200
    return WorkflowCase.objects.get()


def test_a_case_passes_as_long_as_nothing_changes(
    workflow: Workflow, kept: WorkflowCase, owner_client: Client
) -> None:
    (found,) = results(owner_client, workflow, workflow.draft)

    assert found == {
        "code": str(kept.code),
        "name": "Usual",
        "passed": True,
        "differences": [],
        "steps": {},
    }
    assert not SandboxCall.objects.exists()
    assert [result.passed for result in run_cases(workflow)] == [True]


def test_another_body_is_told_at_its_step(
    workflow: Workflow, kept: WorkflowCase, owner_client: Client
) -> None:
    draft = copy.deepcopy(workflow.draft)
    draft["steps"][0]["inputs"]["name"] = {"value": "renamed"}

    (found,) = results(owner_client, workflow, draft)

    assert not found["passed"]
    assert "“name” of the body is “renamed”" in found["differences"][0]
    assert list(found["steps"]) == [draft["steps"][0]["id"]]


def test_a_step_that_is_not_reached_any_more_is_told(
    workflow: Workflow, kept: WorkflowCase, owner_client: Client
) -> None:
    draft = {**workflow.draft, "steps": [only_if_paid("less_than"), *workflow.draft["steps"]]}

    (found,) = results(owner_client, workflow, draft)

    assert any("was not reached" in text for text in found["differences"])
    assert any("is not expected" in text for text in found["differences"])


def test_another_branch_is_told(workflow: Workflow, owner_client: Client) -> None:
    def fork(operator: str) -> dict[str, Any]:
        condition = compared("{{ trigger.amount_due }}", operator, 0)
        return {**workflow.draft, "steps": [base("fork", "if", condition=condition), track(workflow, "on")]}

    keep(owner_client, workflow, definition=fork("greater_than"))

    (found,) = results(owner_client, workflow, fork("less_than"))

    assert found["differences"] == ["“Fork” took the branch “No”, expected “Yes”."]


def test_what_a_read_gave_is_kept_with_the_case(
    workflow: Workflow, stripe: Any, owner_client: Client
) -> None:
    read = {
        "id": "find",
        "kind": "action",
        "name": "Find",
        "action": "stripe.get-customer",
        "connection": str(stripe.code),
        "inputs": {"customer_id": {"template": "{{ trigger.customer }}"}},
    }
    check = base(
        "check", "filter", condition=compared("{{ steps.find.email }}", "equals", "kept@example.com")
    )
    draft = {**workflow.draft, "steps": [read, check]}
    answers = {"find": {"email": "kept@example.com"}}

    keep(owner_client, workflow, definition=draft, assume={"answers": answers})

    assert [each["passed"] for each in results(owner_client, workflow, draft)] == [True]
    body = rows.body_of(WorkflowCase.objects.get())
    assert [step["outcome"] for step in body["expected"]["steps"]] == ["succeeded", "succeeded"]
    assert not SandboxCall.objects.exists()


def test_a_case_is_sealed(workflow: Workflow, kept: WorkflowCase) -> None:
    assert b"invoice" not in bytes(kept.body)
    assert "invoice" in str(rows.body_of(kept))


def test_it_is_renamed_and_deleted(workflow: Workflow, kept: WorkflowCase, owner_client: Client) -> None:
    post(owner_client, workflow, f"cases/{kept.code}", {"name": "Third attempt"})
    listed = owner_client.get(f"{url(workflow, 'editor')}api/cases").json()
    post(owner_client, workflow, f"cases/{kept.code}", {"delete": True})

    assert [each["name"] for each in listed["cases"]] == ["Third attempt"]
    assert not WorkflowCase.objects.exists()
    verbs = AuditEntry.objects.filter(verb__startswith="workflow.case").values_list("verb", flat=True)
    assert sorted(verbs) == ["workflow.case_created", "workflow.case_deleted", "workflow.case_renamed"]


def test_a_name_is_given_once(workflow: Workflow, kept: WorkflowCase, owner_client: Client) -> None:
    again = keep(owner_client, workflow)

    assert (again.status_code, again.json()["code"]) == (409, "name_in_use")


def test_a_workflow_keeps_twenty(workflow: Workflow, owner_client: Client) -> None:
    WorkflowCase.objects.bulk_create(WorkflowCase(workflow=workflow, name=f"Case {n}") for n in range(20))

    refused = keep(owner_client, workflow)

    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_cases")


def test_a_large_event_is_not_kept(workflow: Workflow, owner_client: Client) -> None:
    payload = {
        **copy.deepcopy(registry.sample_payload("stripe", "invoice-payment-failed")),
        "more": "x" * 300_000,
    }

    refused = keep(owner_client, workflow, event={"source": "json", "payload": payload})

    assert (refused.status_code, refused.json()["code"]) == (400, "case_too_large")


def test_a_case_that_does_not_open_has_not_passed(workflow: Workflow, kept: WorkflowCase) -> None:
    WorkflowCase.objects.filter(pk=kept.pk).update(body=bytes(kept.body)[:-1] + b"x")

    (found,) = run_cases(workflow)

    assert not found.passed
    assert "can't be read" in found.differences[0].text


def test_a_draft_that_has_no_shape_fails_every_case(workflow: Workflow, kept: WorkflowCase) -> None:
    Workflow.objects.filter(pk=workflow.pk).update(draft={"schema": 9})
    workflow.refresh_from_db()

    assert [result.passed for result in run_cases(workflow)] == [False]


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("id=123e4567-e89b-42d3-a456-426614174000", "id=‹uuid›"),
        ("01KGABCDEFGHJKMNPQRSTVWXYZ", "‹ulid›"),
        (f"at {AT.isoformat()}", "at ‹time›"),
        (f"at {(AT + timedelta(days=30)).isoformat()}", f"at {(AT + timedelta(days=30)).isoformat()}"),
        (str(int(AT.timestamp())), "‹time›"),
        (str(int(AT.timestamp()) * 1000), "‹time›"),
        ("4999", "4999"),
        ("9876543210", "9876543210"),
        ("k" * 8, "‹key›"),
    ],
)
def test_what_changes_by_itself_is_not_compared(text: str, plain: str) -> None:
    assert normalised(text, key="k" * 8, at=AT) == plain
