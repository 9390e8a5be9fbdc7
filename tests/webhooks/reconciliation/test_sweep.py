"""The worker's look queues what is due, once, and calls nobody itself."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from apps.connections.models import Connection
from apps.webhooks.models import Proof, Reconciliation
from apps.webhooks.reconciliation import sweep
from tests.webhooks.reconciliation.conftest import compare

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def looks_at_once(monkeypatch):
    monkeypatch.setattr(sweep, "EVERY_SECONDS", 0.0)
    monkeypatch.setattr(sweep, "_next", [0.0])


def test_a_connection_that_listens_is_taken_in_and_queued_once(subscribed):
    now = timezone.now()

    sweep.look(at=now)
    sweep.look(at=now)

    assert Reconciliation.objects.get().connection == subscribed.trigger_connection
    assert OrmQ.objects.count() == 1


def test_a_task_that_was_lost_is_queued_again(subscribed):
    now = timezone.now()
    sweep.look(at=now)
    OrmQ.objects.all().delete()

    sweep.look(at=now + sweep.QUEUED_FOR)

    assert OrmQ.objects.count() == 1


def test_nothing_is_taken_in_where_nobody_listens(endpoint, listening):
    sweep.look(at=timezone.now())

    assert not Reconciliation.objects.exists()


@pytest.mark.parametrize("status", ["broken", "disconnected"])
def test_a_connection_that_can_t_be_asked_waits(subscribed, connection, status):
    Reconciliation.objects.create(connection=connection)
    Connection.objects.filter(pk=connection.pk).update(status=status)

    assert sweep.due(at=timezone.now()) == []


def test_the_next_look_is_as_far_as_the_setting_says(subscribed, connection, settings):
    settings.RECONCILE_SECONDS = 900
    before = timezone.now()

    row = compare(connection)

    assert before + timedelta(seconds=900) <= row.next_at <= timezone.now() + timedelta(seconds=900)
    assert sweep.due(at=before + timedelta(seconds=890)) == []


def test_zero_leaves_it_to_people(subscribed, connection, settings):
    settings.RECONCILE_SECONDS = 0

    sweep.look(at=timezone.now())
    assert not OrmQ.objects.exists()
    compare(connection)
    sweep.look(at=timezone.now())

    assert not OrmQ.objects.exists()


def test_old_proofs_are_forgotten(subscribed, connection):
    compare(connection)
    Proof.objects.update(at=timezone.now() - sweep.PROOFS_KEPT - timedelta(days=1))

    sweep.look(at=timezone.now())

    assert not Proof.objects.exists()
