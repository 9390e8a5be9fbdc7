"""A workflow that runs too often for one person is held for that person, until somebody looks."""

import re
from datetime import timedelta
from itertools import count

import pytest
from django.db import connection as database
from django.utils import timezone

from apps.runs import breaker, services
from apps.runs.leases import DatabaseClock
from apps.runs.models import Run
from apps.runs.search import runs_found_by
from apps.webhooks.models import Delivery
from apps.workspaces.access import Actor
from tests.runs.conftest import IDENTIFY, take

SYSTEM = Actor.system("test")


@pytest.fixture(autouse=True)
def limit(settings):
    settings.PERSON_RUNS_PER_MINUTE = 3


@pytest.fixture
def fire(world, provider, work):
    """Let a workflow's event come so often for a person, `ago` seconds before now; execute the runs."""
    numbers = iter(range(10_000))

    def fire(workflow, times=1, *, person="ada@example.com", ago=0.0, execute=True, **facts):
        started = []
        for _ in range(times):
            number = next(numbers)
            delivery = world.deliver(f"evt_{number}", receipt_email=person)
            Delivery.objects.filter(pk=delivery.pk).update(**facts)
            delivery.refresh_from_db()
            run = world.start(workflow, delivery)
            Run.objects.filter(pk=run.pk).update(received_at=timezone.now() - timedelta(seconds=ago))
            started.append(run)
        if execute:
            work()
        return [Run.objects.get(pk=run.pk) for run in started]

    return fire


def statuses(runs):
    return [run.status for run in runs]


def test_what_goes_beyond_the_limit_is_held_with_the_reason(world, fire, provider):
    runs = fire(world.workflow(IDENTIFY), 5)

    assert statuses(runs) == ["succeeded"] * 3 + ["held"] * 2
    assert runs[3].reason_code == "too_often"
    assert "more than 3 times in a minute" in runs[3].reason
    assert "Run it anyway" in runs[3].remedy
    assert len(provider.requests) == 3
    found = Run.objects.filter(runs_found_by("ada@example.com", world.workspace))
    assert found.count() == 5


def test_runs_that_come_one_by_one_are_counted_too(world, fire):
    workflow = world.workflow(IDENTIFY)

    assert [fire(workflow)[0].status for _ in range(5)] == ["succeeded"] * 3 + ["held"] * 2


def test_other_people_and_other_workflows_go_on(world, fire):
    workflow, other = world.workflow(IDENTIFY), world.workflow(IDENTIFY)
    fire(workflow, 5)

    assert statuses(fire(workflow, person="grace@example.com")) == ["succeeded"]
    assert statuses(fire(other)) == ["succeeded"]


def test_what_is_spread_over_more_than_a_minute_is_not_held_even_when_it_is_executed_at_once(
    world, fire, work
):
    workflow = world.workflow(IDENTIFY)
    runs = [run for ago in range(300, 0, -25) for run in fire(workflow, ago=float(ago), execute=False)]

    work()

    assert {Run.objects.get(pk=run.pk).status for run in runs} == {"succeeded"}


def test_it_stays_held_until_somebody_has_looked(world, fire):
    workflow = world.workflow(IDENTIFY)
    *_, held = fire(workflow, 4)
    Run.objects.update(received_at=timezone.now() - timedelta(minutes=5))
    [later] = fire(workflow)
    assert statuses([held, later]) == ["held", "held"]

    services.release(held, actor=SYSTEM)
    services.cancel(later, actor=SYSTEM)

    assert statuses(fire(workflow)) == ["succeeded"]


def test_a_run_that_is_let_go_is_not_held_again(world, fire, work):
    *_, held = fire(world.workflow(IDENTIFY), 4)

    services.release(held, actor=SYSTEM)
    work()

    held.refresh_from_db()
    assert held.status == "succeeded"


def test_a_paused_workflow_s_resumption_does_not_free_it(world, fire, work):
    *_, held = fire(world.workflow(IDENTIFY), 4)

    Run.objects.release(at=timezone.now())

    held.refresh_from_db()
    assert held.status == "held"


def test_samples_are_a_person_s_own_doing(world, fire):
    runs = fire(world.workflow(IDENTIFY), 5, source=Delivery.Source.SAMPLE)

    assert set(statuses(runs)) == {"succeeded"}


def test_an_event_without_a_person_is_never_held(world, fire, provider, work):
    workflow = world.workflow(IDENTIFY | {"inputs": {"identifier": {"value": "team"}}})
    for number in range(5):
        world.start(workflow, world.deliver(f"evt_nobody{number}", receipt_email=None, customer=None))

    work()

    assert set(Run.objects.values_list("status", flat=True)) == {"succeeded"}


def test_zero_switches_it_off(world, fire, settings):
    settings.PERSON_RUNS_PER_MINUTE = 0

    assert set(statuses(fire(world.workflow(IDENTIFY), 6))) == {"succeeded"}


def test_it_costs_one_query_for_a_whole_batch(world, fire, settings, statements):
    def queries():
        workflow = world.workflow(IDENTIFY)
        for number in range(10):
            fire(workflow, person=f"{number}@example.com", execute=False)
        with statements() as said:
            take(DatabaseClock(), limit=50)
        return said

    settings.PERSON_RUNS_PER_MINUTE = 0
    without = queries()
    settings.PERSON_RUNS_PER_MINUTE = 3
    with_it = queries()

    assert len(with_it) == len(without) + 1
    assert sum("runs_searchkey" in sql for sql in with_it) == 1


def test_its_plan_reads_no_table_whole_though_it_was_made_over_empty_ones(db):
    if database.vendor != "postgresql":
        pytest.skip("needs PostgreSQL; `make test` runs it there")
    numbers = count(1)
    asked = re.sub("%b", lambda _: f"${next(numbers)}", breaker._LOOK)

    with database.cursor() as cursor:
        # The tables themselves are counted and vacuumed whenever the server likes.
        for table in ("runs_run", "runs_searchkey"):
            cursor.execute(f"CREATE TEMP TABLE {table} (LIKE {table} INCLUDING ALL)")
        cursor.execute(f"EXPLAIN (GENERIC_PLAN) {asked}")
        plan = "\n".join(row[0] for row in cursor.fetchall())

    assert "Seq Scan" not in plan
    assert plan.count("Index Cond: (id = s") == 2, plan
