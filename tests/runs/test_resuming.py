"""Pause and resume: held runs go on by the time of their events, some at a time."""

from datetime import timedelta

from django.utils import timezone

from apps.runs import resuming
from apps.runs.models import Run
from apps.runs.picking import Rota, pick
from apps.workflows.models import Workflow
from tests.runs.conftest import TRACK

COUNT = 1_200


def hold(world, workflow):
    """Hold many runs of a workflow, the later event the lower id."""
    delivery, at = world.deliver(), timezone.now()
    facts = {
        "workspace": world.workspace,
        "workflow": workflow,
        "version": workflow.live_version,
        "delivery": delivery,
        "event_id": "evt",
        "event_type": "charge.failed",
        "received_at": at,
        "due_at": at,
        "status": "held",
        "reason_code": "paused",
    }
    Run.objects.bulk_create(
        Run(**facts, replay=number, event_at=at - timedelta(seconds=number)) for number in range(COUNT)
    )


def test_resuming_drains_thousands_in_order_and_without_flooding(world):
    workflow = world.workflow(TRACK)
    hold(world, workflow)
    order, rota, queued = [], Rota(), []

    while resuming.let_go(at=timezone.now()):
        queued.append(Run.objects.filter(status="queued").count())
        while found := pick(100, rota.look(100).shops, at=timezone.now() + timedelta(seconds=1)):
            order += found
            Run.objects.filter(pk__in=found).update(status="succeeded")

    assert order == list(Run.objects.order_by("event_at").values_list("pk", flat=True))
    assert max(queued) <= resuming.BATCH


def test_what_is_paused_stays_held(world):
    workflow = world.workflow(TRACK)
    hold(world, workflow)
    Workflow.objects.filter(pk=workflow.pk).update(status="paused")

    assert resuming.let_go(at=timezone.now()) == 0
