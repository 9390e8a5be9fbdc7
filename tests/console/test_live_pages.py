"""Publish, pause, resume, unpublish and delete in the admin: asked, told, and never by a link."""

import pytest

from apps.connections import registration
from apps.connections.models import Connection, Endpoint
from apps.workflows import services
from apps.workflows.models import Workflow
from apps.workflows.publishing import publish
from tests.console.conftest import everything, url
from tests.console.html_forms import page
from tests.factories import RunFactory, WorkflowFactory
from tests.workflows.conftest import PAID, recipe

pytestmark = pytest.mark.django_db


def confirm(client, workflow):
    """Open the question and answer it as a browser does."""
    shown = page(client.get(url(workflow, "publish")))
    [form] = [each for each in shown.forms if "revision" in each.fields]
    return client.post(url(workflow, "publish"), form.posted({"note": "First"}), follow=True)


def test_the_question_shows_what_will_be_live(editor_client, workflow):
    shown = page(editor_client.get(url(workflow, "publish"))).text

    assert "Invoice Payment Failed in Stripe" in shown
    assert "Track Custom Event in Customer.io" in shown
    assert "Stripe sandbox" in shown
    assert "invoice.payment_failed" in shown


def test_answering_it_publishes_and_says_what_comes_next(editor_client, workflow):
    response = confirm(editor_client, workflow)

    workflow.refresh_from_db()
    assert workflow.status == Workflow.Status.PUBLISHED
    assert workflow.live_version.note == "First"
    assert response.request["PATH_INFO"] == url(workflow)
    assert "Version 1 is live. Send a sample event" in page(response).text


def test_the_question_names_the_address_that_will_be_registered(
    editor_client, workspace, live_stripe, customerio, public_url
):
    workflow = WorkflowFactory(workspace=workspace, draft=recipe(live_stripe, customerio))

    asked = page(editor_client.get(url(workflow, "publish"))).text
    confirm(editor_client, workflow)

    assert f"{public_url}/v1/webhooks/stripe/" in asked
    assert registration.endpoint_of(live_stripe).state == Endpoint.State.REGISTERED


def test_without_a_public_address_it_says_by_hand_and_where(
    editor_client, workspace, live_stripe, customerio, settings
):
    settings.PUBLIC_URL = ""
    workflow = WorkflowFactory(workspace=workspace, draft=recipe(live_stripe, customerio))

    asked = page(editor_client.get(url(workflow, "publish"))).text
    told = page(confirm(editor_client, workflow)).text

    assert "registered by hand" in asked
    assert "stripe listen --events invoice.payment_failed --forward-to" in told
    assert "PUBLIC_URL is not set" in asked


def test_a_provider_that_can_not_be_reached_is_told_and_nothing_is_live(
    editor_client, workspace, live_stripe, customerio, stand_in
):
    workflow = WorkflowFactory(workspace=workspace, draft=recipe(live_stripe, customerio))
    stand_in.close()

    response = confirm(editor_client, workflow)

    workflow.refresh_from_db()
    assert response.status_code == 400
    assert "Stripe can't be reached" in page(response).text
    assert "What was live is unchanged" in page(response).text
    assert (workflow.status, workflow.live_version) == ("draft", None)


def test_problems_are_listed_instead_of_the_button(editor_client, workflow, actor):
    draft = {**workflow.draft, "steps": []}
    services.save_draft(workflow, actor=actor, definition=draft, revision=1)

    shown = page(editor_client.get(url(workflow, "publish")))

    assert "The workflow does nothing yet" in shown.text
    assert not [form for form in shown.forms if "revision" in form.fields]


@pytest.mark.parametrize("revision", ["1", "0", "", "nonsense", "-1", "9" * 30, "²"])
def test_what_was_not_seen_is_not_published(editor_client, workflow, actor, stripe, customerio, revision):
    services.save_draft(
        workflow, actor=actor, definition=recipe(stripe, customerio, trigger=PAID), revision=1
    )

    response = editor_client.post(url(workflow, "publish"), {"revision": revision})

    workflow.refresh_from_db()
    assert response.status_code == 400
    assert "changed since you opened this page" in page(response).text
    assert workflow.live_version is None


def test_a_note_that_is_too_long_is_cut_not_lost(editor_client, workflow):
    editor_client.post(url(workflow, "publish"), {"revision": "1", "note": "x" * 500})

    workflow.refresh_from_db()
    assert workflow.live_version.note == "x" * 200


def test_a_note_with_a_character_that_no_database_keeps_is_answered(editor_client, workflow):
    response = editor_client.post(url(workflow, "publish"), {"revision": "1", "note": "a\x00b"})

    assert response.status_code in (302, 400)


def test_the_changes_since_the_live_version_are_shown(editor_client, live, actor, stripe, customerio):
    services.save_draft(live, actor=actor, definition=recipe(stripe, customerio, trigger=PAID), revision=1)

    for name in ("change", "publish"):
        shown = page(editor_client.get(url(live, name))).text
        assert "Trigger changed from stripe.trigger-invoice-payment-failed" in shown


@pytest.mark.parametrize(
    ("steps", "status", "said"),
    [
        (["pause"], "paused", "Paused"),
        (["pause", "resume"], "published", "Resumed"),
        (["unpublish"], "unpublished", "Unpublished"),
        (["pause", "unpublish"], "unpublished", "Unpublished"),
    ],
)
def test_the_buttons_do_what_they_say(editor_client, live, steps, status, said):
    for step in steps:
        # Taking a workflow off the air asks first, on a page of its own.
        asked = url(live, step) if step == "unpublish" else url(live)
        shown = page(editor_client.get(asked)).forms
        [form] = [
            each for each in shown if each.method == "post" and (each.action or asked) == url(live, step)
        ]
        response = editor_client.post(url(live, step), form.posted(), follow=True)

    live.refresh_from_db()
    assert live.status == status
    assert said in page(response).text


def test_a_button_pressed_too_late_says_so(editor_client, live):
    editor_client.post(url(live, "unpublish"))
    before = everything()

    response = editor_client.post(url(live, "pause"), follow=True)

    assert "is unpublished" in page(response).text
    assert everything() == before


# Deleting


def test_a_draft_is_deleted_behind_a_question(editor_client, workflow):
    asked = page(editor_client.get(url(workflow, "delete")))
    [form] = [each for each in asked.forms if "post" in each.fields]

    response = editor_client.post(url(workflow, "delete"), form.posted())

    assert response["Location"] == "/admin/workflows/workflow/"
    assert not Workflow.objects.exists()


@pytest.mark.parametrize("has_run", [False, True])
def test_what_must_stay_is_not_deleted_and_the_reason_is_told(editor_client, live, has_run):
    if has_run:
        editor_client.post(url(live, "unpublish"))
        RunFactory(version=live.live_version, workspace=live.workspace)

    response = editor_client.post(url(live, "delete"), {"post": "yes"}, follow=True)

    assert Workflow.objects.filter(pk=live.pk).exists()
    assert ("has runs" if has_run else "is live") in page(response).text


def test_the_list_offers_no_deletion_in_bulk(owner_client, live):
    before = everything()

    owner_client.post(
        "/admin/workflows/workflow/",
        {"action": "delete_selected", "_selected_action": [live.pk], "post": "yes"},
    )

    assert everything() == before


# The overview


def test_the_overview_of_a_draft_shows_what_it_does_and_what_is_missing(editor_client, workflow, actor):
    Connection.objects.filter(name="Customer.io sandbox").update(status="broken")

    shown = page(editor_client.get(url(workflow)))

    assert "Invoice Payment Failed in Stripe" in shown.text
    assert "“Customer.io sandbox” is broken" in shown.text
    assert url(workflow, "editor") in shown.links
    assert url(workflow, "delete") in shown.links


def test_the_overview_of_a_live_workflow_lists_runs_versions_and_webhook(editor_client, live, actor):
    run = RunFactory(
        version=live.live_version, delivery__connection=live.trigger_connection, event_id="evt_shown"
    )

    shown = page(editor_client.get(url(live)))

    assert "evt_shown" in shown.text
    assert f"/admin/runs/run/{run.pk}/change/" in shown.links
    assert "v1" in shown.text
    assert "Webhook" in shown.text
    assert url(live, "delete") not in shown.links


def test_all_runs_of_a_workflow_are_one_link_away(editor_client, live, workspace, stripe, customerio, actor):
    other = WorkflowFactory(workspace=workspace, name="Other", draft=recipe(stripe, customerio))
    publish(other, actor=actor)
    RunFactory(version=live.live_version, delivery__connection=stripe, event_id="evt_mine")
    RunFactory(version=other.live_version, delivery__connection=stripe, event_id="evt_other")
    [link] = [each for each in page(editor_client.get(url(live))).links if "/runs/run/?" in each]

    response = editor_client.get(link)

    assert response.status_code == 200
    assert "evt_mine" in page(response).text
    assert "evt_other" not in page(response).text


def test_a_definition_that_names_what_is_gone_is_still_shown(editor_client, live):
    draft = {**live.draft, "trigger": {**live.draft["trigger"], "trigger": "stripe.trigger-gone"}}
    draft["steps"] = [{**draft["steps"][0], "action": "customerio.gone", "connection": ""}]
    Workflow.objects.filter(pk=live.pk).update(draft=draft)

    for name in ("change", "editor", "edit", "json", "publish"):
        assert editor_client.get(url(live, name)).status_code == 200


# The number of queries


def _queries(client, address, count):
    with count() as found:
        assert client.get(address).status_code == 200
    return len(found)


@pytest.fixture
def count():
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    return lambda: CaptureQueriesContext(connection)


def test_the_list_asks_the_database_as_often_for_many_as_for_few(
    editor_client, workspace, live, stripe, customerio, actor, count
):
    few = _queries(editor_client, "/admin/workflows/workflow/", count)
    for number in range(25):
        more = WorkflowFactory(workspace=workspace, draft=recipe(stripe, customerio))
        if number % 2:
            publish(more, actor=actor)

    assert _queries(editor_client, "/admin/workflows/workflow/", count) == few


def test_the_overview_asks_the_database_as_often_for_many_as_for_few(
    editor_client, live, stripe, customerio, actor, count
):
    RunFactory(version=live.live_version, delivery__connection=stripe)
    few = _queries(editor_client, url(live), count)
    for number in range(12):
        RunFactory(version=live.live_version, delivery__connection=stripe)
        draft = recipe(stripe, customerio)
        draft["steps"] = [{**draft["steps"][0], "id": f"tell_{each}"} for each in range(number + 1)]
        services.save_draft(live, actor=actor, definition=draft, revision=live.draft_revision)
        publish(live, actor=actor)

    assert _queries(editor_client, url(live), count) == few
