"""`runs`: lists, one run, for people and programs."""

import pytest

from apps.runs.models import Run
from tests.console.commands.conftest import said
from tests.factories import RunFactory
from tests.workflows.conftest import TRACK

pytestmark = pytest.mark.django_db


def test_runs_lists_the_newest_first_and_narrows(run, live, stripe):
    for number in range(3):
        RunFactory(
            version=live.live_version,
            delivery__connection=stripe,
            event_id=f"evt_{number}",
            delivery__event_id=f"evt_{number}",
            status=Run.Status.FAILED if number == 1 else Run.Status.QUEUED,
        )

    _, every = run("runs")
    _, failed = run("runs", "--status", "failed")
    _, one = run("runs", "--event", "evt_2")
    _, limited = run("runs", "--limit", "1")
    _, of_workflow = run("runs", "--workflow", "Dunning")

    assert [row["event"] for row in every["runs"]] == ["evt_2", "evt_1", "evt_0"]
    assert [row["event"] for row in failed["runs"]] == ["evt_1"]
    assert [row["event"] for row in one["runs"]] == ["evt_2"]
    assert [row["event"] for row in limited["runs"]] == ["evt_2"]
    assert len(of_workflow["runs"]) == 3


def test_one_run_is_shown_with_steps_and_effects(run, live, work):
    _, sent = run("send_sample", "Dunning")
    work()

    code, answer = run("runs", sent["run"])

    assert (code, answer["status"]) == (0, "succeeded")
    [step] = answer["steps"]
    assert (step["step"], step["status"]) == ("track_event", "succeeded")
    [exchange] = step["exchanges"]
    assert exchange["method"] == "POST"
    [effect] = answer["effects"]
    assert (effect["action"], effect["status"]) == (TRACK, "done")


@pytest.mark.parametrize("code", ["nonsense", "00000000-0000-0000-0000-000000000000"])
def test_an_unknown_run_is_told(run, workspace, code):
    ended, answer = run("runs", code)

    assert ended == 1
    assert code in answer["error"]["message"]


def test_for_people_runs_are_lines(live, stripe):
    nothing = said("runs")
    RunFactory(version=live.live_version, delivery__connection=stripe, event_id="evt_1")

    assert nothing.strip() == "No runs yet."
    assert "evt_1" in said("runs")
    assert "queued" in said("runs")
