"""The editor's history and publishing, at the door of its API."""

import copy
import json
from typing import Any

import pytest
from django.test import Client

from apps.workflows import services
from apps.workflows.models import Workflow
from apps.workflows.publishing import publish
from tests.console.editor.calls import definition, get
from tests.factories import WorkflowFactory

pytestmark = pytest.mark.django_db


def api(workflow: Workflow, path: str) -> str:
    """Return the address of a call."""
    return f"/admin/workflows/workflow/{workflow.pk}/editor/api/{path}"


def post(client: Any, workflow: Workflow, path: str, **body: Any) -> Any:
    """Post JSON to a call."""
    return client.post(api(workflow, path), json.dumps(body), content_type="application/json")


@pytest.fixture
def renamed(workflow, actor):
    """Return the workflow live, with a draft whose step has another name."""
    publish(workflow, actor=actor, note="First")
    draft = copy.deepcopy(workflow.draft)
    draft["steps"][0]["name"] = "Renamed"
    return services.save_draft(workflow, actor=actor, definition=draft, revision=workflow.draft_revision)


def test_the_checklist_tells_what_would_change(renamed, editor_client):
    body = editor_client.get(api(renamed, "publish")).json()

    assert (body["revision"], body["live"], body["problems"], body["refused"]) == (2, 1, [], None)
    assert body["marks"] == {"track_event": "changed"}
    assert any("Renamed" in change for change in body["changes"])
    assert {each["app"] for each in body["connections"]} == {"stripe", "customerio"}
    assert body["webhook"]["event_types"] == ["invoice.payment_failed"]


def test_a_draft_that_was_never_published_differs_from_nothing(workflow, editor_client):
    body = editor_client.get(api(workflow, "publish")).json()

    assert (body["live"], body["changes"], body["marks"]) == (None, [], {})


def test_the_revision_that_was_shown_is_published(renamed, editor_client, editor):
    response = post(editor_client, renamed, "publish", revision=2, note="Second")

    assert response.status_code == 200
    assert response.json()["number"] == 2
    renamed.refresh_from_db()
    assert renamed.live_version.note == "Second"
    assert renamed.live_version.published_by == editor


def test_another_revision_is_not_published(renamed, editor_client):
    response = post(editor_client, renamed, "publish", revision=1)

    assert (response.status_code, response.json()["code"]) == (409, "stale_draft")
    renamed.refresh_from_db()
    assert renamed.live_version.number == 1


def test_a_draft_with_problems_is_refused_with_each(renamed, editor_client, actor):
    draft = copy.deepcopy(renamed.draft)
    draft["steps"][0]["inputs"] = {}
    services.save_draft(renamed, actor=actor, definition=draft, revision=2)

    response = post(editor_client, renamed, "publish", revision=3)

    assert (response.status_code, response.json()["code"]) == (400, "invalid_definition")
    assert {each["step_id"] for each in response.json()["details"]} == {"track_event"}


def test_the_history_tells_who_when_and_what(renamed, editor_client, actor, editor):
    post(editor_client, renamed, "publish", revision=2, note="Second")

    body = editor_client.get(api(renamed, "versions")).json()

    second, first = body["versions"]
    assert (second["number"], second["note"], second["published_by"]) == (2, "Second", editor.username)
    assert second["live"]
    assert not first["live"]
    assert any("Renamed" in change for change in second["changes"])
    assert body["draft"]["changes"] == []


def test_older_versions_are_on_the_next_page(renamed, editor_client):
    post(editor_client, renamed, "publish", revision=2)

    older = editor_client.get(api(renamed, "versions") + "?before=2").json()

    assert [each["number"] for each in older["versions"]] == [1]


def test_any_two_are_compared(renamed, editor_client):
    body = editor_client.get(api(renamed, "compare") + "?a=1&b=draft").json()

    assert body["marks"] == {"track_event": "changed"}
    assert body["before"]["steps"][0]["name"] != body["after"]["steps"][0]["name"] == "Renamed"


def test_a_version_is_opened_and_made_the_draft(renamed, editor_client):
    shown = editor_client.get(api(renamed, "versions/1")).json()

    response = post(editor_client, renamed, "versions/1/restore", revision=2)

    assert response.status_code == 200
    assert response.json()["draft"] == shown["definition"]
    assert response.json()["revision"] == 3


def test_a_stale_restore_changes_nothing(renamed, editor_client):
    response = post(editor_client, renamed, "versions/1/restore", revision=1)

    assert (response.status_code, response.json()["code"]) == (409, "stale_draft")
    renamed.refresh_from_db()
    assert renamed.draft["steps"][0]["name"] == "Renamed"


@pytest.mark.parametrize("path", ["versions/9", "compare?a=9&b=draft", "versions/9/restore"])
def test_a_version_that_is_not_there_is_not_found(renamed, editor_client, path):
    ask = path.endswith("restore")
    response = (
        post(editor_client, renamed, path, revision=2) if ask else editor_client.get(api(renamed, path))
    )

    assert (response.status_code, response.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("number", ["x", "-1", "1e3", "٣", "9" * 40])
def test_a_version_is_named_by_its_number(renamed, editor_client, number):
    response = editor_client.get(api(renamed, f"versions/{number}"))

    assert (response.status_code, response.json()["field"]) == (400, "number")


def test_a_version_of_another_workflow_can_not_be_reached(renamed, workspace, editor_client):
    other = WorkflowFactory(workspace=workspace)

    assert editor_client.get(api(other, "versions/1")).status_code == 404
    assert editor_client.get(api(other, "compare") + "?a=live&b=draft").status_code == 404


def test_a_viewer_looks_and_changes_nothing(renamed, viewer_client):
    assert viewer_client.get(api(renamed, "publish")).status_code == 200
    assert viewer_client.get(api(renamed, "versions")).status_code == 200

    assert post(viewer_client, renamed, "publish", revision=2).status_code == 403
    assert post(viewer_client, renamed, "versions/1/restore", revision=2).status_code == 403
    renamed.refresh_from_db()
    assert renamed.live_version.number == 1


def test_a_stranger_finds_nothing(renamed, stranger_client):
    for path in ("publish", "versions", "versions/1", "compare?a=1&b=draft"):
        assert stranger_client.get(api(renamed, path)).status_code == 404


@pytest.mark.parametrize(
    ("address", "warned"), [("", {"wait", "mailed"}), ("https://tandem.example.com", set())]
)
def test_the_checklist_tells_of_addresses_that_only_this_machine_reaches(
    workflow: Workflow, owner_client: Client, settings: Any, address: str, warned: set[str]
) -> None:
    settings.PUBLIC_URL = address
    asking = {"kind": "approval", "name": "Ask", "message": {"value": "x"}, "approvers": []}
    workflow.draft = definition(
        {"id": "wait", "kind": "wait_webhook", "name": "Wait"},
        {**asking, "id": "mailed", "connection": "00000000-0000-4000-8000-000000000000"},
        {**asking, "id": "inside"},
    )
    workflow.save()

    warnings = get(owner_client, workflow, "publish")["warnings"]

    assert {each["step_id"] for each in warnings} == warned
    assert all("PUBLIC_URL" in each["message"] for each in warnings)
