"""The webhook and the recovery of one event at the same moment, on a real PostgreSQL."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection as database
from django.utils import timezone

from apps.runs.models import Run
from apps.webhooks.backfill import services as backfills
from apps.webhooks.backfill import turn as backfill_turn
from apps.webhooks.models import Delivery, Gap, Reconciliation, Seen
from apps.webhooks.reconciliation import turn
from apps.webhooks.reconciliation.injecting import Missing, inject
from apps.workspaces.access import Actor
from tests.webhooks.stripe_sender import address, post

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

ROUNDS = 10


def both(*acts):
    """Call all of them in threads that begin together."""
    barrier = threading.Barrier(len(acts))

    def in_thread(act):
        try:
            barrier.wait(timeout=30)
            return act()
        finally:
            database.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(in_thread, acts))


def test_the_webhook_and_the_recovery_make_one_run(endpoint, connection, subscribed, stripe_lists):
    for number in range(ROUNDS):
        payload = stripe_lists(f"evt_{number}", minutes_ago=5)
        missing = Missing(payload["id"], payload["type"], payload["created"], payload)
        body = json.dumps(payload).encode()

        answer, _ = both(
            lambda body=body: post(address(endpoint), body),
            lambda missing=missing: inject(connection, missing, at=timezone.now()),
        )

        assert answer.status_code == 200
    assert Run.objects.count() == Delivery.objects.count() == Seen.objects.count() == ROUNDS
    recovered = Delivery.objects.filter(source="recovered").count()
    assert Gap.objects.filter(status=Gap.Status.RECOVERED).count() == recovered


def test_two_turns_at_once_make_one_run(endpoint, connection, subscribed, stripe_lists):
    stripe_lists("evt_lost", minutes_ago=30)
    row = Reconciliation.objects.create(connection=connection)

    took = both(*(lambda: turn.take(row.pk) for _ in range(4)))

    assert took.count(True) >= 1
    assert Run.objects.count() == Delivery.objects.count() == Gap.objects.count() == 1


def test_a_backfill_and_the_recovery_make_one_run(endpoint, connection, subscribed, stripe_lists):
    stripe_lists("evt_lost", minutes_ago=30)
    row, now = Reconciliation.objects.create(connection=connection), timezone.now()
    made = backfills.create(
        subscribed,
        actor=Actor.system("tests"),
        since=now - timedelta(days=1),
        until=now,
        per_minute=60,
    )
    backfill_turn.take(made.pk)
    made.refresh_from_db()
    backfills.start(made, actor=Actor.system("tests"))

    both(lambda: turn.take(row.pk), lambda: backfill_turn.take(made.pk))

    assert Run.objects.count() == Delivery.objects.count() == 1
