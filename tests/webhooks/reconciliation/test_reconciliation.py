"""What the provider lists and never came is recovered, by the rules, and never twice."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.alerts.models import Alert
from apps.catalog import registry
from apps.catalog.transport import NotSent, Response
from apps.connections import senders
from apps.connections.models import Connection, Endpoint
from apps.connections.senders import Sender, sender_for
from apps.runs.models import Run
from apps.webhooks.models import Delivery, Gap, Proof, Reconciliation, Seen
from apps.webhooks.reconciliation import turn
from apps.workflows.models import Workflow
from tests.factories import ConnectionFactory, EndpointFactory
from tests.webhooks.conftest import publish
from tests.webhooks.reconciliation.conftest import compare, subscribe
from tests.webhooks.stripe_sender import address, event, post

pytestmark = pytest.mark.django_db


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that makes the provider answer every call like this."""

    def with_status(status: int, body: dict[str, Any] | None = None, **headers: str) -> None:
        def send(request: Any, *, deadline: float) -> Response:
            if status == 0:
                raise NotSent("The host does not answer.", code="connect")
            said = body or {"error": {"type": "api_error", "message": "no"}}
            return Response(status, headers, json.dumps(said).encode())

        monkeypatch.setattr(turn, "sender_for", lambda connection: Sender(send, in_thread=True))
        monkeypatch.setattr("apps.connections.health.sender_for", lambda c: Sender(send, in_thread=True))

    return with_status


def test_a_missing_event_is_recovered_and_runs(connection, subscribed, stripe_lists):
    stripe_lists("evt_lost", minutes_ago=30)

    row = compare(connection)

    delivery, run, gap = Delivery.objects.get(), Run.objects.get(), Gap.objects.get()
    assert (delivery.source, delivery.status, delivery.event_id) == ("recovered", "accepted", "evt_lost")
    assert (run.status, run.workflow, run.delivery) == (Run.Status.QUEUED, subscribed, delivery)
    assert (gap.status, gap.delivery_code) == (Gap.Status.RECOVERED, delivery.code)
    assert row.cursor is not None
    assert row.window_until is None


def test_what_arrived_is_left_alone(endpoint, connection, subscribed, stripe_lists):
    created = int(timezone.now().timestamp()) - 600
    post(address(endpoint), event("evt_here", created=created))
    stripe_lists("evt_here", minutes_ago=10)

    compare(connection)

    assert Delivery.objects.get().source == "webhook"
    assert Run.objects.count() == 1
    assert not Gap.objects.exists()
    proof = Proof.objects.get()
    assert (proof.expected, proof.received, proof.recovered, proof.missing) == (1, 1, 0, 0)


def test_a_second_look_finds_nothing_new_and_counts_nothing_twice(connection, subscribed, stripe_lists):
    stripe_lists("evt_lost", minutes_ago=30)
    compare(connection)

    compare(connection)

    assert Delivery.objects.count() == Run.objects.count() == Gap.objects.count() == 1
    assert sorted(Proof.objects.values_list("expected", "recovered")) == [(0, 0), (1, 1)]


def test_nothing_from_before_the_subscription_is_recovered(connection, subscribed, stripe_lists):
    subscribe(subscribed, "customer.created", days=1)
    stripe_lists("evt_before", minutes_ago=2 * 24 * 60, type="customer.created")
    stripe_lists("evt_of_a_type_nobody_wants", minutes_ago=30, type="invoice.paid")

    compare(connection)

    assert not Delivery.objects.exists()
    assert Proof.objects.get().expected == 0


def test_the_event_of_the_second_of_the_subscription_counts(endpoint, listening, connection, stripe_lists):
    since = timezone.now().replace(microsecond=900_000) - timedelta(minutes=30)
    subscribe(listening, since=since)
    stripe_lists("evt_at_once", created=int(since.timestamp()))
    stripe_lists("evt_too_early", created=int(since.timestamp()) - 1)

    compare(connection)

    assert [row.event_id for row in Delivery.objects.all()] == ["evt_at_once"]


def test_the_run_of_an_old_event_is_held_with_the_reason(connection, subscribed, stripe_lists):
    stripe_lists("evt_old", minutes_ago=25 * 60)

    compare(connection)

    run = Run.objects.get()
    assert (run.status, run.reason_code) == (Run.Status.HELD, "stale")
    assert "25 hours after it happened" in run.reason


def test_an_old_event_of_a_paused_workflow_stays_held_after_it(connection, subscribed, stripe_lists):
    Workflow.objects.filter(pk=subscribed.pk).update(status=Workflow.Status.PAUSED)
    stripe_lists("evt_old", minutes_ago=25 * 60)
    compare(connection)
    Workflow.objects.filter(pk=subscribed.pk).update(status=Workflow.Status.PUBLISHED)

    Run.objects.release(at=timezone.now())

    assert Run.objects.get().status == Run.Status.HELD


def test_a_workflow_that_listened_later_gets_its_run_held(connection, subscribed, stripe_lists):
    later = publish(connection, name="Later")
    subscribe(later, since=timezone.now() - timedelta(minutes=10))
    stripe_lists("evt_between", minutes_ago=30)

    compare(connection)

    states = dict(Run.objects.values_list("workflow", "reason_code"))
    assert states == {subscribed.pk: "", later.pk: "before_published"}


def test_a_recovered_event_that_comes_by_webhook_after_all_is_a_duplicate(
    endpoint, connection, subscribed, stripe_lists
):
    payload = stripe_lists("evt_lost", minutes_ago=30)
    compare(connection)

    answer = post(address(endpoint), json.dumps(payload).encode())

    assert answer.json()["code"] == "duplicate"
    assert Run.objects.count() == 1


def test_what_was_pruned_is_not_recovered_again(connection, subscribed, stripe_lists):
    stripe_lists("evt_lost", minutes_ago=30)
    compare(connection)
    Run.objects.all().delete()
    Delivery.objects.all().delete()
    Gap.objects.all().delete()

    compare(connection)

    assert not Delivery.objects.exists()
    assert Seen.objects.count() == 1


def test_what_is_still_on_its_way_is_left_to_the_webhook(connection, subscribed, stripe_lists):
    stripe_lists("evt_fresh", minutes_ago=0.5)

    compare(connection)

    assert not Delivery.objects.exists()


def test_an_event_that_appears_late_is_found_by_the_overlap(connection, subscribed, stripe_lists):
    compare(connection)
    stripe_lists("evt_late", minutes_ago=30)

    compare(connection)

    assert Delivery.objects.get().event_id == "evt_late"


def test_what_stripe_marks_undelivered_is_found_behind_the_overlap(connection, subscribed, stripe_lists):
    compare(connection)
    stripe_lists("evt_undelivered", minutes_ago=2 * 24 * 60)

    compare(connection)

    assert Delivery.objects.get().event_id == "evt_undelivered"


def test_a_window_of_many_pages_goes_on_in_the_next_turn(connection, subscribed, stripe_lists, monkeypatch):
    monkeypatch.setattr("apps.catalog.connectors.stripe.reconciling.PAGE", 1)
    monkeypatch.setattr(turn, "PAGES", 2)
    for number in range(3):
        stripe_lists(f"evt_{number}", minutes_ago=30 + number)

    first = compare(connection)
    assert first.cursor is None
    assert first.position
    assert Delivery.objects.count() == 2
    for _ in range(5):
        last = compare(connection)

    assert last.cursor is not None
    assert Delivery.objects.count() == 3
    assert Proof.objects.latest("pk").since <= last.cursor


@pytest.mark.parametrize("status", [500, 429, 0], ids=["server error", "rate limited", "no connection"])
def test_an_error_that_passes_moves_nothing_and_waits(connection, subscribed, answers, status):
    before = timezone.now()
    answers(status)

    row = compare(connection)

    assert row.cursor is None
    assert row.failures == 1
    assert row.error
    assert row.next_at > before + timedelta(seconds=20)
    assert Connection.objects.get(pk=connection.pk).status == Connection.Status.CONNECTED


def test_the_provider_s_own_wish_to_wait_is_honoured(connection, subscribed, answers):
    before = timezone.now()
    answers(429, **{"retry-after": "600"})

    row = compare(connection)

    assert row.next_at >= before + timedelta(seconds=600)


def test_refused_credentials_break_the_connection(connection, subscribed, answers):
    answers(401, {"error": {"type": "invalid_request_error", "message": "Invalid API Key provided"}})

    row = compare(connection)

    assert Connection.objects.get(pk=connection.pk).status == Connection.Status.BROKEN
    assert row.cursor is None
    assert row.error


def test_after_an_error_the_same_window_is_looked_through(connection, subscribed, stripe_lists, answers):
    stripe_lists("evt_lost", minutes_ago=30)
    with pytest.MonkeyPatch.context() as patched:
        down = Sender(lambda request, deadline: Response(503, {}, b""), in_thread=True)
        patched.setattr(turn, "sender_for", lambda connection: down)
        failed = compare(connection)

    mended = compare(connection)

    assert failed.window_until is not None
    assert Proof.objects.get().until == failed.window_until == mended.cursor
    assert (mended.error, mended.failures) == ("", 0)
    assert Delivery.objects.get().event_id == "evt_lost"


def test_an_object_that_may_not_be_read_leaves_a_gap_with_an_alert(connection, subscribed, stripe_lists):
    stripe_lists(
        "evt_closed",
        minutes_ago=30,
        api_version="2024-06-20",
        data={"object": {"id": "ch_1", "object": "charge"}},
    )
    real = sender_for(connection).send

    def send(request: Any, *, deadline: float) -> Response:
        if "/v1/charges/" in request.url:
            said = {"error": {"type": "invalid_request_error", "message": "needs rak_charge_read"}}
            return Response(403, {}, json.dumps(said).encode())
        return real(request, deadline=deadline)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(turn, "sender_for", lambda connection: Sender(send, in_thread=False))
        row = compare(connection)

    gap = Gap.objects.get()
    assert gap.status == Gap.Status.OPEN
    assert "Stripe Dashboard" in gap.remedy
    assert row.cursor is not None
    alert = Alert.objects.get()
    assert (alert.kind, alert.url) == ("reconciliation", row.get_absolute_url())
    # With the permission given, the next turn recovers it by its id, and the alert ends.
    compare(connection)
    gap.refresh_from_db()
    assert gap.status == Gap.Status.RECOVERED
    assert "read again" in gap.note
    assert not Alert.objects.standing().exists()


def test_only_one_turn_at_a_time_is_taken(connection, subscribed):
    row = Reconciliation.objects.create(connection=connection)
    Reconciliation.objects.update(lease_until=timezone.now() + timedelta(seconds=60))

    assert not turn.take(row.pk)
    assert not Proof.objects.exists()


@pytest.mark.parametrize("state", ["none", "waiting_for_key"])
def test_without_a_webhook_that_stands_nothing_is_looked_at(
    connection, endpoint, subscribed, stripe_lists, state
):
    Endpoint.objects.filter(pk=endpoint.pk).update(state=state)
    stripe_lists("evt_lost", minutes_ago=30)

    compare(connection)

    assert not Delivery.objects.exists()
    assert not Proof.objects.exists()


def test_a_webhook_registered_by_hand_is_looked_at_once_a_delivery_has_proved_it(
    connection, endpoint, subscribed, stripe_lists
):
    Endpoint.objects.filter(pk=endpoint.pk).update(state=Endpoint.State.BY_HAND)
    stripe_lists("evt_lost", minutes_ago=30)
    compare(connection)
    assert not Delivery.objects.exists()
    Endpoint.objects.filter(pk=endpoint.pk).update(last_delivery_at=timezone.now())

    compare(connection)

    assert Delivery.objects.get().event_id == "evt_lost"


class TestCustomerio:
    """What its list of messages allows: gaps are told, nothing is made up."""

    @pytest.fixture
    def mail(self, workspace) -> Connection:
        made = ConnectionFactory(workspace=workspace, app="customerio", name="Customer.io")
        EndpointFactory(connection=made)
        workflow = publish(made, "customerio.trigger-email-delivered", name="Delivered")
        subscribe(workflow, "email.delivered")
        return made

    def sent(self, mail: Connection, *, minutes_ago: int = 60) -> dict[str, Any]:
        app = registry.get_app("customerio")
        at = int((timezone.now() - timedelta(minutes=minutes_ago)).timestamp())
        payload = {**json.loads((app.samples / "email-delivered.json").read_text("utf-8")), "timestamp": at}
        own = app.webhook.reconcile
        assert own.pretend is not None
        own.pretend(turn.LookContext(turn.account_of(mail), senders.sender_for(mail).send), payload)
        return payload

    def test_a_message_whose_event_never_came_is_an_open_gap(self, mail):
        payload = self.sent(mail)

        compare(mail)

        gap = Gap.objects.get()
        assert gap.status == Gap.Status.OPEN
        assert gap.event_id == f"email.delivered {payload['data']['delivery_id']}"
        assert "Reporting Webhooks" in gap.remedy
        assert not Run.objects.exists()
        assert Proof.objects.get().missing == 1

    def test_the_gap_closes_when_the_event_comes_late(self, mail):
        payload = self.sent(mail)
        compare(mail)
        arrive(mail, payload)

        compare(mail)

        assert Gap.objects.get().status == Gap.Status.ARRIVED
        assert not Alert.objects.standing().exists()

    def test_a_message_whose_event_came_is_no_gap(self, mail):
        arrive(mail, self.sent(mail))

        compare(mail)

        assert not Gap.objects.exists()
        assert (Proof.objects.get().expected, Proof.objects.get().received) == (1, 1)


def arrive(connection: Connection, payload: dict[str, Any]) -> None:
    """Let the provider's webhook bring the event."""
    from django.test import Client

    from apps.connections.registration import endpoint_of, signing_secrets

    scheme = registry.get_app(connection.app).webhook
    body = json.dumps(payload).encode()
    headers = scheme.sign(body, signing_secrets(connection)[0], int(timezone.now().timestamp()))
    answer = Client().post(
        f"/v1/webhooks/{connection.app}/{endpoint_of(connection).token}",
        body,
        content_type="application/json",
        headers=headers,
    )
    assert answer.status_code == 200


def test_many_at_once_wait_behind_what_happens_now(connection, subscribed, stripe_lists):
    for number in range(21):
        stripe_lists(f"evt_{number}", minutes_ago=30)

    compare(connection)

    assert Run.objects.count() == 21
    assert set(Run.objects.values_list("priority", flat=True)) == {5}
