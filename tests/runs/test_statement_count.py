"""How many statements a run costs: each of them stands between an event and its effect."""

import pytest
from django.db import connection as database

from apps.connections.senders import Sender
from apps.runs import rate
from apps.runs.worker.drain import Drain
from apps.runs.worker.stopping import NeverStop
from tests.factories import ConnectionFactory
from tests.runs.conftest import IDENTIFY

pytestmark = pytest.mark.skipif(
    database.vendor != "postgresql", reason="counts PostgreSQL's statements; `make test` runs it there"
)

BEFORE_THE_CALL = (
    "runs_run",  # Which workspaces have something due.
    "UPDATE runs_run",  # Pick, lease and read.
    "connections_connection",  # What has changed of its connections.
    "runs_searchkey",  # How often it fires for this person.
    "connections_allowance",  # Whether the connection may be called now.
    "FOR UPDATE",  # The announcement: is the lease still held,
    "INSERT INTO runs_effect",  # the call in the ledger,
    "INSERT INTO runs_searchkey",  # and what the run is found by.
)
BEHIND_IT = ("FOR UPDATE", "INSERT INTO runs_steprun", "INSERT INTO runs_effect", "UPDATE runs_run")


@pytest.fixture
def worker(provider, monkeypatch):
    monkeypatch.setattr("apps.runs.calling.sender_for", lambda _: Sender(provider, in_thread=False))
    rate.reset()
    yield Drain("count", stop=NeverStop(), threads=4)
    rate.reset()


def work(worker):
    """Let the worker look, and do what it finds."""
    worker._look = True
    while worker.work() or worker._held:
        pass


def test_a_run_costs_these_statements_and_no_others(world, worker, provider, statements):
    world.customerio = ConnectionFactory(
        workspace=world.workspace, app="customerio", name="In earnest", sandbox=False
    )
    workflow = world.workflow(IDENTIFY)
    for number in range(3):
        world.start(workflow, world.deliver(f"evt_{number}", receipt_email=f"{number}@example.com"))
        work(worker)
    world.start(workflow, world.deliver("evt_3", receipt_email="3@example.com"))
    rate.reset()  # Tokens that are left from the runs before are forgotten by the clock.
    # What else is done by the clock, whatever the number of runs.
    worker._next_beat = rate.gate._gate._next_look = float("inf")

    with statements() as said:
        work(worker)

    assert len(provider.requests) == 4
    counted = [sql for sql in said if not sql.lstrip().startswith(("SAVEPOINT", "RELEASE"))]
    expected = [*BEFORE_THE_CALL, *BEHIND_IT]
    assert len(counted) == len(expected), counted
    assert all(part in sql for part, sql in zip(expected, counted, strict=True)), counted
