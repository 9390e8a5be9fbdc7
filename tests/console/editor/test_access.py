"""Every call of the editor's API, made by everybody: what a role may not do changes nothing."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.test import Client

from apps.console.editor.routes import ROUTES
from apps.workflows.models import Workflow
from apps.workspaces.roles import ROLE_TABLE, Permission, Role
from tests.console.conftest import everything
from tests.console.editor.calls import action, api, asked, definition
from tests.factories import WorkflowFactory

pytestmark = pytest.mark.django_db

VIEWERS = ("viewer", "editor", "admin_member", "owner")
EDITORS = VIEWERS[1:]
ADMINS = VIEWERS[2:]
UNKNOWN = "6f1ed002-ab5b-11ec-b909-0242ac120002"
ASKED = asked(definition(action("tell", name="x")), "tell")


@dataclass(frozen=True)
class Row:
    """One call with a harmless body, who may make it, and what it answers them."""

    method: str
    path: str
    may: tuple[str, ...]
    status: int = 200
    body: dict[str, Any] = field(default_factory=dict)


TABLE = [
    Row("GET", "state", VIEWERS),
    Row("GET", "catalog", VIEWERS),
    Row("GET", "spec?action=stripe.create-customer", VIEWERS),
    Row("GET", "events", VIEWERS),
    Row("GET", f"events/{UNKNOWN}", VIEWERS, 404),
    Row("POST", "resolve", VIEWERS, 200, ASKED),
    Row("POST", "render", VIEWERS, 200, {**ASKED, "template": "{{ trigger.email }}"}),
    Row("POST", "tree", VIEWERS, 200, ASKED),
    Row("POST", "suggest", EDITORS, 200, ASKED),
    Row("POST", "lint", EDITORS, 200, {"code": "1 + 1"}),
    Row("POST", "choices", EDITORS, 404, {"action": "stripe.x", "field": "x", "connection": "x"}),
    Row("POST", "rename", EDITORS, 200, {"name": "Called otherwise"}),
    Row("POST", "draft", EDITORS, 200, {"definition": definition(), "revision": 1}),
    Row("GET", "connections/new?app=stripe", ADMINS),
    Row(
        "POST",
        "connections",
        ADMINS,
        200,
        {"app": "stripe", "name": "Another", "values": {}, "base_url": "", "sandbox": True},
    ),
    Row("GET", "publish", VIEWERS),
    Row("POST", "publish", EDITORS, 400, {"revision": 2, "note": ""}),
    Row("GET", "versions", VIEWERS),
    Row("GET", "versions/1", VIEWERS),
    Row("GET", "compare?a=1&b=draft", VIEWERS),
    Row("POST", "versions/1/restore", EDITORS, 200, {"revision": 2}),
    Row("POST", "test/plan", EDITORS, 200, {**ASKED, "mode": "dry", "step": None}),
    Row("POST", "test", EDITORS, 200, {**ASKED, "mode": "dry", "reads": False, "step": None}),
    Row("GET", f"test/{UNKNOWN}", VIEWERS, 404),
    Row("GET", "cases", VIEWERS),
    Row("POST", "cases/run", EDITORS, 200, {"definition": definition(action("tell", name="x"))}),
    Row("POST", f"cases/{UNKNOWN}", EDITORS, 404, {"name": "x"}),
    Row("POST", "cases", EDITORS, 400, {}),
]


def call(client: Client, workflow: Workflow, row: Row) -> Any:
    """Make one call."""
    if row.method == "GET":
        return client.get(api(workflow, row.path))
    return client.post(api(workflow, row.path), json.dumps(row.body), content_type="application/json")


def test_the_table_has_every_call_and_the_roles_of_its_permission() -> None:
    left = list(TABLE)
    for route in ROUTES:
        row = next(
            each
            for each in left
            if each.method == route.method and route.match(each.path.partition("?")[0]) is not None
        )
        left.remove(row)
        roles = [role for role in Role if route.permission in ROLE_TABLE[role]]
        assert {"admin_member" if role is Role.ADMIN else role.value for role in roles} == set(row.may)
    assert left == []


@pytest.mark.parametrize("persona", [*VIEWERS])
def test_a_member_may_what_the_role_allows(live: Workflow, persona_client: Any, persona: str) -> None:
    client = persona_client(persona)
    for row in TABLE:
        before = everything() if persona not in row.may else {}

        response = call(client, live, row)

        if persona in row.may:
            assert response.status_code == row.status, (row, response.content)
        else:
            assert response.status_code == 403, row
            assert response.json()["code"] == "not_allowed"
            assert everything() == before


def test_a_stranger_finds_nothing(live: Workflow, stranger_client: Client) -> None:
    before = everything()
    for row in TABLE:
        response = call(stranger_client, live, row)

        assert response.status_code == 404, row
        assert "Dunning" not in response.content.decode()
    assert everything() == before


def test_nobody_is_answered_without_signing_in(live: Workflow) -> None:
    before = everything()
    for row in TABLE:
        response = call(Client(), live, row)

        assert response.status_code == 403, row
        assert response.json()["code"] == "signed_out"
    assert everything() == before


def test_an_owner_finds_no_workflow_of_another_workspace(
    live: Workflow, other_workspace: Any, owner_client: Client
) -> None:
    foreign = WorkflowFactory(workspace=other_workspace, name="Secret plan", draft=definition())
    before = everything()
    for row in TABLE:
        response = call(owner_client, foreign, row)

        assert response.status_code == 404, row
        assert "Secret plan" not in response.content.decode()
    assert everything() == before


def test_a_post_without_its_token_is_refused(live: Workflow, owner: Any) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner)
    before = everything()
    for row in TABLE:
        if row.method == "POST":
            assert call(client, live, row).status_code == 403, row
    assert everything() == before


def test_what_posts_is_no_link_and_the_other_way_round(live: Workflow, owner_client: Client) -> None:
    both = {row.path for row in TABLE if row.method == "GET"} & {
        row.path for row in TABLE if row.method == "POST"
    }
    for row in TABLE:
        path = row.path.partition("?")[0]
        if row.path in both or path == "connections/new":
            continue
        response = (
            owner_client.get(api(live, path))
            if row.method == "POST"
            else owner_client.post(api(live, path), "{}", content_type="application/json")
        )
        assert response.status_code in (404, 405), row
        if response.status_code == 405:
            assert response["Allow"] == row.method


def test_an_unknown_call_is_not_found(live: Workflow, owner_client: Client) -> None:
    for path in ("nothing", "state/", "events/a/b", "../edit"):
        assert owner_client.get(api(live, path)).status_code in (301, 302, 404)
    assert owner_client.get("/admin/workflows/workflow/999999/editor/api/state").status_code == 404
    assert Permission.VIEW
