"""What is in quarantine is released, mapped or discarded; what can't be says why and changes nothing."""

import json

import pytest

from apps.alerts.models import Alert
from apps.common.errors import Conflict, NotAllowed, ServiceError
from apps.runs.models import Run
from apps.webhooks import inbox
from apps.webhooks.models import Delivery
from apps.webhooks.quarantine import alarm, services
from apps.workspaces.access import Actor
from apps.workspaces.models import AuditEntry
from tests.webhooks.stripe_sender import address, event, post

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("tests")


@pytest.fixture
def failed_reader(endpoint, listening, altered_stripe, monkeypatch) -> Delivery:
    """Return a delivery whose reader failed; the reader works now."""
    with monkeypatch.context():
        altered_stripe(read_event=_fails)
        post(address(endpoint), event("evt_1"))
    from apps.catalog.connectors.stripe import webhook

    altered_stripe(read_event=webhook.read_event)
    return Delivery.objects.get()


def _fails(payload):
    raise RuntimeError("a defect of the reader")


def quarantined(endpoint, body: bytes) -> Delivery:
    post(address(endpoint), body)
    found = Delivery.objects.latest("pk")
    assert found.status == "quarantined"
    return found


def test_what_a_mended_reader_can_read_is_released_and_runs(failed_reader, listening):
    services.release(failed_reader, actor=SYSTEM)

    run = Run.objects.get()
    assert (failed_reader.status, failed_reader.event_id, failed_reader.reason) == ("accepted", "evt_1", "")
    assert (run.workflow, run.delivery, run.event_id) == (listening, failed_reader, "evt_1")
    assert AuditEntry.objects.filter(verb="delivery.released").exists()


def test_a_released_event_that_comes_again_is_a_duplicate(failed_reader, endpoint):
    services.release(failed_reader, actor=SYSTEM)

    answer = post(address(endpoint), event("evt_1"))

    assert answer.json()["code"] == "duplicate"
    assert Run.objects.count() == 1


def test_an_event_that_came_by_itself_meanwhile_is_not_run_twice(failed_reader, endpoint):
    post(address(endpoint), event("evt_1", livemode=True))  # Another body of the same event.

    with pytest.raises(Conflict) as refusal:
        services.release(failed_reader, actor=SYSTEM)

    assert refusal.value.code == "seen_before"
    failed_reader.refresh_from_db()
    assert failed_reader.status == "quarantined"
    assert Run.objects.count() == 1


def test_what_is_unreadable_still_says_why_and_stays(endpoint, listening):
    delivery = quarantined(endpoint, b"not json {")

    with pytest.raises(Conflict) as refusal:
        services.release(delivery, actor=SYSTEM)

    assert refusal.value.code == "unreadable"
    delivery.refresh_from_db()
    assert delivery.status == "quarantined"
    assert services.obstacle(delivery) == refusal.value.message
    assert not AuditEntry.objects.filter(target_code=str(delivery.code)).exists()


def test_a_body_without_a_type_is_mapped_by_a_person(endpoint, listening):
    delivery = quarantined(endpoint, event("evt_9").replace(b'"type"', b'"epyt"', 1))

    services.map_event(delivery, actor=SYSTEM, event_type="charge.failed")

    assert (delivery.status, delivery.event_type, delivery.event_id) == ("accepted", "charge.failed", "evt_9")
    assert json.loads(inbox.open_body(delivery))["data"]["object"]["id"] == "ch_1"
    assert Run.objects.get().delivery == delivery
    entry = AuditEntry.objects.get(verb="delivery.mapped")
    assert entry.after["event_type"] == "charge.failed"


def test_a_missing_id_is_given_or_derived_from_the_body(endpoint, listening):
    body = event("evt_9").replace(b'"id"', b'"di"', 1)
    first, second = quarantined(endpoint, body), quarantined(endpoint, body + b" ")

    services.map_event(first, actor=SYSTEM, event_type="charge.failed")
    with pytest.raises(Conflict) as refusal:
        services.map_event(second, actor=SYSTEM, event_type="charge.failed")
    services.map_event(second, actor=SYSTEM, event_type="charge.failed", event_id="evt_given")

    assert first.event_id.startswith("evt_")
    assert refusal.value.code == "seen_before"
    assert second.event_id == "evt_given"
    assert Run.objects.count() == 2


@pytest.mark.parametrize(
    ("body", "event_id"),
    [
        (b"not json {", ""),
        (b"[1, 2]", ""),
        (event(object="v2.core.event", data=None), ""),
        (event("evt_9").replace(b'"id"', b'"di"', 1), "no id of Stripe's"),
    ],
    ids=["no JSON", "no object", "nothing in it", "a wrong id"],
)
def test_what_can_t_be_mapped_says_why_and_stays(endpoint, listening, body, event_id):
    delivery = quarantined(endpoint, body)

    with pytest.raises(Conflict):
        services.map_event(delivery, actor=SYSTEM, event_type="charge.failed", event_id=event_id)

    delivery.refresh_from_db()
    assert delivery.status == "quarantined"
    assert inbox.open_body(delivery) == body
    assert not Run.objects.exists()


def test_a_type_that_no_trigger_is_for_is_refused(endpoint):
    delivery = quarantined(endpoint, event().replace(b'"type"', b'"epyt"', 1))

    with pytest.raises(ServiceError) as refusal:
        services.map_event(delivery, actor=SYSTEM, event_type="made.up")

    assert refusal.value.code == "unknown_type"


def test_discarding_needs_a_reason_and_runs_nothing(endpoint, listening):
    delivery = quarantined(endpoint, b"{}")
    with pytest.raises(ServiceError):
        services.discard(delivery, actor=SYSTEM, reason="  ")

    services.discard(delivery, actor=SYSTEM, reason="A test of the provider's")

    assert delivery.status == "ignored"
    assert "A test of the provider's" in delivery.reason
    assert not Run.objects.exists()
    with pytest.raises(Conflict):
        services.discard(delivery, actor=SYSTEM, reason="Again")


def test_of_many_those_that_can_t_be_done_are_left(failed_reader, endpoint):
    broken = quarantined(endpoint, b"not json {")

    outcome = services.each([failed_reader, broken], lambda row: services.release(row, actor=SYSTEM))

    assert outcome.done == 1
    assert [left.delivery for left in outcome.left] == [broken]


def test_a_viewer_may_do_none_of_it(endpoint, viewer):
    delivery, actor = quarantined(endpoint, b"{}"), Actor.of(viewer)

    with pytest.raises(NotAllowed):
        services.release(delivery, actor=actor)
    with pytest.raises(NotAllowed):
        services.map_event(delivery, actor=actor, event_type="charge.failed")
    with pytest.raises(NotAllowed):
        services.discard(delivery, actor=actor, reason="No")


def test_the_alert_counts_what_is_new_and_ends_with_the_last(endpoint, workspace):
    first = quarantined(endpoint, b"{}")
    alarm.look_at(workspace)
    second = quarantined(endpoint, b"[]")
    alarm.look_at(workspace)
    alarm.look_at(workspace)
    assert Alert.objects.standing().get().count == 2

    for row in (first, second):
        services.discard(row, actor=SYSTEM, reason="Nothing of worth")

    assert not Alert.objects.standing().exists()
