"""One webhook per connection: made, widened, narrowed and removed, under a lease."""

import datetime as dt
import threading
import uuid
from dataclasses import replace

import pytest
from django.db import connections as databases
from django.db import transaction
from django.utils import timezone

from apps.common.errors import Conflict, ServiceError
from apps.connections import leases, registration, standing
from apps.connections.models import Connection, Endpoint
from apps.workspaces.access import Actor
from apps.workspaces.models import AuditEntry
from tests.connections.conftest import PUBLIC_URL, json_response
from tests.factories import ConnectionFactory

FAILED, PAID, CREATED = "charge.failed", "invoice.paid", "customer.created"

pytestmark = pytest.mark.django_db


@pytest.fixture
def stripe(workspace, stand_in, public_url):
    """Return a connection to a Stripe on loopback."""
    return ConnectionFactory(workspace=workspace, name="Stripe test", sandbox=False, base_url=stand_in.url)


def publish(connection, actor, *event_types, user=None):
    """Do what publishing does: widen, then write the subscriptions, then settle."""
    code = user or uuid.uuid4()
    registration.widen(connection, event_types=set(event_types), actor=actor)
    with transaction.atomic():
        registration.subscribe(connection, user_kind="workflow", user_code=code, event_types=event_types)
    registration.settle(connection, actor=actor)
    return code


def unpublish(actor, code):
    for connection in registration.unsubscribe(user_kind="workflow", user_code=code):
        registration.settle(connection, actor=actor)


def test_the_first_publishing_creates_one_endpoint_with_address_events_and_marker(stripe, stand_in, actor):
    publish(stripe, actor, FAILED)

    endpoint = registration.endpoint_of(stripe)
    [at_stripe] = stand_in.endpoints
    assert at_stripe["url"] == f"{PUBLIC_URL}/v1/webhooks/stripe/{endpoint.token}"
    assert at_stripe["enabled_events"] == [FAILED]
    assert at_stripe["metadata"] == {"tandem_connection": str(stripe.code)}
    assert endpoint.state == Endpoint.State.REGISTERED
    assert endpoint.provider_id == at_stripe["id"]
    assert endpoint.api_version == at_stripe["api_version"]
    assert endpoint.registered_at is not None


def test_the_secret_that_stripe_tells_once_is_stored_sealed(stripe, actor):
    publish(stripe, actor, FAILED)

    [secret] = registration.signing_secrets(Connection.objects.get(pk=stripe.pk))
    assert secret.startswith("whsec_")
    assert secret.encode() not in bytes(registration.endpoint_of(stripe).secret)


def test_later_publishings_widen_the_same_endpoint_and_keep_the_secret(stripe, stand_in, actor):
    publish(stripe, actor, FAILED)
    secrets = registration.signing_secrets(Connection.objects.get(pk=stripe.pk))
    publish(stripe, actor, PAID)

    [at_stripe] = stand_in.endpoints
    assert sorted(at_stripe["enabled_events"]) == [FAILED, PAID]
    assert registration.endpoint_of(stripe).event_types == [FAILED, PAID]
    assert registration.signing_secrets(Connection.objects.get(pk=stripe.pk)) == secrets


def test_unpublishing_narrows_and_the_last_one_removes(stripe, stand_in, actor):
    first, second = publish(stripe, actor, FAILED), publish(stripe, actor, PAID)

    unpublish(actor, first)
    assert [each["enabled_events"] for each in stand_in.endpoints] == [[PAID]]

    unpublish(actor, second)
    assert stand_in.endpoints == []
    endpoint = registration.endpoint_of(stripe)
    assert (endpoint.state, endpoint.provider_id, endpoint.event_types) == (Endpoint.State.NONE, "", [])
    assert bytes(endpoint.secret) == b""


def test_an_event_type_that_two_users_listen_for_stays_for_the_other(stripe, stand_in, actor):
    first, _ = publish(stripe, actor, FAILED), publish(stripe, actor, FAILED)

    unpublish(actor, first)

    assert [each["enabled_events"] for each in stand_in.endpoints] == [[FAILED]]


def test_removing_an_endpoint_that_is_gone_already_is_done(stripe, stand_in, actor):
    code = publish(stripe, actor, FAILED)
    stand_in.state = {}

    unpublish(actor, code)

    assert registration.endpoint_of(stripe).state == Endpoint.State.NONE


def test_a_user_that_changes_its_event_types_leaves_no_surplus(stripe, stand_in, actor):
    code = publish(stripe, actor, FAILED)
    publish(stripe, actor, PAID, user=code)

    assert [each["enabled_events"] for each in stand_in.endpoints] == [[PAID]]


def test_an_endpoint_whose_secret_was_lost_is_replaced(stripe, stand_in, actor):
    publish(stripe, actor, FAILED)
    [old] = stand_in.endpoints
    Endpoint.objects.update(secret=b"")

    registration.widen(stripe, event_types={FAILED}, actor=actor)

    [new] = stand_in.endpoints
    assert new["id"] != old["id"]
    assert len(registration.signing_secrets(Connection.objects.get(pk=stripe.pk))) == 1


def test_repair_puts_back_what_was_deleted_at_the_provider(stripe, stand_in, actor):
    publish(stripe, actor, FAILED)
    stand_in.state = {}

    registration.repair(stripe, actor=actor)

    assert [each["enabled_events"] for each in stand_in.endpoints] == [[FAILED]]
    assert registration.endpoint_of(stripe).provider_id == stand_in.endpoints[0]["id"]


def test_a_provider_that_cannot_be_reached_is_named_and_nothing_changes(stripe, stand_in, actor):
    publish(stripe, actor, FAILED)
    before = Endpoint.objects.values().get()
    stand_in.close()

    with pytest.raises(ServiceError, match="Stripe can't be reached") as raised:
        registration.widen(stripe, event_types={PAID}, actor=actor)

    assert raised.value.code == "unreachable"
    assert "Stripe test" in raised.value.message
    assert Endpoint.objects.values().get() == before


def test_an_unpublishing_that_cannot_reach_the_provider_says_so_on_the_endpoint(stripe, stand_in, actor):
    code = publish(stripe, actor, FAILED)
    stand_in.close()

    unpublish(actor, code)

    endpoint = registration.endpoint_of(stripe)
    assert endpoint.state == Endpoint.State.REGISTERED
    assert "Stripe can't be reached" in endpoint.state_reason
    assert "Repair" in endpoint.state_reason


def test_settling_calls_nobody_when_nothing_has_changed(stripe, stand_in, actor):
    publish(stripe, actor, FAILED)
    calls = len(stand_in.calls)

    registration.settle(stripe, actor=actor)

    assert len(stand_in.calls) == calls


def test_what_a_publishing_under_way_needs_is_not_taken_away(stripe, stand_in, actor):
    other = publish(stripe, actor, PAID)
    registration.widen(stripe, event_types={FAILED}, actor=actor)

    unpublish(actor, other)

    assert [each["enabled_events"] for each in stand_in.endpoints] == [[FAILED]]


def test_a_reservation_runs_out(stripe, stand_in, actor):
    other = publish(stripe, actor, PAID)
    registration.widen(stripe, event_types={FAILED}, actor=actor)
    Endpoint.objects.update(reserved=[[[FAILED], 1.0]])

    unpublish(actor, other)

    assert stand_in.endpoints == []


def test_a_key_without_the_permission_fails_with_what_to_do(workspace, stand_in, public_url, actor):
    restricted = ConnectionFactory(
        workspace=workspace,
        sandbox=False,
        base_url=stand_in.url,
        entered={"api_key": "rk_test_no_webhook_write_1234"},
    )

    with pytest.raises(ServiceError, match="did not change the webhook") as raised:
        registration.widen(restricted, event_types={FAILED}, actor=actor)

    assert "webhook_write" in raised.value.remedy
    endpoint = registration.endpoint_of(restricted)
    assert endpoint.state == Endpoint.State.FAILED
    assert "webhook_write" in endpoint.state_reason


def test_refused_credentials_break_the_connection(workspace, stand_in, public_url, actor):
    revoked = ConnectionFactory(
        workspace=workspace, sandbox=False, base_url=stand_in.url, entered={"api_key": "sk_test_revoked_1234"}
    )

    with pytest.raises(ServiceError):
        registration.widen(revoked, event_types={FAILED}, actor=actor)

    revoked.refresh_from_db()
    assert revoked.status == Connection.Status.BROKEN


@pytest.mark.parametrize("address", ["", "http://localhost:8000", "http://127.0.0.1:8000", "http://[::1]"])
def test_without_a_public_address_nothing_is_called(stripe, stand_in, settings, actor, address):
    settings.PUBLIC_URL = address

    endpoint = registration.widen(stripe, event_types={FAILED}, actor=actor)

    assert endpoint.state == Endpoint.State.BY_HAND
    assert endpoint.event_types == [FAILED]
    assert stand_in.calls == []


def test_a_pasted_signing_secret_means_by_hand(workspace, stand_in, public_url, actor):
    pasted = ConnectionFactory(
        workspace=workspace,
        sandbox=False,
        base_url=stand_in.url,
        entered={"api_key": "sk_test_1234567890", "webhook_secret": "whsec_pasted0123456789"},
    )

    endpoint = registration.widen(pasted, event_types={FAILED}, actor=actor)

    assert endpoint.state == Endpoint.State.BY_HAND
    assert stand_in.calls == []
    assert registration.signing_secrets(Connection.objects.get(pk=pasted.pk)) == ("whsec_pasted0123456789",)


def test_a_sandbox_registers_at_itself_without_a_public_address(workspace, settings, actor):
    settings.PUBLIC_URL = ""
    sandbox = ConnectionFactory(workspace=workspace)

    publish(sandbox, actor, FAILED)

    endpoint = registration.endpoint_of(sandbox)
    assert endpoint.state == Endpoint.State.REGISTERED
    assert sandbox.sandbox_calls.filter(method="POST").exists()
    assert registration.signing_secrets(Connection.objects.get(pk=sandbox.pk))[0].startswith("whsec_")


def test_a_sandbox_can_sign_before_anything_is_published(workspace):
    sandbox = ConnectionFactory(workspace=workspace)
    registration.endpoint_of(sandbox)

    [secret] = registration.signing_secrets(Connection.objects.get(pk=sandbox.pk))

    assert secret.startswith("whsec_")


def test_a_subscription_keeps_the_moment_since_when(stripe, actor):
    code = publish(stripe, actor, FAILED)
    row = stripe.subscriptions.get()
    long_ago = timezone.now() - dt.timedelta(days=3)
    stripe.subscriptions.update(since=long_ago)

    publish(stripe, actor, FAILED, PAID, user=code)

    assert stripe.subscriptions.get(pk=row.pk).since == long_ago
    assert stripe.subscriptions.get(event_type=PAID).since > long_ago


def test_a_change_is_in_the_audit_trail_and_names_no_secret(stripe, actor):
    publish(stripe, actor, FAILED)

    entry = AuditEntry.objects.get(verb="webhook.changed")
    assert entry.target_code == str(stripe.code)
    assert entry.after == {"state": "registered", "event_types": [FAILED]}


def test_a_lease_that_is_held_makes_others_wait_and_then_give_up(stripe):
    endpoint = registration.endpoint_of(stripe)

    with leases.held(endpoint), pytest.raises(Conflict, match="somebody else"), leases.held(endpoint, wait=0):
        pytest.fail("The lease was given twice.")


def test_the_lease_of_a_holder_that_died_gives_way(stripe):
    endpoint = registration.endpoint_of(stripe)
    Endpoint.objects.update(lease_token=uuid.uuid4(), lease_until=timezone.now() - dt.timedelta(seconds=1))

    with leases.held(endpoint, wait=0) as token:
        assert Endpoint.objects.get().lease_token == token
    assert Endpoint.objects.get().lease_token is None


def test_a_holder_that_lost_its_lease_writes_nothing(stripe, stand_in, actor, monkeypatch):
    usual = stand_in.handle

    def taken_meanwhile(request, *, deadline):
        later = timezone.now() + dt.timedelta(seconds=30)
        Endpoint.objects.update(lease_token=uuid.uuid4(), lease_until=later)
        return usual(request)

    # The change must be seen by this thread's own transaction, so no second one makes the call.
    monkeypatch.setattr("apps.connections.senders.live_send", taken_meanwhile)

    with pytest.raises(Conflict):
        registration.widen(stripe, event_types={FAILED}, actor=actor)

    assert Endpoint.objects.get().state == Endpoint.State.NONE


def test_a_viewer_cannot_register(stripe, stand_in, viewer):
    with pytest.raises(ServiceError, match="does not allow"):
        registration.widen(stripe, event_types={FAILED}, actor=Actor.of(viewer))

    assert stand_in.calls == []


def test_a_provider_that_fails_is_not_called_unreachable(stripe, network, actor):
    network.answer = lambda request: json_response(500, {"error": {"message": "Oops"}})

    with pytest.raises(ServiceError, match="can't be asked now") as raised:
        registration.widen(stripe, event_types={FAILED}, actor=actor)

    assert "Nothing was changed" in raised.value.remedy


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_publishings_at_once_make_one_endpoint_with_both_event_types(
    workspace, stand_in, public_url, actor
):
    stripe = ConnectionFactory(workspace=workspace, sandbox=False, base_url=stand_in.url)
    begin, errors = threading.Barrier(2), []

    def publish_one(event_type):
        try:
            begin.wait()
            publish(Connection.objects.get(pk=stripe.pk), actor, event_type)
        except Exception as error:  # noqa: BLE001 - told by the test's own thread.
            errors.append(error)
        finally:
            databases.close_all()

    threads = [threading.Thread(target=publish_one, args=(each,)) for each in (FAILED, PAID)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    [at_stripe] = stand_in.endpoints
    assert sorted(at_stripe["enabled_events"]) == [FAILED, PAID]
    assert registration.endpoint_of(stripe).event_types == [FAILED, PAID]


@pytest.mark.parametrize("stood_before", [False, True])
def test_a_webhook_whose_secret_is_not_held_is_failed_and_repair_mends_it(
    stripe, stand_in, actor, monkeypatch, stood_before
):
    if stood_before:
        publish(stripe, actor, FAILED)
        Endpoint.objects.update(secret=b"")
    scheme = standing.scheme_of(stripe)
    told = scheme.ensure
    assert told is not None
    silent = scheme.model_copy(update={"ensure": lambda context: replace(told(context), secret="")})
    with monkeypatch.context() as patch:
        patch.setattr(standing, "scheme_of", lambda connection: silent)
        with pytest.raises(ServiceError, match="told no signing secret"):
            registration.widen(stripe, event_types={FAILED}, actor=actor)

    endpoint = registration.endpoint_of(stripe)
    assert endpoint.state == Endpoint.State.FAILED
    assert "Press Repair" in endpoint.state_reason

    publish(stripe, actor, FAILED)
    registration.repair(stripe, actor=actor)
    endpoint = registration.endpoint_of(stripe)
    assert (endpoint.state, endpoint.state_reason) == (Endpoint.State.REGISTERED, "")
    assert registration.signing_secrets(Connection.objects.get(pk=stripe.pk))
    assert [each["id"] for each in stand_in.endpoints] == [endpoint.provider_id]
