"""What people see of the general apps: the address, the example, the red mark, the fields of a request."""

import json

import pytest
from django.test import Client

from apps.connections import registration, services
from apps.connections.models import Connection, Endpoint
from apps.console import doctor, samples
from apps.runs.models import Run
from apps.webhooks import services as webhooks
from apps.webhooks.models import Delivery
from apps.workflows import services as workflows
from tests.factories import definition
from tests.general.conftest import ACTOR, SECRET, live, post, step, work

pytestmark = pytest.mark.django_db

LIST = "/admin/connections/connection/"
RED = '<span class="td-badge td-danger">Not verified</span>'


def page(connection: Connection) -> str:
    return f"{LIST}{connection.pk}/change/"


@pytest.fixture
def open_door(workspace):
    return services.create_connection(
        workspace, actor=ACTOR, app="webhook", name="Open door", values={"verification": "none"}
    )


@pytest.fixture
def echo(workspace):
    return services.create_connection(
        workspace, actor=ACTOR, app="http", name="Echo", values={}, sandbox=True
    )


def echoing(echo: Connection) -> dict:
    return step("http.request", echo, method="POST", path="/orders", json={"id": "{{ trigger.body.id }}"})


def test_the_page_shows_the_address_and_an_example_and_no_secret(owner_client, hook):
    content = owner_client.get(page(hook)).content.decode()

    assert registration.endpoint_of(hook).token in content
    assert "openssl dgst -sha256 -hmac" in content
    assert SECRET not in content
    assert "Repair" not in content
    assert RED not in content


def test_an_address_that_verifies_nothing_is_red_wherever_it_is_shown(owner_client, open_door, echo):
    workflow = live(open_door, echoing(echo))
    owner_client.post(
        f"/v1/webhooks/webhook/{Endpoint.objects.get().token}", data={}, content_type="application/json"
    )
    delivery = Delivery.objects.get()

    for where in (
        LIST,
        page(open_door),
        f"/admin/workflows/workflow/{workflow.pk}/change/",
        delivery.get_absolute_url(),
    ):
        assert RED in owner_client.get(where).content.decode(), where
    for where in (page(open_door), f"/admin/workflows/workflow/{workflow.pk}/publish/"):
        assert "Nothing is verified here." in owner_client.get(where).content.decode(), where


def test_the_doctor_warns_of_an_address_that_verifies_nothing(open_door, echo):
    live(open_door, echoing(echo))

    [finding] = [each for each in doctor.examine() if each.subject == "webhooks"]

    assert (finding.level, "verifies nothing" in finding.message) == (doctor.Level.WARNING, True)


def test_a_verified_address_is_red_nowhere(owner_client, hook, echo):
    workflow = live(hook, echoing(echo))

    for where in (LIST, page(hook), f"/admin/workflows/workflow/{workflow.pk}/change/"):
        assert RED not in owner_client.get(where).content.decode(), where


def test_the_form_demands_that_the_verification_is_chosen(owner_client):
    answer = owner_client.post(f"{LIST}add/?app=webhook", {"name": "Shop", "auth_secret": SECRET})

    assert answer.status_code == 200
    assert not Connection.objects.filter(app="webhook").exists()


def test_a_value_that_is_emptied_is_forgotten(owner_client, hook):
    values = {"name": "Shop", "auth_verification": "hmac", "auth_event_id_from": ""}

    owner_client.post(f"{LIST}{hook.pk}/reconnect/", values)

    hook.refresh_from_db()
    assert "event_id_from" not in hook.values
    assert "secret" in hook.hints


def test_the_editor_offers_what_the_newest_request_held(editor_client, hook, echo):
    post(hook, b'{"id": "old", "former": 1}')
    post(hook, b'{"id": "new", "order": {"lines": [{"sku": "mug"}]}}')
    draft = workflows.create_workflow(
        hook.workspace,
        actor=ACTOR,
        name="Order",
        definition=definition("webhook.trigger-catch", str(hook.code), (echoing(echo),)),
    )

    content = editor_client.get(f"/admin/workflows/workflow/{draft.pk}/edit/").content.decode()

    assert "{{ trigger.body.order.lines[0].sku }}" in content
    assert "{{ trigger.headers.content-type }}" in content
    assert "{{ trigger.body.former }}" not in content
    assert "{{ trigger.raw.body" not in content


def test_a_path_inside_the_body_is_nobodys_to_refuse(hook, echo):
    told = step(
        "http.request", echo, method="POST", path="/orders", json={"id": "{{ trigger.body.not.seen }}"}
    )

    workflow = live(hook, told)

    assert workflow.status == "published"


@pytest.mark.parametrize(
    "values",
    [
        {"verification": "hmac", "secret": SECRET},
        {"verification": "hmac", "secret": SECRET, "event_id_from": "body.id"},
        {"verification": "secret", "secret": SECRET, "event_id_from": "headers.x-event-id"},
        {"verification": "none"},
    ],
    ids=lambda values: "-".join(key for key in values if key != "secret") + values["verification"],
)
def test_a_sample_goes_through_the_real_door(workspace, echo, values):
    shop = services.create_connection(workspace, actor=ACTOR, app="webhook", name="Shop", values=values)
    workflow = live(shop, echoing(echo))

    sent = samples.send_sample(workflow, actor=ACTOR)
    work()

    run = Run.objects.get()
    assert (sent.status, sent.event_id) == (200, run.event_id)
    assert run.status == Run.Status.SUCCEEDED


@pytest.mark.parametrize(
    ("body", "kind", "told"),
    [
        (b'{"order": {"id": "4711"}}', "application/json", {"order": {"id": "4711"}}),
        (b"a=1&b=2", "application/x-www-form-urlencoded", {"a": "1", "b": "2"}),
        (b"hello", "text/plain", "hello"),
        (b'"hello"', "application/json", "hello"),
        (b"", "", None),
    ],
)
def test_the_sample_is_the_newest_request_where_there_is_one(open_door, echo, body, kind, told):
    address = f"/v1/webhooks/webhook/{Endpoint.objects.get().token}"
    Client().post(address, data=body, content_type=kind)
    workflow = live(open_door, echoing(echo))

    sent = samples.send_sample(workflow, actor=ACTOR)

    first, again = Delivery.objects.order_by("pk")
    assert first.event_id != again.event_id == sent.event_id
    assert json.loads(webhooks.body_of(again))["body"] == told


def test_nothing_is_learnt_from_a_sample(owner_client, hook, echo):
    workflow = live(hook, echoing(echo))
    samples.send_sample(workflow, actor=ACTOR)
    edit = f"/admin/workflows/workflow/{workflow.pk}/edit/"

    made_up = owner_client.get(edit).content.decode()
    post(hook, b'{"id": "real", "thing": 1}')
    samples.send_sample(workflow, actor=ACTOR)
    real = owner_client.get(edit).content.decode()

    assert "Sample event" in made_up
    assert "{{ trigger.body.thing }}" in real
    assert json.loads(webhooks.body_of(Delivery.objects.order_by("-pk")[0]))["body"]["thing"] == 1


def test_a_sandbox_of_each_app_runs_from_end_to_end(workspace, echo):
    hook, mail = (
        services.create_connection(workspace, actor=ACTOR, app=app, name=app, values={}, sandbox=True)
        for app in ("webhook", "email")
    )
    told = step(
        "email.send",
        mail,
        to="{{ trigger.body.customer.email }}",
        subject="Hello",
        text="{{ steps.request.body.id }}",
    )
    workflow = live(hook, echoing(echo), told)

    samples.send_sample(workflow, actor=ACTOR)
    work()

    assert Run.objects.get().status == Run.Status.SUCCEEDED
    assert json.dumps([call.url for call in mail.sandbox_calls.all()]) == '["smtp://smtp.example.com:587"]'
