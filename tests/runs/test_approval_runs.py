"""Runs that ask people, through the worker's own loop."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.runs import services
from apps.runs.approvals.models import ApprovalLink
from apps.runs.approvals.services import decide_approval
from apps.runs.models import Approval, Run
from apps.workspaces.access import Actor
from tests.factories import MembershipFactory
from tests.runs.asked import address
from tests.runs.conftest import ok
from tests.runs.logic import approval, create, for_each, track, workflow

ACTOR = Actor.system("test")


@pytest.fixture
def asked(world, provider, work, keyed_action):
    """Return a function that starts a run which asks, and returns its approval."""

    def ask(**facts):
        run = world.start(
            workflow(world, approval(**facts), create(), track(name="Said: {{ steps.ask.comment }}"))
        )
        work()
        return Approval.objects.get(run=run)

    return ask


def test_a_run_waits_for_a_decision_and_shows_what_it_will_send(asked, provider):
    made = asked()

    made.run.refresh_from_db()
    assert (made.run.status, made.run.reason_code) == ("waiting", "approval")
    assert made.run.due_at == made.deadline_at
    assert made.message == "Charge 2000?"
    first, second = made.shown
    assert (first["step"], first["connection"]) == ("Create create", "Stripe")
    assert first["inputs"] == {"amount": "2000"}
    assert second["inputs"] is None  # It reads what the decision will bring.
    assert [link.email for link in made.links.all()] == ["ann@example.com"]
    assert not provider.requests


def test_an_approved_run_sends_what_was_shown(asked, provider, work, client):
    made = asked()
    client.post(address(made), {"decision": "approve", "comment": "fine"})

    work()

    made.run.refresh_from_db()
    assert made.run.status == "succeeded"
    assert [body.get("name") for body in provider.bodies] == [None, "Said: fine"]
    output = made.run.steps.get(path="ask").log["output"]
    assert (output["approved"], output["decided_by"]) == (True, "the link sent to ann@example.com")
    assert output["by_deadline"] is False


def test_a_denied_run_ends_and_says_by_whom(asked, provider, work, client):
    made = asked()
    client.post(address(made), {"decision": "deny"})

    work()

    made.run.refresh_from_db()
    assert made.run.status == "filtered"
    assert "ann@example.com" in made.run.reason
    assert not provider.requests


@pytest.mark.parametrize(
    ("on_deadline", "decision", "status"),
    [("deny", "denied", "filtered"), ("approve", "approved", "succeeded")],
)
def test_the_deadline_decides_where_nobody_did(asked, work, client, on_deadline, decision, status):
    made = asked(on_deadline=on_deadline)
    Approval.objects.update(deadline_at=timezone.now() - timedelta(seconds=1))
    Run.objects.update(due_at=timezone.now())

    work()
    late = client.post(address(made), {"decision": "approve"})

    made.refresh_from_db()
    made.run.refresh_from_db()
    assert (made.status, made.decided_via) == (decision, "deadline")
    assert made.run.status == status
    assert made.run.steps.get(path="ask").log["output"]["by_deadline"] is True
    assert late.status_code == 409


def test_cancelling_a_run_closes_its_approval(asked, client):
    made = asked()

    services.cancel(made.run, actor=ACTOR)

    made.refresh_from_db()
    assert made.status == "closed"
    assert client.post(address(made), {"decision": "approve"}).status_code == 409


def test_a_retried_run_asks_anew_by_a_new_link(asked, work, client, provider):
    made = asked()
    old = address(made)
    services.cancel(made.run, actor=ACTOR)
    services.retry(made.run, actor=ACTOR)
    work()

    again = Approval.objects.get(run=made.run)
    assert (again.status, again.round) == ("pending", 2)
    assert again.deadline_at > made.deadline_at
    assert client.get(old).status_code == 404
    client.post(address(again), {"decision": "approve"})
    work()
    made.run.refresh_from_db()
    assert made.run.status == "succeeded"


def test_a_repetition_asks_anew(asked, work, client):
    made = asked()
    client.post(address(made), {"decision": "approve"})
    work()

    again = services.run_again(made.run, actor=ACTOR)
    work()

    again.refresh_from_db()
    assert again.status == "waiting"
    assert Approval.objects.get(run=again).status == "pending"


def test_hurrying_a_run_that_asks_decides_nothing_and_asks_no_second_time(asked, work):
    made = asked()
    services.retry(made.run, actor=ACTOR)
    work()

    again = Approval.objects.get(run=made.run)
    made.run.refresh_from_db()
    assert (again.status, again.round, again.deadline_at) == ("pending", 1, made.deadline_at)
    assert made.run.status == "waiting"
    assert ApprovalLink.objects.count() == 1


def test_items_ask_one_by_one_and_the_others_go_on(world, provider, work, keyed_action):
    run = world.start(workflow(world, for_each(approval(), create("make", "{{ item }}"), concurrency=3)))
    work()
    first, second, third = Approval.objects.order_by("path")

    decide_approval(second, approve=True, actor=ACTOR)
    work()
    run.refresh_from_db()
    still = (run.status, len(provider.requests))
    decide_approval(first, approve=False, actor=ACTOR)
    decide_approval(third, approve=True, actor=ACTOR)
    work()

    run.refresh_from_db()
    assert still == ("waiting", 1)
    assert run.status == "succeeded"
    output = run.steps.get(path="loop").log["output"]
    assert (output["succeeded"], output["filtered"]) == (2, 1)


def test_a_decision_that_comes_while_the_run_goes_on_is_not_slept_through(
    world, provider, work, keyed_action
):
    """Two items ask; while the answer to one is worked on, the other is decided."""
    run = world.start(workflow(world, for_each(approval(), create("make", "{{ item }}"), concurrency=3)))
    work()
    first, _second, third = Approval.objects.order_by("path")

    def decide_third(_):
        if Approval.objects.filter(pk=third.pk, status="pending").exists():
            decide_approval(third, approve=True, actor=ACTOR)
        return provider.default

    provider.default = ok()
    provider.script = [lambda request: (decide_third(request), ok())[1]]
    decide_approval(first, approve=True, actor=ACTOR)
    work()

    run.refresh_from_db()
    assert len(provider.requests) == 2
    assert run.status == "waiting"  # For the second alone.
    assert run.due_at > timezone.now()


def test_the_run_page_leads_to_the_decision(asked, owner_of, client):
    made = asked()
    client.force_login(owner_of(made.workspace))

    page = client.get(f"/admin/runs/run/{made.run_id}/change/").content.decode()

    assert made.get_absolute_url() in page
    assert "waits for a decision" in page


@pytest.fixture
def owner_of():
    """Return a function that makes an owner of a workspace."""
    return lambda workspace: MembershipFactory(workspace=workspace, role="owner").user
