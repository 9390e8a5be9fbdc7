"""One run that can't be executed must fail visibly and stop no other."""

import json

import pytest

from apps.runs.models import Run, StepRun
from apps.workflows.models import WorkflowVersion
from apps.workflows.versions import compiled
from tests.runs.conftest import IDENTIFY, READ, TRACK, status


def damaged_body(world, provider, work):
    delivery = world.deliver("evt_bad")
    delivery.body = b"\x01" + bytes(100)
    delivery.save()
    return world.start(world.workflow(TRACK), delivery)


def damaged_working_state(world, provider, work):
    provider.script = [status(200, {"id": "cus_1", "object": "customer"}), status(429)]
    run = world.start(world.workflow(READ, IDENTIFY), world.deliver("evt_bad"))
    work()
    StepRun.objects.filter(run=run).exclude(working=b"").update(working=b"\x01" + bytes(100))
    world.make_due()
    return run


def definition_of_another_time(world, provider, work):
    return _redefined(world, {"schema": 99, "what": ["is", "this"]})


def definition_that_is_none(world, provider, work):
    return _redefined(world, [1, 2])


def unknown_trigger(world, provider, work):
    return _redefined(
        world, {"schema": 1, "trigger": {"id": "trigger", "trigger": "nobody.knows"}, "steps": []}
    )


def _redefined(world, definition):
    workflow = world.workflow(TRACK)
    WorkflowVersion.objects.filter(workflow=workflow).update(definition=definition)
    compiled.cache_clear()
    return world.start(workflow, world.deliver("evt_bad"))


@pytest.mark.parametrize(
    "poison",
    [
        damaged_body,
        damaged_working_state,
        definition_of_another_time,
        definition_that_is_none,
        unknown_trigger,
    ],
)
def test_a_run_that_can_t_be_executed_fails_with_a_remedy_and_stops_no_other(world, provider, work, poison):
    bad = poison(world, provider, work)
    good = world.start(world.workflow(TRACK), world.deliver("evt_good"))

    work()

    found = {run.pk: run for run in Run.objects.all()}
    assert found[good.pk].status == "succeeded"
    assert found[bad.pk].status == "failed"
    assert found[bad.pk].reason
    assert found[bad.pk].remedy
    assert "charge_failed" in json.dumps(provider.bodies)


@pytest.mark.parametrize("unreadable", [definition_of_another_time, definition_that_is_none])
def test_a_version_that_can_t_be_read_is_named_as_the_reason(world, provider, work, unreadable):
    run = unreadable(world, provider, work)

    work()

    run.refresh_from_db()
    assert (run.status, run.reason_code) == ("failed", "unreadable_version")
    assert "version of the workflow" in run.reason
    assert "Publish" in run.remedy
