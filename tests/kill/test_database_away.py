"""A database that throws the worker out: it comes back, and what it was doing is not done again."""

import psycopg
import pytest
from django.db import connection

from apps.runs.worker.cluster import OwnQueue, put_drain
from tests.kill.processes import START_SECONDS, until
from tests.kill.world import MAIL, TRACK, people, wait_for

pytestmark = [pytest.mark.kill, pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def test_a_worker_whose_connections_are_cut_goes_on(world, provider, start):
    mailed, calling, later = people(3, "cut")
    track, mail = world.workflow(TRACK), world.workflow(MAIL)
    provider.hold(mailed, calling)
    runs = [world.start(mail, mailed), world.start(track, calling)]
    start("worker", WORKER_DRAINS=1)
    until(lambda: len(provider.requests()) == 2, within=START_SECONDS, what="two calls are under way")

    cut = _cut_all_but(connection.connection.info.backend_pid)
    provider.release(mailed, calling)
    runs.append(world.start(track, later))

    wait_for("succeeded", *runs, within=10)
    assert cut >= 2
    assert [len(provider.requests(person)) for person in (mailed, calling, later)] == [1, 1, 1]


def test_the_queue_waits_for_a_database_that_is_away():
    queue = OwnQueue("worker-of-a-test")
    connection.ensure_connection()
    with psycopg.connect(connection.connection.info.dsn, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])

    assert queue.dequeue() is None
    put_drain(queue, 1)
    assert len(queue.dequeue() or ()) == 1


def _cut_all_but(mine: int) -> int:
    """End every other connection to the test's database; return how many there were."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> %s AND backend_type = 'client backend'",
            [mine],
        )
        return len(cursor.fetchall())
