"""Answers that were not asked for, asked by somebody else, or come twice: refused, and nothing changes."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client as Browser
from django.utils import timezone

from apps.catalog.models import App
from apps.connections.models import Connection
from apps.connections.oauth import flow
from apps.connections.oauth.models import OAuthClient, OAuthState
from apps.workspaces.models import Membership
from apps.workspaces.roles import Role
from tests.connections.oauth.conftest import ADMIN, PUBLIC_URL, Traveller, everything, state_of, visit
from tests.factories import ConnectionFactory, MembershipFactory

TOKEN = "/api/oauth.v2.access"
CALLBACK = "/oauth/callback/slack/"


def local(address):
    return address.removeprefix(PUBLIC_URL)


def test_an_answer_that_comes_twice_is_refused_and_sends_no_second_exchange(traveller, provider):
    back = visit(traveller.begin())
    traveller.come_back(back)
    before = everything()

    again = traveller.come_back(back)

    assert again.status_code == 400
    assert "answered before" in again.content.decode()
    assert provider.count(TOKEN) == 1
    assert everything() == before


@pytest.mark.parametrize("state", ["", "x", "A" * 43, "\x00", "é" * 40])
def test_an_unknown_state_is_refused(traveller, provider, state):
    visit(traveller.begin())
    before = everything()

    response = traveller.browser.get(CALLBACK, {"state": state, "code": "stolen"})

    assert response.status_code == 400
    assert provider.count(TOKEN) == 0
    assert everything() == before


def test_another_session_of_the_same_person_is_refused_and_the_first_may_still_come_back(
    traveller, provider, owner, client_of
):
    back = visit(traveller.begin())

    refused = client_of(owner).get(local(back))

    assert refused.status_code == 400
    assert "before you signed in" in refused.content.decode()
    assert provider.count(TOKEN) == 0
    assert traveller.come_back(back).status_code == 302


def test_somebody_elses_answer_is_refused(traveller, provider, admin_member, client_of):
    """An attacker's link must not connect the attacker's account for the victim."""
    back = visit(Traveller(client_of(admin_member)).begin())
    before = everything()

    response = traveller.come_back(back)

    assert response.status_code == 400
    assert provider.count(TOKEN) == 0
    assert everything() == before


def test_nobody_is_connected_without_signing_in(traveller, provider):
    back = visit(traveller.begin())

    response = Browser().get(local(back))

    assert response.status_code == 403
    assert "not signed in" in response.content.decode()
    assert provider.count(TOKEN) == 0


def test_a_state_belongs_to_its_workspace_whatever_is_chosen_meanwhile(
    traveller, owner, workspace, other_workspace
):
    MembershipFactory(workspace=other_workspace, user=owner, role=Role.OWNER)
    back = visit(traveller.begin())
    traveller.browser.post("/admin/workspaces/workspace/switch/", {"workspace": other_workspace.code})

    page = traveller.come_back(back)["Location"]
    traveller.browser.post(page, {"do": "use", "name": "Slack team"})

    assert Connection.objects.get().workspace == workspace


def test_who_lost_the_role_meanwhile_connects_nothing(traveller, provider, owner):
    back = visit(traveller.begin())
    Membership.objects.filter(user=owner).update(role=Role.VIEWER)

    assert traveller.come_back(back).status_code == 400
    assert provider.count(TOKEN) == 0


def test_who_lost_the_role_before_the_decision_connects_nothing(traveller, owner):
    page = traveller.authorise()
    Membership.objects.filter(user=owner).update(role=Role.VIEWER)

    assert traveller.browser.post(page, {"do": "use", "name": "Slack team"}).status_code == 404
    assert not Connection.objects.exists()


def test_the_decision_is_its_persons_and_its_sessions(traveller, owner, admin_member, client_of):
    page = traveller.authorise()

    for browser in (client_of(owner), client_of(admin_member)):
        assert browser.get(page).status_code == 404
        assert browser.post(page, {"do": "use", "name": "Slack team"}).status_code == 404
    assert not Connection.objects.exists()


def test_one_apps_answer_is_not_taken_for_anothers(traveller, provider):
    back = visit(traveller.begin())

    response = traveller.browser.get(local(back).replace("/slack/", "/stripe/"))

    assert response.status_code in (400, 404)
    assert provider.count(TOKEN) == 0
    assert OAuthState.objects.get().status == OAuthState.Status.BEGUN


@pytest.mark.parametrize("app", ["customerio", "nosuchapp"])
def test_an_app_that_is_not_authorised_has_no_callback(traveller, app):
    assert traveller.browser.get(f"/oauth/callback/{app}/").status_code == 404


def test_ten_minutes_are_the_end_of_it(traveller, provider):
    back = visit(traveller.begin())
    OAuthState.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    assert traveller.come_back(back).status_code == 400
    assert provider.count(TOKEN) == 0


def test_what_nobody_decided_is_forgotten_after_ten_minutes(traveller):
    page = traveller.authorise()
    OAuthState.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    assert traveller.browser.post(page, {"do": "use", "name": "Slack team"}).status_code == 404
    assert flow.forget_old() == 1
    assert not OAuthState.objects.exists()


@pytest.mark.parametrize(
    "answer",
    [
        (200, {"Content-Type": "text/html"}, b"<!DOCTYPE html><html>Log in</html>"),
        (
            200,
            {"Content-Type": "application/json"},
            b'{"ok": true, "access_token": "' + b"x" * 100_000 + b'"}',
        ),
        (200, {"Content-Type": "application/json"}, b"x" * 3_000_000),
        (200, {"Content-Type": "application/json"}, b'{"ok": true}'),
        (200, {"Content-Type": "application/json"}, b'{"ok": true, "access_token": ["xoxb-1"], "team": 5}'),
        (
            200,
            {"Content-Type": "application/json"},
            b'{"ok": true, "access_token": "xoxb-17653672481", "team": null, "enterprise": null}',
        ),
        (200, {"Content-Type": "application/json"}, b"[" * 5000),
        (302, {"Location": "http://169.254.169.254/"}, b""),
        (503, {"Content-Type": "text/plain"}, b"busy"),
        (0, {}, b""),
    ],
    ids=["html", "long", "huge", "empty", "odd", "nobodys", "deep", "redirect", "busy", "hangs-up"],
)
def test_a_failed_exchange_is_said_and_never_repeated(traveller, provider, answer):
    provider.before[TOKEN] = lambda: answer
    back = visit(traveller.begin())

    response = traveller.come_back(back)
    provider.before.clear()
    again = traveller.come_back(back)

    assert response.status_code == 400
    assert "the code is not tried again" in response.content.decode()
    assert again.status_code == 400
    assert provider.count(TOKEN) == 1
    assert not Connection.objects.exists()
    assert bytes(OAuthState.objects.get().sealed) == b""


def test_a_code_of_somebody_elses_authorisation_fails_at_its_proof(traveller, provider):
    """A code that was stolen and planted: the verifier is another one's."""
    stolen = provider_code(visit(traveller.begin()))
    state = state_of(traveller.begin())

    response = traveller.browser.get(CALLBACK, {"state": state, "code": stolen})

    assert response.status_code == 400
    assert "invalid_code_verifier" in response.content.decode()
    assert not Connection.objects.exists()


def test_a_client_that_was_changed_meanwhile_is_sent_no_code(traveller, provider):
    back = visit(traveller.begin())
    OAuthClient.objects.update(base_url="http://127.0.0.1:1")

    assert traveller.come_back(back).status_code == 400
    assert provider.count(TOKEN) == 0


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example.com/",
        "//evil.example.com/",
        "/\\evil.example.com",
        "javascript:alert(1)",
        "\t//evil.example.com",
        "admin/",
        "/" + "a" * 500,
    ],
)
def test_nobody_is_sent_to_another_site_afterwards(traveller, address):
    page = traveller.authorise(next=address)

    response = traveller.browser.post(page, {"do": "use", "name": "Slack team"})

    assert response["Location"] == f"{ADMIN}{Connection.objects.get().pk}/change/"


def test_what_a_provider_says_is_not_repeated_as_it_stands(traveller):
    state = state_of(traveller.begin())

    response = traveller.browser.get(
        CALLBACK, {"state": state, "error": "<script>alert(1)</script>", "error_description": "Call +1 555"}
    )

    content = response.content.decode()
    assert "alert(1)" not in content
    assert "+1 555" not in content


def test_a_name_that_a_provider_tells_is_escaped(traveller, provider):
    provider.account = ("T1", "<script>alert(1)</script>")

    content = traveller.browser.get(traveller.authorise()).content.decode()

    assert "<script>alert(1)" not in content
    assert "&lt;script&gt;alert(1)" in content


def test_a_get_decides_nothing(traveller):
    page = traveller.authorise()

    traveller.browser.get(page, {"do": "use", "name": "Slack team"})

    assert not Connection.objects.exists()


def test_a_decision_needs_its_token_against_forgery(traveller, owner):
    page = traveller.authorise()
    strict = Browser(enforce_csrf_checks=True)
    strict.cookies = traveller.browser.cookies

    assert strict.post(page, {"do": "use", "name": "Slack team"}).status_code == 403
    assert not Connection.objects.exists()


def test_the_callback_takes_no_other_method(traveller):
    back = local(visit(traveller.begin()))

    for method in ("post", "put", "head"):
        assert getattr(traveller.browser, method)(back).status_code == 405
    assert OAuthState.objects.get().status == OAuthState.Status.BEGUN


def test_a_foreign_connection_is_not_authorised(traveller, other_workspace):
    foreign = ConnectionFactory(workspace=other_workspace, app="slack", sandbox=False)

    assert traveller.browser.post(f"{ADMIN}{foreign.pk}/authorize/").status_code == 404
    assert not OAuthState.objects.exists()


@pytest.mark.parametrize("made", [{"app": "slack", "sandbox": True}, {"app": "customerio", "sandbox": False}])
def test_what_can_not_be_authorised_is_refused(traveller, workspace, made):
    connection = ConnectionFactory(workspace=workspace, **made)

    response = traveller.browser.post(f"{ADMIN}{connection.pk}/authorize/")

    assert response["Location"] == f"{ADMIN}{connection.pk}/change/"
    assert not OAuthState.objects.exists()


def provider_code(address):
    return parse_qs(urlsplit(address).query)["code"][0]


def test_an_app_that_is_switched_off_is_authorised_for_nothing_new(traveller):
    App.objects.filter(key="slack").update(enabled=False)

    response = traveller.browser.post(f"{ADMIN}authorize/slack/", follow=True)

    assert "switched off" in response.content.decode()
    assert not OAuthState.objects.exists()
