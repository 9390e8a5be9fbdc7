"""A workflow that begins with an empty canvas."""

from typing import Any

import pytest

from apps.workflows.models import Workflow
from tests.console.conftest import url
from tests.workflows.conftest import FAILED

pytestmark = pytest.mark.django_db

ADD = "/admin/workflows/workflow/add/"


def begin(client: Any, **chosen: str) -> Any:
    """Ask for an empty canvas with what was chosen so far."""
    return client.post(ADD, {"do": "empty", **chosen})


def test_nothing_needs_to_be_chosen(editor_client, editor):
    response = begin(editor_client)

    made = Workflow.objects.get()
    assert response["Location"] == url(made, "editor")
    assert (made.name, made.created_by, made.status) == ("New workflow", editor, "draft")
    assert (made.draft["trigger"]["trigger"], made.draft["steps"]) == ("", [])


def test_the_next_one_gets_another_name(editor_client):
    begin(editor_client)
    begin(editor_client)

    assert set(Workflow.objects.values_list("name", flat=True)) == {"New workflow", "New workflow (2)"}


def test_the_trigger_and_its_account_are_kept(editor_client, stripe):
    begin(editor_client, trigger=FAILED, trigger_connection=str(stripe.code), name="Dunning")

    made = Workflow.objects.get()
    assert made.name == "Dunning"
    assert made.draft["trigger"]["trigger"] == FAILED
    assert made.draft["trigger"]["connection"] == str(stripe.code)


def test_an_account_of_another_app_is_left_out(editor_client, customerio):
    begin(editor_client, trigger=FAILED, trigger_connection=str(customerio.code))

    assert Workflow.objects.get().draft["trigger"]["connection"] == ""


def test_a_viewer_begins_nothing(viewer_client):
    assert begin(viewer_client).status_code == 403
    assert not Workflow.objects.exists()
