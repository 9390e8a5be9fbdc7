"""Order per key: one run of a customer at a time, in the order of the events."""

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection as database
from django.utils import timezone

from apps.catalog.transport import NotSent
from apps.connections.senders import Sender
from apps.runs import order_sweep, ordering, passing, services
from apps.runs.claim import claim
from apps.runs.leases import DatabaseClock
from apps.runs.models import Run, SweepRun, Turn
from apps.runs.worker.drain import Drain
from apps.runs.worker.stopping import NeverStop
from apps.runs.worker.sweeps import every
from apps.workflows.versions import compiled
from apps.workspaces.access import Actor
from tests.runs.conftest import TRACK, ok, status

SYSTEM = Actor.system("test")
BY = "{{ trigger.customer }}"
NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _forget_versions():
    yield
    compiled.cache_clear()  # A rolled back version's id is given again, to one without an order.


def ordered(world, *steps, late="run"):
    made = world.workflow(*(steps or (TRACK,)))
    version = made.live_version
    version.definition = {**version.definition, "order": {"by": BY, "late": late}}
    version.save()
    return made


def event(world, workflow, number, *, minute=None, customer="cus_1", replay=None):
    delivery = world.deliver(f"evt_{number}", customer=customer)
    delivery.occurred_at = NOW + timedelta(minutes=number if minute is None else minute)
    delivery.save()
    return world.start(workflow, delivery, replay=replay)


def drain():
    Drain("test", stop=NeverStop(), threads=2).run_until_idle()


def take(limit=64):
    claimed = claim(limit, clock=DatabaseClock())
    return [run.pk for run in claimed.runs] if claimed else []


def end(run, at=None):
    Run.objects.filter(pk=run.pk).update(
        status="succeeded", finished_at=timezone.now(), lease_token=None, lease_until=None
    )
    ordering.release([Run.objects.get(pk=run.pk)], at=at or timezone.now())


def test_only_the_first_run_of_a_key_is_taken(world):
    workflow = ordered(world)
    second, first = event(world, workflow, 2), event(world, workflow, 1)

    assert take() == [first.pk]
    second.refresh_from_db()
    assert (second.status, second.reason_code) == ("waiting", "order")
    assert str(first.code) in second.reason
    assert take() == []


def test_runs_of_other_keys_and_without_a_key_are_taken_together(world):
    workflow = ordered(world)
    runs = [event(world, workflow, 1), event(world, workflow, 2, customer="cus_2")]
    runs += [event(world, workflow, n, customer=None) for n in (3, 4)]

    assert sorted(take()) == [run.pk for run in runs]
    assert [run.order_key is None for run in runs] == [False, False, True, True]


def test_the_end_of_a_run_lets_the_next_go_by_the_time_of_the_events(world):
    workflow = ordered(world)
    runs = [event(world, workflow, number, minute=10 - number) for number in (1, 2, 3)]
    order = []
    while taken := take():
        order += taken
        end(Run.objects.get(pk=taken[0]))

    assert order == [run.pk for run in reversed(runs)]
    assert not Turn.objects.exists()


def test_a_drain_works_a_key_off_in_order(world, provider):
    workflow = ordered(world)
    for number in (3, 1, 2):
        event(world, workflow, number)

    drain()

    finished = Run.objects.order_by("finished_at", "started_at").values_list("event_id", "status")
    assert list(finished) == [(f"evt_{n}", "succeeded") for n in (1, 2, 3)]


def test_a_run_that_waits_for_a_retry_keeps_its_turn(world, provider):
    workflow = ordered(world)
    first, second = event(world, workflow, 1), event(world, workflow, 2)
    provider.script = [NotSent("refused", code="refused")]

    drain()

    first.refresh_from_db()
    second.refresh_from_db()
    assert first.status == "waiting"
    assert ordering.waits_for(second) == first


@pytest.mark.parametrize("how", ["cancel", "fail"])
def test_the_next_goes_on_when_its_predecessor_is_cancelled_or_fails(world, provider, how):
    workflow = ordered(world)
    first, second = event(world, workflow, 1), event(world, workflow, 2)
    if how == "cancel":
        provider.script = [NotSent("refused", code="refused")]
        drain()
        first.refresh_from_db()
        services.cancel(first, actor=SYSTEM)
    else:
        provider.script = [status(400, {"meta": {"errors": ["no"]}})]

    drain()

    second.refresh_from_db()
    assert second.status == "succeeded"


def test_a_late_event_is_superseded_where_the_workflow_says_so(world, provider):
    workflow = ordered(world, late="supersede")
    newer = event(world, workflow, 5)
    drain()
    late = event(world, workflow, 1)
    drain()

    late.refresh_from_db()
    assert (late.status, late.reason_code) == ("filtered", "superseded")
    assert str(newer.code) in late.reason
    assert len(provider.requests) == 1


def test_a_late_event_runs_where_the_workflow_says_nothing(world, provider):
    workflow = ordered(world)
    event(world, workflow, 5)
    drain()
    late = event(world, workflow, 1)
    drain()

    late.refresh_from_db()
    assert late.status == "succeeded"
    assert ordering.newer_that_ran(late) is not None


def test_what_waits_behind_a_superseded_run_goes_on(world):
    workflow = ordered(world, late="supersede")
    end(Run.objects.get(pk=_taken(event(world, workflow, 5))))
    late, next_one = event(world, workflow, 1), event(world, workflow, 9)

    assert take() == [next_one.pk]
    late.refresh_from_db()
    assert late.reason_code == "superseded"


def _taken(run):
    (pk,) = take()
    assert pk == run.pk
    return pk


def test_a_person_lets_a_run_pass_beside_the_one_that_holds_the_key_up(world, provider):
    workflow = ordered(world)
    first, second, third = (event(world, workflow, n) for n in (1, 2, 3))
    assert take() == [first.pk]
    Run.objects.filter(pk=first.pk).update(status="needs_decision", lease_token=None, lease_until=None)
    second.refresh_from_db()

    passing.let_pass(second, actor=SYSTEM)

    assert take() == [second.pk]
    end(second)
    assert take() == []
    third.refresh_from_db()
    assert ordering.waits_for(third) == first


def test_a_retry_of_an_old_run_waits_for_the_run_that_has_the_turn(world, provider):
    workflow = ordered(world)
    provider.script = [status(400, {"meta": {"errors": ["no"]}})]
    old = event(world, workflow, 1)
    drain()
    newer = event(world, workflow, 2)
    assert take() == [newer.pk]
    old.refresh_from_db()
    assert old.status == "failed"

    services.retry(old, actor=SYSTEM)

    assert take() == []
    old.refresh_from_db()
    assert ordering.waits_for(old) == newer
    end(newer)
    assert take() == [old.pk]


def test_a_sweep_heals_what_ended_without_a_word(world):
    workflow = ordered(world)
    first, second = event(world, workflow, 1), event(world, workflow, 2)
    assert take() == [first.pk]
    Run.objects.filter(pk=first.pk).update(status="failed", lease_token=None, lease_until=None)

    order_sweep.heal.__wrapped__(at=timezone.now())

    assert take() == [second.pk]


def test_a_key_is_the_workflows_own(world):
    one, other = ordered(world), ordered(world)
    delivery = world.deliver("evt_1")

    first, second = world.start(one, delivery), world.start(other, delivery)

    assert first.order_key != second.order_key


def test_a_shared_sweep_is_made_once_in_its_time(world):
    looks = []

    def look(*, at):
        looks.append(at)
        return 7

    one, other = every(seconds=60)(look), every(seconds=60)(look)
    at = timezone.now()

    assert (one(at=at), other(at=at + timedelta(seconds=1))) == (7, 0)
    row = SweepRun.objects.get(name__endswith="look")
    assert (row.moved, row.error, looks) == (7, "", [at])
    assert every(seconds=60)(look)(at=at + timedelta(seconds=61)) == 7


def test_a_shared_sweep_that_failed_says_why_and_is_made_again(world):
    def look(*, at):
        raise ValueError("no such thing")

    at = timezone.now()
    with pytest.raises(ValueError, match="no such thing"):
        every(seconds=5)(look)(at=at)

    row = SweepRun.objects.get(name__endswith="look")
    assert "no such thing" in row.error
    with pytest.raises(ValueError, match="no such thing"):
        every(seconds=5)(look)(at=at + timedelta(seconds=6))


class Overlaps:
    """A provider that notes which customers are called about twice at the same time."""

    def __init__(self):
        self.lock, self.under_way, self.seen, self.found = threading.Lock(), set(), [], []

    def __call__(self, request):
        with self.lock:
            if request.url in self.under_way:
                self.found.append(request.url)
            self.under_way.add(request.url)
            self.seen.append(request.url)
        time.sleep(0.002)
        with self.lock:
            self.under_way.discard(request.url)
        return ok()


def work_in_threads(count):
    def work():
        try:
            Drain(f"w{threading.get_ident()}", stop=NeverStop(), threads=2).run_until_idle()
        finally:
            database.close()

    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_runs_of_one_key_never_overlap_over_many_workers(world, provider, monkeypatch):
    provider.default = calls = Overlaps()
    monkeypatch.setattr("apps.runs.calling.sender_for", lambda _: Sender(provider, in_thread=True))
    workflow = ordered(world, {**TRACK, "inputs": {**TRACK["inputs"], "identifier": {"template": BY}}})
    for number in range(24):
        event(world, workflow, number, customer=f"cus_{number % 3}")

    work_in_threads(3)
    drain()

    assert calls.found == []
    assert len(calls.seen) == 24
    assert len(set(calls.seen)) == 3
    for customer in range(3):
        ran = Run.objects.filter(event_id__in=[f"evt_{n}" for n in range(customer, 24, 3)])
        begun = list(ran.order_by("started_at", "id").values_list("event_at", flat=True))
        assert begun == sorted(begun)


@pytest.mark.parametrize("guard", ["loop", "too_often"])
@pytest.mark.parametrize("decision", ["release", "cancel"])
def test_what_is_behind_a_run_that_a_guard_holds_waits_for_the_person_who_decides(
    world, provider, guard, decision
):
    workflow = ordered(world)
    held, second, third = (event(world, workflow, n) for n in (1, 2, 3))
    Run.objects.filter(pk=held.pk).update(status="held", reason_code=guard)
    other = event(world, workflow, 4, customer="cus_2")
    drain()
    for run in (held, second, third, other):
        run.refresh_from_db()
    assert [run.status for run in (held, second, third, other)] == ["held", "waiting", "waiting", "succeeded"]
    assert (ordering.waits_for(second), ordering.waits_for(third)) == (held, held)

    getattr(services, decision)(held, actor=SYSTEM)
    drain()

    ended = Run.objects.filter(pk__in=[held.pk, second.pk, third.pk], status="succeeded")
    done = list(ended.order_by("started_at", "id").values_list("event_id", flat=True))
    assert done == (["evt_1"] if decision == "release" else []) + ["evt_2", "evt_3"]


def test_a_person_lets_one_run_pass_a_run_that_a_guard_holds(world, provider):
    workflow = ordered(world)
    held, second, third = (event(world, workflow, n) for n in (1, 2, 3))
    Run.objects.filter(pk=held.pk).update(status="held", reason_code="too_often")
    drain()
    second.refresh_from_db()

    passing.let_pass(second, actor=SYSTEM)
    drain()

    for run in (second, third):
        run.refresh_from_db()
    assert (second.status, third.status) == ("succeeded", "waiting")
    assert ordering.waits_for(third) == held


@pytest.mark.parametrize("status", ["held", "needs_decision"])
def test_the_page_says_that_what_is_ahead_waits_for_a_person(world, client, admin_user, status):
    workflow = ordered(world)
    first, second = event(world, workflow, 1), event(world, workflow, 2)
    take()
    facts = {"status": status, "reason_code": "too_often", "lease_token": None, "lease_until": None}
    Run.objects.filter(pk=first.pk).update(**facts)
    client.force_login(admin_user)

    page = client.get(second.get_absolute_url()).content.decode()

    assert f"run {str(first.code)[:8]}, which waits for a person" in page
    assert first.get_absolute_url() in page
    assert "Let it pass" in page


def test_the_page_of_a_waiting_run_says_what_holds_it_up_and_lets_it_pass(world, client, admin_user):
    workflow = ordered(world)
    first, second = event(world, workflow, 1), event(world, workflow, 2)
    take()
    client.force_login(admin_user)
    second.refresh_from_db()

    page = client.get(second.get_absolute_url()).content.decode()

    assert "Waits for" in page
    assert first.get_absolute_url() in page
    assert "Let it pass" in page
    client.post(f"/admin/runs/run/{second.pk}/let-pass/")
    second.refresh_from_db()
    assert second.status == "queued"
