"""Where a trigger or action is used: on its page, for the workspace that looks."""

import pytest

from apps.catalog.models import Action, Trigger, Use
from apps.workflows import services
from apps.workflows.publishing import publish, unpublish
from tests.workflows.conftest import FAILED

pytestmark = pytest.mark.django_db


def refs() -> set[str]:
    """Return what is noted as used."""
    return set(Use.objects.values_list("ref", flat=True))


def page_of(model: type[Trigger | Action], ref: str) -> str:
    """Return the address of a catalog page."""
    row = model._default_manager.get(ref=ref)
    return f"/admin/catalog/{model._meta.model_name}/{row.pk}/change/"


def test_publishing_notes_the_trigger_and_the_actions(workflow, actor):
    publish(workflow, actor=actor)

    assert refs() == {FAILED, "customerio.track-event"}


def test_unpublishing_forgets_them(workflow, actor):
    publish(workflow, actor=actor)

    unpublish(workflow, actor=actor)

    assert refs() == set()


def test_the_pages_name_the_workflow_by_its_new_name(workflow, actor, editor_client):
    publish(workflow, actor=actor)
    services.rename_workflow(workflow, actor=actor, name="Second chance")

    of_trigger = editor_client.get(page_of(Trigger, FAILED)).content.decode()
    of_action = editor_client.get(page_of(Action, "customerio.track-event")).content.decode()

    assert "Second chance" in of_trigger
    assert f"/admin/workflows/workflow/{workflow.pk}/change/" in of_action


def test_another_workspace_is_told_nothing(workflow, actor, stranger_client):
    publish(workflow, actor=actor)

    shown = stranger_client.get(page_of(Trigger, FAILED)).content.decode()

    assert workflow.name not in shown
    assert "Nothing published in this workspace uses it." in shown
