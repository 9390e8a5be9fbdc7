"""Starting, retrying, cancelling, releasing and running again."""

import threading

import pytest
from django.db import IntegrityError, transaction
from django.db import connection as database
from django.utils import timezone

from apps.common.errors import Conflict, NotAllowed
from apps.runs import services
from apps.runs.models import Effect, Run, StepRun
from apps.workspaces.access import Actor
from apps.workspaces.models import AuditEntry
from tests.factories import MembershipFactory
from tests.runs.conftest import BIG, CREATE, DELETE, IDENTIFY, MAIL, TRACK, KilledError, ok, status

SYSTEM = Actor.system("test")


def test_one_run_per_workflow_is_started(world):
    first, second = world.workflow(TRACK), world.workflow(TRACK)
    delivery = world.deliver()

    runs = services.start_runs(delivery, [first, second], at=timezone.now())

    assert [run.workflow for run in runs] == [first, second]
    assert all(run.pk and run.status == "queued" and run.replay == 0 for run in runs)
    assert runs[0].event_at == delivery.occurred_at


def test_a_second_start_of_the_same_delivery_is_refused_by_the_database(world):
    workflow, delivery = world.workflow(TRACK), world.deliver()
    world.start(workflow, delivery)

    with pytest.raises(IntegrityError), transaction.atomic():
        world.start(workflow, delivery)

    assert Run.objects.count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_fifty_simultaneous_starts_make_one_run(world):
    workflow, delivery = world.workflow(TRACK), world.deliver()
    barrier = threading.Barrier(50)
    refused = []

    def start():
        try:
            barrier.wait()
            with transaction.atomic():
                services.start_runs(delivery, [workflow], at=timezone.now())
        except IntegrityError:
            refused.append(1)
        finally:
            database.close()

    threads = [threading.Thread(target=start) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Run.objects.count() == 1
    assert len(refused) == 49


def test_a_retry_goes_on_from_the_step_that_failed(world, provider, work):
    provider.script = [ok(), status(400)]
    run = world.start(world.workflow(BIG, IDENTIFY, TRACK))
    work()
    assert Run.objects.get(pk=run.pk).status == "failed"

    services.retry(run, actor=SYSTEM)
    work()

    run.refresh_from_db()
    assert (run.status, run.reason) == ("succeeded", "")
    assert [request.method for request in provider.requests] == ["PUT", "POST", "POST"]
    assert StepRun.objects.filter(run=run).count() == 3


def test_a_retried_refusal_gets_a_new_key(world, provider, work, keyed_action):
    provider.script = [status(402)]
    run = world.start(world.workflow(CREATE))
    work()

    services.retry(run, actor=SYSTEM)
    work()

    first, second = (request.headers["Idempotency-Key"] for request in provider.requests)
    assert first != second
    effect = Effect.objects.get()
    assert (effect.key, effect.generation, effect.attempts, effect.status) == (second, 1, 1, "done")


def test_a_refusal_behind_an_uncertain_attempt_is_asked_about(world, provider, work, keyed_action):
    provider.script = [status(500), status(400)]
    run = world.start(world.workflow(CREATE))
    work()
    world.make_due()
    work()

    assert Run.objects.get(pk=run.pk).status == "needs_decision"
    assert Effect.objects.get().status == "unknown"
    assert len({request.headers["Idempotency-Key"] for request in provider.requests}) == 1

    services.decide(Effect.objects.get(), actor=SYSTEM, decision="happened")
    work()

    assert Run.objects.get(pk=run.pk).status == "succeeded"
    assert len(provider.requests) == 2


def test_a_retry_of_a_call_given_up_as_uncertain_repeats_the_same_call(world, provider, work):
    provider.default = status(503)
    run = world.start(world.workflow(TRACK))
    work()
    Effect.objects.update(attempts=19)
    world.make_due()
    work()
    assert Run.objects.get(pk=run.pk).reason_code == "gave_up_uncertain"

    provider.default = ok()
    services.retry(run, actor=SYSTEM)
    work()

    assert Run.objects.get(pk=run.pk).status == "succeeded"
    assert len({body["id"] for body in provider.bodies}) == 1


def test_a_waiting_run_can_be_tried_now(world, provider, work):
    provider.script = [status(503)]
    run = world.start(world.workflow(TRACK))
    work()

    services.retry(run, actor=SYSTEM)
    work()

    run.refresh_from_db()
    assert (run.status, Effect.objects.get().attempts) == ("succeeded", 2)


@pytest.mark.parametrize("ended", ["succeeded", "filtered"])
def test_what_ended_well_can_t_be_retried(world, ended):
    run = world.start(world.workflow(TRACK))
    Run.objects.filter(pk=run.pk).update(status=ended)

    with pytest.raises(Conflict):
        services.retry(run, actor=SYSTEM)


@pytest.mark.parametrize("before", ["queued", "waiting", "held", "needs_decision"])
def test_a_run_that_nobody_executes_is_cancelled_at_once(world, provider, work, before):
    run = world.start(world.workflow(TRACK))
    Run.objects.filter(pk=run.pk).update(status=before)

    services.cancel(run, actor=SYSTEM)
    work()

    assert (run.status, run.reason_code) == ("cancelled", "cancelled")
    assert run.finished_at is not None
    assert provider.requests == []


def test_a_parked_run_can_be_cancelled(world):
    run = world.start(world.workflow(TRACK))
    Run.objects.filter(pk=run.pk).update(status="parked", parked_on=world.customerio)

    services.cancel(run, actor=SYSTEM)

    assert (run.status, run.parked_on) == ("cancelled", None)


def test_a_run_that_is_being_executed_ends_before_its_next_call(world, provider, work):
    def cancel_meanwhile(request):
        services.cancel(Run.objects.get(), actor=SYSTEM)
        return ok()

    provider.script = [cancel_meanwhile]
    run = world.start(world.workflow(IDENTIFY, TRACK))
    work()

    run.refresh_from_db()
    assert run.status == "cancelled"
    assert len(provider.requests) == 1
    assert run.steps.get(path="identify").status == "succeeded"
    assert set(Effect.objects.values_list("path", "status")) == {("identify", "done"), ("tell", "not_done")}


def test_a_cancel_that_comes_after_the_last_call_is_too_late(world, provider, work):
    def cancel_meanwhile(request):
        services.cancel(Run.objects.get(), actor=SYSTEM)
        return ok()

    provider.script = [cancel_meanwhile]
    run = world.start(world.workflow(TRACK))
    work()

    run.refresh_from_db()
    assert run.status == "succeeded"


def test_a_cancelled_run_that_was_cut_off_asks_when_it_is_retried(world, provider, work):
    provider.script = [KilledError()]
    run = world.start(world.workflow(MAIL))
    with pytest.raises(KilledError):
        work()
    world.lose_worker()
    services.cancel(run, actor=SYSTEM)
    assert Effect.objects.get().status == "unknown"

    services.retry(run, actor=SYSTEM)
    work()

    assert Run.objects.get(pk=run.pk).status == "needs_decision"
    assert len(provider.requests) == 1


def test_what_has_ended_can_t_be_cancelled(world, provider, work):
    run = world.start(world.workflow(TRACK))
    work()

    with pytest.raises(Conflict):
        services.cancel(run, actor=SYSTEM)


def test_a_held_run_can_be_released_by_hand(world, provider, work):
    run = world.start(world.workflow(TRACK))
    Run.objects.filter(pk=run.pk).update(status="held", reason_code="over_plan")

    services.release(run, actor=SYSTEM)
    work()

    assert Run.objects.get(pk=run.pk).status == "succeeded"


def test_running_again_reuses_creates_and_deletes_and_repeats_the_rest(world, provider, work):
    run = world.start(world.workflow(IDENTIFY, TRACK, DELETE))
    work()
    provider.requests.clear()

    again = services.run_again(run, actor=SYSTEM)
    work()

    again.refresh_from_db()
    assert (again.status, again.replay) == ("succeeded", 1)
    assert [request.method for request in provider.requests] == ["PUT"]
    assert dict(again.steps.values_list("path", "reused")) == {
        "identify": False,
        "tell": True,
        "remove": True,
    }
    assert again.steps.get(path="tell").log["output"] == run.steps.get(path="tell").log["output"]


def test_a_third_time_reuses_what_the_first_made(world, provider, work):
    run = world.start(world.workflow(TRACK))
    work()
    work_again = services.run_again(run, actor=SYSTEM)
    work()
    third = services.run_again(work_again, actor=SYSTEM)
    work()

    third.refresh_from_db()
    assert (third.status, third.replay, len(provider.requests)) == ("succeeded", 2, 1)


def test_running_again_does_what_failed_before(world, provider, work):
    provider.script = [status(400)]
    run = world.start(world.workflow(TRACK))
    work()

    again = services.run_again(run, actor=SYSTEM)
    work()

    again.refresh_from_db()
    assert again.status == "succeeded"
    assert len({effect.key for effect in Effect.objects.all()}) == 2


@pytest.fixture
def asked(world, provider, work):
    """Return a run that asks about its first call, a mail."""
    provider.default = ok({"delivery_id": "dlv_1", "queued_at": 1})
    provider.script = [status(500)]
    run = world.start(world.workflow(MAIL, IDENTIFY))
    work()
    provider.requests.clear()
    return run


def test_what_a_person_skipped_is_skipped_in_every_repetition(asked, provider, work):
    services.decide(Effect.objects.get(), actor=SYSTEM, decision="skip")
    work()
    provider.requests.clear()

    again = services.run_again(asked, actor=SYSTEM)
    work()
    third = services.run_again(again, actor=SYSTEM)
    work()

    third.refresh_from_db()
    assert third.status == "succeeded"
    assert [request.method for request in provider.requests] == ["PUT", "PUT"]
    for run in (again, third):
        step = run.steps.get(path="mail")
        assert (step.status, step.reused) == ("skipped", True)
        assert not run.effects.filter(path="mail").exists()


def test_what_a_person_saw_happen_is_not_repeated(asked, provider, work):
    services.decide(Effect.objects.get(), actor=SYSTEM, decision="happened")
    work()
    provider.requests.clear()

    again = services.run_again(asked, actor=SYSTEM)
    work()

    assert Run.objects.get(pk=again.pk).status == "succeeded"
    assert [request.method for request in provider.requests] == ["PUT"]


def test_nothing_runs_again_while_the_first_run_is_open(world):
    run = world.start(world.workflow(TRACK))

    with pytest.raises(Conflict) as refused:
        services.run_again(run, actor=SYSTEM)

    assert refused.value.code == "still_open"


def test_nothing_runs_again_over_a_call_that_may_have_happened(world, provider, work):
    provider.script = [KilledError()]
    run = world.start(world.workflow(MAIL))
    with pytest.raises(KilledError):
        work()
    world.lose_worker()
    services.cancel(run, actor=SYSTEM)

    with pytest.raises(Conflict) as refused:
        services.run_again(run, actor=SYSTEM)

    assert refused.value.code == "undecided"


def test_behind_the_replay_window_nothing_runs_again(world, provider, work):
    run = world.start(world.workflow(TRACK))
    work()
    run.delivery.body = b""
    run.delivery.save()

    with pytest.raises(Conflict) as refused:
        services.run_again(run, actor=SYSTEM)

    assert refused.value.code == "body_gone"


@pytest.mark.parametrize("change", [services.retry, services.cancel, services.release, services.run_again])
def test_a_viewer_can_steer_nothing(world, change):
    run = world.start(world.workflow(TRACK))
    viewer = MembershipFactory(workspace=world.workspace, role="viewer").user

    with pytest.raises(NotAllowed):
        change(run, actor=Actor.of(viewer))


def test_steering_stands_in_the_audit_trail(world, provider, work):
    provider.script = [status(400)]
    run = world.start(world.workflow(TRACK))
    work()
    editor = MembershipFactory(workspace=world.workspace).user

    services.retry(run, actor=Actor.of(editor))
    services.cancel(run, actor=Actor.of(editor))
    services.run_again(run, actor=Actor.of(editor))

    verbs = AuditEntry.objects.filter(target_code=str(run.code), actor=editor).order_by("pk")
    assert list(verbs.values_list("verb", flat=True)) == ["run.retried", "run.cancelled", "run.run_again"]
