"""Claims: who gets a run, for how long, and what is written when the lease is lost."""

import threading
from datetime import timedelta

import pytest
from django.db import connection as database
from django.db import transaction
from django.utils import timezone

from apps.common import prepared
from apps.runs import record
from apps.runs.claim import claim
from apps.runs.leases import LEASE_SECONDS, DatabaseClock, Lease, steady
from apps.runs.models import Effect, Run, StepRun
from apps.runs.querysets import MAX_LOST_LEASES
from tests.runs.conftest import BIG, TRACK, take


@pytest.fixture
def clock():
    # A little ahead: where the host's time is being set, its two clocks differ by some milliseconds.
    return DatabaseClock(_base=later(0.1))


def later(seconds):
    return timezone.now() + timedelta(seconds=seconds)


def test_a_claim_leases_the_run(world, clock):
    run = world.start(world.workflow(TRACK))

    claimed = claim(10, clock=clock)

    run.refresh_from_db()
    assert [each.pk for each in claimed.runs] == [run.pk]
    assert (run.status, run.lease_token) == ("running", claimed.lease.token)
    assert 0 < (run.lease_until - timezone.now()).total_seconds() <= LEASE_SECONDS + 1
    assert claimed.lease.holds()


def test_a_second_worker_cannot_claim_a_run(world, clock):
    world.start(world.workflow(TRACK))
    claim(10, clock=clock)

    assert claim(10, clock=clock) is None


def test_what_is_not_due_is_left(world, clock):
    run = world.start(world.workflow(TRACK))
    Run.objects.filter(pk=run.pk).update(due_at=later(60))

    assert claim(10, clock=clock) is None


@pytest.mark.parametrize("status", ["held", "needs_decision", "succeeded", "filtered", "failed", "cancelled"])
def test_what_is_not_queued_or_waiting_is_left(world, clock, status):
    run = world.start(world.workflow(TRACK))
    Run.objects.filter(pk=run.pk).update(status=status)

    assert claim(10, clock=clock) is None


def test_the_longest_due_come_first(world, clock):
    workflow = world.workflow(TRACK)
    runs = [world.start(workflow, world.deliver(f"evt_{number}")) for number in range(4)]
    Run.objects.filter(pk=runs[3].pk).update(due_at=later(-60))

    claimed = claim(2, clock=clock)

    assert [run.pk for run in claimed.runs] == [runs[3].pk, runs[0].pk]


def test_a_run_that_lost_its_workers_is_claimed_alone(world, clock):
    workflow = world.workflow(TRACK)
    runs = [world.start(workflow, world.deliver(f"evt_{number}")) for number in range(3)]
    Run.objects.filter(pk=runs[0].pk).update(lost_leases=2)

    assert [run.pk for run in claim(10, clock=clock).runs] == [runs[0].pk]
    assert [run.pk for run in claim(10, clock=clock).runs] == [runs[1].pk, runs[2].pk]


def test_a_lease_that_ran_out_goes_back_to_the_queue_with_a_reason(world, clock):
    run = world.start(world.workflow(TRACK))
    claim(10, clock=clock)

    assert Run.objects.reap(at=later(LEASE_SECONDS - 1)) == 0
    assert Run.objects.reap(at=later(LEASE_SECONDS + 1)) == 1

    run.refresh_from_db()
    assert (run.status, run.lease_token, run.lost_leases) == ("queued", None, 1)
    assert run.reason_code == "lease_expired"
    assert run.remedy


def test_a_run_that_outlives_every_worker_fails_with_a_reason(world, clock):
    run = world.start(world.workflow(TRACK))
    Run.objects.filter(pk=run.pk).update(lost_leases=MAX_LOST_LEASES - 1)
    claim(10, clock=clock)

    Run.objects.reap(at=later(60))

    run.refresh_from_db()
    assert (run.status, run.reason_code) == ("failed", "worker_lost")
    assert run.finished_at is not None


def test_a_renewed_lease_is_not_reaped(world, clock):
    world.start(world.workflow(TRACK))
    claimed = claim(10, clock=clock)

    assert Run.objects.renew([claimed.lease.token], until=later(30)) == 1

    assert Run.objects.reap(at=later(20)) == 0


def test_a_lease_is_distrusted_before_others_may_take_the_run(world, clock):
    lease = Lease.begin()
    assert lease.trusted_until < steady() + LEASE_SECONDS

    lease.trusted_until = steady() - 0.001

    assert not lease.holds()


def test_nothing_is_written_behind_a_lost_lease(world, provider, clock):
    run = world.start(world.workflow(BIG, TRACK))
    (execution,) = take(clock)
    Run.objects.reap(at=later(60))

    assert record.write([execution]) == set()

    run.refresh_from_db()
    assert run.status == "queued"
    assert not StepRun.objects.exists()
    assert not Effect.objects.exists()


def test_a_run_that_another_worker_has_taken_since_is_not_touched(world, provider, clock):
    run = world.start(world.workflow(TRACK))
    (slow,) = take(clock)
    Run.objects.reap(at=later(60))
    Run.objects.update(due_at=timezone.now())
    (quick,) = take(clock)

    assert record.write([slow, quick]) == {quick}

    run.refresh_from_db()
    assert run.lease_token == quick.lease.token


def test_the_announcement_stands_in_the_ledger_before_the_call_is_sent(world, provider, work):
    seen = []

    def look(request):
        seen.append(list(Effect.objects.values_list("status", flat=True)))
        assert not database.in_atomic_block or seen  # The test's own transaction is the only one.
        return provider.default

    provider.script = [look]
    world.start(world.workflow(TRACK))
    work()

    assert seen == [["pending"]]


def test_one_run_s_bad_data_does_not_keep_the_others_from_being_recorded(world, provider, work):
    workflow = world.workflow(TRACK)
    good = world.start(workflow, world.deliver("evt_good"))
    taken = world.start(workflow, world.deliver("evt_taken"))
    other = world.start(world.workflow(TRACK), world.deliver("evt_other"))
    Run.objects.exclude(pk=taken.pk).update(due_at=later(60))
    provider.script = [lambda _: provider.default]
    work()
    # Another run holds the key that this one would derive.
    key = Effect.objects.get().key
    Effect.objects.all().delete()
    Effect.objects.create(
        workspace=world.workspace,
        run=other,
        path="tell",
        connection=world.customerio,
        action="customerio.track-event",
        effect="create",
        idempotency="event_id",
        key=key,
        first_sent_at=timezone.now(),
        sent_at=timezone.now(),
        status="done",
    )
    StepRun.objects.all().delete()
    Run.objects.filter(pk__in=(good.pk, taken.pk)).update(status="queued", finished_at=None, due_at=later(-1))
    provider.requests.clear()

    work()

    good.refresh_from_db()
    taken.refresh_from_db()
    assert good.status == "succeeded"
    assert (taken.status, taken.reason_code) == ("failed", "not_recorded")
    assert str(other.code) in taken.reason
    assert len(provider.requests) == 1


@pytest.mark.postgres
def test_a_claim_is_a_look_and_one_statement(world, clock, django_assert_num_queries, monkeypatch):
    workflow = world.workflow(TRACK)
    for number in range(3):
        world.start(workflow, world.deliver(f"evt_{number}"))
    statements = []
    execute = prepared.execute

    def noted(*args):
        statements.append(args[0])
        return execute(*args)

    monkeypatch.setattr(prepared, "execute", noted)

    with django_assert_num_queries(0):
        claimed = claim(10, clock=clock)

    assert len(claimed.runs) == 3
    assert len(statements) == 2


@pytest.mark.postgres
def test_a_claimed_run_is_what_the_orm_would_have_read(world, clock, django_assert_num_queries):
    world.start(world.workflow(TRACK))
    before = Run.objects.select_related("delivery", "workflow", "workspace").get()

    (run,) = claim(10, clock=clock).runs

    for row, other in ((run, before), (run.delivery, before.delivery)):
        names = [field.attname for field in row._meta.concrete_fields]
        assert {name: getattr(row, name) for name in names} == {name: getattr(other, name) for name in names}
    with django_assert_num_queries(0):
        assert run.workflow.redactions == before.workflow.redactions
        assert (run.workflow.code, run.workflow.name) == (before.workflow.code, before.workflow.name)
        assert (run.workspace.code, run.workspace.name) == (before.workspace.code, before.workspace.name)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_only_the_claim_s_own_commit_is_not_waited_for(world):
    world.start(world.workflow(TRACK))
    with database.cursor() as cursor:
        cursor.execute("SET synchronous_commit = on")

        assert claim(10, clock=DatabaseClock()) is not None

        cursor.execute("SHOW synchronous_commit")
        assert cursor.fetchone() == ("on",)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_many_workers_share_the_runs_without_overlap_or_waiting(world, provider):
    workflow = world.workflow(TRACK)
    for number in range(60):
        world.start(workflow, world.deliver(f"evt_{number}"))
    taken: list[int] = []
    barrier = threading.Barrier(6)

    def take_all():
        try:
            barrier.wait()
            while (claimed := claim(7, clock=DatabaseClock())) is not None:
                taken.extend(run.pk for run in claimed.runs)
        finally:
            database.close()

    threads = [threading.Thread(target=take_all) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    # Rows that are locked meanwhile are skipped, so a worker may end early; none is taken twice.
    assert len(taken) == len(set(taken))
    assert Run.objects.filter(status="running").count() == len(taken)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_locked_run_is_skipped_not_waited_for(world):
    workflow = world.workflow(TRACK)
    first = world.start(workflow, world.deliver("evt_1"))
    second = world.start(workflow, world.deliver("evt_2"))
    taken: list[int] = []

    def take_other():
        try:
            taken.extend(execution.run.pk for execution in take(DatabaseClock()))
        finally:
            database.close()

    with transaction.atomic():
        Run.objects.select_for_update().get(pk=first.pk)
        thread = threading.Thread(target=take_other)
        thread.start()
        thread.join(timeout=10)
        assert not thread.is_alive()

    assert taken == [second.pk]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_the_reaper_and_a_record_of_the_same_run_do_not_both_win(world, provider):
    world.start(world.workflow(TRACK))
    clock = DatabaseClock()
    (execution,) = take(clock)
    reaped = []
    holding, go_on = threading.Event(), threading.Event()

    def reap():
        try:
            with transaction.atomic():
                reaped.append(Run.objects.reap(at=later(60)))
                holding.set()
                go_on.wait(10)
        finally:
            database.close()

    thread = threading.Thread(target=reap)
    thread.start()
    holding.wait(10)
    threading.Timer(0.2, go_on.set).start()
    kept = record.write([execution])
    thread.join()

    assert reaped == [1]
    assert kept == set()
    assert not Effect.objects.exists()
