"""The worker's first process: what it does about a database that was away."""

from datetime import timedelta

import psycopg
import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from apps.runs.models import Run
from apps.runs.worker.board import Board
from apps.runs.worker.keeper import Keeper


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_leases_that_ran_out_while_the_database_was_away_can_be_renewed_first(world):
    """The drains come back at the same moment, with calls that were answered meanwhile."""
    run = world.start(world.workflow())
    long_ago = timezone.now() - timedelta(minutes=1)
    Run.objects.filter(pk=run.pk).update(status="running", lease_token=run.code, lease_until=long_ago)
    keeper = Keeper("test", Board(), drains=1, enqueue=lambda number: None)
    cut_own_connection()

    keeper.tick()
    keeper.tick()

    run.refresh_from_db()
    assert run.status == "running"


def test_leases_that_ran_out_while_the_worker_was_frozen_can_be_renewed_first(world, monkeypatch):
    """A thawed worker finds calls that were answered, and leases that nobody else has taken."""
    passed = [1000.0]
    monkeypatch.setattr("apps.runs.worker.keeper.steady", lambda: passed[0])
    monkeypatch.setattr("apps.runs.worker.board.steady", lambda: passed[0])
    run = world.start(world.workflow())
    keeper = Keeper("test", Board(), drains=1, enqueue=lambda number: None)
    keeper.tick()
    long_ago = timezone.now() - timedelta(minutes=1)
    Run.objects.filter(pk=run.pk).update(status="running", lease_token=run.code, lease_until=long_ago)

    found = []
    for seconds in (60, 2, 2):
        passed[0] += seconds
        keeper.tick()
        found.append(Run.objects.get(pk=run.pk).status)

    assert found == ["running", "running", "queued"]


def test_a_task_that_could_not_be_queued_is_queued_at_the_next_look(db):
    queued = []

    def enqueue(number):
        queued.append(number)
        if len(queued) == 1:
            raise OperationalError("The database is away.")

    keeper = Keeper("test", Board(), drains=1, enqueue=enqueue)
    for _ in range(3):
        keeper.tick()

    assert len(queued) == 2


def cut_own_connection():
    """Let PostgreSQL end the connection that the test uses."""
    connection.ensure_connection()
    with psycopg.connect(connection.connection.info.dsn, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])
