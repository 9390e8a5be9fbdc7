"""Requests at the same time, each on a connection of its own, on a real PostgreSQL."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from django.db import connection as database

from apps.runs.models import Run
from apps.webhooks import refusals
from apps.webhooks.models import Delivery, Refusal, Seen
from tests.webhooks.conftest import publish
from tests.webhooks.stripe_sender import address, event, post

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

MANY = 50


def all_at_once(number: int, act):
    """Call `act(n)` in as many threads, begun together; return the results."""
    barrier = threading.Barrier(number)

    def in_thread(n: int):
        try:
            barrier.wait(timeout=30)
            return act(n)
        finally:
            database.close()

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(in_thread, range(number)))


def test_the_same_event_fifty_times_at_once_is_one_delivery_and_one_run(endpoint, listening):
    body = event("evt_at_once")

    answers = all_at_once(MANY, lambda n: post(address(endpoint), body))

    assert {answer.status_code for answer in answers} == {200}
    codes = sorted(answer.json()["code"] for answer in answers)
    assert codes == ["accepted"] + ["duplicate"] * (MANY - 1)
    assert len({answer.json()["delivery"] for answer in answers}) == 1
    assert Delivery.objects.get().duplicates == MANY - 1
    assert Run.objects.count() == Seen.objects.count() == 1


def test_fifty_events_at_once_are_fifty_deliveries(endpoint, listening):
    answers = all_at_once(MANY, lambda n: post(address(endpoint), event(f"evt_{n}")))

    assert {answer.json()["code"] for answer in answers} == {"accepted"}
    assert Delivery.objects.count() == Run.objects.count() == MANY


def test_an_ignored_event_that_comes_again_many_times_at_once_runs_once(endpoint):
    body = event("evt_patient")
    post(address(endpoint), body)
    publish(endpoint.connection)

    answers = all_at_once(20, lambda n: post(address(endpoint), body))

    assert sorted(answer.json()["code"] for answer in answers) == ["accepted"] + ["duplicate"] * 19
    assert Run.objects.count() == 1
    assert Delivery.objects.get().duplicates == 20


def test_forged_requests_at_once_are_all_counted_in_one_row(endpoint):
    answers = all_at_once(20, lambda n: post(address(endpoint), event(), header="t=1,v1=00"))
    refusals.flush(at=datetime.now(UTC))

    assert {answer.status_code for answer in answers} == {401}
    assert Refusal.objects.get().count == 20
