"""Refused credentials: confirmed, parked, mended, gone on."""

import pytest
from django.utils import timezone

from apps.connections.models import Connection
from apps.runs.models import Effect, Run
from apps.runs.worker.sweeps import sweep
from tests.runs.conftest import TRACK, ok, status


def refuse(provider, *, test_passes):
    """Answer 401 to every call that changes something; the test call as told."""

    def answer(request):
        if request.method == "GET":
            return ok({"region": "us"}) if test_passes else status(401)
        return status(401)

    provider.default = answer


def posts(provider):
    return [request for request in provider.requests if request.method == "POST"]


def test_a_confirmed_401_breaks_the_connection_and_parks_every_run_on_it(world, provider, work):
    refuse(provider, test_passes=False)
    workflow = world.workflow(TRACK)
    runs = [world.start(workflow, world.deliver(f"evt_{number}")) for number in range(3)]

    work()

    world.customerio.refresh_from_db()
    assert world.customerio.status == Connection.Status.BROKEN
    for run in runs:
        run.refresh_from_db()
        assert (run.status, run.parked_on) == ("parked", world.customerio)
        assert "Customer.io" in run.remedy
    # One test call for all of them, not one each.
    assert len(provider.requests) - len(posts(provider)) == 1
    assert set(Effect.objects.values_list("status", flat=True)) == {"not_done"}


def test_a_run_that_comes_to_a_broken_connection_parks_without_a_call(world, provider, work):
    Connection.objects.filter(pk=world.customerio.pk).update(status="broken", status_reason="It was refused.")
    run = world.start(world.workflow(TRACK))

    work()

    run.refresh_from_db()
    assert run.status == "parked"
    assert provider.requests == []


def test_mending_the_connection_lets_its_runs_go_on_with_the_same_key(world, provider, work):
    refuse(provider, test_passes=False)
    run = world.start(world.workflow(TRACK))
    work()
    key = Effect.objects.get().key

    assert sweep(at=timezone.now()) == 0
    provider.default = ok()
    Connection.objects.filter(pk=world.customerio.pk).update(status="connected")
    assert sweep(at=timezone.now()) == 1
    work()

    run.refresh_from_db()
    assert (run.status, run.parked_on) == ("succeeded", None)
    assert (Effect.objects.get().key, Effect.objects.get().status) == (key, "done")


def test_a_401_that_the_test_call_does_not_confirm_is_repeated_and_then_fails(world, provider, work):
    refuse(provider, test_passes=True)
    run = world.start(world.workflow(TRACK))
    for _ in range(3):
        work()
        world.make_due()

    run.refresh_from_db()
    world.customerio.refresh_from_db()
    assert (run.status, run.reason_code) == ("failed", "refused_though_connected")
    assert world.customerio.status == Connection.Status.CONNECTED
    assert len(posts(provider)) == 3


def test_a_run_parked_on_a_connection_that_was_given_up_fails_with_a_reason(world, provider, work):
    refuse(provider, test_passes=False)
    run = world.start(world.workflow(TRACK))
    work()
    Connection.objects.filter(pk=world.customerio.pk).update(status="disconnected")

    sweep(at=timezone.now())

    run.refresh_from_db()
    assert (run.status, run.reason_code) == ("failed", "connection_disconnected")
    assert run.finished_at is not None


def test_runs_of_a_paused_workflow_are_held_and_released_when_it_is_resumed(world, provider, work):
    workflow = world.workflow(TRACK)
    workflow.status = "paused"
    workflow.save()
    run = world.start(workflow)
    work()
    sweep(at=timezone.now())
    assert Run.objects.get(pk=run.pk).status == "held"

    workflow.status = "published"
    workflow.save()
    sweep(at=timezone.now())
    work()

    run.refresh_from_db()
    assert (run.status, len(provider.requests)) == ("succeeded", 1)


@pytest.mark.parametrize("reason", ["over_plan", "loop"])
def test_runs_held_for_another_reason_are_not_released_by_a_resumed_workflow(world, provider, work, reason):
    run = world.start(world.workflow(TRACK))
    Run.objects.filter(pk=run.pk).update(status="held", reason_code=reason)

    sweep(at=timezone.now())

    assert Run.objects.get(pk=run.pk).status == "held"
