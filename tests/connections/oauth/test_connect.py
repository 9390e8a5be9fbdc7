"""Stripe Connect: the platform's key for the authorised account, and its events by account."""

import json
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.db import transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.catalog import registry
from apps.catalog.connectors.stripe.client import Caller, invoke
from apps.common.errors import Conflict, ServiceError
from apps.connections import registration, services
from apps.connections.accounts import account_of, secrets_of
from apps.connections.models import Connection, Endpoint, OAuthClient, OAuthGrant, PlatformEndpoint
from apps.connections.oauth import clients, platforms
from apps.connections.senders import sender_for
from apps.webhooks import services as webhooks
from apps.webhooks.models import Delivery
from tests.connections.oauth.conftest import ADMIN, PUBLIC_URL, SYSTEM, visit
from tests.connections.oauth.stripe_connect import PLATFORM_ID, PLATFORM_KEY, StripeConnect

PAID, FAILED = "invoice.paid", "charge.failed"


@pytest.fixture
def stripe(settings: Any, db: None) -> Iterator[StripeConnect]:
    server = StripeConnect()
    settings.EGRESS_ALLOW = [server.address]
    settings.PUBLIC_URL = PUBLIC_URL
    row = OAuthClient(app="stripe")
    clients.save_client(
        row, actor=SYSTEM, client_id=PLATFORM_ID, secret=PLATFORM_KEY, base_url=server.url, pkce=False
    )
    yield server
    server.close()
    assert server.problems == []


@pytest.fixture
def connect(stripe: StripeConnect, owner_client: Any) -> Any:
    def connected(
        account: str = "acct_1Acme", name: str = "Stripe of Acme", browser: Any = None
    ) -> Connection:
        stripe.connecting = account
        browser = browser or owner_client
        back = visit(browser.post(f"{ADMIN}authorize/stripe/")["Location"])
        page = browser.get(back.removeprefix(PUBLIC_URL))["Location"]
        response = browser.post(page, {"do": "use", "name": name})
        assert response.status_code == 302, response.content.decode()
        return Connection.objects.select_related("workspace").get(name=name)

    return connected


def listen(connection: Connection, *event_types: str) -> uuid.UUID:
    """Publish something that listens."""
    code = uuid.uuid4()
    registration.widen(connection, event_types=set(event_types), actor=SYSTEM)
    with transaction.atomic():
        registration.subscribe(connection, user_kind="workflow", user_code=code, event_types=event_types)
    return code


def deliver(stripe: StripeConnect, account: str | None, *, secret: str = "", **changes: Any) -> Any:
    """Send the sample of a failed charge as Stripe does for a connected account."""
    app = registry.get_app("stripe")
    assert app.webhook is not None
    now = int(timezone.now().timestamp())
    payload = app.webhook.refresh_sample(
        registry.sample_payload("stripe", "charge-failed"), app.webhook.new_event_id(), now
    )
    payload |= {"livemode": False, **({"account": account} if account else {}), **changes}
    body = json.dumps(payload).encode()
    signed = app.webhook.sign(body, secret or stripe.webhook["secret"], now)
    path = stripe.webhook["url"].removeprefix(f"{PUBLIC_URL}/v1/webhooks/")
    return webhooks.receive(path, {k.lower(): v for k, v in signed.items()}, body)


def test_the_account_is_shown_with_its_mode_and_connected_without_a_key_of_its_own(connect, stripe):
    connection = connect()

    grant = OAuthGrant.objects.get()
    assert (grant.account_id, grant.livemode) == ("acct_1Acme", False)
    assert connection.status == Connection.Status.CONNECTED
    assert (connection.hints, connection.label) == ({}, "test mode")
    assert stripe.accounts_called == [("/v1/balance", "acct_1Acme")]


def test_a_live_account_is_said_to_be_one(stripe, owner_client):
    stripe.livemode = True
    back = visit(owner_client.post(f"{ADMIN}authorize/stripe/")["Location"])
    page = owner_client.get(back.removeprefix(PUBLIC_URL))["Location"]

    assert "This is a live account." in owner_client.get(page).content.decode()


def test_calls_carry_the_platforms_key_and_the_account(connect, stripe):
    connection = connect()
    stripe.accounts_called.clear()

    invoke(Caller(account_of(connection), sender_for(connection).send), "balance.retrieve")

    assert stripe.accounts_called == [("/v1/balance", "acct_1Acme")]
    assert PLATFORM_KEY in secrets_of(connection)
    assert PLATFORM_KEY.encode() not in bytes(connection.credentials)


def test_nobody_can_name_an_account_that_was_not_authorised(connect, workspace):
    """The platform's key opens every connected account: the account must come from Stripe itself."""
    connection = connect()

    for values in (
        {"account_id": "acct_1Victim"},
        {"account_id": "acct_1Victim", "webhook_secret": "whsec_1"},
    ):
        with pytest.raises(ServiceError):
            services.create_connection(workspace, actor=SYSTEM, app="stripe", name="Mine", values=values)
        with pytest.raises(ServiceError):
            services.reconnect(connection, actor=SYSTEM, values=values)
    plain = services.create_connection(
        workspace, actor=SYSTEM, app="stripe", name="Mine", values={"webhook_secret": "whsec_abcdef"}
    )
    assert "account_id" not in account_of(plain).values
    assert "api_key" not in account_of(plain).values


def test_another_client_lends_its_key_to_nobody(connect):
    connection = connect()
    OAuthGrant.objects.update(client_id="ca_another")

    with pytest.raises(ServiceError):
        account_of(connection)


def test_keys_of_its_own_need_a_connection_of_their_own(connect):
    connection = connect()

    with pytest.raises(Conflict) as caught:
        services.reconnect(connection, actor=SYSTEM, values={"api_key": "sk_test_ofTheirOwn01"})
    assert caught.value.code == "was_authorised"
    assert OAuthGrant.objects.exists()


def test_publishing_registers_one_connect_webhook_with_the_union_of_all(connect, stripe):
    acme, other = connect(), connect("acct_1Other", "Stripe of Other")

    listen(acme, FAILED)
    listen(other, PAID)

    assert stripe.webhook["connect"] is True
    assert set(stripe.webhook["enabled_events"]) == {FAILED, PAID, "account.application.deauthorized"}
    assert ("/v1/webhook_endpoints", None) in stripe.accounts_called
    rows = Endpoint.objects.order_by("pk")
    assert [row.event_types for row in rows] == [[FAILED], [PAID]]
    assert {row.state for row in rows} == {Endpoint.State.REGISTERED}
    assert PlatformEndpoint.objects.get().url == stripe.webhook["url"]


def test_unpublishing_narrows_it_and_the_last_one_removes_it(connect, stripe):
    acme, other = connect(), connect("acct_1Other", "Stripe of Other")
    first, second = listen(acme, FAILED), listen(other, PAID)

    registration.unsubscribe(user_kind="workflow", user_code=first)
    registration.settle(acme, actor=SYSTEM)
    PlatformEndpoint.objects.update(reserved=[])
    registration.settle(acme, actor=SYSTEM)
    narrowed = set(stripe.webhook["enabled_events"])
    registration.unsubscribe(user_kind="workflow", user_code=second)
    registration.settle(other, actor=SYSTEM)

    assert FAILED not in narrowed
    assert PAID in narrowed
    assert stripe.webhooks == {}


def test_what_another_is_just_publishing_is_not_taken_away(connect, stripe):
    acme, other = connect(), connect("acct_1Other", "Stripe of Other")
    registration.widen(acme, event_types={FAILED}, actor=SYSTEM)
    code = listen(other, PAID)

    registration.unsubscribe(user_kind="workflow", user_code=code)
    registration.settle(other, actor=SYSTEM)

    assert FAILED in stripe.webhook["enabled_events"]


def test_an_event_reaches_the_connection_of_its_account_alone(connect, stripe):
    acme, other = connect(), connect("acct_1Other", "Stripe of Other")
    listen(acme, FAILED)
    listen(other, FAILED)

    receipt = deliver(stripe, "acct_1Other")

    assert receipt.status == 200
    assert Delivery.objects.get().connection == other


def test_two_workspaces_with_the_same_account_each_get_the_event(connect, stripe, stranger_client):
    mine, theirs = connect(), connect(name="Stripe elsewhere", browser=stranger_client)
    listen(mine, FAILED)

    deliver(stripe, "acct_1Acme")

    found = {row.connection for row in Delivery.objects.all()}
    assert found == {mine, theirs}
    assert {row.workspace for row in Delivery.objects.all()} == {mine.workspace, theirs.workspace}


def test_more_connections_of_an_account_than_get_its_events_are_refused(connect, stripe, monkeypatch):
    monkeypatch.setattr(platforms, "MAX_CONNECTIONS", 2)
    mine, again = connect(), connect(name="Stripe once more")
    listen(mine, FAILED)

    with pytest.raises(AssertionError, match="connections of this installation have the account acct_1Acme"):
        connect(name="Stripe too often")
    deliver(stripe, "acct_1Acme")

    assert {row.connection for row in Delivery.objects.all()} == {mine, again}
    services.disconnect(again, actor=SYSTEM)
    connect(name="Stripe in its place")


def test_the_same_event_twice_is_a_duplicate(connect, stripe):
    listen(connect(), FAILED)

    first = deliver(stripe, "acct_1Acme", id="evt_1Same0042")
    second = deliver(stripe, "acct_1Acme", id="evt_1Same0042")

    assert (first.status, second.status, second.code) == (200, 200, "duplicate")
    assert Delivery.objects.count() == 1


@pytest.mark.parametrize(
    ("account", "changes"),
    [("acct_1Nobody", {}), (None, {}), ("acct_1Acme", {"livemode": True}), ("acct_1Nobody", {"id": 5})],
)
def test_what_is_nobodys_is_acknowledged_and_kept_nowhere(connect, stripe, account, changes):
    listen(connect(), FAILED)

    receipt = deliver(stripe, account, **changes)

    assert (receipt.status, receipt.code) == (200, "no_connection")
    assert "not kept" in receipt.message if account else "names no account" in receipt.message
    assert not Delivery.objects.exists()


DEEP: Any = {}
for _ in range(200):
    DEEP = {"account": "acct_1Other", "livemode": True, "deeper": DEEP}


@pytest.mark.parametrize(
    "data",
    [{"id": 5}, {"data": "\0"}, {"data": "\ud800"}, {"data": DEEP}],
    ids=["id", "nul", "surrogate", "deep"],
)
def test_what_can_not_be_read_is_kept_for_its_account_alone(connect, stripe, data):
    acme, other = connect(), connect("acct_1Other", "Stripe of Other")
    listen(acme, FAILED)
    listen(other, FAILED)

    receipt = deliver(stripe, "acct_1Acme", **data)

    delivery = Delivery.objects.get()
    assert (receipt.status, receipt.code) == (200, "quarantined")
    assert (delivery.connection, delivery.status) == (acme, Delivery.Status.QUARANTINED)


@pytest.mark.parametrize("account", [None, "acct_\0", "acct_\ud800"])
def test_what_names_nobody_that_can_be_read_is_to_be_sent_again(connect, stripe, account):
    listen(connect(), FAILED)

    receipt = deliver(stripe, account, data=DEEP)

    assert (receipt.status, receipt.code) == (503, "account_unreadable")
    assert not Delivery.objects.exists()


def test_an_event_of_a_connection_that_is_not_attached_is_to_be_sent_again(connect, stripe):
    listen(connect(), FAILED)
    Endpoint.objects.update(platform=None)

    assert deliver(stripe, "acct_1Acme").status == 503


def test_a_wrong_signature_is_refused(connect, stripe):
    listen(connect(), FAILED)

    assert deliver(stripe, "acct_1Acme", secret="whsec_of_somebody_else").status == 401
    assert not Delivery.objects.exists()


def test_a_disconnected_accounts_events_reach_nobody(connect, stripe):
    acme, other = connect(), connect("acct_1Other", "Stripe of Other")
    listen(other, FAILED)

    services.disconnect(acme, actor=SYSTEM)
    deliver(stripe, "acct_1Acme")

    assert not Delivery.objects.exists()
    assert "acct_1Acme" not in stripe.connected
    assert "acct_1Other" in stripe.connected


def test_an_account_that_another_workspace_uses_stays_authorised(connect, stripe, stranger_client):
    mine, _theirs = connect(), connect(name="Stripe elsewhere", browser=stranger_client)

    services.disconnect(mine, actor=SYSTEM)

    assert "acct_1Acme" in stripe.connected


def test_an_account_that_takes_its_authorisation_back_breaks_the_connection(connect, stripe):
    listen(connect(), FAILED)
    OAuthGrant.objects.update(granted_at=timezone.now() - timedelta(minutes=1))

    deliver(stripe, "acct_1Acme", type="account.application.deauthorized")

    connection = Connection.objects.get()
    assert connection.status == Connection.Status.BROKEN
    assert "taken its authorisation back" in connection.status_reason


def test_an_ordinary_delivery_asks_for_no_platform(connect, stripe):
    """The path of every other delivery costs what it did before."""
    connection = connect()
    listen(connection, FAILED)
    endpoint = registration.endpoint_of(connection)
    app = registry.get_app("stripe")
    body = json.dumps(registry.sample_payload("stripe", "charge-failed")).encode()
    now = timezone.now()
    headers = app.webhook.sign(body, registration.signing_secrets(connection)[0], int(now.timestamp()))

    with CaptureQueriesContext(database) as queries:
        receipt = webhooks.receive(
            f"stripe/{endpoint.token}", {k.lower(): v for k, v in headers.items()}, body, now=now
        )

    assert receipt.status == 200
    assert not any("platformendpoint" in each["sql"].lower() for each in queries)


def test_without_a_public_address_the_account_registers_by_hand_at_the_connections_own(
    connect, stripe, settings, owner_client
):
    connection = connect()
    settings.PUBLIC_URL = ""

    listen(connection, FAILED)

    assert Endpoint.objects.get().state == Endpoint.State.BY_HAND
    assert stripe.webhooks == {}
    content = owner_client.get(f"{ADMIN}{connection.pk}/change/").content.decode()
    assert Endpoint.objects.get().token in content


def test_the_page_shows_the_platforms_address(connect, stripe, owner_client):
    connection = connect()
    listen(connection, FAILED)

    content = owner_client.get(f"{ADMIN}{connection.pk}/change/").content.decode()

    assert stripe.webhook["url"] in content
    assert "which is not today" not in content


def test_the_name_can_be_changed_without_a_key(connect, owner_client):
    connection = connect()

    owner_client.post(f"{ADMIN}{connection.pk}/reconnect/", {"name": "Renamed"})

    assert Connection.objects.get().name == "Renamed"
    assert OAuthGrant.objects.exists()


def test_a_body_over_the_limit_is_refused_there_too(connect, stripe, settings):
    listen(connect(), FAILED)
    settings.MAX_BODY_BYTES = 100

    assert deliver(stripe, "acct_1Acme").status == 413


def test_giving_one_up_never_asks_to_delete_the_webhook_of_all(connect, stripe, owner_client):
    acme, other = connect(), connect("acct_1Other", "Stripe of Other")
    listen(other, PAID)
    code = listen(acme, FAILED)
    registration.unsubscribe(user_kind="workflow", user_code=code)
    page = owner_client.get(f"{ADMIN}{acme.pk}/disconnect/").content.decode()

    services.disconnect(acme, actor=SYSTEM)

    assert stripe.webhook["id"] not in page
    assert "is given back to the provider" in page
    assert "by hand" not in Connection.objects.get(pk=acme.pk).status_reason
    assert PAID in stripe.webhook["enabled_events"]
