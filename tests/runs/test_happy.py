"""A run from its start to its end, through the worker's own loop."""

from tests.runs.conftest import BIG, TRACK


def test_a_run_calls_the_action_and_succeeds(world, provider, work):
    run = world.start(world.workflow(BIG, TRACK))
    work()
    run.refresh_from_db()
    assert (run.status, run.reason) == ("succeeded", "")
    assert [(s.path, s.status) for s in run.steps.all()] == [("big", "succeeded"), ("tell", "succeeded")]
    assert len(provider.requests) == 1
