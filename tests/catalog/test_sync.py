"""The catalog's rows: equal to the code, written once, browsable, switched off by operators alone."""

import re

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from apps.catalog import registry, switches
from apps.catalog.models import Action, App, Trigger
from apps.catalog.sync import sync
from apps.common.errors import NotAllowed
from apps.workspaces.access import Actor
from apps.workspaces.models import AuditEntry
from tests.personas import MEMBERS

pytestmark = pytest.mark.django_db
ROWS = (App, Trigger, Action)


def test_migrating_fills_the_rows_from_the_registry():
    assert set(App.objects.values_list("key", flat=True)) == {app.key for app in registry.APPS}
    triggers = {registry.trigger_ref(*each) for each in registry.iter_triggers()}
    assert set(Trigger.objects.values_list("ref", flat=True)) == triggers
    actions = {registry.action_ref(*each) for each in registry.iter_actions()}
    assert set(Action.objects.values_list("ref", flat=True)) == actions


def test_syncing_again_writes_nothing():
    with CaptureQueriesContext(database) as queries:
        counts = sync()

    assert (counts.created, counts.updated, counts.retired) == (0, 0, 0)
    assert not [each["sql"] for each in queries if re.match(r"(INSERT|UPDATE|DELETE)", each["sql"])]


def test_a_changed_declaration_is_written_and_keeps_the_switch():
    Trigger.objects.filter(ref="stripe.trigger-charge-failed").update(name="Old", digest="old", enabled=False)

    counts = sync()

    row = Trigger.objects.get(ref="stripe.trigger-charge-failed")
    assert (row.name, row.enabled) == ("Charge Failed", False)
    assert counts.updated == 1


def test_what_is_no_longer_declared_is_marked_and_comes_back():
    without = [app for app in registry.APPS if app.key != "customerio"]

    sync(without)
    assert not App.objects.get(key="customerio").declared
    assert not Action.objects.filter(ref__startswith="customerio.", declared=True).exists()

    sync()
    assert App.objects.get(key="customerio").declared


def test_a_triggers_fields_have_types_and_examples_from_the_sample():
    row = Trigger.objects.get(ref="stripe.trigger-charge-failed")

    fields = {field["key"]: field for field in row.declaration["fields"]}
    assert fields["amount"]["type"] == "integer"
    assert fields["charge_id"]["example"].startswith("ch_")
    assert {"event_id", "event_type", "livemode", "occurred_at"} <= set(fields)
    assert row.sample["type"] == "charge.failed"


@pytest.mark.parametrize("persona", MEMBERS)
@pytest.mark.parametrize("model", ROWS)
def test_every_member_may_look_at_everything(persona, model, persona_client):
    client, name = persona_client(persona), model._meta.model_name

    assert client.get(f"/admin/catalog/{name}/").status_code == 200
    rows = model.objects.order_by("pk")
    # The pages are the same for all: who may do least sees them all, the others the first.
    for row in rows if persona == "viewer" else rows[:1]:
        response = client.get(f"/admin/catalog/{name}/{row.pk}/change/")
        assert response.status_code == 200
        assert row.name in response.content.decode()


def test_the_page_of_a_trigger_shows_sample_fields_and_address(viewer_client):
    row = Trigger.objects.get(ref="stripe.trigger-invoice-payment-failed")

    content = viewer_client.get(f"/admin/catalog/trigger/{row.pk}/change/").content.decode()

    for text in ("attempt_count", "hosted_invoice_url", "&quot;object&quot;: &quot;event&quot;"):
        assert text in content
    assert "/v1/webhooks/stripe.trigger-invoice-payment-failed/&lt;token&gt;" in content
    assert "Track Custom Event" in content


def test_the_page_of_a_trigger_that_is_made_here_names_no_address(viewer_client):
    row = Trigger.objects.get(ref="schedule.trigger-at-set-times")

    content = viewer_client.get(f"/admin/catalog/trigger/{row.pk}/change/").content.decode()

    assert "this installation makes the event itself" in content
    assert "/v1/webhooks/" not in content


def test_the_page_of_an_action_shows_inputs_limits_and_danger(viewer_client):
    row = Action.objects.get(ref="customerio.delete-person")

    content = viewer_client.get(f"/admin/catalog/action/{row.pk}/change/").content.decode()

    assert "identifier" in content
    assert row.danger in content.replace("&#x27;", "'")


@pytest.mark.parametrize("persona", MEMBERS)
def test_members_cannot_switch_anything(persona, persona_client):
    row = Trigger.objects.first()

    response = persona_client(persona).post(f"/admin/catalog/trigger/{row.pk}/switch/", {"enabled": "0"})

    assert response.status_code == 403
    assert Trigger.objects.get(pk=row.pk).enabled


def test_a_superuser_switches_off_and_on_and_every_workspace_is_told(superuser_client, workspace):
    row = Action.objects.get(ref="customerio.delete-person")

    superuser_client.post(f"/admin/catalog/action/{row.pk}/switch/", {"enabled": "0"})
    assert "customerio.delete-person" in switches.switched_off()
    assert AuditEntry.objects.get(workspace=workspace).verb == "catalog.action_switched_off"

    superuser_client.post(f"/admin/catalog/action/{row.pk}/switch/", {"enabled": "1"})
    assert switches.switched_off() == frozenset()


def test_superusers_switch_many_at_once(superuser_client, workspace):
    rows = Trigger.objects.filter(app__key="stripe")

    superuser_client.post(
        "/admin/catalog/trigger/",
        {"action": "switch_off", "_selected_action": [row.pk for row in rows]},
    )

    assert set(rows.values_list("ref", flat=True)) == switches.switched_off()


def test_an_app_that_is_off_takes_its_triggers_and_actions_along():
    App.objects.filter(key="stripe").update(enabled=False)

    off = switches.switched_off()

    assert "stripe.trigger-charge-failed" in off
    assert "stripe.get-customer" in off
    assert not any(ref.startswith("customerio.") for ref in off)


def test_the_service_refuses_members(owner, workspace):
    with pytest.raises(NotAllowed):
        switches.set_enabled(App.objects.get(key="stripe"), actor=Actor.of(owner), enabled=False)


@pytest.mark.parametrize("model", ROWS)
def test_nothing_is_added_changed_or_deleted_in_the_admin(model, superuser_client):
    name, row = model._meta.model_name, model.objects.first()

    assert superuser_client.get(f"/admin/catalog/{name}/add/").status_code == 403
    assert superuser_client.post(f"/admin/catalog/{name}/{row.pk}/change/", {"name": "x"}).status_code == 405
    assert (
        superuser_client.post(f"/admin/catalog/{name}/{row.pk}/delete/", {"post": "yes"}).status_code == 403
    )


@pytest.mark.parametrize("model", ROWS)
def test_a_row_that_is_not_there_is_not_found(model, viewer_client):
    assert viewer_client.get(f"/admin/catalog/{model._meta.model_name}/999999/change/").status_code == 404


@pytest.mark.parametrize("model", ROWS)
def test_a_row_of_the_catalog_offers_no_empty_history(model, superuser_client):
    address = f"/admin/catalog/{model._meta.model_name}/{model.objects.first().pk}"

    assert f"{address}/history/" not in superuser_client.get(f"{address}/change/").content.decode()
    assert superuser_client.get(f"{address}/history/").status_code == 404
