"""What an event goes back to: found by key or by the provider's id, in one query, only when it is recent."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.runs.loops import RECENT, Echo, echo_of
from apps.runs.models import Run
from tests.factories import EffectFactory, WorkspaceFactory

NOW = timezone.now()

pytestmark = pytest.mark.django_db


@pytest.fixture
def effect():
    made = EffectFactory(key="f" * 64, provider_id="RPIL", sent_at=NOW)
    Run.objects.filter(pk=made.run_id).update(depth=1)
    return made


def test_an_event_that_names_nothing_costs_no_query(effect, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert echo_of(effect.workspace_id, (), at=NOW) == Echo()


@pytest.mark.parametrize("origins", [("f" * 64,), ("RPIL",), ("unknown", "RPIL", "f" * 64)])
def test_one_that_names_a_call_of_ours_is_one_deeper_and_costs_one_query(
    effect, django_assert_num_queries, origins
):
    with django_assert_num_queries(1):
        assert echo_of(effect.workspace_id, origins, at=NOW) == Echo(
            2, str(effect.run.code), effect.run.workflow.name
        )


@pytest.mark.parametrize("origins", [("unknown",), ("",)])
def test_one_that_names_anything_else_is_nobody_s_echo(effect, origins):
    assert echo_of(effect.workspace_id, origins, at=NOW) == Echo()


def test_only_the_workspace_s_own_calls_count(effect):
    assert echo_of(WorkspaceFactory().pk, ("RPIL",), at=NOW) == Echo()


@pytest.mark.parametrize(("later", "depth"), [(timedelta(), 2), (RECENT, 2), (RECENT * 1.01, 0)])
def test_an_old_call_has_no_echo_any_more(effect, later, depth):
    assert echo_of(effect.workspace_id, ("RPIL",), at=NOW + later).depth == depth


def plan_of(workspace_id, origins):
    """Return what the database does to find an echo, one line each."""
    with CaptureQueriesContext(database) as captured:
        echo_of(workspace_id, origins, at=NOW)
    [query] = [each["sql"] for each in captured if "runs_effect" in each["sql"]]
    explain = "EXPLAIN QUERY PLAN" if database.vendor == "sqlite" else "EXPLAIN"
    with database.cursor() as cursor:
        if database.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")  # Of so few rows it would read all of them.
        cursor.execute(f"{explain} {query}")
        return [str(row[-1]) for row in cursor.fetchall()]


def copies(row, number, **named):
    """Store so many rows like this one; `named` are functions of a number."""
    names = [field.attname for field in row._meta.concrete_fields if not field.primary_key]
    same = {name: getattr(row, name) for name in names}
    made = [type(row)(**same | {key: make(n) for key, make in named.items()}) for n in range(number)]
    return type(row).objects.bulk_create(made)


# PostgreSQL's statistics before are of whatever rows it saw last.
@pytest.mark.parametrize("analysed", [pytest.param(False, marks=pytest.mark.sqlite_only), True])
def test_it_reads_the_calls_that_are_named_and_no_others(effect, analysed):
    runs = copies(effect.run, 300, code=lambda _: uuid4(), replay=lambda n: n + 1)
    copies(
        effect,
        1_000,
        run_id=lambda n: runs[n % 300].pk,
        key=lambda n: f"{n:064d}",
        path=lambda n: f"step_{n}",
        provider_id=lambda n: f"R{n}",
    )
    if analysed:
        with database.cursor() as cursor:
            for table in ("runs_effect", "runs_run"):
                cursor.execute(f"ANALYZE {table}")

    plan = "\n".join(plan_of(effect.workspace_id, ("RPIL", "f" * 64, "unknown")))

    assert "runs_effect_provider_id" in plan
    assert "runs_effect_newest" not in plan
    if database.vendor == "sqlite":
        assert "SCAN" not in plan
        assert plan.count("SEARCH runs_effect USING INDEX") == 2
    else:
        assert "runs_effect_key_once" in plan
        assert "Seq Scan on runs_effect" not in plan
