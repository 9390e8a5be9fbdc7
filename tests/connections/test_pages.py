"""The pages of connections: what they show, what they do, and what they never show."""

import datetime as dt
import uuid

import pytest
from django.utils import timezone
from django.views.debug import SafeExceptionReporterFilter

from apps.connections import registration, services
from apps.connections.models import Connection, Endpoint, Use
from apps.workspaces.access import Actor
from tests.connections.conftest import STRIPE_KEY, json_response
from tests.factories import ConnectionFactory, EndpointFactory

LIST = "/admin/connections/connection/"
ADD = f"{LIST}add/"
CANARY = "whsec_canaryCanaryCanary0042"
ACTING = ("test", "repair", "secret", "clear")


def page(connection, name="change"):
    return f"{LIST}{connection.pk}/{name}/"


@pytest.fixture
def balance(network):
    """Let Stripe accept every key."""
    network.answer = lambda request: json_response(200, {"object": "balance", "livemode": False})
    return network


@pytest.fixture
def live(workspace, owner):
    return ConnectionFactory(
        workspace=workspace,
        name="Stripe live",
        sandbox=False,
        created_by=owner,
        entered={"api_key": STRIPE_KEY, "webhook_secret": CANARY},
    )


def test_the_list_shows_account_status_user_and_uses(owner_client, live):
    Use.objects.create(connection=live, user_kind="workflow", user_code=uuid.uuid4(), label="Tell the team")
    Connection.objects.update(status="broken", status_reason="Stripe refused the key.")

    content = owner_client.get(LIST).content.decode()

    for text in (
        "Stripe live",
        "test mode",
        "Broken",
        "Stripe refused the key.",
        "olivia-owner",
        "Tell the team",
    ):
        assert text in content


def test_the_list_leaves_out_disconnected_ones_until_asked(owner_client, live):
    Connection.objects.update(status="disconnected")

    assert "Stripe live" not in owner_client.get(LIST).content.decode()
    assert "Stripe live" in owner_client.get(f"{LIST}?status__exact=disconnected").content.decode()


@pytest.mark.parametrize("query", ["?of=stripe", "?sandbox__exact=0", "?q=live", "?status__exact=connected"])
def test_the_list_filters(owner_client, live, workspace, query):
    ConnectionFactory(workspace=workspace, name="Other one", app="customerio", status="untested")

    content = owner_client.get(f"{LIST}{query}").content.decode()

    assert "Stripe live" in content
    assert "Other one" not in content


def test_adding_offers_every_app_and_its_sandbox(owner_client):
    content = owner_client.get(ADD).content.decode()

    assert "?app=stripe" in content
    assert "?app=customerio&amp;sandbox=1" in content


def test_the_form_is_made_from_the_apps_fields_with_their_help(owner_client):
    content = owner_client.get(f"{ADD}?app=stripe").content.decode()

    assert "Secret or restricted key" in content
    assert "Developers → API keys" in content
    assert 'type="password"' in content


def test_connecting_stores_the_key_sealed_and_tests_it(owner_client, balance, workspace, owner):
    response = owner_client.post(
        f"{ADD}?app=stripe", {"name": "Stripe live", "auth_api_key": STRIPE_KEY}, follow=True
    )

    connection = Connection.objects.get()
    assert connection.status == Connection.Status.CONNECTED
    assert connection.created_by == owner
    assert STRIPE_KEY.encode() not in bytes(connection.credentials)
    assert "“Stripe live” works." in response.content.decode()
    assert len(balance.requests) == 1


def test_a_wrong_key_is_refused_at_its_field_and_not_shown_again(owner_client, network):
    content = owner_client.post(
        f"{ADD}?app=stripe", {"name": "Stripe", "auth_api_key": "pk_live_publishable0042"}
    ).content.decode()

    assert "publishable key" in content
    assert "pk_live_publishable0042" not in content
    assert not Connection.objects.exists()
    assert network.requests == []


@pytest.mark.parametrize("adding", [True, False])
def test_an_error_report_of_a_form_with_keys_shows_none_of_them(owner_client, live, monkeypatch, adding):
    def fails(*args, **kwargs):
        raise RuntimeError("a defect")

    monkeypatch.setattr(services, "create_connection" if adding else "reconnect", fails)
    owner_client.raise_request_exception = False
    address = f"{ADD}?app=stripe" if adding else page(live, "reconnect")

    response = owner_client.post(address, {"name": "Another", "auth_api_key": STRIPE_KEY})

    assert response.status_code == 500
    reported = SafeExceptionReporterFilter().get_post_parameters(response.wsgi_request)
    assert reported["name"] == SafeExceptionReporterFilter.cleansed_substitute
    assert STRIPE_KEY not in str(reported)


def test_a_name_that_is_taken_is_said_so(owner_client, live):
    content = owner_client.post(
        f"{ADD}?app=stripe", {"name": "Stripe live", "auth_api_key": STRIPE_KEY}
    ).content.decode()

    assert "There is a connection “Stripe live” in this workspace already." in content


def test_a_sandbox_needs_a_name_alone(owner_client):
    owner_client.post(f"{ADD}?app=customerio&sandbox=1", {"name": "Trying"})

    connection = Connection.objects.get()
    assert connection.sandbox
    assert connection.status == Connection.Status.CONNECTED


def test_the_base_address_is_offered_only_where_the_installation_allows_one(owner_client, settings):
    settings.EGRESS_ALLOW = []
    assert "Base address" not in owner_client.get(f"{ADD}?app=stripe").content.decode()

    settings.EGRESS_ALLOW = ["127.0.0.1:9999"]
    assert "127.0.0.1:9999" in owner_client.get(f"{ADD}?app=stripe").content.decode()


def test_the_page_shows_last_fours_and_no_secret(owner_client, live):
    content = owner_client.get(page(live)).content.decode()

    assert "••••0042" in content
    assert STRIPE_KEY not in content
    assert CANARY not in content


def test_a_broken_connection_says_why_and_what_to_do(owner_client, live):
    Connection.objects.update(status="broken", status_reason="Stripe refused the credentials (401).")

    content = owner_client.get(page(live)).content.decode()

    assert "Stripe refused the credentials (401)." in content
    assert "Press Reconnect" in content


def test_the_page_shows_the_webhook(owner_client, live, public_url):
    delivered = timezone.now() - dt.timedelta(minutes=5)
    endpoint = EndpointFactory(connection=live, event_types=["charge.failed"], last_delivery_at=delivered)

    content = owner_client.get(page(live)).content.decode()

    assert f"{public_url}/v1/webhooks/stripe/{endpoint.token}" in content
    assert "charge.failed" in content
    assert "5 minutes ago" in content
    assert "Repair" in content


def standing_at(url, live):
    return EndpointFactory(connection=live, event_types=["charge.failed"], url=url)


def test_the_page_shows_the_registered_address_and_warns_when_it_is_not_todays(
    owner_client, live, public_url
):
    endpoint = standing_at("https://former.example.com/v1/webhooks/stripe/token", live)

    content = owner_client.get(page(live)).content.decode()

    assert f'id="webhook-address">{endpoint.url}<' in content
    assert f"{public_url}/v1/webhooks/stripe/{endpoint.token}" in content
    assert "Press Repair to register that one" in content


def test_an_address_that_is_todays_is_not_warned_of(owner_client, live, public_url):
    endpoint = standing_at("", live)
    Endpoint.objects.update(url=f"{public_url}/v1/webhooks/stripe/{endpoint.token}")

    assert "which is not today" not in owner_client.get(page(live)).content.decode()


@pytest.mark.parametrize(
    ("public", "said"),
    [
        ("", "PUBLIC_URL is not set"),
        ("http://localhost:8000", "PUBLIC_URL means this machine"),
        ("http://127.0.0.1:8000", "PUBLIC_URL means this machine"),
    ],
)
@pytest.mark.parametrize("registered", [True, False])
def test_the_page_says_why_no_provider_reaches_the_address(
    owner_client, live, settings, public, said, registered
):
    settings.PUBLIC_URL = public
    if registered:
        standing_at("https://former.example.com/v1/webhooks/stripe/token", live)

    content = owner_client.get(page(live)).content.decode()

    assert said in content
    assert ("then press Repair" in content) == registered


def test_by_hand_the_page_shows_the_listen_line_and_takes_the_secret(
    owner_client, workspace, settings, balance
):
    settings.PUBLIC_URL = "http://localhost:8000"
    connection = ConnectionFactory(workspace=workspace, sandbox=False)
    endpoint = EndpointFactory(
        connection=connection, state=Endpoint.State.BY_HAND, event_types=["charge.failed", "invoice.paid"]
    )
    line = (
        "stripe listen --events charge.failed,invoice.paid "
        f"--forward-to http://localhost:8000/v1/webhooks/stripe/{endpoint.token}"
    )
    assert line in owner_client.get(page(connection)).content.decode()

    owner_client.post(page(connection, "secret"), {"secret": CANARY})

    assert CANARY in registration.signing_secrets(Connection.objects.get())
    assert CANARY not in owner_client.get(page(connection)).content.decode()


def test_the_test_button_stores_what_the_provider_says(owner_client, live, network):
    network.answer = lambda request: json_response(401, {"error": {"message": "Invalid API Key provided"}})

    content = owner_client.post(page(live, "test"), follow=True).content.decode()

    live.refresh_from_db()
    assert live.status == Connection.Status.BROKEN
    assert "“Stripe live” does not work" in content


def test_reconnecting_replaces_what_is_entered_and_keeps_the_rest(owner_client, live, balance):
    form = owner_client.get(page(live, "reconnect")).content.decode()
    assert "Leave empty to keep ••••0042" in form
    assert STRIPE_KEY not in form

    owner_client.post(page(live, "reconnect"), {"name": "Renamed", "auth_api_key": "sk_live_another00001111"})

    live.refresh_from_db()
    assert live.name == "Renamed"
    assert live.hints == {"api_key": "1111", "webhook_secret": "0042"}
    assert live.label == "live mode"
    assert live.status == Connection.Status.CONNECTED


def test_a_stored_secret_can_be_forgotten(owner_client, live, balance):
    owner_client.post(page(live, "reconnect"), {"name": live.name, "remove_webhook_secret": "on"})

    live.refresh_from_db()
    assert list(live.hints) == ["api_key"]


def test_disconnecting_asks_first(owner_client, live):
    assert "Its keys are forgotten" in owner_client.get(page(live, "disconnect")).content.decode()
    live.refresh_from_db()
    assert live.status == Connection.Status.CONNECTED

    owner_client.post(page(live, "disconnect"))

    live.refresh_from_db()
    assert live.status == Connection.Status.DISCONNECTED
    assert bytes(live.credentials) == b""


def test_disconnecting_refuses_while_in_use_and_names_the_users(owner_client, live):
    Use.objects.create(connection=live, user_kind="workflow", user_code=uuid.uuid4(), label="Tell the team")

    content = owner_client.post(page(live, "disconnect")).content.decode()

    assert "is used by “Tell the team”" in content
    live.refresh_from_db()
    assert live.status == Connection.Status.CONNECTED


def test_repair_says_what_went_wrong(owner_client, live, public_url, network):
    services.reconnect(
        live,
        actor=Actor.system("test"),
        values={},
        remove=["webhook_secret"],
    )
    registration.subscribe(live, user_kind="workflow", user_code=uuid.uuid4(), event_types=["charge.failed"])
    network.answer = lambda request: json_response(500, {})

    content = owner_client.post(page(live, "repair"), follow=True).content.decode()

    assert "can&#x27;t be asked now" in content


def test_the_sandboxs_calls_are_listed_and_shown(owner_client, workspace, actor):
    sandbox = ConnectionFactory(workspace=workspace, app="stripe", name="Trying")
    services.test_connection(sandbox, actor=actor)
    call = sandbox.sandbox_calls.get()

    listed = owner_client.get("/admin/connections/sandboxcall/").content.decode()
    shown = owner_client.get(f"/admin/connections/sandboxcall/{call.pk}/change/").content.decode()

    assert "https://api.stripe.com/v1/balance" in listed
    assert "Bearer ••••" in shown
    assert "available" in shown
    assert "https://api.stripe.com/v1/balance" in owner_client.get(page(sandbox)).content.decode()


def test_a_sandbox_can_start_afresh(owner_client, workspace, actor):
    sandbox = ConnectionFactory(workspace=workspace)
    services.test_connection(sandbox, actor=actor)

    owner_client.post(page(sandbox, "clear"))

    assert not sandbox.sandbox_calls.exists()


@pytest.mark.parametrize("name", ACTING)
def test_what_changes_something_takes_post_alone(owner_client, live, name):
    assert owner_client.get(page(live, name)).status_code == 405


def test_the_detail_page_takes_no_post(owner_client, live):
    assert owner_client.post(page(live), {"name": "x"}).status_code == 405


@pytest.mark.parametrize(
    "path", ["", "add/?app=stripe", "{pk}/change/", "{pk}/reconnect/", "{pk}/disconnect/"]
)
def test_no_page_ever_holds_a_secret(owner_client, live, path):
    EndpointFactory(connection=live, secret_value="whsec_canaryOfTheEndpoint77")

    content = owner_client.get(LIST + path.format(pk=live.pk)).content.decode()

    for secret in (STRIPE_KEY, CANARY, "whsec_canaryOfTheEndpoint77"):
        assert secret not in content
