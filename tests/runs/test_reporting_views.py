"""The views for reporting tools: what they hold, under which names, and that nothing secret is among it."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection

from apps.runs.reporting.views import VIEWS, create_views, drop_views
from tests.factories import EffectFactory, RunFactory, StepRunFactory

DOCS = Path(__file__).parents[2] / "docs" / "run-log.md"


def read(name):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {name}")  # noqa: S608 - a name of VIEWS.
        columns = [column[0] for column in cursor.description]
        return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]


def columns_of(name):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {name} LIMIT 0")  # noqa: S608 - a name of VIEWS.
        return [column[0] for column in cursor.description]


@pytest.fixture
def run(db):
    made = RunFactory(status="succeeded")
    made.started_at = made.received_at + timedelta(seconds=2)
    made.finished_at = made.received_at + timedelta(seconds=5)
    made.save()
    return made


def test_a_run_is_a_row_with_its_lengths_in_seconds(run):
    (row,) = read("reporting_runs")

    assert str(row["run"]).replace("-", "") == run.code.hex
    assert row["workflow_name"] == run.workflow.name
    assert row["status"] == "succeeded"
    assert row["is_test"] == 0
    assert row["queued_seconds"] == pytest.approx(2, abs=0.01)
    assert row["total_seconds"] == pytest.approx(5, abs=0.01)


def test_what_has_not_ended_has_no_length(db):
    RunFactory()

    (row,) = read("reporting_runs")

    assert row["total_seconds"] is None


def test_a_step_is_a_row_that_joins_its_run(run):
    StepRunFactory(run=run, path="tell", finished_at=None)

    (row,) = read("reporting_steps")

    assert row["run"] == read("reporting_runs")[0]["run"]
    assert (row["step"], row["status"], row["seconds"]) == ("tell", "succeeded", None)


def test_an_effect_is_a_row_with_its_connection_and_app(run):
    effect = EffectFactory(run=run, provider_id="dlv_1")

    (row,) = read("reporting_effects")

    assert (row["app"], row["connection"]) == ("customerio", effect.connection.name)
    assert (row["provider_id"], row["status"]) == ("dlv_1", "done")


@pytest.mark.parametrize("name", VIEWS)
def test_no_view_has_a_column_that_may_hold_what_is_secret(db, name):
    forbidden = {
        "log",
        "working",
        "body",
        "credentials",
        "values",
        "key",
        "digest",
        "reason",
        "error",
        "draft",
    }

    assert not forbidden & set(columns_of(name))


@pytest.mark.parametrize("name", VIEWS)
def test_the_docs_list_exactly_the_view_s_columns(db, name):
    section = DOCS.read_text().split(f"### `{name}`", 1)[1].split("\n#", 1)[0]
    listed = re.findall(r"^\| `(\w+)` \|", section, flags=re.MULTILINE)

    assert listed == columns_of(name)


def test_the_views_can_be_taken_away_and_made_again(db):
    drop_views(using="default")
    assert "reporting_runs" not in connection.introspection.table_names(include_views=True)

    create_views(using="default")
    create_views(using="default")

    assert read("reporting_runs") == []
