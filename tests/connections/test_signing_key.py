"""A provider that never tells its signing key: made disabled, asked for, enabled, proved by a delivery."""

import json
import uuid

import pytest
from django.db import transaction

from apps.catalog.connectors.customerio import APP, webhook
from apps.catalog.registry import sample_payload
from apps.connections import registration, services
from apps.connections.models import Connection, Endpoint
from apps.webhooks import services as webhooks
from tests.connections.conftest import json_response
from tests.factories import ConnectionFactory

KEY = "canary" * 10
OPENED, SUBSCRIBED = "email.opened", "customer.subscribed"
VALUES = APP.auth.sandbox_values

pytestmark = pytest.mark.django_db


class Provider:
    """Customer.io's sandbox in the place of the network."""

    def __init__(self):
        self.state, self.forbidden = {}, False

    def __call__(self, request):
        """Answer as the sandbox does, or refuse the scope."""
        if self.forbidden and "reporting_webhooks" in request.url:
            return json_response(403, {"errors": [{"detail": "missing scope", "status": "403"}]})
        response, self.state = APP.sandbox(request, self.state, 1_795_000_000.0)
        return response

    @property
    def webhooks(self):
        """The webhooks that stand there."""
        return list(self.state.get("webhooks", {}).values())


@pytest.fixture
def provider(network):
    network.answer = Provider()
    return network.answer


@pytest.fixture
def live(workspace, public_url, provider):
    return ConnectionFactory(
        workspace=workspace, app="customerio", name="Mail live", sandbox=False, entered=dict(VALUES)
    )


def publish(connection, actor, *event_types):
    registration.widen(connection, event_types=set(event_types), actor=actor)
    with transaction.atomic():
        registration.subscribe(
            connection, user_kind="workflow", user_code=uuid.uuid4(), event_types=event_types
        )
    registration.settle(connection, actor=actor)
    return Endpoint.objects.get(connection=connection)


def page(connection, name="change"):
    return f"/admin/connections/connection/{connection.pk}/{name}/"


def deliver(connection, key=KEY, source="webhook"):
    body = json.dumps(sample_payload("customerio", "email-opened")).encode()
    headers = {name.lower(): value for name, value in webhook.sign(body, key, 1_794_830_400).items()}
    return webhooks.receive(f"customerio/{connection.endpoint.token}", headers, body, source=source)


def test_publishing_makes_a_disabled_webhook_that_waits_for_the_key(live, provider, actor):
    endpoint = publish(live, actor, OPENED)

    [made] = provider.webhooks
    assert (made["disabled"], made["events"]) == (True, ["email_opened"])
    assert made["endpoint"] == registration.webhook_url(endpoint)
    assert endpoint.state == Endpoint.State.WAITING_FOR_KEY
    assert endpoint.event_types == [OPENED]
    assert endpoint.provider_id == str(made["id"])


def test_the_page_says_where_the_key_is_and_storing_it_enables_the_webhook(
    owner_client, live, provider, actor
):
    publish(live, actor, OPENED)
    content = owner_client.get(page(live)).content.decode()
    assert "Waiting for the signing key" in content
    assert "Reporting Webhooks" in content

    content = owner_client.post(page(live, "secret"), {"secret": KEY}, follow=True).content.decode()

    assert [each["disabled"] for each in provider.webhooks] == [False]
    assert Endpoint.objects.get(connection=live).state == Endpoint.State.REGISTERED
    assert "Waiting for the first verified delivery" in content
    assert KEY not in content


def test_the_key_can_be_entered_by_reconnecting_too(owner_client, live, provider, actor):
    publish(live, actor, OPENED)
    kept = {f"auth_{key}": VALUES[key] for key in ("site_id", "region")}

    owner_client.post(page(live, "reconnect"), {"name": "Mail live", "auth_webhook_signing_key": KEY, **kept})

    assert [each["disabled"] for each in provider.webhooks] == [False]
    assert Endpoint.objects.get(connection=live).state == Endpoint.State.REGISTERED


@pytest.mark.django_db(transaction=True)
def test_a_delivery_that_verifies_proves_the_key_and_a_sample_does_not(owner_client, live, actor):
    services.reconnect(live, actor=actor, values={"webhook_signing_key": KEY})
    publish(live, actor, OPENED)

    assert deliver(live, source="sample").status == 200
    assert "first verified delivery" in owner_client.get(page(live)).content.decode()
    assert deliver(live, key="another key").status == 401
    assert "first verified delivery" in owner_client.get(page(live)).content.decode()

    assert deliver(live).status == 200
    assert "first verified delivery" not in owner_client.get(page(live)).content.decode()


def test_a_later_publishing_widens_the_same_enabled_webhook(live, provider, actor):
    services.reconnect(live, actor=actor, values={"webhook_signing_key": KEY})
    publish(live, actor, OPENED)

    endpoint = publish(live, actor, SUBSCRIBED)

    [made] = provider.webhooks
    assert (made["disabled"], made["events"]) == (False, ["customer_subscribed", "email_opened"])
    assert endpoint.event_types == [SUBSCRIBED, OPENED]


def test_a_key_that_is_forgotten_disables_the_webhook_at_the_next_repair(live, provider, actor):
    services.reconnect(live, actor=actor, values={"webhook_signing_key": KEY})
    publish(live, actor, OPENED)
    services.reconnect(live, actor=actor, values={}, remove=["webhook_signing_key"])

    registration.repair(Connection.objects.get(pk=live.pk), actor=actor)

    assert [each["disabled"] for each in provider.webhooks] == [True]
    assert Endpoint.objects.get(connection=live).state == Endpoint.State.WAITING_FOR_KEY


def test_enabling_that_fails_is_said_and_repair_tries_again(owner_client, live, network, provider, actor):
    publish(live, actor, OPENED)
    network.answer = lambda request: json_response(500, {})

    content = owner_client.post(page(live, "secret"), {"secret": KEY}, follow=True).content.decode()
    assert "Repair tries again" in content

    network.answer = provider
    owner_client.post(page(live, "repair"))
    assert Endpoint.objects.get(connection=live).state == Endpoint.State.REGISTERED


def test_a_key_without_the_scope_leaves_registration_to_the_operator(owner_client, live, provider, actor):
    provider.forbidden = True

    endpoint = publish(live, actor, OPENED)

    assert endpoint.state == Endpoint.State.BY_HAND
    assert "missing scope" in endpoint.state_reason
    content = owner_client.get(page(live)).content.decode()
    assert "email_opened" in content
    assert registration.webhook_url(endpoint) in content


def test_without_an_app_key_the_address_and_the_names_are_shown_to_copy(
    owner_client, workspace, public_url, provider, actor
):
    entered = {key: value for key, value in VALUES.items() if key != "app_api_key"}
    track_only = ConnectionFactory(
        workspace=workspace, app="customerio", name="Track only", sandbox=False, entered=entered
    )

    endpoint = publish(track_only, actor, "customer.subscription_preferences_changed")

    assert endpoint.state == Endpoint.State.BY_HAND
    assert provider.webhooks == []
    content = owner_client.get(page(track_only)).content.decode()
    assert "customer_subscription_preferences_changed" in content
    assert registration.webhook_url(endpoint) in content
    assert 'data-copy="webhook-address"' in content
    assert 'data-copy="webhook-names"' in content


def test_a_sandbox_is_registered_enabled_and_can_sign_its_samples(workspace, settings, actor):
    settings.PUBLIC_URL = ""
    sandbox = ConnectionFactory(workspace=workspace, app="customerio")

    endpoint = publish(sandbox, actor, OPENED)

    assert endpoint.state == Endpoint.State.REGISTERED
    assert len(registration.signing_secrets(Connection.objects.get(pk=sandbox.pk))) == 1
