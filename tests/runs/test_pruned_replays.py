"""What a run did is not forgotten while its event can be run again."""

import datetime as dt

import pytest
from django.utils import timezone

from apps.common.errors import Conflict
from apps.runs import services
from apps.runs.models import Replay, Run
from apps.runs.replays.wanted import Wanted
from apps.runs.retention import pruning, working
from apps.webhooks.models import Delivery
from apps.workspaces.access import Actor
from tests.runs.conftest import DELETE, TRACK, status

pytestmark = pytest.mark.django_db

SYSTEM = Actor.system("test")


@pytest.fixture
def kept_for_a_week(world):
    flow = world.workflow(DELETE)
    type(flow).objects.filter(pk=flow.pk).update(keep_runs_days=7)
    return flow


def came(run: Run, *, days: float) -> None:
    """Let the run, and its event where it is the first of it, have come so many days ago."""
    at = timezone.now() - dt.timedelta(days=days)
    Run.objects.filter(pk=run.pk).update(received_at=at, finished_at=at)
    if not run.replay:
        Delivery.objects.filter(pk=run.delivery_id).update(received_at=at)


def prune() -> int:
    return pruning.prune(at=timezone.now(), seconds=5)


def test_what_was_done_is_not_done_again_behind_the_retention_of_its_first_run(
    world, provider, work, kept_for_a_week
):
    first = world.start(kept_for_a_week, world.deliver("evt_1"))
    work()
    second = services.replay(first, actor=SYSTEM, wanted=Wanted())
    work()
    calls = len(provider.requests)
    assert calls == 1
    came(first, days=8)
    came(second, days=3)

    prune()
    services.replay(Run.objects.get(pk=second.pk), actor=SYSTEM, wanted=Wanted())
    work()

    assert len(provider.requests) == calls


def test_all_executions_of_an_event_go_once_the_last_of_them_is_old(world, provider, work, kept_for_a_week):
    first = world.start(kept_for_a_week, world.deliver("evt_1"))
    work()
    second = services.replay(first, actor=SYSTEM, wanted=Wanted())
    work()
    came(first, days=12)
    came(second, days=8)

    assert prune() == 2
    assert not Delivery.objects.filter(pk=first.delivery_id).exists()


@pytest.mark.parametrize(("body_gone", "gone"), [(False, 0), (True, 1)])
def test_a_run_stays_while_another_workflow_keeps_the_event_runnable(
    world, provider, work, kept_for_a_week, body_gone, gone
):
    other = world.workflow(DELETE)
    delivery = world.deliver("evt_1")
    first, others = world.start(kept_for_a_week, delivery), world.start(other, delivery)
    work()
    came(first, days=8)
    came(others, days=8)
    if body_gone:
        Delivery.objects.filter(pk=delivery.pk).update(body=b"")

    assert prune() == gone
    assert Run.objects.filter(pk=others.pk).exists()


def test_two_workflows_that_keep_their_runs_equally_long_hold_up_nothing(world, provider, work):
    flows = [world.workflow(DELETE), world.workflow(DELETE)]
    for flow in flows:
        type(flow).objects.filter(pk=flow.pk).update(keep_runs_days=7)
    delivery = world.deliver("evt_1")
    runs = [world.start(flow, delivery) for flow in flows]
    work()
    for run in runs:
        came(run, days=8)

    assert prune() == 2


def test_what_a_person_edited_goes_with_the_replay_window_and_the_event_is_no_stand_in_for_it(
    world, provider, work
):
    run = world.start(world.workflow(TRACK))
    provider.script = [status(400)]
    work()
    provider.default = status(400)
    edited = services.replay(run, actor=SYSTEM, wanted=Wanted(trigger={"receipt_email": "eve@example.com"}))
    work()
    assert bytes(Replay.objects.get().given)
    came(run, days=32)
    came(edited, days=31)

    working.clear_runs(at=timezone.now(), seconds=5)

    assert bytes(Replay.objects.get().given) == b""
    provider.requests.clear()
    edited = Run.objects.get(pk=edited.pk)
    with pytest.raises(Conflict) as refused:
        services.replay(edited, actor=SYSTEM, wanted=Wanted())
    assert refused.value.code == "body_gone"
    services.retry(edited, actor=SYSTEM)
    work()
    assert provider.requests == []
    assert Run.objects.get(pk=edited.pk).reason_code == "payload_gone"
