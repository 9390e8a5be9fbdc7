"""Where a field comes from and goes to, and what is kept about a person; in the own workspace alone."""

from datetime import timedelta
from typing import Any

import pytest

from apps.common import crypto
from apps.console.lineage.flows import flows_of
from apps.console.lineage.person import story_of
from apps.runs.models import Run, SearchKey
from apps.webhooks.confirmations.models import EffectReport
from apps.workflows.engine.definition import Definition
from apps.workflows.engine.lineage import lineage
from apps.workspaces.models import AuditEntry
from tests.factories import (
    ConnectionFactory,
    EffectFactory,
    RunFactory,
    VersionFactory,
    WorkflowFactory,
    definition,
)
from tests.personas import MEMBERS, PERSONAS
from tests.runs.conftest import READ

PAGE = "/admin/lineage/"
PERSON = "/admin/lineage/person/"
EXPORT = "/admin/lineage/person/export/"

CODE: dict[str, Any] = {
    "id": "work",
    "kind": "code",
    "name": "Work it out",
    "inputs": {"amount": {"template": "{{ trigger.amount }}"}},
    "code": "return {'total': inputs['amount']}",
}
TELL: dict[str, Any] = {
    "id": "tell",
    "kind": "action",
    "name": "Tell Customer.io",
    "action": "customerio.track-event",
    "inputs": {
        "identifier": {"template": "{{ trigger.receipt_email }}"},
        "name": {"value": "paid"},
    },
}


def publish(workspace, *steps, name="Tell them"):
    made = definition(steps=steps)
    workflow = WorkflowFactory(workspace=workspace, name=name, draft=made)
    version = VersionFactory(workflow=workflow, live=True, definition=made)
    version.lineage = lineage(Definition.model_validate(made))
    version.save()
    return workflow


def ways(workspace):
    return {
        (flow.path, tuple(each.name for each in flow.via), flow.step, flow.field)
        for flow in flows_of(workspace).rows
    }


def test_a_field_is_followed_to_the_event(workspace):
    publish(workspace, TELL)

    assert ("receipt_email", (), "Tell Customer.io", "identifier") in ways(workspace)


def test_a_step_in_between_is_named(workspace):
    look = {**READ, "connection": ""}
    tell = {**TELL, "inputs": {**TELL["inputs"], "identifier": {"template": "{{ steps.read.email }}"}}}
    publish(workspace, look, tell)

    assert ("customer", ("Look the customer up",), "Tell Customer.io", "identifier") in ways(workspace)


def test_what_code_made_of_a_value_leads_back_to_the_value(workspace):
    publish(
        workspace,
        CODE,
        {**TELL, "inputs": {**TELL["inputs"], "name": {"template": "{{ steps.work.total }}"}}},
    )

    assert ("amount", ("Work it out",), "Tell Customer.io", "name") in ways(workspace)


def test_a_loop_leads_back_to_the_list_it_goes_over(workspace):
    inner = {**TELL, "inputs": {**TELL["inputs"], "identifier": {"template": "{{ item.email }}"}}}
    loop = {
        "id": "each",
        "kind": "for_each",
        "name": "Each line",
        "items": {"template": "{{ trigger.raw.data.object.lines }}"},
        "steps": [inner],
    }
    publish(workspace, loop)

    found = ways(workspace)

    assert ("raw.data.object.lines", ("Each line",), "Tell Customer.io", "identifier") in found


def test_steps_that_read_each_other_end(workspace):
    first = {**TELL, "id": "a", "inputs": {"identifier": {"template": "{{ steps.b.x }}"}}}
    second = {**TELL, "id": "b", "inputs": {"identifier": {"template": "{{ steps.a.x }}"}}}
    publish(workspace, first, second)

    assert all(path == "" for path, *_ in ways(workspace))


def test_drafts_and_other_workspaces_are_left_out(workspace, other_workspace):
    publish(other_workspace, TELL)
    WorkflowFactory(workspace=workspace, draft=definition(steps=(TELL,)))

    assert flows_of(workspace).rows == ()


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({}, True),
        ({"into": "customerio.track-event|identifier"}, True),
        ({"into": "customerio.track-event|name"}, False),
        ({"from": "stripe.trigger-charge-failed|receipt_email"}, True),
        ({"from": "stripe.trigger-charge-failed|amount"}, False),
        ({"q": "TELL CUSTOMER"}, True),
        ({"q": "nothing like it"}, False),
    ],
)
def test_the_page_shows_what_is_asked_for(workspace, viewer_client, query, shown):
    workflow = publish(workspace, TELL)

    text = viewer_client.get(PAGE, query).content.decode()

    assert (f"/workflows/workflow/{workflow.pk}/change/" in text.split("</form>")[-1]) == shown


@pytest.mark.parametrize("persona", PERSONAS)
def test_nobody_sees_the_flows_of_another_workspace(workspace, persona_client, persona):
    publish(workspace, TELL, name="Canary of Acme")

    text = persona_client(persona).get(PAGE).content.decode()

    assert ("Canary of Acme" in text) == (persona in MEMBERS)


@pytest.fixture
def told(workspace):
    """Return the run of a mail to ada@example.com, about cus_1, that bounced."""
    workflow = publish(workspace, TELL, name="Canary of Acme")
    connection = ConnectionFactory(workspace=workspace)
    run = RunFactory(delivery__connection=connection, version=workflow.live_version, status="succeeded")
    for kind, value in (("email", "ada@example.com"), ("identifier", "cus_1")):
        hashed = crypto.search_hash(value, kind=kind, workspace=str(workspace.code))
        SearchKey.objects.create(workspace=workspace, kind=kind, value_hash=hashed, run=run)
    effect = EffectFactory(run=run, provider_id="dlv_1", first_sent_at=run.received_at + timedelta(seconds=1))
    EffectReport.objects.create(
        effect=effect,
        event_id="evt_bounce",
        channel="email",
        metric="bounced",
        trouble=True,
        happened_at=run.received_at + timedelta(seconds=9),
        received_at=run.received_at + timedelta(seconds=10),
    )
    return run


def test_a_person_s_story_is_told_in_order(told, workspace):
    story = story_of("Ada@Example.com", workspace)

    assert [each.kind for each in story.moments] == ["received", "run", "sent", "reported"]
    assert story.moments[3].told == "email bounced"
    assert (story.runs, story.more) == (1, False)


def test_a_person_is_found_by_an_id_too(told, workspace):
    assert story_of("cus_1", workspace).runs == 1


def test_nobody_else_is_in_the_story(told, workspace):
    assert story_of("grace@example.com", workspace).moments == ()


@pytest.mark.parametrize("persona", PERSONAS)
def test_nobody_sees_a_person_of_another_workspace(told, persona_client, persona):
    text = persona_client(persona).get(PERSON, {"who": "ada@example.com"}).content.decode()

    assert ("Canary of Acme" in text) == (persona in MEMBERS)


@pytest.mark.parametrize("persona", PERSONAS)
def test_a_story_is_exported_by_those_who_may(told, workspace, persona_client, persona):
    answer = persona_client(persona).post(EXPORT, {"who": "ada@example.com"})

    if persona == "viewer":
        assert answer.status_code == 403
    else:
        assert bool(answer.json()["moments"]) == (persona != "stranger")
    entries = AuditEntry.objects.filter(workspace=workspace, verb="person.exported")
    assert entries.exists() == (persona in MEMBERS and persona != "viewer")
    assert "ada@" not in str(list(entries.values()))


def test_an_export_is_no_link(told, owner_client):
    assert owner_client.get(EXPORT).status_code == 405


def test_without_signing_in_every_page_asks_to(client, db):
    for address in (PAGE, PERSON, EXPORT):
        assert client.get(address)["Location"].startswith("/admin/login/")


def test_the_pages_have_empty_states(workspace, owner_client):
    assert "No workflow is live yet" in owner_client.get(PAGE).content.decode()
    assert "Nothing is kept" in owner_client.get(PERSON, {"who": "x@example.com"}).content.decode()
    assert not Run.objects.exists()
