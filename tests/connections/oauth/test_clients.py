"""The operator's client: who may enter it, what is kept of it, and where its secret may go."""

import pytest

from apps.common.errors import Conflict, NotAllowed, ServiceError, ValidationFailed
from apps.connections.models import Connection
from apps.connections.oauth import clients
from apps.connections.oauth.models import OAuthClient
from apps.workspaces.access import Actor
from apps.workspaces.models import AuditEntry
from tests.connections.oauth.conftest import SYSTEM
from tests.connections.oauth.provider import CLIENT_ID, CLIENT_SECRET

LIST = "/admin/connections/oauthclient/"


def entered(**changes):
    values = {"client_id": CLIENT_ID, "secret": CLIENT_SECRET, "base_url": "", "pkce": False, **changes}
    return clients.save_client(OAuthClient(app="slack"), actor=SYSTEM, **values)


@pytest.mark.parametrize("persona", ["owner", "admin_member", "editor", "viewer", "stranger"])
def test_only_operators_see_and_enter_clients(oauth_client, persona, persona_client):
    browser = persona_client(persona)

    for address in (LIST, f"{LIST}add/", f"{LIST}add/?app=slack", f"{LIST}{oauth_client.pk}/change/"):
        assert browser.get(address).status_code == 403, address
        assert browser.post(address, {"client_id": "taken"}).status_code == 403, address
    assert browser.post(f"{LIST}{oauth_client.pk}/forget/").status_code == 403
    assert OAuthClient.objects.get().client_id == CLIENT_ID


def test_the_service_itself_refuses_everybody_else(db, owner):
    with pytest.raises(NotAllowed):
        clients.save_client(
            OAuthClient(app="slack"),
            actor=Actor.of(owner),
            client_id="a",
            secret="b",
            base_url="",
            pkce=False,
        )


def test_an_operator_enters_a_client_by_the_page(superuser_client, workspace, settings):
    settings.PUBLIC_URL = "https://tandem.example.com"
    page = superuser_client.get(f"{LIST}add/?app=slack").content.decode()
    response = superuser_client.post(
        f"{LIST}add/?app=slack", {"client_id": CLIENT_ID, "secret": CLIENT_SECRET, "pkce": "on"}, follow=True
    )

    assert "https://tandem.example.com/oauth/callback/slack/" in page
    assert "Basic Information" in page
    row = OAuthClient.objects.get()
    assert (row.client_id, row.pkce) == (CLIENT_ID, True)
    assert CLIENT_SECRET.encode() not in bytes(row.secret)
    assert CLIENT_SECRET not in response.content.decode()
    assert "Authorize button" in response.content.decode()
    assert AuditEntry.objects.filter(verb="oauth_client.entered", workspace=workspace).exists()
    assert CLIENT_SECRET not in str(AuditEntry.objects.values_list("after", flat=True))


def test_the_choice_offers_the_apps_that_can_be_authorised(superuser_client, workspace):
    content = superuser_client.get(f"{LIST}add/").content.decode()

    assert "?app=slack" in content
    assert "?app=customerio" not in content


def test_the_stored_secret_is_never_in_the_page(superuser_client, workspace, oauth_client):
    content = superuser_client.get(f"{LIST}{oauth_client.pk}/change/").content.decode()

    assert CLIENT_SECRET not in content
    assert CLIENT_SECRET[-4:] in content


def test_an_empty_secret_keeps_the_stored_one(db):
    entered()
    entered(secret="", pkce=True)

    client = clients.client_of("slack")
    assert client.keys.secret == CLIENT_SECRET
    assert client.sends_pkce


def test_another_client_or_address_demands_its_secret(db, settings):
    settings.EGRESS_ALLOW = ["127.0.0.1:9"]
    entered()

    for changes in ({"client_id": "another"}, {"base_url": "http://127.0.0.1:9"}):
        with pytest.raises(ValidationFailed) as caught:
            entered(secret="", **changes)
        assert caught.value.field == "secret"


def test_a_row_that_was_changed_behind_the_services_opens_nothing(db):
    entered()
    OAuthClient.objects.update(base_url="https://evil.example.com")

    with pytest.raises(ServiceError):
        clients.client_of("slack")


def test_an_address_takes_the_providers_place_only_where_the_installation_allows_it(db):
    with pytest.raises(ValidationFailed):
        entered(base_url="https://evil.example.com")


def test_a_client_that_connections_live_on_is_neither_replaced_nor_forgotten(traveller, oauth_client):
    traveller.connect()

    with pytest.raises(Conflict):
        clients.remove_client(oauth_client, actor=SYSTEM)
    with pytest.raises(Conflict):
        entered(client_id="another")
    assert OAuthClient.objects.get().client_id == CLIENT_ID


def test_an_unused_client_is_forgotten(superuser_client, workspace, oauth_client):
    response = superuser_client.post(f"{LIST}{oauth_client.pk}/forget/", follow=True)

    assert "is forgotten" in response.content.decode()
    assert not OAuthClient.objects.exists()


@pytest.mark.parametrize("wrong", [{"client_id": ""}, {"client_id": "a b"}, {"secret": "with space"}])
def test_what_can_not_be_a_client_is_refused_at_its_field(db, wrong):
    with pytest.raises(ValidationFailed) as caught:
        entered(**wrong)

    assert caught.value.field in wrong


def test_operators_find_the_page_in_the_sidebar_and_nobody_else_does(
    superuser_client, owner_client, workspace
):
    assert LIST in superuser_client.get("/admin/").content.decode()
    assert LIST not in owner_client.get("/admin/").content.decode()


def test_a_client_that_is_forgotten_before_the_decision_connects_nothing(traveller, oauth_client):
    page = traveller.authorise()
    clients.remove_client(oauth_client, actor=SYSTEM)

    response = traveller.browser.post(page, {"do": "use", "name": "Slack team"})

    assert "no client of this installation is entered" in response.content.decode()
    assert not Connection.objects.exists()
