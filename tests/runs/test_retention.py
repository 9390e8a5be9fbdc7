"""What is deleted when, what stays, and what is emptied: by the doors of the sweeps."""

import datetime as dt

import pytest
from django.utils import timezone

from apps.runs.models import Bookmark, Effect, Run, SearchKey, StepRun, Tally
from apps.runs.retention import pruning, working
from apps.runs.retention.ages import first_since
from apps.runs.tallies import counting
from apps.webhooks import retention
from apps.webhooks.models import Delivery, Seen
from tests.factories import (
    ConnectionFactory,
    DeliveryFactory,
    EffectFactory,
    RunFactory,
    StepRunFactory,
    VersionFactory,
    WorkflowFactory,
)

pytestmark = pytest.mark.django_db

NOW = timezone.now()


def ago(days: float) -> dt.datetime:
    """Return the moment so many days before now."""
    return NOW - dt.timedelta(days=days)


def run_of(workflow, *, days: float, status: str = "succeeded") -> Run:
    """Store an old run with a step, an effect and a search key."""
    version = workflow.live_version or VersionFactory(workflow=workflow)
    delivery = DeliveryFactory(workspace=workflow.workspace, received_at=ago(days), body=b"sealed")
    ended = ago(days) if status in Run.FINISHED else None
    run = RunFactory(
        workspace=workflow.workspace,
        workflow=workflow,
        version=version,
        delivery=delivery,
        status=status,
        received_at=ago(days),
        finished_at=ended,
    )
    StepRunFactory(run=run, working=b"sealed")
    EffectFactory(run=run, workspace=workflow.workspace)
    SearchKey.objects.create(workspace=workflow.workspace, kind="email", value_hash=b"h" * 32, run=run)
    return run


def test_an_old_run_goes_with_all_that_belongs_to_it():
    workflow = WorkflowFactory()
    old, young = run_of(workflow, days=91), run_of(workflow, days=89)

    assert pruning.prune(at=NOW, seconds=5) == 1

    assert list(Run.objects.all()) == [young]
    assert not StepRun.objects.filter(run=old.pk).exists()
    assert not Effect.objects.filter(run=old.pk).exists()
    assert not SearchKey.objects.filter(run=old.pk).exists()
    assert list(Delivery.objects.all()) == [young.delivery]


@pytest.mark.parametrize("status", ["queued", "waiting", "parked", "held", "needs_decision"])
def test_a_run_that_has_not_ended_stays_however_old(status):
    workflow = WorkflowFactory()
    fields = {"parked_on": ConnectionFactory(workspace=workflow.workspace)} if status == "parked" else {}
    run = run_of(workflow, days=400)
    Run.objects.filter(pk=run.pk).update(status=status, finished_at=None, **fields)

    assert pruning.prune(at=NOW, seconds=5) == 0


def test_a_workflow_may_keep_its_runs_for_another_time_than_its_workspace():
    plain = WorkflowFactory()
    short = WorkflowFactory(workspace=plain.workspace, keep_runs_days=7)
    long = WorkflowFactory(workspace=plain.workspace, keep_runs_days=365)
    came = ((long, 366), (long, 300), (plain, 100), (plain, 80), (short, 8), (short, 6))
    runs = {(workflow, days): run_of(workflow, days=days) for workflow, days in came}

    pruning.prune(at=NOW, seconds=5)

    kept = ((long, 300), (plain, 80), (short, 6))
    assert set(Run.objects.all()) == {runs[each] for each in kept}


def test_a_run_whose_number_is_out_of_order_is_judged_by_its_time():
    workflow = WorkflowFactory()
    young, old, younger = (run_of(workflow, days=days) for days in (10, 200, 5))

    pruning.prune(at=NOW, seconds=5)

    assert {young, younger} <= set(Run.objects.all())
    assert old.pk > young.pk


def test_an_event_stays_while_another_workflow_keeps_its_run():
    first = WorkflowFactory(keep_runs_days=7)
    second = WorkflowFactory(workspace=first.workspace)
    old = run_of(first, days=30)
    RunFactory(
        workspace=first.workspace,
        workflow=second,
        version=VersionFactory(workflow=second),
        delivery=old.delivery,
        status="succeeded",
        received_at=ago(30),
    )
    Delivery.objects.update(body=b"")

    pruning.prune(at=NOW, seconds=5)

    assert Run.objects.count() == Delivery.objects.count() == 1


def test_pruning_goes_on_over_many_batches(monkeypatch):
    monkeypatch.setattr(pruning, "BATCH", 3)
    workflow = WorkflowFactory()
    for _ in range(8):
        run_of(workflow, days=200)

    assert pruning.prune(at=NOW, seconds=30) == 8
    assert not Run.objects.exists()


def test_a_batch_of_pruning_takes_a_bounded_number_of_queries(django_assert_max_num_queries):
    workflow = WorkflowFactory()
    for _ in range(20):
        run_of(workflow, days=200)

    with django_assert_max_num_queries(25):
        assert pruning.delete_runs(Run.objects.all()) == 20


def test_working_state_is_gone_after_the_replay_window_and_the_log_stays(settings):
    settings.REPLAY_DAYS = 30
    workflow = WorkflowFactory()
    old, young = run_of(workflow, days=31), run_of(workflow, days=29)

    working.clear_runs(at=NOW, seconds=5)
    retention.clear_bodies(at=NOW)

    assert bytes(old.steps.get().working) == b""
    assert bytes(young.steps.get().working) == b"sealed"
    old.delivery.refresh_from_db()
    young.delivery.refresh_from_db()
    assert (bytes(old.delivery.body), bytes(young.delivery.body)) == (b"", b"sealed")
    assert old.steps.get().log == young.steps.get().log


def test_what_a_waiting_run_works_with_stays_until_it_has_ended(settings):
    settings.REPLAY_DAYS = 30
    run = run_of(WorkflowFactory(), days=50, status="waiting")
    working.clear_runs(at=NOW, seconds=5)
    retention.clear_bodies(at=NOW)
    assert bytes(run.steps.get().working) == b"sealed"
    assert bytes(Delivery.objects.get().body) == b"sealed"

    Run.objects.update(status="succeeded", finished_at=NOW)
    working.clear_runs(at=NOW, seconds=5)
    retention.clear_bodies(at=NOW)

    assert bytes(run.steps.get().working) == b""
    assert bytes(Delivery.objects.get().body) == b""
    assert not any(mark.left for mark in Bookmark.objects.all())


def test_ignored_deliveries_go_and_quarantined_ones_wait():
    DeliveryFactory(status="ignored", reason="Nobody listens.", received_at=ago(100))
    waits = DeliveryFactory(status="quarantined", reason="Unreadable.", received_at=ago(100), body=b"sealed")
    young = DeliveryFactory(status="ignored", reason="Nobody listens.", received_at=ago(10))

    retention.prune_deliveries(at=NOW)
    retention.clear_bodies(at=NOW)

    assert set(Delivery.objects.all()) == {waits, young}
    waits.refresh_from_db()
    assert bytes(waits.body) == b"sealed"


def test_an_event_is_known_to_have_been_handled_for_forty_days_after_it():
    connection = ConnectionFactory()
    for number, days in enumerate((41, 39, 50, 0)):
        Seen.objects.create(
            connection=connection,
            event_hash=bytes([number]) * 32,
            delivery_code=connection.code,
            event_at=ago(days),
        )

    retention.forget_seen(at=NOW)
    assert Seen.objects.filter(event_at__gte=ago(40)).count() == 2

    retention.forget_seen(at=NOW + dt.timedelta(days=45))
    assert not Seen.objects.exists()


@pytest.mark.parametrize("gap", [1, 7])
def test_the_first_row_since_a_moment_is_found_among_gaps(gap):
    workflow = WorkflowFactory()
    runs = [run_of(workflow, days=20 - number) for number in range(12)]
    Run.objects.filter(pk__in=[run.pk for run in runs[::gap][1:]] if gap > 1 else []).delete()
    for moment in (ago(30), ago(14.5), ago(3)):
        border = first_since(Run.objects.all(), "received_at", moment)
        older = set(Run.objects.filter(pk__lt=border))
        assert older == set(Run.objects.filter(received_at__lt=moment))


def test_runs_are_counted_by_five_minutes_and_counted_again_until_they_have_ended():
    workflow = WorkflowFactory()
    run_of(workflow, days=1)
    run_of(workflow, days=1, status="failed")
    waiting = run_of(workflow, days=1, status="waiting")
    start = counting.span_of(ago(1))
    counting.count(start)
    tally = Tally.objects.get()
    assert (tally.succeeded, tally.failed, tally.unfinished) == (1, 1, 1)

    Run.objects.filter(pk=waiting.pk).update(status="succeeded")
    counting.count(start)

    tally = Tally.objects.get()
    assert (tally.succeeded, tally.failed, tally.unfinished) == (2, 1, 0)


def test_spans_become_hours_and_no_run_is_counted_twice():
    workflow = WorkflowFactory()
    hour = ago(4).replace(minute=0, second=0, microsecond=0)
    for minute in (0, 5, 20, 55):
        Tally.objects.create(
            workspace=workflow.workspace,
            workflow=workflow,
            start=hour + dt.timedelta(minutes=minute),
            minutes=5,
            succeeded=2,
            latency={"40": 2},
            unfinished=1 if minute == 20 else 0,
        )

    counting.merge(before=ago(2))

    whole = Tally.objects.get(minutes=60)
    assert (whole.start, whole.succeeded, whole.latency) == (hour, 6, {"40": 6})
    assert Tally.objects.get(minutes=5).unfinished == 1

    Tally.objects.filter(minutes=5).update(unfinished=0)
    counting.merge(before=ago(2))
    assert Tally.objects.get().succeeded == 8


def test_counting_begins_where_it_stopped():
    workflow = WorkflowFactory()
    counting.look.__wrapped__(at=ago(1))
    run_of(workflow, days=0.99)

    for _ in range(40):
        counting.look.__wrapped__(at=NOW)

    assert sum(Tally.objects.values_list("succeeded", flat=True)) == 1
