"""The hand-written statements write what the ORM would have written."""

import uuid
from dataclasses import fields
from datetime import UTC, datetime, timedelta

import pytest
from django.db import DataError, models

from apps.runs import statements
from apps.runs.models import Effect, Run, SearchKey, StepRun
from apps.runs.rows import NewEffect, NewKey, NewStep
from tests.factories import RunFactory

pytestmark = [pytest.mark.django_db]

AT = datetime(2026, 3, 1, 12, 30, 0, 123456, tzinfo=UTC)


@pytest.fixture
def pair():
    """Return two runs of one workspace: one is written by hand, the other by the ORM."""
    first = RunFactory()
    return first, RunFactory(workspace=first.workspace, workflow=first.workflow, version=first.version)


def steps_of(run):
    return [
        NewStep(
            run.pk, "only", 1, "filter", "Only if", "", AT, status=StepRun.Status.SUCCEEDED, finished_at=AT
        ),
        NewStep(
            run.pk,
            "loop[0].tell",
            2,
            "action",
            "Erzähl’s ☃",
            "customerio.track-event",
            AT,
            status=StepRun.Status.WAITING.value,
            attempts=3,
            resume_at=AT + timedelta(hours=1),
            log={"input": {"n": 1.5, "none": None, "text": "“ü”"}, "exchanges": [{"ms": 3}], "output": {}},
            working=b"\x00sealed\xff",
            error_code="timeout",
            error="It took too long.",
            remedy="Nothing to do.",
            error_field="email",
            reused=True,
            reused_effect=2**40,
        ),
    ]


def effects_of(run, connection):
    plain = NewEffect(
        run.workspace_id, run.pk, "a", connection.pk, "x.y", "create", "key", f"{run.pk}-a", AT, AT
    )
    full = NewEffect(
        run.workspace_id,
        run.pk,
        "b",
        connection.pk,
        "x.z",
        "delete",
        "none",
        f"{run.pk}-b",
        AT,
        AT + timedelta(seconds=2),
        status=Effect.Status.UNKNOWN,
        generation=2,
        attempts=4,
        answered_at=AT + timedelta(seconds=3),
        provider_id="évt_1",
        digest=b"\x01" * 32,
        decision=Effect.Decision.DO_NOW,
        decided_at=AT,
    )
    return [plain, full]


def as_model(model, row):
    """Return the same row as a model for the ORM to write."""
    return model(**{field.name: getattr(row, field.name) for field in fields(row)})


def stored(model, run):
    """Return everything that is stored for a run, but for what tells the two runs apart."""
    rows = model.objects.filter(run=run).order_by("pk").values()
    return [
        {name: value for name, value in row.items() if name not in ("id", "run_id", "key")} for row in rows
    ]


def test_steps_are_written_as_the_orm_writes_them(pair):
    mine, theirs = pair

    statements.insert_steps(steps_of(mine))
    StepRun.objects.bulk_create([as_model(StepRun, row) for row in steps_of(theirs)])

    assert stored(StepRun, mine) == stored(StepRun, theirs)
    assert len(stored(StepRun, mine)) == 2


def test_effects_are_written_as_the_orm_writes_them(pair):
    mine, theirs = pair
    connection = mine.delivery.connection

    statements.insert_effects(effects_of(mine, connection))
    Effect.objects.bulk_create([as_model(Effect, row) for row in effects_of(theirs, connection)])

    assert stored(Effect, mine) == stored(Effect, theirs)
    assert len(stored(Effect, mine)) == 2


def test_search_keys_are_written_once(pair):
    mine, theirs = pair
    keys = [NewKey(run.workspace_id, "email", b"\x07" * 32, run.pk) for run in pair]

    statements.insert_keys([keys[0]])
    statements.insert_keys([keys[0]])
    SearchKey.objects.bulk_create([as_model(SearchKey, keys[1])])

    assert stored(SearchKey, mine) == stored(SearchKey, theirs)
    assert len(stored(SearchKey, mine)) == 1


def test_a_row_of_the_same_step_is_overwritten_and_keeps_its_place(pair):
    run = pair[0]
    statements.insert_steps(steps_of(run))
    first = StepRun.objects.get(run=run, path="only")

    again = steps_of(run)[0]
    again.status, again.log = StepRun.Status.FAILED, {"output": {"again": True}}
    statements.insert_steps([again])

    row = StepRun.objects.get(run=run, path="only")
    assert (row.pk, row.status, row.log) == (first.pk, "failed", {"output": {"again": True}})


def test_rows_read_as_models_can_be_written_again(pair):
    run = pair[0]
    statements.insert_effects(effects_of(run, run.delivery.connection))
    row = Effect.objects.get(run=run, path="b")
    before = stored(Effect, run)

    statements.insert_effects([row])

    assert stored(Effect, run) == before


def test_the_end_of_a_turn_is_written_as_the_orm_writes_it(pair):
    token = uuid.uuid4()
    Run.objects.update(status="running", lease_token=token, lease_until=AT, lost_leases=1)
    mine, theirs = (Run.objects.get(pk=run.pk) for run in pair)
    for run in (mine, theirs):
        run.status, run.reason_code, run.reason, run.remedy = Run.Status.PARKED, "refused", "“No”", "Mend it."
        run.parked_on, run.due_at, run.finished_at = run.delivery.connection, AT, None
        run.lost_leases, run.lease_token, run.lease_until = 0, None, None

    statements.leave([mine])
    theirs.save()

    left = [
        Run.objects.filter(pk=run.pk).values(*(name for name, _ in statements.LEFT)).get() for run in pair
    ]
    assert left[0] | {"parked_on_id": 0} == left[1] | {"parked_on_id": 0}
    assert left[0]["parked_on_id"] == mine.delivery.connection_id
    assert list(Run.objects.filter(lease_token__isnull=False)) == []


def test_the_lock_tells_who_holds_a_run_and_who_is_to_be_cancelled(pair):
    token = uuid.uuid4()
    Run.objects.filter(pk=pair[0].pk).update(
        status="running", lease_token=token, lease_until=AT, cancel_requested=True
    )

    assert statements.lock_held({run.pk for run in pair}) == {(pair[0].pk, token): True}


@pytest.mark.parametrize(
    ("model", "table"),
    [(StepRun, statements.STEPS), (Effect, statements.EFFECTS), (SearchKey, statements.KEYS)],
)
def test_every_column_is_written_or_has_a_default_in_the_database(model, table):
    written = {name for name, _ in table.columns}

    left_out = [field for field in model._meta.concrete_fields if field.column not in written | {"id"}]

    assert [field.name for field in left_out if field.db_default is models.NOT_PROVIDED] == []


@pytest.mark.postgres
@pytest.mark.django_db
def test_what_the_database_refuses_raises_djangos_error(pair):
    step = steps_of(pair[0])[0]
    step.name = "a\x00b"

    with pytest.raises(DataError):
        statements.insert_steps([step])
