"""Send a sample event: at once through sandboxes, behind a question where real accounts are called."""

import pytest

from apps.catalog.transport import Response
from apps.common.errors import Conflict, NotAllowed
from apps.connections.models import Endpoint, SandboxCall
from apps.console.samples import planned_calls, send_sample
from apps.runs.models import Run
from apps.webhooks.models import Delivery
from apps.workflows.publishing import pause, publish, resume, unpublish
from apps.workspaces.access import Actor
from apps.workspaces.models import AuditEntry
from tests.console.conftest import everything, url
from tests.console.html_forms import page
from tests.factories import ConnectionFactory, WorkflowFactory
from tests.workflows.conftest import recipe

pytestmark = pytest.mark.django_db

REAL = {"site_id": "site", "track_api_key": "k" * 20, "region": "us"}


@pytest.fixture
def real_customerio(workspace):
    return ConnectionFactory(
        workspace=workspace, app="customerio", name="Customer.io live", sandbox=False, entered=REAL
    )


@pytest.fixture
def live_for_real(workspace, stripe, real_customerio, actor):
    made = WorkflowFactory(workspace=workspace, name="For real", draft=recipe(stripe, real_customerio))
    publish(made, actor=actor)
    return made


def test_one_click_makes_a_finished_run(editor_client, live, work):
    response = editor_client.post(url(live, "sample"))
    work()

    run = Run.objects.get()
    assert response["Location"] == f"/admin/runs/run/{run.pk}/change/"
    assert (run.workflow, run.status) == (live, Run.Status.SUCCEEDED)
    assert run.delivery.source == Delivery.Source.SAMPLE
    assert SandboxCall.objects.filter(connection__app="customerio").count() == 1


def test_every_sample_is_a_new_event(editor_client, live, work):
    for _ in range(3):
        editor_client.post(url(live, "sample"))
    work()

    assert Delivery.objects.values("event_id").distinct().count() == 3
    assert Run.objects.filter(status=Run.Status.SUCCEEDED).count() == 3


def test_a_sample_is_in_the_trail_with_who_sent_it(editor, live):
    sent = send_sample(live, actor=Actor.of(editor))

    entry = AuditEntry.objects.get(verb="workflow.sample_sent")
    assert (entry.actor, entry.after) == (editor, {"event": sent.event_id})


def test_a_real_account_is_asked_about_first_and_the_call_is_named(editor_client, live_for_real):
    before = everything()

    response = editor_client.post(url(live_for_real, "sample"))

    shown = page(response)
    assert "makes real calls" in shown.text
    assert "Track Custom Event in Customer.io over “Customer.io live”" in shown.text
    assert everything() == before
    [form] = [each for each in shown.forms if "confirmed" in each.fields]
    assert (form.method, form.action) == ("post", url(live_for_real, "sample"))


def test_the_answer_makes_the_call(editor_client, live_for_real, network, work):
    network.answer = lambda request: Response(200, {}, b"{}")
    asked = page(editor_client.post(url(live_for_real, "sample")))
    [form] = [each for each in asked.forms if "confirmed" in each.fields]

    editor_client.post(form.action, form.posted())
    work()

    assert Run.objects.get().status == Run.Status.SUCCEEDED
    [request] = network.requests
    assert request.url.startswith("https://track.customer.io/")


@pytest.mark.parametrize("confirmed", ["", "no", "YES", "1"])
def test_only_the_answer_of_the_question_confirms(editor_client, live_for_real, confirmed):
    editor_client.post(url(live_for_real, "sample"), {"confirmed": confirmed})

    assert not Delivery.objects.exists()


def test_another_workflow_that_the_event_starts_is_asked_about_too(editor_client, live, live_for_real, actor):
    response = editor_client.post(url(live, "sample"))

    assert "by the workflow “For real”" in page(response).text
    assert not Delivery.objects.exists()


def test_a_workflow_that_is_not_live_any_more_is_not_asked_about(live, live_for_real, actor):
    unpublish(live_for_real, actor=actor)

    assert planned_calls(live) == []


def test_what_is_live_is_asked_about_not_the_draft(editor_client, live, real_customerio, stripe, actor):
    from apps.workflows.services import save_draft

    save_draft(live, actor=actor, definition=recipe(stripe, real_customerio), revision=1)

    response = editor_client.post(url(live, "sample"))

    assert response.status_code == 302
    assert Delivery.objects.count() == 1


def test_a_draft_is_told_to_be_published_first(editor_client, workflow):
    response = editor_client.post(url(workflow, "sample"), follow=True)

    assert "is not live. Publish it first." in page(response).text
    assert not Delivery.objects.exists()


def test_without_a_signing_secret_it_says_where_one_comes_from(
    editor_client, workspace, live_stripe, customerio, settings, actor
):
    settings.PUBLIC_URL = ""
    workflow = WorkflowFactory(workspace=workspace, draft=recipe(live_stripe, customerio))
    publish(workflow, actor=actor)
    assert Endpoint.objects.get(connection=live_stripe).state == Endpoint.State.BY_HAND

    response = editor_client.post(url(workflow, "sample"), follow=True)

    assert "“Stripe test” has no signing secret yet" in page(response).text
    assert not Delivery.objects.exists()


def test_the_sample_of_a_paused_workflow_is_held_until_it_is_resumed(editor_client, live, actor, work):
    pause(live, actor=actor)

    editor_client.post(url(live, "sample"))
    work()
    held = Run.objects.get().status
    resume(live, actor=actor)
    work()

    assert held == Run.Status.HELD
    assert Run.objects.get().status == Run.Status.SUCCEEDED


def test_who_may_not_operate_can_not_send(viewer, live):
    with pytest.raises(NotAllowed):
        send_sample(live, actor=Actor.of(viewer))

    assert not Delivery.objects.exists()


def test_an_unconfirmed_sample_names_its_calls_for_programs(live_for_real, actor):
    with pytest.raises(Conflict) as refused:
        send_sample(live_for_real, actor=actor)

    assert refused.value.code == "unconfirmed"
    assert refused.value.details == [
        {
            "workflow": "For real",
            "step": "Track Custom Event",
            "action": "Track Custom Event",
            "app": "Customer.io",
            "connection": "Customer.io live",
            "effect": "create",
        }
    ]


def test_calls_inside_of_branches_are_asked_about_too(live, real_customerio):
    code = str(real_customerio.code)
    hidden = {
        "id": "deep",
        "kind": "action",
        "name": "Deep inside",
        "action": "customerio.track-event",
        "connection": code,
    }
    off = {**hidden, "id": "off", "name": "Switched off", "disabled": True}
    model = {"id": "ask", "kind": "ai", "name": "Ask", "connection": code, "prompt": {"value": "Hello"}}
    holds = {"all": [{"left": {"value": 1}, "op": "exists"}]}
    loop = {"id": "each", "kind": "for_each", "name": "Each", "items": {"value": [1]}, "steps": [hidden, off]}
    route = {
        "id": "route",
        "kind": "switch",
        "name": "Route",
        "cases": [{"id": "one", "name": "One", "condition": holds, "steps": [loop]}],
        "default": [{"id": "end", "kind": "stop", "name": "End", "on_error": {"steps": [model]}}],
    }
    live.live_version.definition = {**live.live_version.definition, "steps": [route]}
    live.live_version.save()

    assert [call.step for call in planned_calls(live)] == ["Deep inside", "Ask"]
