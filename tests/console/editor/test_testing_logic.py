"""Dry tests through every kind of logic step, of the whole draft and of one step."""

from typing import Any

import pytest
from django.test import Client

from apps.connections.models import SandboxCall
from apps.console.editor.testing.asked import read_asked
from apps.console.editor.testing.dry import run_dry
from apps.workflows.models import Workflow
from apps.workspaces.access import Actor
from tests.console.editor.test_testing_dry import dry, only_if_paid
from tests.factories import ConnectionFactory

pytestmark = pytest.mark.django_db

AMOUNT = "{{ trigger.amount_due }}"


def base(step_id: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"id": step_id, "kind": kind, "name": step_id.capitalize(), **more}


def compared(left: str, op: str, right: Any) -> dict[str, Any]:
    return {"all": [{"left": {"template": left}, "op": op, "right": {"value": right}}]}


def track(workflow: Workflow, step_id: str, **more: Any) -> dict[str, Any]:
    """Return the workflow's own action step under another id."""
    return {**workflow.draft["steps"][0], "id": step_id, "name": step_id.capitalize(), **more}


def run(client: Client, workflow: Workflow, *steps: dict[str, Any], **more: Any) -> Any:
    return dry(client, workflow, definition={**workflow.draft, "steps": list(steps)}, **more)


def outcomes(found: Any) -> list[tuple[str, str]]:
    return [(step["path"], step["outcome"]) for step in found["steps"]]


def loop(workflow: Workflow, items: list[Any], **more: Any) -> dict[str, Any]:
    return base("each", "for_each", items={"value": items}, steps=[track(workflow, "inner")], **more)


def test_the_branch_that_is_taken_is_told(workflow: Workflow, owner_client: Client) -> None:
    cases = [
        {"id": "none", "name": "Nothing", "condition": compared(AMOUNT, "less_than", 1), "steps": []},
        {
            "id": "some",
            "name": "Something",
            "condition": compared(AMOUNT, "greater_than", 0),
            "steps": [track(workflow, "inner")],
        },
    ]

    found = run(owner_client, workflow, base("choose", "switch", cases=cases), track(workflow, "after"))

    assert outcomes(found) == [("choose", "succeeded"), ("inner", "succeeded"), ("after", "succeeded")]
    assert found["steps"][0]["branch"] == "Something"
    assert [each["result"] for each in found["steps"][0]["conditions"]] == [False, True]


def test_a_loop_runs_ten_items_at_most_and_says_so(workflow: Workflow, owner_client: Client) -> None:
    found = run(owner_client, workflow, loop(workflow, list(range(25))))

    inner = [step for step in found["steps"] if step["id"] == "inner"]
    each = next(step for step in found["steps"] if step["id"] == "each")
    assert [step["index"] for step in inner] == list(range(10))
    assert len({request["key"] for step in inner for request in step["requests"]}) == 10
    assert "first 10 of 25 items" in each["note"]
    assert "A dry test runs 10 items at most" in each["note"]


def test_a_delay_is_passed_over_and_says_until_when(workflow: Workflow, owner_client: Client) -> None:
    delay = base("later", "delay", mode="for", amount={"value": 3}, unit="days")

    found = run(owner_client, workflow, delay, track(workflow, "after"))

    assert outcomes(found) == [("later", "succeeded"), ("after", "succeeded")]
    assert "Not waited for" in found["steps"][0]["note"]


@pytest.mark.parametrize(
    ("assumed", "ended"), [("approved", "succeeded"), ("denied", "filtered")], ids=["approved", "denied"]
)
def test_an_approval_is_answered_as_assumed(
    workflow: Workflow, owner_client: Client, assumed: str, ended: str
) -> None:
    approval = base("ask", "approval", message={"value": "Go on?"}, approvers=[{"email": "ada@example.com"}])

    found = run(owner_client, workflow, approval, track(workflow, "after"), assume={"approval": assumed})

    assert found["ended"]["outcome"] == ended
    assert f"taken as {assumed}" in found["steps"][0]["note"]
    assert len(found["steps"]) == (2 if assumed == "approved" else 1)


def test_a_webhook_that_is_waited_for_is_taken_as_come(workflow: Workflow, owner_client: Client) -> None:
    wait = base("wait", "wait_webhook")
    check = base("check", "filter", condition=compared("{{ steps.wait.body.ok }}", "equals", "yes"))

    found = run(owner_client, workflow, wait, check, assume={"body": {"ok": "yes"}})

    assert outcomes(found) == [("wait", "succeeded"), ("check", "succeeded")]


def test_code_runs_for_real(workflow: Workflow, owner_client: Client) -> None:
    code = base("compute", "code", inputs={"amount": {"value": 20}}, code="return inputs['amount'] * 2 + 2")

    found = run(owner_client, workflow, code)

    assert found["steps"][0]["outputs"]["output"] == 42


@pytest.mark.parametrize("code", ["while True: pass", "x = 'a' * 10**10", "open('/etc/passwd').read()"])
def test_hostile_code_ends_in_an_error_at_its_step(
    workflow: Workflow, owner_client: Client, code: str
) -> None:
    found = run(owner_client, workflow, base("compute", "code", code=code, timeout=0.2))

    assert found["ended"]["outcome"] == "failed"
    assert found["steps"][0]["error"]["message"]


def test_a_step_alone_takes_what_was_given(workflow: Workflow, owner_client: Client) -> None:
    first = base("compute", "code", code="return 1")
    check = base("check", "filter", condition=compared("{{ steps.compute.output }}", "equals", 7))

    found = run(owner_client, workflow, first, check, step="check", outputs={"compute": {"output": 7}})

    assert outcomes(found) == [("check", "succeeded")]


def test_a_step_alone_is_run_whatever_stands_before_it(workflow: Workflow, owner_client: Client) -> None:
    found = run(owner_client, workflow, only_if_paid("less_than"), track(workflow, "after"), step="after")

    assert outcomes(found) == [("after", "succeeded")]


def test_a_step_in_a_branch_in_a_loop_is_run_for_the_first_item(
    workflow: Workflow, owner_client: Client
) -> None:
    inner = base("deep", "filter", condition=compared("{{ item }}", "equals", "first"))
    branch = base("fork", "if", condition=compared("{{ item }}", "equals", "never"), then=[inner])
    each = base("each", "for_each", items={"value": ["first", "second"]}, steps=[branch])

    found = run(owner_client, workflow, each, step="deep")

    assert ("each[0].deep", "succeeded") in outcomes(found)
    assert not [path for path, _ in outcomes(found) if "[1]" in path]


def test_a_step_in_an_error_branch_sees_an_error(workflow: Workflow, owner_client: Client) -> None:
    handler = base(
        "handle", "filter", condition=compared("{{ error.message }}", "contains", "taken as failed")
    )
    failing = track(workflow, "failing", on_error={"steps": [handler], "then": "continue"})

    found = run(owner_client, workflow, failing, step="handle")

    assert outcomes(found) == [("handle", "succeeded")]


def test_a_whole_test_has_a_time_limit(workflow: Workflow) -> None:
    asked = read_asked(workflow, {"definition": workflow.draft})

    outcome = run_dry(asked, actor=Actor.system("test"), seconds=0)

    assert outcome.outcome == "failed"
    assert "longer than its time limit" in outcome.message


def asking(workspace: Any, **more: Any) -> dict[str, Any]:
    model = ConnectionFactory(workspace=workspace, app="openai", name="Model")
    labels = [{"label": "angry", "meaning": ""}, {"label": "calm", "meaning": ""}]
    return base(
        "mood",
        "ai",
        provider="openai",
        connection=str(model.code),
        model="gpt-5-mini",
        prompt={"value": "How does this person feel?"},
        output={"type": "labels", "labels": labels},
        **more,
    )


def test_a_model_is_asked_and_its_tokens_are_told(
    workflow: Workflow, workspace: Any, owner_client: Client
) -> None:
    found = run(owner_client, workflow, asking(workspace))

    (step,) = found["steps"]
    assert step["outcome"] == "succeeded", step
    assert step["outputs"]["label"] in ("angry", "calm")
    assert step["outputs"]["input_tokens"] > 0
    assert (step["sampled"], bool(step["exchanges"])) == (False, True)


def test_no_model_is_asked_where_reads_are_off(
    workflow: Workflow, workspace: Any, owner_client: Client
) -> None:
    found = run(owner_client, workflow, asking(workspace), reads=False)

    (step,) = found["steps"]
    assert (step["outcome"], step["outputs"]["label"]) == ("succeeded", "angry")
    assert (step["sampled"], step["exchanges"]) == (True, [])
    assert not SandboxCall.objects.exists()


def test_a_read_goes_out_unless_it_is_switched_off(
    workflow: Workflow, stripe: Any, owner_client: Client
) -> None:
    read = base(
        "find",
        "action",
        action="stripe.get-customer",
        connection=str(stripe.code),
        inputs={"customer_id": {"template": "{{ trigger.customer }}"}},
    )

    live, off = (run(owner_client, workflow, read, reads=reads)["steps"][0] for reads in (True, False))

    assert (live["sampled"], live["exchanges"][0]["status"]) == (False, 200)
    assert (off["sampled"], off["exchanges"]) == (True, [])
    assert SandboxCall.objects.count() == 1


def test_the_read_of_a_step_with_problems_stays_here(
    workflow: Workflow, stripe: Any, owner_client: Client
) -> None:
    read = base(
        "find",
        "action",
        action="stripe.get-customer",
        connection=str(stripe.code),
        inputs={"customer_id": {"template": "{{ trigger.nothing_like_it | default: 'cus_1' }}"}},
    )

    found = run(owner_client, workflow, read)

    assert found["steps"][0]["sampled"]
    assert "mend the step's problems first" in found["steps"][0]["note"]
    assert not SandboxCall.objects.exists()
