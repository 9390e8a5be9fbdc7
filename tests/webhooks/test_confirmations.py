"""What a provider reports about a message is found again at the call that sent it."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.catalog import registry
from apps.catalog.connectors.customerio.confirming import read_report
from apps.common import crypto
from apps.webhooks.confirmations.models import EffectReport, ReportCursor
from apps.webhooks.confirmations.sweep import _batch
from apps.webhooks.models import Delivery
from tests.factories import ConnectionFactory, DeliveryFactory, EffectFactory

NOW = timezone.now()
SENT_ID = "RPILAgUBcRhIBqSfeiIwdIYJKxTY"


@pytest.fixture
def effect(db):
    return EffectFactory(provider_id=SENT_ID, action="customerio.send-transactional-email")


def report(connection, metric="delivered", *, event_id="", delivery_id=SENT_ID, age=60, **data: Any):
    """Store a reporting event that came `age` seconds ago, ignored as most are."""
    event_id = event_id or f"evt-{metric}"
    body = {
        "event_id": event_id,
        "object_type": "email",
        "metric": metric,
        "timestamp": 1_794_830_400,
        "data": {"delivery_id": delivery_id, "recipient": "ada@example.com", **data},
    }
    raw = json.dumps(body).encode()
    row = DeliveryFactory.build(
        connection=None, workspace=None, event_id=event_id, event_type=f"email.{metric}", status="ignored"
    )
    row.reason = "No published workflow listens to it."
    row.connection, row.workspace = connection, connection.workspace
    row.received_at = NOW - timedelta(seconds=age)
    row.body, row.body_size = crypto.pack_bytes(raw, bound_to=row.body_binding), len(raw)
    row.save()
    return row


def sweep():
    done, found = _batch(NOW)
    while not done:
        done, more = _batch(NOW)
        found += more
    return found


def test_a_report_is_noted_at_the_effect_it_is_about(effect):
    delivery = report(effect.connection)

    assert sweep() == 1

    (row,) = effect.reports.all()
    assert (row.channel, row.metric, row.trouble) == ("email", "delivered", False)
    assert row.happened_at == delivery.occurred_at


def test_a_report_is_noted_once_however_often_the_sweep_looks(effect):
    report(effect.connection)
    sweep()
    ReportCursor.objects.update(last_delivery=0)

    assert sweep() == 0
    assert EffectReport.objects.count() == 1


@pytest.mark.parametrize("metric", ["bounced", "dropped", "failed", "undeliverable", "spammed"])
def test_what_did_not_arrive_is_trouble_and_says_why_without_the_address(effect, metric):
    report(effect.connection, metric, failure_message="550 5.1.1 <ada@example.com> does not exist")

    sweep()

    row = effect.reports.get()
    assert row.trouble
    assert "does not exist" in row.detail
    assert "example.com" not in row.detail


@pytest.mark.parametrize(("metric", "flag"), [("opened", "prefetched"), ("clicked", "machine")])
def test_a_machine_s_look_is_told_from_a_person_s(effect, metric, flag):
    report(effect.connection, metric, event_id="evt-machine", **{flag: True})
    report(effect.connection, metric, event_id="evt-person")

    sweep()

    assert set(effect.reports.values_list("event_id", "by_machine")) == {
        ("evt-machine", True),
        ("evt-person", False),
    }


def test_a_report_about_something_else_is_left(effect):
    report(effect.connection, delivery_id="of-another-message")

    assert sweep() == 0


def test_the_id_of_another_workspace_s_effect_is_no_match(effect):
    elsewhere = ConnectionFactory(app="customerio")
    report(elsewhere)

    assert sweep() == 0
    assert not effect.reports.exists()


def test_an_event_about_a_person_reports_nothing():
    sample = registry.sample_payload("customerio", "customer-subscribed")

    assert read_report(sample) is None


def test_every_sample_about_a_message_is_a_report():
    for slug in (
        "email-sent",
        "email-delivered",
        "email-opened",
        "email-link-clicked",
        "email-bounced",
        "sms-sent",
    ):
        read = read_report(registry.sample_payload("customerio", slug))
        assert read is not None, slug
        assert read.provider_id


@pytest.mark.parametrize(
    "payload",
    [{}, {"data": 1}, {"data": {"delivery_id": 5}, "object_type": "email", "metric": "sent"}, {"data": None}],
)
def test_an_odd_payload_reports_nothing(payload):
    assert read_report(payload) is None


def test_other_apps_deliveries_are_passed_over_unread(effect):
    stripe = ConnectionFactory(app="stripe", workspace=effect.workspace)
    for number in range(5):
        DeliveryFactory(connection=stripe, received_at=NOW - timedelta(minutes=1), event_id=f"evt_{number}")
    last = DeliveryFactory(connection=stripe, received_at=NOW - timedelta(minutes=1))

    assert sweep() == 0
    assert ReportCursor.objects.get().last_delivery == last.pk


def test_a_delivery_that_may_have_neighbours_still_uncommitted_waits(effect):
    report(effect.connection, age=2)

    assert sweep() == 0
    assert not ReportCursor.objects.filter(last_delivery__gt=0).exists()


def test_a_body_that_is_gone_stops_nothing(effect):
    gone = report(effect.connection, "sent")
    Delivery.objects.filter(pk=gone.pk).update(body=b"")
    broken = report(effect.connection, "opened")
    Delivery.objects.filter(pk=broken.pk).update(body=b"broken" * 20)
    report(effect.connection, "delivered")

    assert sweep() == 1


def test_a_look_without_anything_new_costs_few_queries(effect):
    report(effect.connection)
    sweep()

    with CaptureQueriesContext(database) as queries:
        assert _batch(NOW) == (True, 0)

    assert len([each for each in queries if each["sql"].startswith("SELECT")]) == 2
