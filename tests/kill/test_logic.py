"""kill -9 in the middle of a loop's wave, behind code and before a delay: each effect once."""

from typing import Any

import pytest

from apps.runs.models import StepRun
from apps.workflows.models import Workflow
from tests.factories import VersionFactory, WorkflowFactory, definition
from tests.kill.processes import START_SECONDS, freeze, until
from tests.kill.world import draining, people, wait_for

pytestmark = [pytest.mark.kill, pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

RECOVERY_SECONDS = 25.0


def looping(world: Any, items: list[str]) -> Workflow:
    """Publish a workflow that computes a name, tracks it for each item, waits, and tracks it once more."""

    def track(step_id: str, person: dict[str, str]) -> dict[str, Any]:
        return {
            "id": step_id,
            "kind": "action",
            "name": step_id,
            "action": "customerio.track-event",
            "connection": str(world.customerio.code),
            "inputs": {"identifier": person, "name": {"template": "{{ steps.compute.output }}"}},
        }

    steps = (
        {"id": "compute", "kind": "code", "name": "Compute", "code": "return 'charge_' + 'failed'"},
        {
            "id": "loop",
            "kind": "for_each",
            "name": "Each",
            "items": {"value": items},
            "concurrency": 4,
            "steps": [track("tell", {"template": "{{ item }}"})],
        },
        {"id": "rest", "kind": "delay", "name": "Rest", "amount": {"value": 1}, "unit": "seconds"},
        track("last", {"template": "{{ trigger.receipt_email }}"}),
    )
    made = WorkflowFactory(workspace=world.workspace, trigger_connection=world.stripe)
    facts = definition(connection=str(world.stripe.code), steps=steps)
    made.live_version = VersionFactory(workflow=made, live=True, definition=facts)
    return made


def test_a_loop_that_is_cut_in_a_wave_has_each_effect_once(world, provider, start):
    items, person = people(6, "item"), "buyer@example.com"
    provider.hold(*items[:4])
    run = world.start(looping(world, items), person)
    worker = start("worker", WORKER_DRAINS=1, WORKER_THREADS=8)
    until(lambda: len(provider.requests()) == 4, within=START_SECONDS, what="a wave is under way")

    (drain,) = draining()
    freeze(drain.pid)
    provider.release(*items[:2])
    until(
        lambda: sum(bool(request["status"]) for request in provider.requests()) == 2,
        within=10,
        what="half of the wave is answered",
    )
    worker.kill()
    start("worker", WORKER_DRAINS=1, WORKER_THREADS=8)

    wait_for("succeeded", run, within=RECOVERY_SECONDS)
    assert sorted(provider.effects()) == sorted(("event", each) for each in (*items, person))
    for cut in items[:4]:
        repeated = {request["id"] for request in provider.requests(cut)}
        assert len(repeated) == 1
    for behind in (*items[4:], person):
        assert len(provider.requests(behind)) == 1
    assert StepRun.objects.get(run=run, path="compute").log["output"]["output"] == "charge_failed"


def test_a_delay_outlives_its_worker(world, provider, start):
    run = world.start(looping(world, []), "buyer@example.com")
    worker = start("worker", WORKER_DRAINS=1)
    wait_for("waiting", run, within=START_SECONDS)
    worker.kill()
    start("worker", WORKER_DRAINS=1)

    wait_for("succeeded", run, within=START_SECONDS)
    assert provider.effects() == [("event", "buyer@example.com")]
