"""The first page: whether it works, what needs a person, and the way on."""

import datetime as dt

import pytest
from django.utils import timezone

from apps.connections.models import Connection
from apps.runs.models import Heartbeat, Run
from tests.console.conftest import url
from tests.console.html_forms import page
from tests.factories import (
    MembershipFactory,
    RunFactory,
    UserFactory,
    WorkflowFactory,
    WorkspaceFactory,
)
from tests.personas import MEMBERS
from tests.runs.asked import ask

pytestmark = pytest.mark.django_db

DASHBOARD = "/admin/"
NO_WORKER = "No worker is running."


def beat(age: float = 0.0) -> Heartbeat:
    """Store a drain's sign of life of `age` seconds ago."""
    now = timezone.now()
    return Heartbeat.objects.create(
        name="drain", kind="drain", pid=1, host="h", started_at=now, beat_at=now - dt.timedelta(seconds=age)
    )


def test_an_operator_without_a_workspace_is_led_to_the_first_one(superuser_client):
    shown = page(superuser_client.get(DASHBOARD))

    assert "There is no workspace yet" in shown.text
    assert "/admin/workspaces/workspace/add/" in shown.links


def test_a_person_without_a_workspace_can_not_enter(client_of, db):
    response = client_of(UserFactory()).get(DASHBOARD)

    assert response.status_code == 302
    assert response["Location"].startswith("/admin/login/")


def test_an_empty_workspace_says_how_to_begin(owner_client, workspace):
    shown = page(owner_client.get(DASHBOARD))

    assert "No workflow yet" in shown.text
    assert "/admin/connections/connection/add/" in shown.links
    assert "/admin/workflows/workflow/add/" in shown.links


def test_an_editor_is_not_led_where_the_role_does_not_reach(editor_client, workspace):
    assert "/admin/connections/connection/add/" not in page(editor_client.get(DASHBOARD)).links


def test_a_viewer_is_offered_nothing_to_change(viewer_client, live):
    shown = page(viewer_client.get(DASHBOARD))

    assert "/admin/workflows/workflow/add/" not in shown.links
    assert url(live, "sample") not in {form.action for form in shown.forms}
    assert "Dunning" in shown.text


def test_a_live_workflow_has_its_one_click(editor_client, live):
    shown = page(editor_client.get(DASHBOARD))

    [form] = [each for each in shown.forms if each.action == url(live, "sample")]
    assert form.method == "post"
    assert [button[2] for button in form.buttons] == ["Send a sample event"]


def test_drafts_do_not_push_what_is_live_off_the_page(editor_client, live):
    for number in range(10):
        WorkflowFactory(workspace=live.workspace, name=f"Tried out {number}")

    assert live.name in page(editor_client.get(DASHBOARD)).text


def test_a_draft_has_no_sample_button(editor_client, workflow):
    shown = page(editor_client.get(DASHBOARD))

    assert url(workflow) in shown.links
    assert url(workflow, "sample") not in {form.action for form in shown.forms}


@pytest.mark.parametrize(("age", "told"), [(None, True), (60.0, True), (1.0, False)])
def test_a_missing_worker_is_told_with_what_to_do(owner_client, workspace, age, told):
    if age is not None:
        beat(age)

    shown = page(owner_client.get(DASHBOARD)).text

    assert (NO_WORKER in shown) == told
    assert ("python manage.py worker" in shown) == told


@pytest.mark.parametrize(
    ("status", "said"), [("broken", "is broken"), ("needs_attention", "needs attention"), ("connected", "")]
)
def test_a_connection_in_trouble_is_told_with_the_reason(owner_client, stripe, status, said):
    Connection.objects.filter(pk=stripe.pk).update(status=status, status_reason="Stripe refused the key.")

    shown = page(owner_client.get(DASHBOARD))

    assert ("Stripe refused the key." in shown.text) == bool(said)
    assert said in shown.text
    assert (f"/admin/connections/connection/{stripe.pk}/change/" in shown.links) == bool(said)


def test_decisions_that_wait_are_counted_and_linked(owner_client, live, stripe):
    for _ in range(2):
        RunFactory(version=live.live_version, delivery__connection=stripe, status=Run.Status.NEEDS_DECISION)

    shown = page(owner_client.get(DASHBOARD))

    assert "2 runs need a decision" in shown.text
    assert any("needs_decision" in link for link in shown.links)


def test_one_decision_reads_well(owner_client, live, stripe):
    RunFactory(version=live.live_version, delivery__connection=stripe, status=Run.Status.NEEDS_DECISION)

    assert "1 run needs a decision" in page(owner_client.get(DASHBOARD)).text


def test_runs_of_the_last_day_are_counted_by_status(owner_client, live, stripe):
    RunFactory(version=live.live_version, delivery__connection=stripe)
    old = timezone.now() - dt.timedelta(hours=25)
    RunFactory(
        version=live.live_version,
        delivery__connection=stripe,
        delivery__received_at=old,
        status=Run.Status.FAILED,
    )

    shown = page(owner_client.get(DASHBOARD)).text

    assert "Queued" in shown
    assert "Failed" not in shown


@pytest.mark.parametrize("persona", MEMBERS)
def test_another_workspace_shows_nothing(persona, persona_client, live, stranger_client):
    assert "Dunning" in persona_client(persona).get(DASHBOARD).content.decode()
    assert "Dunning" not in stranger_client.get(DASHBOARD).content.decode()


def test_a_link_into_another_own_workspace_switches_and_says_so(client_of, live):
    person = MembershipFactory(workspace=WorkspaceFactory(name="First")).user
    MembershipFactory(workspace=live.workspace, user=person)
    client = client_of(person)

    response = client.get(url(live), follow=True)

    assert response.status_code == 200
    assert "You are now in the workspace “Acme”" in page(response).text


def test_a_post_into_another_own_workspace_switches_nothing(client_of, live):
    person = MembershipFactory(workspace=WorkspaceFactory(name="First")).user
    MembershipFactory(workspace=live.workspace, user=person)

    assert client_of(person).post(url(live, "pause")).status_code == 404
    live.refresh_from_db()
    assert live.status == "published"


def test_its_links_to_runs_show_exactly_what_was_counted(owner_client, live, stripe):
    decide, done = (
        RunFactory(version=live.live_version, delivery__connection=stripe, event_id=event, status=status)
        for event, status in (("evt_decide", "needs_decision"), ("evt_done", "succeeded"))
    )
    links = [link for link in page(owner_client.get(DASHBOARD)).links if "/runs/run/?" in link]

    lists = {link: owner_client.get(link) for link in links}

    assert {response.status_code for response in lists.values()} == {200}
    for link, response in lists.items():
        text = page(response).text
        assert (decide.event_id in text) == ("needs_decision" in link), link
        assert (done.event_id in text) == ("succeeded" in link), link


def test_approvals_that_wait_are_counted_and_linked(owner_client, stranger_client, workspace):
    ask(workspace=workspace)

    page = owner_client.get("/admin/").content.decode()
    link = "/admin/runs/approval/?status__exact=pending"

    assert "1 approval waits for a decision." in page
    assert link in page
    assert "May we refund?" in owner_client.get(link).content.decode()
    assert "waits for a decision" not in stranger_client.get("/admin/").content.decode()
