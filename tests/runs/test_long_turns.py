"""A run whose steps take long is driven in several turns, and ends as in one."""

from apps.runs import claim, pump
from apps.runs.leases import DatabaseClock
from apps.runs.models import Run
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


def test_runs_that_are_claimed_behind_long_ones_begin_in_the_next_turn(world, provider, work, monkeypatch):
    monkeypatch.setattr(claim, "PREPARE_SECONDS", 0.0)
    runs = [world.start(workflow(world, track("tell", "it"))) for _ in range(3)]

    taken = take(DatabaseClock())

    assert [execution.verdict is None for execution in taken] == [True, False, False]
    assert {execution.verdict.status for execution in taken[1:]} == {"queued"}
    world.lose_worker()
    work()
    assert {each.status for each in Run.objects.filter(pk__in=[run.pk for run in runs])} == {"succeeded"}
