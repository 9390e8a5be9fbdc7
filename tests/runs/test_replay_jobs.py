"""Many runs repeated: previewed, started, advanced at a rate, exactly once each."""

import threading
from datetime import timedelta

import pytest
from django.db import DatabaseError
from django.db import connection as database
from django.utils import timezone

from apps.common.errors import Conflict, NotAllowed, ServiceError, ValidationFailed
from apps.runs import services
from apps.runs.models import Effect, Replay, ReplayJob, Run
from apps.runs.replays import advancing, jobs, selection
from apps.workspaces.access import Actor
from apps.workspaces.models import AuditEntry
from tests.factories import MembershipFactory
from tests.runs.conftest import DELETE, IDENTIFY, TRACK, KilledError, status
from tests.runs.test_replays import member, publish

FAST = 6_000


@pytest.fixture
def actor(world):
    return member(world, "admin")


@pytest.fixture
def flow(world):
    return world.workflow(TRACK)


def failed(world, provider, work, flow, count=3):
    """Have so many events fail."""
    provider.default = status(400)
    runs = [world.start(flow, world.deliver(f"evt_{number}")) for number in range(count)]
    work()
    provider.default = status(200)
    provider.requests.clear()
    return runs


def advance(minutes=10):
    """Let a job go on as long as there is anything to do."""
    at = timezone.now() + timedelta(minutes=minutes)
    while advancing.advance(at=at):
        at += timedelta(minutes=minutes)


def begin(world, actor, query="status__exact=failed", kind="replay", **choices):
    job = jobs.preview(world.workspace, actor=actor, chosen=selection.by_query(query), kind=kind)
    jobs.start(job, actor=actor, rate=choices.pop("rate", FAST), **choices)
    return job


def test_every_run_of_the_filter_is_repeated_once(world, provider, work, flow, actor):
    runs = failed(world, provider, work, flow)
    fine = world.start(flow, world.deliver("evt_fine"))
    work()
    provider.requests.clear()

    job = begin(world, actor)
    advance()
    work()

    job.refresh_from_db()
    assert (job.status, job.started, job.total, job.left_out) == ("done", 3, 3, {})
    assert set(Replay.objects.values_list("of", flat=True)) == {run.pk for run in runs}
    assert len(provider.requests) == 3
    assert not Run.objects.filter(delivery=fine.delivery, replay=1).exists()
    assert set(Run.objects.filter(replay=1).values_list("status", "priority")) == {("succeeded", 5)}


def test_runs_that_come_behind_the_preview_are_not_taken_in(world, provider, work, flow, actor):
    failed(world, provider, work, flow, 1)
    job = jobs.preview(world.workspace, actor=actor, chosen=selection.by_query("status__exact=failed"))
    provider.default = status(400)
    world.start(flow, world.deliver("evt_late"))
    work()

    jobs.start(job, actor=actor, rate=FAST)
    advance()

    assert Replay.objects.count() == 1


def test_chosen_rows_are_taken_and_no_others(world, provider, work, flow, actor):
    runs = failed(world, provider, work, flow)

    job = jobs.preview(world.workspace, actor=actor, chosen=selection.by_ids([runs[1].pk]))
    jobs.start(job, actor=actor, rate=FAST)
    advance()

    assert list(Replay.objects.values_list("of", flat=True)) == [runs[1].pk]


def test_no_chosen_row_is_not_every_row(world, provider, work, flow, actor):
    failed(world, provider, work, flow)

    assert jobs.preview(world.workspace, actor=actor, chosen=selection.by_ids([])).total == 0


def test_rows_of_another_workspace_are_never_taken(world, provider, work, flow, actor):
    runs = failed(world, provider, work, flow, 1)
    stranger = Actor.of(MembershipFactory(role="owner").user)
    elsewhere = stranger.user.memberships.get().workspace

    job = jobs.preview(elsewhere, actor=stranger, chosen=selection.by_ids([runs[0].pk]))
    everything = jobs.preview(elsewhere, actor=stranger, chosen=selection.by_query(""))

    assert (job.total, everything.total) == (0, 0)


def test_the_rate_is_kept(world, provider, work, flow, actor):
    failed(world, provider, work, flow, 4)
    job = begin(world, actor, rate=2)
    at = job.due_at

    assert advancing.advance(at=at) == 1
    assert advancing.advance(at=at + timedelta(seconds=29)) == 0
    assert advancing.advance(at=at + timedelta(seconds=30)) == 1
    # An hour in which no worker ran is not made up for at once.
    assert advancing.advance(at=at + timedelta(hours=1)) <= 1


def test_a_worker_that_dies_between_neither_doubles_nor_leaves_out(
    world, provider, work, flow, actor, monkeypatch
):
    failed(world, provider, work, flow)
    job = begin(world, actor)
    real = ReplayJob.save
    deaths = iter([True, False, True])

    def dying(self, *args, **kwargs):
        if next(deaths, False):
            raise KilledError
        return real(self, *args, **kwargs)

    monkeypatch.setattr(ReplayJob, "save", dying)
    for _ in range(2):
        with pytest.raises(KilledError):
            advance()
    advance()
    work()

    job.refresh_from_db()
    assert (job.status, job.started) == ("done", 3)
    assert Replay.objects.count() == 3
    assert len(provider.requests) == 3


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_workers_take_each_run_once(world, provider, work, flow, actor):
    failed(world, provider, work, flow, 12)
    begin(world, actor)
    at = timezone.now() + timedelta(hours=1)
    broken = []

    def worker():
        try:
            for _ in range(20):
                advancing.advance(at=at + timedelta(hours=1))
        except (DatabaseError, ServiceError) as error:
            broken.append(error)
        finally:
            database.close()

    threads = [threading.Thread(target=worker) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    job = ReplayJob.objects.get()
    assert broken == []
    assert (job.status, job.started, job.left_out) == ("done", 12, {})
    assert Replay.objects.count() == 12


def test_pause_continue_and_stop(world, provider, work, flow, actor):
    failed(world, provider, work, flow)
    job = begin(world, actor, rate=60)
    advancing.advance(at=job.due_at)

    jobs.pause(job, actor=actor)
    advance()
    assert Replay.objects.count() == 1

    jobs.go_on(job, actor=actor)
    advancing.advance(at=job.due_at)
    assert Replay.objects.count() == 2

    jobs.stop(job, actor=actor)
    advance()
    assert Replay.objects.count() == 2
    with pytest.raises(Conflict):
        jobs.go_on(job, actor=actor)


def test_what_can_not_be_repeated_is_counted_with_its_reason(world, provider, work, flow, actor):
    runs = failed(world, provider, work, flow, 4)
    runs[0].delivery.body = b""
    runs[0].delivery.save()
    services.run_again(runs[1], actor=actor)
    Effect.objects.filter(run=runs[2]).update(status="unknown", idempotency="none")

    job = jobs.preview(world.workspace, actor=actor, chosen=selection.by_query("status__exact=failed"))

    assert {each["code"]: each["count"] for each in job.summary["left_out"]} == {
        "body_gone": 1,
        "repeated_since": 1,
        "undecided": 1,
    }
    jobs.start(job, actor=actor, rate=FAST)
    advance()
    job.refresh_from_db()
    assert job.started == 1
    assert {code: each["count"] for code, each in job.left_out.items()} == {
        "body_gone": 1,
        "repeated_since": 1,
        "undecided": 1,
    }


def done(world, work, *steps, count=2):
    made = world.workflow(*steps)
    for number in range(count):
        world.start(made, world.deliver(f"evt_{number}"))
    work()
    return made


def test_what_is_done_again_is_typed(world, provider, work, actor):
    made = done(world, work, IDENTIFY, TRACK)
    provider.requests.clear()
    key = f"{made.code}:tell"
    job = jobs.preview(world.workspace, actor=actor, chosen=selection.by_query(""))

    assert [(each["key"], each["calls"], each["costly"]) for each in job.summary["effects"]] == [
        (key, 2, False)
    ]
    for typed in (None, 1, 3):
        with pytest.raises(ValidationFailed) as refused:
            jobs.start(job, actor=actor, rate=FAST, redo=[key], typed=typed)
        assert refused.value.field == "typed"

    jobs.start(job, actor=actor, rate=FAST, redo=[key], typed=2)
    advance()
    work()

    assert [request.method for request in provider.requests].count("POST") == 2


def test_nothing_is_done_again_where_nothing_was_ticked(world, provider, work, actor):
    done(world, work, IDENTIFY, TRACK)
    provider.requests.clear()

    begin(world, actor, query="")
    advance()
    work()

    assert [request.method for request in provider.requests] == ["PUT", "PUT"]


def test_deletes_in_bulk_need_an_admin(world, provider, work):
    made = done(world, work, DELETE)
    editor = member(world, "editor")
    job = jobs.preview(world.workspace, actor=editor, chosen=selection.by_query(""))

    with pytest.raises(NotAllowed):
        jobs.start(job, actor=editor, rate=FAST, redo=[f"{made.code}:remove"], typed=2)

    job.refresh_from_db()
    assert job.status == "preview"


def test_who_lost_the_role_starts_nothing_more(world, provider, work, flow, actor):
    failed(world, provider, work, flow)
    begin(world, actor)
    actor.user.memberships.update(role="viewer")

    advance()

    job = ReplayJob.objects.get()
    assert (job.status, job.started, job.left_out["not_allowed"]["count"]) == ("done", 0, 3)


def test_a_form_that_is_posted_twice_starts_the_job_once(world, provider, work, flow, actor):
    failed(world, provider, work, flow, 1)
    job = begin(world, actor)

    jobs.start(job, actor=actor, rate=FAST)

    assert AuditEntry.objects.filter(verb="replay_job.started").count() == 1


@pytest.mark.parametrize("rate", [0, -1, 6_001])
def test_a_rate_out_of_range_is_refused(world, provider, work, flow, actor, rate):
    job = jobs.preview(world.workspace, actor=actor, chosen=selection.by_query(""))

    with pytest.raises(ValidationFailed) as refused:
        jobs.start(job, actor=actor, rate=rate)

    assert refused.value.field == "rate"


def test_a_viewer_previews_nothing(world):
    with pytest.raises(NotAllowed):
        jobs.preview(world.workspace, actor=member(world, "viewer"), chosen=selection.by_query(""))


def test_many_are_retried_where_they_stopped(world, provider, work, flow, actor):
    failed(world, provider, work, flow)

    begin(world, actor, kind="retry")
    advance()
    work()

    assert set(Run.objects.values_list("status", "replay")) == {("succeeded", 0)}


def test_many_are_compared_dry(world, provider, work, flow, actor):
    for number, amount in enumerate((50, 2000, 3000)):
        world.start(flow, world.deliver(f"evt_{number}", amount=amount))
    work()
    provider.requests.clear()
    name = {"template": "{% if trigger.amount > 100 %}charge_failed{% else %}small{% endif %}"}
    publish(world, flow, {**TRACK, "inputs": {**TRACK["inputs"], "name": name}})

    job = begin(world, actor, query="", kind="dry")
    advance()

    job.refresh_from_db()
    assert (job.status, job.started) == ("done", 3)
    assert [each["identical"] for each in job.findings] == [False, True, True]
    assert job.findings[0]["steps"] == ["Tell Customer.io"]
    assert provider.requests == []
    assert Run.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_a_dry_replay_is_calculated_outside_of_transactions_and_kept_once(
    world, provider, work, flow, actor, monkeypatch
):
    for number in range(2):
        world.start(flow, world.deliver(f"evt_{number}"))
    work()
    calculate, inside = advancing.dry_run, []

    def calculating(run, *given, **named):
        inside.append(database.in_atomic_block)
        if len(inside) == 1:  # Another worker looks meanwhile, and is faster.
            assert advancing._one(job.pk, at=timezone.now() + timedelta(minutes=10)) == 1
        return calculate(run, *given, **named)

    monkeypatch.setattr(advancing, "dry_run", calculating)
    job = begin(world, actor, query="", kind="dry")
    advance()
    advance()

    job.refresh_from_db()
    assert inside == [False, False, False]
    assert (job.status, job.started, job.left_out_count) == ("done", 2, 0)
    assert len({each["run"] for each in job.findings}) == len(job.findings) == 2


def test_a_dry_replay_by_the_draft(world, provider, work, flow, actor):
    world.start(flow)
    work()
    flow.draft = flow.live_version.definition
    flow.save()

    job = begin(world, actor, query="", kind="dry", version="draft")
    advance()

    job.refresh_from_db()
    assert [each["identical"] for each in job.findings] == [True]


def test_the_job_of_somebody_who_was_removed_starts_nothing_more(world, provider, work, actor):
    made = done(world, work, DELETE)
    key = f"{made.code}:remove"
    begin(world, actor, query="", redo=[key], typed=2)
    provider.requests.clear()
    actor.user.delete()

    advance()
    work()

    job = ReplayJob.objects.get()
    assert (job.status, job.started, job.left_out["not_allowed"]["count"]) == ("done", 0, 2)
    assert provider.requests == []


def test_a_run_that_breaks_the_look_holds_up_neither_its_job_nor_others(
    world, provider, work, flow, actor, monkeypatch
):
    broken, *_ = failed(world, provider, work, flow, 2)
    replay = services.replay

    def breaking(run, **choices):
        if run.pk == broken.pk:
            raise ValueError("nobody thought of it")
        return replay(run, **choices)

    monkeypatch.setattr(services, "replay", breaking)
    begin(world, actor)
    begin(world, actor)

    advance()

    first, second = ReplayJob.objects.order_by("pk")
    assert first.left_out["unexpected"] == {
        "count": 1,
        "reason": "It could not be done; the worker's log says why.",
        "runs": [broken.pk],
    }
    assert (first.status, second.status) == ("done", "done")
    assert first.started == 1
