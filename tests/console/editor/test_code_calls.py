"""What the editor is told of code steps: faults while typing, and what the sandbox has."""

import pytest
from django.test import Client

from apps.workflows.models import Workflow
from tests.console.editor.calls import api, get, post

pytestmark = pytest.mark.django_db


def test_a_fault_is_told_by_line_and_column(workflow: Workflow, owner_client: Client) -> None:
    [problem] = post(owner_client, workflow, "lint", {"code": "total = 1\ntotal + totla"})["problems"]

    assert (problem["line"], problem["column"], problem["severity"]) == (2, 9, "error")
    assert "totla" in problem["message"]


def test_sound_code_has_no_problem(workflow: Workflow, owner_client: Client) -> None:
    assert post(owner_client, workflow, "lint", {"code": "inputs.get('a', 1) + 1"}) == {"problems": []}


@pytest.mark.parametrize("code", ["(" * 5000, "x" * 100_000, "def f(:\n", "é = 'ü"])
def test_hostile_code_gets_an_answer(workflow: Workflow, owner_client: Client, code: str) -> None:
    assert post(owner_client, workflow, "lint", {"code": code})["problems"]


def test_code_that_is_no_text_is_refused(workflow: Workflow, owner_client: Client) -> None:
    assert post(owner_client, workflow, "lint", {"code": 1}, status=400)["field"] == "code"


def test_nothing_is_checked_for_a_stranger(workflow: Workflow, stranger_client: Client) -> None:
    answer = stranger_client.post(api(workflow, "lint"), '{"code": "1"}', content_type="application/json")

    assert answer.status_code == 404


def test_the_catalog_tells_what_the_sandbox_has(workflow: Workflow, owner_client: Client) -> None:
    manual = get(owner_client, workflow, "catalog")["code"]

    assert {"name", "signature", "description", "example", "result"} <= manual["functions"][0].keys()
    assert manual["limits"]
    assert manual["refused"]


def test_the_catalog_tells_what_an_ai_step_can_start_from(workflow: Workflow, owner_client: Client) -> None:
    presets = get(owner_client, workflow, "catalog")["ai"]["presets"]

    assert [preset["key"] for preset in presets] == ["classify", "extract", "write"]
