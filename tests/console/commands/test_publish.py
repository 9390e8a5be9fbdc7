"""`publish` over the shell."""

import pytest
from django.core.management.base import CommandError

from apps.connections import registration
from apps.workflows.models import Workflow
from tests.console.commands.conftest import said
from tests.factories import WorkflowFactory
from tests.workflows.conftest import recipe

pytestmark = pytest.mark.django_db


def test_publish_tells_version_and_webhook(run, workflow, stripe):
    code, answer = run("publish", "Dunning", "--note", "First")

    workflow.refresh_from_db()
    endpoint = registration.endpoint_of(stripe)
    assert code == 0
    assert (answer["version"], answer["status"]) == (1, "published")
    assert answer["webhook"] == {
        "state": "registered",
        "path": f"/v1/webhooks/stripe/{endpoint.token}",
        "url": None,
        "event_types": ["invoice.payment_failed"],
        "command": "",
    }
    assert workflow.live_version.note == "First"


def test_publish_refuses_with_every_problem(run, workspace):
    WorkflowFactory(workspace=workspace, name="Empty")

    code, answer = run("publish", "Empty")
    with pytest.raises(CommandError) as refused:
        said("publish", "Empty")

    assert code == 1
    assert {detail["code"] for detail in answer["error"]["details"]} == {"no_connection", "no_steps"}
    for detail in answer["error"]["details"]:
        assert detail["message"] in str(refused.value)


def test_publish_says_when_the_provider_can_not_be_reached(run, workspace, live_stripe, customerio, stand_in):
    WorkflowFactory(workspace=workspace, name="Dunning", draft=recipe(live_stripe, customerio))
    stand_in.close()

    code, answer = run("publish", "Dunning")

    assert code == 1
    assert answer["error"]["code"] == "unreachable"
    assert Workflow.objects.get().status == "draft"


def test_a_name_that_two_workspaces_use_needs_the_workspace(run, workflow, other_workspace):
    WorkflowFactory(workspace=other_workspace, name="Dunning")

    code, answer = run("publish", "Dunning")
    named, _ = run("publish", "Dunning", "--workspace", "Acme")

    assert code == 1
    assert "More than one workflow is named “Dunning”" in answer["error"]["message"]
    assert named == 0


def test_an_unknown_workflow_is_told(run, workspace):
    code, answer = run("publish", "Nobody")

    assert code == 1
    assert "“Nobody”" in answer["error"]["message"]
