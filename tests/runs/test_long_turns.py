"""A run whose steps take long is driven in several turns, and ends as in one."""

from apps.runs import pump
from apps.runs.leases import DatabaseClock
from tests.runs.conftest import take
from tests.runs.logic import for_each, template, track, value, workflow


def test_a_run_over_its_time_is_left_due_with_what_it_recorded_and_goes_on(
    world, provider, work, monkeypatch
):
    monkeypatch.setattr(pump, "TURN_SECONDS", 0.0)
    made = {
        "id": "made",
        "kind": "transform",
        "name": "Made",
        "source": value(["x"]),
        "operations": [{"op": "map", "value": template("{{ item | upper }}")}],
    }
    run = world.start(workflow(world, for_each(made, track("tell", "{{ item }}"), concurrency=2)))

    (execution,) = take(DatabaseClock())
    first = (execution.verdict.status, list(execution.steps.changed))
    world.lose_worker()
    work()

    run.refresh_from_db()
    assert first == ("queued", ["loop[0].made"])
    assert run.status == "succeeded"
    assert len(provider.requests) == 3
