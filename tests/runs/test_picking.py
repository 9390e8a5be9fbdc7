"""Fair claims: round the workspaces, by priority, and by an index whatever else is in the table."""

import time
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.utils import timezone

from apps.runs import picking
from apps.runs.claim import claim
from apps.runs.leases import DatabaseClock
from apps.runs.models import Run
from apps.runs.picking import Rota, pick
from tests.factories import RunFactory

INSERT = """
INSERT INTO runs_run (workspace_id, code, workflow_id, version_id, delivery_id, replay, event_id, event_type,
  event_at, status, reason_code, reason, remedy, received_at, due_at, lost_leases, cancel_requested, depth)
SELECT workspace_id, gen_random_uuid(), workflow_id, version_id, delivery_id, n + 1, event_id, event_type,
  event_at, %s, '', '', '', received_at, due_at + n * interval '1 microsecond', 0, false, 0
FROM runs_run, generate_series(%s::int, %s::int) AS n WHERE id = %s
"""


def fill(run, count, *, status, start=0):
    """Copy a run so many times, fast; PostgreSQL's own doing."""
    with database.cursor() as cursor:
        cursor.execute(INSERT, [status, start, start + count - 1, run.pk])


def more(run, count, **facts):
    row = {field.attname: getattr(run, field.attname) for field in Run._meta.concrete_fields}
    for name in ("id", "code"):
        del row[name]
    Run.objects.bulk_create(
        Run(**{**row, **facts, "replay": number + facts.get("priority", 0) * 1000})
        for number in range(1, count + 1)
    )


@pytest.mark.django_db
def test_a_workspace_with_a_backlog_does_not_keep_another_waiting():
    busy, quiet = RunFactory(), RunFactory()
    more(busy, 200)

    found = pick(16, Rota().look(16).shops, at=timezone.now())

    assert quiet.pk in found[:2]
    assert len(found) == 16


@pytest.mark.django_db
def test_more_workspaces_than_a_claim_takes_have_their_turn_one_after_the_other():
    runs = [RunFactory() for _ in range(7)]
    rota, seen = Rota(), []
    for _ in range(4):
        found = pick(2, rota.look(2).shops, at=timezone.now())
        Run.objects.filter(pk__in=found).update(status="succeeded")
        seen += found

    assert sorted(seen) == [run.pk for run in runs]


@pytest.mark.django_db
def test_what_is_repeated_goes_behind_live_traffic_and_is_never_left():
    live = RunFactory()
    more(live, 100)
    more(live, 100, priority=5)

    found = Run.objects.in_bulk(pick(16, Rota().look(16).shops, at=timezone.now()))

    bulk = sum(run.priority > 0 for run in found.values())
    assert len(found) == 16
    assert bulk == 2


@pytest.mark.django_db
def test_nothing_is_due_before_its_time():
    run = RunFactory(due_at=timezone.now() + timedelta(minutes=1))

    assert pick(16, Rota().look(16).shops, at=timezone.now()) == []
    assert pick(16, Rota().look(16).shops, at=run.due_at) == [run.pk]


@pytest.mark.postgres
@pytest.mark.django_db
def test_the_claim_reads_the_index_of_queued_runs_and_sorts_no_backlog():
    busy, quiet = RunFactory(), RunFactory()
    fill(busy, 20_000, status="succeeded")
    fill(busy, 20_000, status="waiting", start=20_000)
    fill(busy, 20_000, status="queued", start=40_000)
    at = timezone.now() + timedelta(seconds=1)
    with database.cursor() as cursor:
        cursor.execute("ANALYZE runs_run")
        cursor.execute("EXPLAIN " + picking.SHOPS.format(after="0", limit="64", never="NULL::timestamptz"))
        shops = "\n".join(row[0] for row in cursor.fetchall())
        values: list[Any] = [[busy.workspace_id, quiet.workspace_id], at, 4]
        cursor.execute("EXPLAIN " + picking.PICK.replace("%b", "%s"), values * 2)
        picks = "\n".join(row[0] for row in cursor.fetchall())

    assert "runs_run_queued" in shops
    assert "runs_run_queued" in picks
    assert "Seq Scan" not in shops + picks
    assert "Sort" not in shops + picks
    began = time.process_time()
    assert quiet.pk in pick(64, Rota().look(64).shops, at=at)[:2]
    assert time.process_time() - began < 1


@pytest.mark.postgres
@pytest.mark.django_db
def test_an_event_beside_a_hundred_thousand_of_another_workspace_is_in_the_next_claim():
    busy, quiet = RunFactory(), RunFactory(status="succeeded")
    fill(busy, 100_000, status="queued")
    clock = DatabaseClock()
    before = claim(64, clock=clock)
    Run.objects.filter(pk=quiet.pk).update(status="queued", due_at=timezone.now())

    after = claim(64, clock=clock)

    assert before is not None
    assert {run.workspace_id for run in before.runs} == {busy.workspace_id}
    assert after is not None
    assert quiet.pk in [run.pk for run in after.runs[:2]]
    assert len(after.runs) == 64


@pytest.mark.django_db
def test_each_event_of_a_quiet_workspace_is_in_the_next_claim_however_long_the_busy_one_is_at_it():
    """The older runs of the busy one, which were due first, go on meanwhile."""
    busy, quiet = RunFactory(), RunFactory(status="succeeded")
    more(busy, 2_000)
    more(quiet, 5, status="succeeded")
    clock, served = DatabaseClock(), []
    for replay in range(1, 6):
        arriving = Run.objects.filter(workspace=quiet.workspace_id, replay=replay)
        arriving.update(status="queued", due_at=timezone.now())
        claimed = claim(16, clock=clock)
        assert claimed is not None
        served.append(Counter(run.workspace_id for run in claimed.runs))

    assert served == [{busy.workspace_id: 15, quiet.workspace_id: 1}] * 5
