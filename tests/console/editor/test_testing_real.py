"""Real tests: a run by the worker, by a snapshot that is never live, with keys of its own."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.common.errors import Conflict
from apps.connections.models import Connection, SandboxCall
from apps.console.editor.testing.looking import PATIENCE, look
from apps.runs import services as runs
from apps.runs.models import Effect, Run
from apps.webhooks import services as webhooks
from apps.webhooks.models import Delivery, Seen
from apps.workflows.models import Workflow, WorkflowVersion
from apps.workflows.publishing import pause, publish
from apps.workspaces.access import Actor
from apps.workspaces.models import AuditEntry
from tests.console.conftest import url
from tests.console.editor.test_testing_dry import only_if_paid, post
from tests.console.editor.test_testing_logic import base, compared, track

pytestmark = pytest.mark.django_db(transaction=True)


def real(client: Client, workflow: Workflow, **more: Any) -> Any:
    """Return the response of a confirmed real test of the saved draft."""
    body = {"definition": workflow.draft, "event": {"source": "sample"}, "mode": "real", **more}
    plan = post(client, workflow, "test/plan", body).json()
    return post(client, workflow, "test", {"confirmed": plan.get("digest", ""), **body})


def state_of(client: Client, workflow: Workflow, code: str) -> Any:
    return client.get(f"{url(workflow, 'editor')}api/test/{code}").json()


def test_the_plan_names_what_would_change(workflow: Workflow, owner_client: Client) -> None:
    body = {"definition": workflow.draft, "event": {"source": "sample"}, "mode": "real"}

    plan = post(owner_client, workflow, "test/plan", body).json()

    (act,) = plan["acts"]
    assert (act["connection"], act["sandbox"], act["changes"]) == ("Customer.io sandbox", True, True)
    assert plan["live"] == 0
    assert not Run.objects.exists()


def test_it_does_nothing_until_it_is_confirmed(workflow: Workflow, owner_client: Client) -> None:
    response = real(owner_client, workflow, confirmed=False)

    assert (response.status_code, response.json()["code"]) == (409, "unconfirmed")
    assert "Customer.io sandbox" in response.json()["message"]
    assert not WorkflowVersion.every.exists()
    assert not Delivery.objects.exists()


def test_only_the_plan_that_was_shown_is_run(workflow: Workflow, owner_client: Client) -> None:
    shown = {"definition": workflow.draft, "event": {"source": "sample"}, "mode": "real"}
    digest = post(owner_client, workflow, "test/plan", shown).json()["digest"]
    more = {**workflow.draft, "steps": [*workflow.draft["steps"], track(workflow, "another")]}

    response = post(owner_client, workflow, "test", {**shown, "definition": more, "confirmed": digest})

    assert (response.status_code, response.json()["code"]) == (409, "unconfirmed")
    assert "has changed since it was shown" in response.json()["message"]
    assert post(owner_client, workflow, "test", {**shown, "confirmed": True}).status_code == 409
    assert not Run.objects.exists()
    assert post(owner_client, workflow, "test", {**shown, "confirmed": digest}).status_code == 200


def test_the_worker_runs_it_and_its_steps_are_seen(
    workflow: Workflow, owner_client: Client, work: Callable[[], None]
) -> None:
    code = real(owner_client, workflow).json()["run"]["code"]

    before = state_of(owner_client, workflow, code)
    work()
    after = state_of(owner_client, workflow, code)

    assert (before["done"], before["steps"]) == (False, [])
    assert (after["done"], after["run"]["status"]) == (True, "succeeded")
    (step,) = after["steps"]
    assert (step["outcome"], step["exchanges"][0]["status"]) == ("succeeded", 200)
    assert SandboxCall.objects.count() == 1
    assert AuditEntry.objects.filter(verb="workflow.tested").count() == 1


def test_its_snapshot_is_no_version(
    workflow: Workflow, actor: Actor, owner_client: Client, work: Callable[[], None]
) -> None:
    real(owner_client, workflow)
    work()

    published = publish(workflow, actor=actor)

    assert published.number == 1
    assert list(workflow.versions.all()) == [published]
    assert WorkflowVersion.every.filter(test_of_revision=workflow.draft_revision).count() == 1
    assert workflow.live_version == published


def test_each_test_has_keys_of_its_own(
    workflow: Workflow, owner_client: Client, work: Callable[[], None]
) -> None:
    for _ in range(2):
        real(owner_client, workflow)
    work()

    assert len(set(Effect.objects.values_list("key", flat=True))) == 2
    assert Effect.objects.filter(status="done").count() == 2
    assert not Seen.objects.exists()


def test_it_starts_no_live_workflow(
    workflow: Workflow, actor: Actor, owner_client: Client, work: Callable[[], None]
) -> None:
    publish(workflow, actor=actor)

    real(owner_client, workflow)
    work()

    (run,) = Run.objects.all()
    assert run.is_test
    with pytest.raises(Conflict, match="draft"):
        runs.run_again(run, actor=actor)
    with pytest.raises(Conflict, match="draft"):
        webhooks.run_again(run.delivery, actor=actor)


def test_a_draft_with_problems_is_refused_by_name(workflow: Workflow, owner_client: Client) -> None:
    step = {**workflow.draft["steps"][0], "connection": ""}

    response = real(owner_client, workflow, definition={**workflow.draft, "steps": [step]})

    assert (response.status_code, response.json()["code"]) == (400, "invalid_definition")
    assert response.json()["details"][0]["step_id"] == step["id"]


def test_a_step_alone_asks_for_its_own_problems_only(
    workflow: Workflow, owner_client: Client, work: Callable[[], None]
) -> None:
    step = workflow.draft["steps"][0]
    broken = {**step, "id": "broken", "name": "Broken", "connection": ""}
    draft = {**workflow.draft, "steps": [only_if_paid("less_than"), step, broken]}

    response = real(owner_client, workflow, definition=draft, step=step["id"])
    work()

    after = state_of(owner_client, workflow, response.json()["run"]["code"])
    assert [(each["id"], each["outcome"]) for each in after["steps"]] == [(step["id"], "succeeded")]


def test_a_worker_that_does_not_run_is_told(workflow: Workflow, owner_client: Client) -> None:
    code = real(owner_client, workflow).json()["run"]["code"]
    run = Run.objects.get(code=code)

    told = look(run, at=timezone.now() + PATIENCE + timedelta(seconds=1))["note"]

    assert look(run)["note"] == ""
    assert "No worker is running" in told


def test_the_run_log_marks_it(workflow: Workflow, owner_client: Client, work: Callable[[], None]) -> None:
    code = real(owner_client, workflow).json()["run"]["code"]
    work()

    listed = owner_client.get("/admin/runs/run/").content.decode()
    page = owner_client.get(Run.objects.get(code=code).get_absolute_url()).content.decode()

    assert ">Test<" in listed
    assert "A test of the draft" in page


def test_a_paused_workflow_is_tested_all_the_same(
    workflow: Workflow, actor: Actor, owner_client: Client, work: Callable[[], None]
) -> None:
    publish(workflow, actor=actor)
    pause(workflow, actor=actor)

    real(owner_client, workflow)
    work()

    assert Run.objects.get().status == Run.Status.SUCCEEDED


def fork_in_loop(workflow: Workflow) -> dict[str, object]:
    """Return a draft with the workflow's step in a branch in a loop, and in an error branch."""
    inner = track(workflow, "deep")
    branch = base("fork", "if", condition=compared("{{ item }}", "equals", "never"), then=[inner])
    each = base("each", "for_each", items={"value": ["first", "second"]}, steps=[branch])
    handler = {"steps": [track(workflow, "handle")], "then": "continue"}
    return {**workflow.draft, "steps": [each, track(workflow, "failing", on_error=handler)]}


@pytest.mark.parametrize(("step", "path"), [("deep", "each[0].deep"), ("handle", "handle")])
def test_a_step_alone_keeps_its_place(
    workflow: Workflow, owner_client: Client, work: Callable[[], None], step: str, path: str
) -> None:
    response = real(owner_client, workflow, definition=fork_in_loop(workflow), step=step)
    work()

    after = state_of(owner_client, workflow, response.json()["run"]["code"])
    done = {each["path"]: each["outcome"] for each in after["steps"]}
    assert done[path] == "succeeded", after
    assert SandboxCall.objects.count() == 1


def test_what_was_given_is_marked_and_not_run(
    workflow: Workflow, owner_client: Client, work: Callable[[], None]
) -> None:
    draft = {
        **workflow.draft,
        "steps": [base("compute", "code", code="return 1"), track(workflow, "after")],
    }
    given = {"compute": {"output": 7, "printed": ""}}

    real(owner_client, workflow, definition=draft, step="after", outputs=given)
    work()

    row = Run.objects.get().steps.get(path="compute")
    assert (row.status, row.log["given"], row.log["output"]["output"]) == ("succeeded", True, 7)


def test_the_plan_tells_real_accounts_from_sandboxes_and_mail_from_none(
    workflow: Workflow, live_stripe: Connection, owner_client: Client
) -> None:
    refund = {
        "id": "refund",
        "kind": "action",
        "name": "Refund",
        "action": "stripe.create-refund",
        "connection": str(live_stripe.code),
        "inputs": {},
    }
    approval = base("ask", "approval", message={"value": "Go on?"}, approvers=[{"email": "ada@example.com"}])
    draft = {**workflow.draft, "steps": [approval, refund]}
    body = {"definition": draft, "event": {"source": "sample"}, "mode": "real"}

    plan = post(owner_client, workflow, "test/plan", body).json()

    told = {act["step_id"]: (act["sandbox"], act["changes"]) for act in plan["acts"]}
    assert told == {"ask": (False, False), "refund": (False, True)}
    assert plan["live"] == 1
