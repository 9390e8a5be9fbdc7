"""`demo`: made once, mended, never overwritten."""

import pytest

from apps.connections.models import Endpoint
from apps.runs.models import Run
from apps.workflows.models import Workflow
from apps.workspaces.models import Workspace
from tests.factories import WorkspaceFactory

pytestmark = pytest.mark.django_db


def test_the_demo_is_a_published_workflow_over_sandboxes(run, superuser, work):
    code, answer = run("demo")
    sent_code, _ = run("send_sample", answer["code"])
    work()

    assert (code, answer["created"], sent_code) == (0, True, 0)
    made = Workflow.objects.get()
    assert made.status == "published"
    assert Endpoint.objects.get(connection__app="stripe").state == "registered"
    assert Run.objects.get().status == "succeeded"
    assert made.workspace.memberships.get().user == superuser


def test_the_demo_again_changes_nothing(run, superuser):
    from tests.console.conftest import everything

    run("demo")
    before = everything()

    code, answer = run("demo")

    assert (code, answer["created"]) == (0, False)
    assert everything() == before


def test_the_demo_leaves_what_an_operator_changed(run, superuser, actor):
    from apps.workflows.publishing import unpublish
    from apps.workflows.services import rename_workflow

    run("demo")
    made = Workflow.objects.get()
    unpublish(made, actor=actor)
    rename_workflow(made, actor=actor, name="Mine now")

    _, answer = run("demo")

    made.refresh_from_db()
    assert (answer["created"], made.name, made.status) == (False, "Mine now", "unpublished")
    assert Workspace.objects.count() == 1


def test_the_demo_mends_what_was_interrupted(run, superuser):
    WorkspaceFactory(name="Demo")

    code, answer = run("demo")

    assert (code, answer["created"]) == (0, True)
    assert Workspace.objects.count() == 1
