"""The draft over the API: opening, saving, conflicts, names."""

from typing import Any

import pytest
from django.test import Client

from apps.workflows.models import Workflow
from tests.console.editor.calls import action, definition, get, post

pytestmark = pytest.mark.django_db


def test_the_state_has_all_that_the_editor_begins_with(
    live: Workflow, owner_client: Client, owner: Any
) -> None:
    state = get(owner_client, live, "state")

    assert state["draft"] == live.draft
    assert state["revision"] == live.draft_revision
    assert state["workflow"]["live"]["number"] == 1
    assert {each["name"] for each in state["connections"]} == {"Stripe sandbox", "Customer.io sandbox"}
    assert owner.username in {each["name"] for each in state["members"]} or state["members"]
    assert state["problems"] == []


def test_saving_answers_the_next_revision_and_the_problems(workflow: Workflow, owner_client: Client) -> None:
    draft = definition(action("tell", name="x"))

    saved = post(owner_client, workflow, "draft", {"definition": draft, "revision": 1})

    workflow.refresh_from_db()
    assert saved["revision"] == workflow.draft_revision == 2
    assert workflow.draft["steps"][0]["id"] == "tell"
    assert {problem["step_id"] for problem in saved["problems"]} >= {"tell", "trigger"}


def test_a_stale_save_gets_the_newer_draft(
    workflow: Workflow, owner_client: Client, editor_client: Client
) -> None:
    mine, theirs = definition(action("mine", name="x")), definition(action("theirs", name="y"))
    post(editor_client, workflow, "draft", {"definition": theirs, "revision": 1})

    refusal = post(owner_client, workflow, "draft", {"definition": mine, "revision": 1}, status=409)

    assert refusal["code"] == "stale_draft"
    assert refusal["revision"] == 2
    assert refusal["saved_by"] == "edna-editor"
    assert refusal["draft"]["steps"][0]["id"] == "theirs"
    assert any("Theirs" in change for change in refusal["changes"])
    workflow.refresh_from_db()
    assert workflow.draft["steps"][0]["id"] == "theirs"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"steps": [{"id": "x", "kind": "nonsense", "name": "X"}]}, "x"),
        ({"steps": [{"kind": "action"}]}, "0"),
        ({"steps": [{"id": "a" * 41, "kind": "stop", "name": "X"}]}, "a" * 41),
        ({"steps": [{"id": "s", "kind": "stop", "name": "X", "extra": 1}]}, "s"),
        ({"steps": [{"id": "s", "kind": "stop", "name": "X", "retry": {"attempts": 3}}]}, "s"),
        ({"steps": [{"id": f"s{n}", "kind": "stop", "name": "X"} for n in range(201)]}, ""),
        ({"trigger": {}}, "trigger"),
        ({"schema": 2}, ""),
    ],
)
def test_what_the_editor_would_never_make_is_refused_by_name(
    workflow: Workflow, owner_client: Client, change: dict[str, Any], named: str
) -> None:
    body = {"definition": {**definition(), **change}, "revision": 1}

    refusal = post(owner_client, workflow, "draft", body, status=400)

    assert refusal["code"] == "invalid_definition"
    assert refusal["details"][0]["step_id"] == named
    assert refusal["details"][0]["message"]
    workflow.refresh_from_db()
    assert workflow.draft_revision == 1


def test_steps_nested_too_deeply_are_refused(workflow: Workflow, owner_client: Client) -> None:
    step: dict[str, Any] = {"id": "s9", "kind": "stop", "name": "End"}
    for level in range(8, 0, -1):
        step = {"id": f"s{level}", "kind": "if", "name": "If", "condition": {"all": []}, "then": [step]}

    refusal = post(
        owner_client, workflow, "draft", {"definition": definition(step), "revision": 1}, status=400
    )

    assert refusal["details"][0]["step_id"] == "s9"


@pytest.mark.parametrize("revision", [None, "1", True, 1.5, 10**30])
def test_a_revision_is_a_whole_number(workflow: Workflow, owner_client: Client, revision: Any) -> None:
    body = {"definition": definition(), "revision": revision}

    assert post(owner_client, workflow, "draft", body, status=400)["field"] == "revision"


def test_renaming_answers_the_new_name(workflow: Workflow, owner_client: Client) -> None:
    answer = post(owner_client, workflow, "rename", {"name": "  Late   payers "})

    assert answer["workflow"]["name"] == "Late payers"
    assert post(owner_client, workflow, "rename", {"name": ""}, status=400)["field"] == "name"
    Workflow.objects.create(workspace=workflow.workspace, name="Taken", draft=definition())
    assert post(owner_client, workflow, "rename", {"name": "Taken"}, status=409)["code"] == "name_in_use"


def test_a_connection_of_models_tells_its_usual_model_and_its_prices(
    workflow: Workflow, owner_client: Client
) -> None:
    body = {"app": "openai", "name": "Models", "values": {}, "base_url": "", "sandbox": True}
    post(owner_client, workflow, "connections", body)

    shown = get(owner_client, workflow, "state")["connections"]

    usual = {each["name"]: each["model"] for each in shown}
    assert usual.pop("Models").keys() == {"name", "input_price", "output_price"}
    assert set(usual.values()) <= {None}


def test_the_state_tells_who_made_a_connection(
    workflow: Workflow, owner_client: Client, persona_client: Any
) -> None:
    body = {"app": "openai", "name": "Models", "values": {}, "base_url": "", "sandbox": True}
    post(owner_client, workflow, "connections", body)

    def mine(client: Client) -> set[str]:
        rows = get(client, workflow, "state")["connections"]
        return {each["name"] for each in rows if each["mine"]}

    assert "Models" in mine(owner_client)
    assert "Models" not in mine(persona_client("admin_member"))
