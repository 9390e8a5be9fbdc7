"""The loop: how it begins, ends, sleeps, loses its database and its lease."""

import threading
import time

import pytest
from django.db import OperationalError
from django.db import connection as database
from django.utils import timezone

from apps.connections.senders import Sender
from apps.runs import record, services
from apps.runs.calling import Outgoing, perform
from apps.runs.leases import steady
from apps.runs.models import Effect, Heartbeat, Run, StepRun
from apps.runs.worker import drain as loop
from apps.runs.worker.drain import Drain
from apps.runs.worker.stopping import NeverStop, StopSignal
from apps.runs.worker.wakeup import notify_sleepers, wakeup_for_database
from tests.runs.conftest import MAIL, TRACK, ok, take


def start_many(world, count):
    workflow = world.workflow(TRACK)
    return [world.start(workflow, world.deliver(f"evt_{number}")) for number in range(count)]


def test_a_drain_ends_by_itself_when_its_time_is_over(world, provider):
    run = world.start(world.workflow(TRACK))

    Drain("short", stop=NeverStop(), threads=2, claim_seconds=0.2).run()

    run.refresh_from_db()
    assert run.status == "succeeded"
    assert not Heartbeat.objects.exists()


def test_a_drain_that_is_told_to_stop_claims_nothing_more(world, provider):
    world.start(world.workflow(TRACK))
    stop = StopSignal()
    stop.set()

    Drain("stopped", stop=stop, threads=2).run()

    assert Run.objects.get().status == "queued"
    assert provider.requests == []


def test_a_stop_lets_the_call_under_way_end_and_gives_back_what_has_not_begun(world, provider, monkeypatch):
    begun, answer = threading.Event(), threading.Event()

    def slow(request):
        begun.set()
        answer.wait(10)
        return ok()

    provider.default = slow
    monkeypatch.setattr("apps.runs.calling.sender_for", lambda _: Sender(provider, in_thread=True))
    start_many(world, 5)
    stop = StopSignal()
    life = Drain("stopping", stop=stop, threads=1)
    while not begun.is_set():
        life.work()
    stop.set()
    life.work(ending=True)

    assert Run.objects.filter(status="running").count() == 1
    given_back = Run.objects.filter(status="queued")
    assert set(given_back.values_list("reason_code", flat=True)) == {"given_back"}
    assert Effect.objects.filter(run__in=given_back, status="not_done", attempts=0).count() == 4

    answer.set()
    life.run()
    assert Run.objects.filter(status="succeeded").count() == 1
    assert len(provider.requests) == 1


def test_what_was_given_back_is_sent_once_by_the_next_worker(world, provider, work, monkeypatch):
    run = world.start(world.workflow(MAIL))
    provider.default = ok({"delivery_id": "dlv_1", "queued_at": 1})
    stop = StopSignal()
    life = Drain("stopping", stop=stop, threads=1)
    (execution,) = take(life.clock)
    record.write([execution])
    execution.give_back()
    record.write([execution])
    assert StepRun.objects.get().status == "waiting"

    work()

    run.refresh_from_db()
    assert (run.status, len(provider.requests)) == ("succeeded", 1)
    assert Effect.objects.get().attempts == 1


def test_a_worker_whose_lease_has_run_out_sends_nothing(world, provider, work):
    """A process that was frozen and thawed finds this out directly before it sends."""
    run = world.start(world.workflow(MAIL))
    life = Drain("frozen", stop=NeverStop(), threads=1)
    (execution,) = take(life.clock)
    record.write([execution])
    execution.lease.trusted_until = steady() - 1

    [piece] = execution.pieces
    assert isinstance(piece, Outgoing)
    incoming = perform(piece)

    assert incoming.answer is None
    assert provider.requests == []
    execution.resume(incoming)
    assert record.write([execution]) == {execution}
    run.refresh_from_db()
    assert (run.status, run.reason_code) == ("queued", "given_back")


def test_a_lease_is_renewed_while_a_call_takes_long(world, provider, monkeypatch):
    answer = threading.Event()

    def slow(request):
        answer.wait(10)
        return ok()

    provider.default = slow
    monkeypatch.setattr("apps.runs.calling.sender_for", lambda _: Sender(provider, in_thread=True))
    monkeypatch.setattr(loop, "RENEW_SECONDS", 0.05)
    run = world.start(world.workflow(TRACK))
    life = Drain("renewing", stop=NeverStop(), threads=1)
    life.work()
    run.refresh_from_db()
    before = run.lease_until

    while Run.objects.get().lease_until == before:
        life.work()

    answer.set()
    life.run_until_idle()
    assert Run.objects.get().status == "succeeded"


def test_a_turn_whose_commit_was_cut_off_is_written_again(world, provider, monkeypatch):
    run = world.start(world.workflow(TRACK))
    failures = [OperationalError("server closed the connection"), None, OperationalError("again"), None]
    real = record.write

    def flaky(executions):
        failure = failures.pop(0) if executions and failures else None
        kept = real(executions)
        if failure is not None:
            raise failure  # Written, and nobody heard of it.
        return kept

    monkeypatch.setattr(record, "write", flaky)
    monkeypatch.setattr(loop.Drain, "_reconnect", lambda *_: None)

    Drain("cut", stop=NeverStop(), threads=1, claim_seconds=0.5).run()

    run.refresh_from_db()
    assert run.status == "succeeded"
    assert len(provider.requests) == 1
    assert Effect.objects.get().status == "done"


def test_a_heartbeat_tells_that_a_drain_lives(world, provider):
    life = Drain("beating", stop=NeverStop(), threads=1)
    life.work()

    beat = Heartbeat.objects.get()
    assert (beat.name, beat.kind, beat.sleeping) == ("beating", "drain", False)
    assert abs((timezone.now() - beat.beat_at).total_seconds()) < 5
    life.run_until_idle()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_sleeping_drain_says_so_and_is_woken_by_a_start(world, provider):
    workflow = world.workflow(TRACK)
    stop = StopSignal()

    def live():
        try:
            Drain("sleeper", stop=stop, threads=1).run()
        finally:
            database.close()

    thread = threading.Thread(target=live)
    thread.start()
    wait_for(lambda: Heartbeat.objects.filter(sleeping=True).exists())

    started = time.monotonic()
    world.start(workflow)
    services.wake_workers()
    wait_for(lambda: Run.objects.filter(status="succeeded").exists())
    taken = time.monotonic() - started
    stop.set()
    thread.join()

    assert taken < 0.9  # Without the notification it would look again after a second.


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_drain_survives_a_cut_connection(world, provider):
    workflow = world.workflow(TRACK)
    stop = StopSignal()
    backend: list[int] = []

    def live():
        try:
            with database.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                backend.append(cursor.fetchone()[0])
            Drain("survivor", stop=stop, threads=1).run()
        finally:
            database.close()

    thread = threading.Thread(target=live)
    thread.start()
    wait_for(lambda: Heartbeat.objects.filter(name="survivor").exists())
    with database.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [backend[0]])

    world.start(workflow)
    wait_for(lambda: Run.objects.filter(status="succeeded").exists())
    stop.set()
    thread.join()

    assert len(provider.requests) == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_nobody_is_notified_while_nobody_sleeps(world):
    listening = wakeup_for_database()

    notify_sleepers()
    assert not listening.wait([], 0.1)

    Heartbeat.objects.create(
        name="asleep",
        kind="drain",
        pid=1,
        host="here",
        started_at=timezone.now(),
        beat_at=timezone.now(),
        sleeping=True,
    )
    notify_sleepers()
    assert listening.wait([], 5)


def wait_for(condition, seconds=10):
    """Wait until it holds; fails loudly when it does not come to hold."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "It did not come to hold in time."
        threading.Event().wait(0.01)
