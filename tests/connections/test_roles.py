"""Who may do what on the pages of connections: role by role."""

import pytest

from apps.connections.models import Connection
from tests.connections.conftest import STRIPE_KEY, json_response
from tests.factories import ConnectionFactory
from tests.personas import MEMBERS

BASE = "/admin/connections/connection/"
EVERYBODY = set(MEMBERS)
TESTERS = {"owner", "admin_member", "editor"}
MANAGERS = {"owner", "admin_member"}
LOOKS = [
    ("", EVERYBODY),
    ("{pk}/change/", EVERYBODY),
    ("{pk}/history/", MANAGERS),
    ("add/", MANAGERS),
    ("add/?app=stripe", MANAGERS),
    ("{pk}/reconnect/", MANAGERS),
    ("{pk}/disconnect/", MANAGERS),
    ("{pk}/delete/", set()),
]
ACTS = [
    ("{pk}/test/", TESTERS),
    ("{pk}/repair/", MANAGERS),
    ("{pk}/secret/", MANAGERS),
    ("{pk}/clear/", MANAGERS),
    ("{pk}/reconnect/", MANAGERS),
    ("{pk}/disconnect/", MANAGERS),
    ("add/?app=stripe", MANAGERS),
    ("{pk}/delete/", set()),
]


@pytest.fixture
def live(workspace, network):
    network.answer = lambda request: json_response(200, {"object": "balance"})
    return ConnectionFactory(workspace=workspace, sandbox=False, entered={"api_key": STRIPE_KEY})


@pytest.mark.parametrize("persona", MEMBERS)
@pytest.mark.parametrize(("path", "allowed"), LOOKS)
def test_who_may_look(persona, path, allowed, persona_client, live):
    response = persona_client(persona).get(BASE + path.format(pk=live.pk))

    assert response.status_code == (200 if persona in allowed else 403)


@pytest.mark.parametrize("persona", MEMBERS)
@pytest.mark.parametrize(("path", "allowed"), ACTS)
def test_who_may_act(persona, path, allowed, persona_client, live):
    response = persona_client(persona).post(BASE + path.format(pk=live.pk), {"name": "X", "post": "yes"})

    assert (response.status_code != 403) == (persona in allowed)


@pytest.mark.parametrize("persona", MEMBERS)
def test_buttons_are_shown_to_those_who_may_press_them(persona, persona_client, live):
    content = persona_client(persona).get(f"{BASE}{live.pk}/change/").content.decode()

    assert (f"{BASE}{live.pk}/test/" in content) == (persona in TESTERS)
    assert (f"{BASE}{live.pk}/disconnect/" in content) == (persona in MANAGERS)
    assert (f"{BASE}{live.pk}/history/" in content) == (persona in MANAGERS)


def test_a_post_without_a_token_is_refused(owner, live):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(owner)

    for name in ("test", "repair", "secret", "clear", "disconnect", "reconnect"):
        assert client.post(f"{BASE}{live.pk}/{name}/").status_code == 403
    assert Connection.objects.get().status == Connection.Status.CONNECTED


@pytest.mark.parametrize("persona", MEMBERS)
def test_sandbox_calls_are_read_by_all_and_written_by_none(persona, persona_client, workspace, actor):
    from apps.connections import services

    sandbox = ConnectionFactory(workspace=workspace)
    services.test_connection(sandbox, actor=actor)
    base = f"/admin/connections/sandboxcall/{sandbox.sandbox_calls.get().pk}"
    client = persona_client(persona)

    assert client.get(f"{base}/change/").status_code == 200
    assert client.post(f"{base}/change/", {"url": "x"}).status_code == 403
    assert client.post(f"{base}/delete/", {"post": "yes"}).status_code == 403
    assert client.get("/admin/connections/sandboxcall/add/").status_code == 403
