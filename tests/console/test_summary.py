"""A definition in words: the overview and the publish page tell every branch."""

import pytest

from tests.console.conftest import url
from tests.console.html_forms import page

pytestmark = pytest.mark.django_db


def test_every_branch_is_told(editor_client, workflow):
    holds = {"all": [{"left": {"value": 1}, "op": "exists"}]}
    deep = {"id": "wait", "kind": "delay", "name": "A day", "disabled": True}
    loop = {"id": "each", "kind": "for_each", "name": "Every line", "items": {"value": []}, "steps": [deep]}
    route = {
        "id": "route",
        "kind": "switch",
        "name": "By size",
        "cases": [{"id": "big", "name": "Huge sums", "condition": holds, "steps": [loop]}],
        "default": [{"id": "end", "kind": "stop", "name": "Nothing to do"}],
    }
    workflow.draft = {**workflow.draft, "steps": [route, *workflow.draft["steps"]]}
    workflow.save()

    for name in ("change", "publish"):
        text = page(editor_client.get(url(workflow, name))).text

        places = [
            text.index(part) for part in ("By size", "Huge sums", "Every line", "A day", "Nothing to do")
        ]
        assert places == sorted(places)
        assert "Switched off" in text


def test_edit_leads_to_the_editor_and_the_plain_form_stays(editor_client, viewer_client, workflow):
    shown = page(editor_client.get(url(workflow)))

    assert {url(workflow, "editor"), url(workflow, "edit")} <= set(shown.links)
    looked = page(viewer_client.get(url(workflow)))
    assert url(workflow, "editor") in looked.links
    assert url(workflow, "edit") not in looked.links
