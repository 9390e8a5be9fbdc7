"""An account authorised at the provider: there, back, looked at, and used or thrown away."""

from urllib.parse import parse_qs, urlsplit

import pytest

from apps.connections.accounts import account_of
from apps.connections.models import Connection
from apps.connections.oauth.models import OAuthClient, OAuthGrant, OAuthState
from apps.connections.services import create_connection, disconnect, reconnect
from apps.workspaces.models import AuditEntry
from tests.connections.oauth.conftest import ADMIN, PUBLIC_URL, SYSTEM, visit
from tests.connections.oauth.provider import CLIENT_ID, CLIENT_SECRET


def test_without_a_client_there_is_no_button_and_with_one_there_is(owner_client, provider, workspace):
    assert "Authorize with Slack" not in owner_client.get(f"{ADMIN}add/?app=slack").content.decode()
    assert owner_client.post(f"{ADMIN}authorize/slack/").status_code == 302
    assert not OAuthState.objects.exists()


def test_the_button_stands_above_the_form_and_may_lead_to_the_provider(traveller, provider):
    response = traveller.browser.get(f"{ADMIN}add/?app=slack")

    assert "Authorize with Slack" in response.content.decode()
    assert f"form-action 'self' {provider.url}" in response["Content-Security-Policy"]
    assert "Bot token" in response.content.decode()
    assert "Authorize with" not in traveller.browser.get(f"{ADMIN}add/?app=slack&sandbox=1").content.decode()


def test_the_provider_is_asked_with_state_and_proof(traveller, provider):
    address = traveller.begin()

    query = {key: values[0] for key, values in parse_qs(urlsplit(address).query).items()}
    assert address.startswith(f"{provider.url}/oauth/v2/authorize?")
    assert query["client_id"] == CLIENT_ID
    assert query["redirect_uri"] == f"{PUBLIC_URL}/oauth/callback/slack/"
    assert query["code_challenge_method"] == "S256"
    assert len(query["code_challenge"]) == 43
    assert "chat:write" in query["scope"].split(",")
    assert OAuthState.objects.get().digest != query["state"]


def test_the_proof_goes_along_only_where_the_client_has_it_enabled(traveller, oauth_client):
    OAuthClient.objects.update(pkce=False)

    assert "code_challenge" not in traveller.begin()
    assert traveller.connect().status == Connection.Status.CONNECTED


def test_the_account_is_shown_before_anything_is_connected(traveller):
    page = traveller.authorise()
    content = traveller.browser.get(page).content.decode()

    assert "Slack Softball Team" in content
    assert "T9TK3CUKW" in content
    assert "chat:write" in content
    assert "Use this account" in content
    assert not Connection.objects.exists()


def test_using_the_account_makes_a_tested_connection(traveller, provider, workspace, owner):
    connection = traveller.connect("Slack team")

    grant = OAuthGrant.objects.get(connection=connection)
    assert (connection.workspace, connection.created_by) == (workspace, owner)
    assert connection.status == Connection.Status.CONNECTED
    assert account_of(connection).values["bot_token"] == provider.grants[0].access
    assert (grant.account_id, grant.account_name) == ("T9TK3CUKW", "Slack Softball Team")
    assert grant.refresh_at is None
    content = traveller.browser.get(f"{ADMIN}{connection.pk}/change/").content.decode()
    assert "Slack Softball Team (T9TK3CUKW)" in content
    assert AuditEntry.objects.get(verb="connection.authorized").after["account"] == "T9TK3CUKW"


def test_what_was_granted_is_kept_sealed_and_wiped_with_the_decision(traveller, provider):
    page = traveller.authorise()
    kept = bytes(OAuthState.objects.get().sealed)

    traveller.browser.post(page, {"do": "use", "name": "Slack team"})

    assert kept
    assert provider.grants[0].access.encode() not in kept
    assert bytes(OAuthState.objects.get().sealed) == b""


def test_throwing_it_away_connects_nothing_and_gives_it_back(traveller, provider):
    page = traveller.authorise()
    response = traveller.browser.post(page, {"do": "throw_away"}, follow=True)

    assert "thrown away" in response.content.decode()
    assert not Connection.objects.exists()
    assert provider.grants[0].over
    assert bytes(OAuthState.objects.get().sealed) == b""


def test_an_account_that_another_connection_lives_on_is_not_given_back(traveller, provider):
    traveller.connect("Slack team")
    page = traveller.authorise()

    traveller.browser.post(page, {"do": "throw_away"})

    assert provider.count("/api/auth.revoke") == 0


def paste(workspace, provider, token: str) -> Connection:
    values = {"bot_token": token}
    return create_connection(
        workspace, actor=SYSTEM, app="slack", name="Pasted", values=values, base_url=provider.url
    )


def test_a_token_that_somebody_pasted_is_not_taken_from_them(traveller, provider, workspace):
    page = traveller.authorise()
    paste(workspace, provider, provider.grants[0].access)

    response = traveller.browser.post(page, {"do": "throw_away"}, follow=True)

    assert provider.count("/api/auth.revoke") == 0
    assert "not ended at Slack" in response.content.decode()


def test_disconnecting_leaves_a_token_that_somebody_pasted(traveller, provider, workspace):
    authorised = traveller.connect("Slack team")
    paste(workspace, provider, provider.grants[0].access)

    disconnect(authorised, actor=SYSTEM)

    assert provider.count("/api/auth.revoke") == 0
    assert "not ended at Slack" in Connection.objects.get(pk=authorised.pk).status_reason


def test_where_a_pasted_token_can_not_be_opened_nothing_is_given_back(traveller, provider, workspace):
    page = traveller.authorise()
    pasted = paste(workspace, provider, "xoxb-17653672481")
    Connection.objects.filter(pk=pasted.pk).update(credentials=b"sealed with a key that is gone")

    traveller.browser.post(page, {"do": "throw_away"})

    assert provider.count("/api/auth.revoke") == 0


def test_another_pasted_token_keeps_nothing_back(traveller, provider, workspace):
    page = traveller.authorise()
    paste(workspace, provider, "xoxb-17653672481")

    response = traveller.browser.post(page, {"do": "throw_away"}, follow=True)

    assert provider.grants[0].over
    assert "not ended" not in response.content.decode()


def test_what_another_is_about_to_use_is_not_given_back(traveller, provider):
    page = traveller.authorise()
    traveller.authorise()

    traveller.browser.post(page, {"do": "throw_away"})

    assert provider.count("/api/auth.revoke") == 0


def test_a_decision_is_made_once(traveller):
    page = traveller.authorise()
    traveller.browser.post(page, {"do": "use", "name": "Slack team"})

    again = traveller.browser.post(page, {"do": "use", "name": "Slack team again"})

    assert again.status_code == 404
    assert Connection.objects.count() == 1


def test_a_name_that_is_taken_is_said_and_can_be_changed(traveller):
    traveller.connect("Slack team")
    page = traveller.authorise()

    refused = traveller.browser.post(page, {"do": "use", "name": "Slack team"})
    traveller.browser.post(page, {"do": "use", "name": "Slack team two"})

    assert "in this workspace already" in refused.content.decode()
    assert Connection.objects.count() == 2


def test_authorising_again_renews_the_same_connection(traveller, provider):
    connection = traveller.connect()
    revision = connection.revision
    Connection.objects.update(status=Connection.Status.BROKEN, status_reason="Slack refused the bot token.")

    renewed = traveller.connect(connection=connection)

    assert Connection.objects.count() == 1
    assert renewed.status == Connection.Status.CONNECTED
    assert renewed.revision > revision
    assert account_of(renewed).values["bot_token"] == provider.grants[1].access


def test_another_account_is_refused_for_a_connection_that_workflows_were_made_for(traveller, provider):
    connection = traveller.connect()
    before = account_of(connection).values
    provider.account = ("T0OTHER", "Another Team")

    page = traveller.authorise(connection)
    refused = traveller.browser.post(page, {"do": "use"})

    assert "is the account “Slack Softball Team”" in refused.content.decode()
    assert account_of(Connection.objects.get()).values == before


def test_afterwards_a_page_of_this_installation_may_be_next(traveller):
    page = traveller.authorise(next="/admin/workflows/workflow/")

    response = traveller.browser.post(page, {"do": "use", "name": "Slack team"})

    assert response["Location"] == "/admin/workflows/workflow/"


def test_declining_is_no_mistake(traveller, provider):
    state = parse_qs(urlsplit(traveller.begin()).query)["state"][0]

    response = traveller.come_back(f"{PUBLIC_URL}/oauth/callback/slack/?error=access_denied&state={state}")

    assert response.status_code == 200
    assert "did not let Tandem use an account at Slack" in response.content.decode()
    assert provider.count("/api/oauth.v2.access") == 0


def test_pasted_keys_end_the_renewals(traveller, provider):
    provider.rotates = True
    connection = traveller.connect()

    reconnect(connection, actor=SYSTEM, values={"bot_token": "xoxb-pasted-0042"})

    assert not OAuthGrant.objects.exists()


def test_a_usual_channel_is_entered_without_ending_them(traveller, provider):
    provider.rotates = True
    connection = traveller.connect()

    reconnect(connection, actor=SYSTEM, values={"channel": "C024BE91L"})

    assert OAuthGrant.objects.exists()
    assert account_of(connection).values["bot_token"] == provider.grants[0].access


def test_disconnecting_gives_the_access_back(traveller, provider):
    connection = traveller.connect()

    disconnect(connection, actor=SYSTEM)

    assert provider.grants[0].over
    assert not OAuthGrant.objects.exists()


@pytest.mark.parametrize("persona", ["viewer", "editor"])
def test_only_those_who_manage_connections_may_authorise(oauth_client, persona, persona_client):
    browser = persona_client(persona)

    assert browser.post(f"{ADMIN}authorize/slack/").status_code == 403
    assert not OAuthState.objects.exists()


def test_no_secret_is_in_a_page_or_a_log(traveller, provider, caplog, capfd):
    provider.rotates = True
    address = traveller.begin()
    back = visit(address)
    page = traveller.come_back(back)["Location"]
    shown = traveller.browser.get(page).content.decode()
    shown += traveller.browser.post(page, {"do": "use", "name": "Slack team"}, follow=True).content.decode()
    shown += "".join(record.getMessage() for record in caplog.records) + "".join(capfd.readouterr())

    grant = provider.grants[0]
    code = parse_qs(urlsplit(back).query)["code"][0]
    for secret in (CLIENT_SECRET, grant.access, grant.refresh, code):
        assert secret not in shown
