"""Who reaches the pages of an own app."""

import pytest

from apps.catalog.models import CustomApp
from apps.common.errors import ValidationFailed
from apps.connections import services as connections
from apps.workflows.services import create_workflow, validate_draft
from apps.workspaces.access import Actor
from tests.console.custom_apps.conftest import LIST, address
from tests.console.html_forms import page
from tests.factories import definition
from tests.personas import MEMBERS, PERSONAS

pytestmark = pytest.mark.django_db

ROUTES: list[tuple[str, str, dict[str, str]]] = [
    ("get", "edit", {}),
    ("post", "edit", {"do": "save"}),
    ("get", "webhook", {}),
    ("get", "add-action", {}),
    ("post", "add-action", {"do": "save"}),
    ("get", "add-trigger", {}),
    ("get", "action/create-order", {}),
    ("post", "action/create-order", {"do": "remove-part"}),
    ("get", "trigger/order-paid", {}),
    ("get", "try/create-order", {}),
    ("post", "try/create-order", {"confirmed": "on"}),
    ("post", "switch", {"enabled": "0"}),
    ("post", "export", {}),
    ("get", "delete", {}),
    ("post", "delete", {}),
]


@pytest.mark.parametrize("persona", PERSONAS)
@pytest.mark.parametrize(("method", "name", "posted"), ROUTES, ids=str)
def test_only_admins_reach_the_pages_of_their_workspaces_apps(
    app, persona_client, persona, method, name, posted
):
    before = CustomApp.objects.values().get()

    response = getattr(persona_client(persona), method)(address(app, name), posted)

    if persona in ("owner", "admin_member"):
        assert response.status_code in (200, 302, 400, 409)
    else:
        assert response.status_code == (404 if persona == "stranger" else 403)
        assert CustomApp.objects.values().get() == before
        assert "Corner Shop" not in response.content.decode()


@pytest.mark.parametrize("persona", PERSONAS)
def test_members_look_and_strangers_do_not(app, persona_client, persona):
    client = persona_client(persona)

    assert client.get(address(app)).status_code == (200 if persona in MEMBERS else 404)
    assert ("Corner Shop" in client.get(LIST).content.decode()) == (persona in MEMBERS)
    assert client.get(f"{LIST}import/").status_code == (200 if persona not in ("editor", "viewer") else 403)


def test_another_workspace_does_not_know_the_app(app, other_workspace, stranger, client_of):
    foreign = Actor.of(stranger)

    with pytest.raises(ValidationFailed, match="There is no app"):
        connections.create_connection(
            other_workspace, actor=foreign, app="shop", name="Stolen", values={"api_key": "x"}
        )
    workflow = create_workflow(
        other_workspace, actor=foreign, name="Theirs", definition=definition("shop.trigger-order-paid")
    )
    assert next(problem.code for problem in validate_draft(workflow)) == "unknown_trigger"
    shown = client_of(stranger).get(f"/admin/workflows/workflow/{workflow.pk}/edit/").content.decode()
    assert "Order paid" not in shown
    assert "Corner Shop" not in client_of(stranger).get("/admin/connections/connection/add/").content.decode()


def test_the_own_workspace_is_offered_the_app(app, owner_client):
    assert "Corner Shop" in page(owner_client.get("/admin/connections/connection/add/")).text
    shown = owner_client.get("/admin/workflows/workflow/add/").content.decode()
    assert "shop.trigger-order-paid" in shown
    assert "shop.create-order" in shown
