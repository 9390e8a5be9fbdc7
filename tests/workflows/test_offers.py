"""What operators switched off is not used by anything new; what is live stays."""

import pytest

from apps.catalog import switches
from apps.catalog.models import Action
from apps.workflows.services import validate_draft
from apps.workspaces.access import Actor

pytestmark = pytest.mark.django_db


@pytest.fixture
def without_track_event() -> None:
    row = Action.objects.get(ref="customerio.track-event")
    switches.set_enabled(row, actor=Actor.system("test"), enabled=False)


def test_a_new_draft_may_not_use_a_switched_off_action(workflow, without_track_event):
    problems = [problem for problem in validate_draft(workflow) if problem.code == "switched_off"]

    assert len(problems) == 1
    assert "customerio.track-event" in problems[0].message


def test_what_is_live_already_may_be_published_again(workflow, editor, without_track_event):
    workflow.live_version = workflow.versions.create(number=1, definition=workflow.draft)

    assert not [problem for problem in validate_draft(workflow) if problem.code == "switched_off"]


def test_the_new_workflow_page_does_not_offer_it(editor_client, without_track_event):
    page = editor_client.get("/admin/workflows/workflow/add/").content.decode()

    assert "customerio.identify-person" in page
    assert "customerio.track-event" not in page


def test_a_switched_off_action_is_found_inside_a_loop_and_its_error_branch(workflow, without_track_event):
    (track,) = (step for step in workflow.draft["steps"] if step.get("action") == "customerio.track-event")
    caught = {"id": "end", "kind": "stop", "name": "End", "on_error": {"steps": [track]}}
    loop = {"id": "each", "kind": "for_each", "name": "Each", "items": {"value": [1]}, "steps": [caught]}
    workflow.draft = {**workflow.draft, "steps": [loop]}

    (problem,) = (each for each in validate_draft(workflow) if each.code == "switched_off")

    assert problem.step_id == track["id"]


def test_a_step_that_does_not_run_may_name_a_switched_off_action(workflow, without_track_event):
    steps = [{**step, "disabled": True} for step in workflow.draft["steps"]]
    workflow.draft = {**workflow.draft, "steps": steps}

    assert not [problem for problem in validate_draft(workflow) if problem.code == "switched_off"]
