"""The mapping form: steps are added, moved, filled and shown live; a save never takes another's away."""

import json
import re

import pytest

from apps.workflows import services
from apps.workflows.models import Workflow
from apps.workspaces.access import Actor
from tests.console.conftest import everything, url
from tests.console.html_forms import page
from tests.factories import ConnectionFactory, DeliveryFactory, WorkflowFactory
from tests.workflows.conftest import PAID, recipe

pytestmark = pytest.mark.django_db


def opened(client, workflow):
    """Return the form as it is shown."""
    return page(client.get(url(workflow, "edit"))).form("mapping")


def pressed(client, workflow, do, changes=None, form=None):
    """Press a button of the form with these fields changed; return the response."""
    form = form or opened(client, workflow)
    return client.post(url(workflow, "edit"), form.posted(changes, do))


def steps_of(form):
    """Return the ids of the form's steps, in order."""
    return [form.fields[f"s{number}-id"] for number in range(int(form.fields["steps"]))]


def test_the_form_sent_unchanged_saves_the_same_draft(editor_client, workflow):
    before = workflow.draft

    response = pressed(editor_client, workflow, "save")

    workflow.refresh_from_db()
    assert response["Location"] == url(workflow, "edit")
    assert (workflow.draft, workflow.draft_revision) == (before, 2)


def test_what_is_typed_is_saved(editor_client, workflow):
    pressed(
        editor_client,
        workflow,
        "save",
        {"s0-f-name": "invoice_{{ trigger.status }}", "name": "Late payers", "notes": "Ask Ann"},
    )

    workflow.refresh_from_db()
    assert workflow.name == "Late payers"
    assert workflow.draft["notes"] == "Ask Ann"
    assert workflow.draft["steps"][0]["inputs"]["name"] == {"template": "invoice_{{ trigger.status }}"}


def test_save_and_publish_goes_on_to_the_question(editor_client, workflow):
    response = pressed(editor_client, workflow, "publish")

    workflow.refresh_from_db()
    assert response["Location"] == url(workflow, "publish")
    assert (workflow.status, workflow.draft_revision) == ("draft", 2)


# Steps


@pytest.mark.parametrize(
    ("do", "order"),
    [
        ("add:0:filter", ["filter", "track_event"]),
        ("add:1:filter", ["track_event", "filter"]),
        ("add:0:customerio.track-event", ["track_event_2", "track_event"]),
        ("add:99:stripe.get-customer", ["track_event", "get_customer"]),
        ("remove:0", []),
        ("remove:7", ["track_event"]),
        ("up:0", ["track_event"]),
        ("down:0", ["track_event"]),
        ("nonsense", ["track_event"]),
        ("add:0:", ["track_event"]),
    ],
)
def test_steps_are_added_and_removed_in_the_form_before_anything_is_saved(editor_client, workflow, do, order):
    before = everything()

    response = pressed(editor_client, workflow, do, {"s0-f-name": "typed before"})

    form = page(response).form("mapping")
    assert steps_of(form) == order
    kept = [name for name, value in form.fields.items() if value == "typed before"]
    assert bool(kept) == ("track_event" in order)
    assert everything() == before


def test_steps_change_places_with_all_that_was_typed(editor_client, workflow):
    added = page(pressed(editor_client, workflow, "add:0:filter")).form("mapping")
    typed = {"s0-c-0-left": "{{ trigger.amount_due }}", "s0-c-0-op": "greater_than", "s0-c-0-right": "100"}

    moved = page(pressed(editor_client, workflow, "down:0", typed, form=added)).form("mapping")
    back = page(pressed(editor_client, workflow, "up:1", form=moved)).form("mapping")

    assert steps_of(moved) == ["track_event", "filter"]
    assert moved.fields["s1-c-0-right"] == "100"
    assert steps_of(back) == ["filter", "track_event"]
    assert back.fields["s0-c-0-left"] == "{{ trigger.amount_due }}"


def test_a_step_added_and_filled_is_saved(editor_client, workflow):
    added = page(pressed(editor_client, workflow, "add:0:filter")).form("mapping")
    typed = {"s0-c-0-left": "{{ trigger.amount_due }}", "s0-c-0-op": "greater_than", "s0-c-0-right": "100"}

    pressed(editor_client, workflow, "save", typed, form=added)

    workflow.refresh_from_db()
    leaf = {"left": {"template": "{{ trigger.amount_due }}"}, "op": "greater_than", "right": {"value": 100}}
    assert workflow.draft["steps"][0]["condition"] == {"all": [leaf]}
    assert services.validate_draft(workflow) == []


# Values


def test_preview_without_script_shows_the_values_and_saves_nothing(editor_client, workflow):
    before = everything()

    response = pressed(
        editor_client,
        workflow,
        "preview",
        {"s0-f-name": "bill {{ trigger.amount_due }} {{ trigger.currency }}"},
    )

    shown = page(response)
    assert re.search(r"bill \d+ [a-z]{3}", shown.text)
    assert "{{ trigger.amount_due }}" in shown.form("mapping").fields["s0-f-name"]
    assert everything() == before


@pytest.mark.parametrize(
    ("typed", "unsaved"), [({}, False), ({"s0-f-name": "typed"}, True), ({"name": "New"}, True)]
)
def test_the_page_knows_whether_something_is_not_saved(editor_client, workflow, typed, unsaved):
    html = pressed(editor_client, workflow, "preview", typed).content.decode()

    assert ("data-unsaved" in html) == unsaved


def test_an_error_of_a_template_is_shown_at_its_field(editor_client, workflow):
    response = pressed(editor_client, workflow, "preview", {"s0-f-name": "{{ trigger.custmer_email }}"})

    html = response.content.decode()
    place = html.index('data-value-of="s0-f-name"')
    assert "customer_email" in html[place : place + 600]


def test_live_values_answer_every_field_as_json(editor_client, workflow):
    form = opened(editor_client, workflow)

    answer = editor_client.post(
        url(workflow, "preview"), form.posted({"s0-f-name": "{{ trigger.event_type }}"})
    ).json()

    assert answer["values"]["s0-f-name"] == {
        "text": "invoice.payment_failed",
        "error": "",
        "empty": False,
        "note": "",
    }
    assert answer["values"]["s0-f-identifier"]["text"].endswith("@example.com")
    assert answer["problems"] == {}


def test_live_values_name_what_is_misspelled_once(editor_client, workflow):
    form = opened(editor_client, workflow)

    answer = editor_client.post(
        url(workflow, "preview"), form.posted({"s0-f-name": "in {{ trigger.curency }}"})
    ).json()

    [message] = answer["problems"]["s0-f-name"]
    assert "“currency”" in message
    assert not answer["values"]["s0-f-name"]["error"]


def test_an_error_is_told_once(editor_client, workflow):
    form = opened(editor_client, workflow)

    answer = editor_client.post(url(workflow, "preview"), form.posted({"s0-f-name": ""})).json()

    assert "s0-f-name" in answer["problems"]
    assert "s0-f-name" not in answer["values"]


def test_live_values_of_a_past_delivery_are_its_own(editor_client, live, work):
    from apps.console.samples import send_sample

    sent = send_sample(live, actor=Actor.system("test"))
    form = opened(editor_client, live)
    assert sent.delivery in form.choices["event"]

    answer = editor_client.post(
        url(live, "preview"), form.posted({"event": sent.delivery, "s0-f-name": "{{ trigger.event_id }}"})
    ).json()

    assert answer["values"]["s0-f-name"]["text"] == sent.event_id


@pytest.mark.parametrize("event", ["nonsense", "00000000-0000-0000-0000-000000000000", "-" * 36])
def test_an_event_that_is_none_shows_the_sample(editor_client, workflow, event):
    form = opened(editor_client, workflow)

    response = editor_client.post(url(workflow, "preview"), form.posted({"event": event}))

    assert response.status_code == 200
    assert response.json()["values"]


# Hostile and broken input


def test_an_event_of_another_workspace_is_not_shown(editor_client, stranger, other_workspace, workflow, live):
    from apps.console.samples import send_sample
    from apps.workflows.publishing import publish

    actor = Actor.system("test")
    stripe = ConnectionFactory(workspace=other_workspace)
    customerio = ConnectionFactory(workspace=other_workspace, app="customerio")
    theirs = WorkflowFactory(workspace=other_workspace, draft=recipe(stripe, customerio))
    publish(theirs, actor=actor)
    sent = send_sample(theirs, actor=actor)
    form = opened(editor_client, workflow)

    answer = editor_client.post(
        url(workflow, "preview"),
        form.posted({"event": sent.delivery, "s0-f-name": "{{ trigger.event_id }}"}),
    )

    assert sent.event_id not in answer.content.decode()
    assert sent.delivery not in form.choices["event"]


def test_a_foreign_account_is_unknown_in_form_preview_and_publishing(
    editor_client, workflow, other_workspace
):
    foreign = ConnectionFactory(
        workspace=other_workspace, app="customerio", name="Their account", label="9876"
    )
    typed = {"s0-connection": str(foreign.code)}
    form = opened(editor_client, workflow)

    previewed = editor_client.post(url(workflow, "preview"), form.posted(typed))
    saved = pressed(editor_client, workflow, "save", typed)
    shown = editor_client.get(url(workflow, "edit"))
    asked = editor_client.get(url(workflow, "publish"))
    refused = editor_client.post(url(workflow, "publish"), {"revision": "2"})

    workflow.refresh_from_db()
    assert saved.status_code == 302
    for response in (previewed, shown, asked, refused, editor_client.get(url(workflow))):
        assert "Their account" not in response.content.decode()
        assert "9876" not in response.content.decode()
    assert "does not exist in this workspace" in page(shown).text
    assert "does not exist in this workspace" in page(asked).text
    assert refused.status_code == 400
    assert workflow.live_version is None


@pytest.mark.parametrize(
    "changes",
    [
        {"steps": "9" * 30},
        {"steps": "-1"},
        {"steps": "nonsense"},
        {"s0-kind": "dance"},
        {"s0-id": "Not An Id"},
        {"s0-action": "nonsense.action"},
        {"s0-f-name": "\x00"},
        {"s0-f-name": "{{"},
        {"s0-f-name": "{% for a in (1..999999999) %}x{% endfor %}"},
        {"trigger": "nonsense"},
        {"trigger-connection": "' OR 1=1"},
        {"s0-name": "x" * 500},
        {"s0-f-timestamp": "[" * 5000},
        {"revision": "9" * 40},
        {"name": ""},
        {"name": "Dun\x00ning"},
        {"notes": "\x00"},
    ],
    ids=lambda changes: next(f"{name}={value[:12]!r}" for name, value in changes.items()),
)
def test_whatever_is_posted_is_answered_and_the_draft_stays_readable(editor_client, workflow, changes):
    form = opened(editor_client, workflow)

    for do in ("preview", "save"):
        response = pressed(editor_client, workflow, do, changes, form=form)
        assert response.status_code in (200, 302, 400, 409)
    answer = editor_client.post(url(workflow, "preview"), form.posted(changes))

    assert answer.status_code == 200
    assert editor_client.get(url(workflow, "edit")).status_code == 200
    assert editor_client.get(url(workflow)).status_code == 200


def test_markup_in_what_was_typed_is_text(editor_client, workflow):
    nasty = "</script><script>alert(1)</script>"

    shown = pressed(editor_client, workflow, "preview", {"s0-f-name": nasty, "name": nasty, "s0-name": nasty})

    assert "<script>alert" not in shown.content.decode()


# Two tabs


def test_a_save_from_a_second_tab_shows_who_and_what_and_keeps_what_was_typed(
    editor_client, workflow, owner, stripe, customerio
):
    form = opened(editor_client, workflow)
    services.save_draft(
        Workflow.objects.get(pk=workflow.pk),
        actor=Actor.of(owner),
        definition=recipe(stripe, customerio, trigger=PAID),
        revision=1,
    )

    response = pressed(editor_client, workflow, "save", {"s0-f-name": "mine", "name": "My name"}, form=form)

    shown = page(response)
    workflow.refresh_from_db()
    assert response.status_code == 409
    assert "olivia-owner saved this draft" in shown.text
    assert "Trigger changed" in shown.text
    assert shown.form("mapping").fields["s0-f-name"] == "mine"
    assert shown.form("mapping").fields["name"] == "My name"
    assert url(workflow, "edit") in shown.links
    assert workflow.draft == recipe(stripe, customerio, trigger=PAID)
    assert workflow.name == "Dunning"


def test_a_name_in_use_saves_neither_name_nor_draft(editor_client, workflow, workspace):
    WorkflowFactory(workspace=workspace, name="Taken")

    response = pressed(editor_client, workflow, "save", {"name": "Taken", "s0-f-name": "mine"})

    workflow.refresh_from_db()
    assert response.status_code == 409
    assert "“Taken” exists already" in page(response).text
    assert (workflow.name, workflow.draft_revision) == ("Dunning", 1)


# As JSON


def test_the_json_page_saves_what_the_form_can_not_show(editor_client, workflow):
    groups = {"any": [{"all": [{"left": {"value": 1}, "op": "equals", "right": {"value": 1}}]}]}
    only = {"id": "only", "kind": "filter", "name": "Only if", "condition": groups}
    wanted = {**workflow.draft, "steps": [only, *workflow.draft["steps"]]}

    response = editor_client.post(url(workflow, "json"), {"definition": json.dumps(wanted), "revision": "1"})

    workflow.refresh_from_db()
    assert response["Location"] == url(workflow, "edit")
    assert workflow.draft["steps"][0]["condition"] == groups
    assert workflow.draft["steps"][1:] == wanted["steps"][1:]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"schema": 1,\n "trigger": }', "line 2"),
        ("[]", "must be a JSON object"),
        ("", "not readable JSON"),
        ('{"a": NaN}', "NaN"),
        ("[" * 5000, "not readable JSON"),
        ('{"a": "\\u0000"}', "not readable JSON"),
        ('{"schema": 1, "trigger": {"trigger": "x"}, "stepz": []}', "stepz"),
        ('{"schema": 1, "trigger": {"trigger": "x"}, "steps": [{"id": "a", "kind": "dance"}]}', "steps.a"),
    ],
)
def test_json_that_can_not_be_used_is_refused_with_the_place(editor_client, workflow, text, said):
    response = editor_client.post(url(workflow, "json"), {"definition": text, "revision": "1"})

    shown = page(response)
    workflow.refresh_from_db()
    assert response.status_code == 400
    assert said in shown.text
    [form] = [each for each in shown.forms if "definition" in each.fields]
    assert form.fields["definition"] == text
    assert workflow.draft_revision == 1


def test_a_stale_json_page_is_refused(editor_client, workflow):
    response = editor_client.post(
        url(workflow, "json"), {"definition": json.dumps(workflow.draft), "revision": "7"}
    )

    workflow.refresh_from_db()
    assert response.status_code in (400, 409)
    assert workflow.draft_revision == 1


def test_a_viewer_reads_the_json_but_has_no_button(viewer_client, workflow):
    shown = page(viewer_client.get(url(workflow, "json")))

    assert not [button for form in shown.forms for button in form.buttons if "Save" in button[2]]


@pytest.mark.parametrize("body", [b"", b"sealed with a key that is gone"])
def test_a_past_delivery_whose_body_is_gone_shows_the_sample(editor_client, live, body):
    gone = DeliveryFactory(connection=live.trigger_connection, event_type="invoice.payment_failed", body=body)
    form = opened(editor_client, live)

    answer = editor_client.post(url(live, "preview"), form.posted({"event": str(gone.code)}))

    assert answer.json()["values"]["s0-f-identifier"]["text"].endswith("@example.com")


BRANCHED = {
    "id": "route",
    "kind": "if",
    "name": "Big enough",
    "condition": {"all": [{"left": {"value": 1}, "op": "exists"}]},
    "then": [{"id": "end", "kind": "stop", "name": "The end"}],
}


def test_a_workflow_with_branches_is_edited_elsewhere(editor_client, workflow):
    workflow.draft = {**workflow.draft, "steps": [BRANCHED, *workflow.draft["steps"]]}
    workflow.save()

    shown = page(editor_client.get(url(workflow, "edit")))

    assert "This workflow has branches: edit it in the editor or as JSON" in shown.text
    assert {url(workflow, "editor"), url(workflow, "json")} <= set(shown.links)
    assert "The end" in shown.text


def test_a_form_of_before_the_branches_is_not_taken(editor_client, workflow):
    form = opened(editor_client, workflow)
    workflow.draft = {**workflow.draft, "steps": [BRANCHED]}
    workflow.save()

    response = editor_client.post(url(workflow, "edit"), form.posted({"s0-f-name": "typed"}, "save"))

    workflow.refresh_from_db()
    assert response.status_code == 409
    assert workflow.draft["steps"] == [BRANCHED]


def test_what_the_form_does_not_show_of_a_step_stays(editor_client, workflow):
    step = {**workflow.draft["steps"][0], "disabled": True, "note": "Mind the gap", "retry": {"attempts": 3}}
    workflow.draft = {**workflow.draft, "steps": [step]}
    workflow.save()

    pressed(editor_client, workflow, "save", {"s0-f-name": "typed"})

    workflow.refresh_from_db()
    kept = workflow.draft["steps"][0]
    assert (kept["disabled"], kept["note"], kept["retry"]["attempts"]) == (True, "Mind the gap", 3)
    assert kept["inputs"]["name"] == {"value": "typed"}
