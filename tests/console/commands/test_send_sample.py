"""`send_sample` and what it needs."""

import pytest

from apps.runs.models import Run
from tests.factories import ConnectionFactory, WorkflowFactory
from tests.workflows.conftest import recipe

pytestmark = pytest.mark.django_db


def test_a_sample_over_sandboxes_runs_at_once(run, live, work):
    code, answer = run("send_sample", "Dunning")
    work()

    assert (code, answer["status"], answer["run_status"]) == (0, 200, "queued")
    assert Run.objects.get(code=answer["run"]).status == "succeeded"


def test_a_real_account_needs_yes_and_the_calls_are_named(run, workspace, stripe, network):
    real = ConnectionFactory(
        workspace=workspace,
        app="customerio",
        name="Live",
        sandbox=False,
        entered={"site_id": "s", "track_api_key": "k" * 20, "region": "us"},
    )
    WorkflowFactory(workspace=workspace, name="Dunning", draft=recipe(stripe, real))
    run("publish", "Dunning")

    refused, asked = run("send_sample", "Dunning")
    code, _ = run("send_sample", "Dunning", "--yes")

    assert (refused, asked["error"]["code"]) == (1, "unconfirmed")
    assert [call["connection"] for call in asked["error"]["details"]] == ["Live"]
    assert "--yes" in asked["error"]["remedy"]
    assert code == 0
    assert Run.objects.count() == 1


def test_waiting_ends_by_itself_when_nothing_runs(run, live):
    code, answer = run("send_sample", "Dunning", "--wait", "0.2")

    assert (code, answer["run_status"]) == (0, "queued")


def test_a_draft_can_not_be_tried(run, workflow):
    code, answer = run("send_sample", "Dunning")

    assert (code, answer["error"]["code"]) == (1, "not_live")
