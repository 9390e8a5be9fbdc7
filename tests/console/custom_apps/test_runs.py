"""Own apps under published workflows: received, run, changed, moved."""

import json
from typing import Any

import pytest

from apps.catalog import custom_apps, registry, signatures
from apps.catalog.custom_rows import seen_by
from apps.catalog.models import CustomApp
from apps.catalog.signatures import Hmac
from apps.common.errors import Conflict
from apps.connections import registration
from apps.connections import services as connections
from apps.connections.models import Connection
from apps.console.custom_apps import saving
from apps.console.samples import send_sample
from apps.runs.models import Effect, Run
from apps.webhooks import services as webhooks
from apps.webhooks.models import Delivery
from apps.workflows import publishing, services
from apps.workflows.models import Workflow
from apps.workflows.versions import compiled
from apps.workspaces.access import Actor
from tests.catalog.custom.shop import create_order, order_paid, shop
from tests.connections.conftest import Network, json_response
from tests.console.html_forms import page
from tests.factories import definition

pytestmark = pytest.mark.django_db

KEY = "shop-key-0123456789"
SIGNING = "shop-signing-0123456789"


@pytest.fixture
def actor(owner: Any) -> Actor:
    return Actor.of(owner)


@pytest.fixture
def app(workspace: Any, actor: Actor) -> CustomApp:
    return custom_apps.create_app(workspace, actor=actor, declaration=shop())


def connect(app: CustomApp, actor: Actor, **given: Any) -> Connection:
    values = {"api_key": KEY, "signing_secret": SIGNING}
    made = connections.create_connection(
        app.workspace, actor=actor, app=app.key, name="Shop live", **{"values": values, **given}
    )
    Connection.objects.filter(pk=made.pk).update(status=Connection.Status.CONNECTED)
    made.refresh_from_db()
    return made


def published(app: CustomApp, connection: Connection, actor: Actor) -> Workflow:
    step = {
        "id": "order",
        "kind": "action",
        "name": "Order again",
        "action": "shop.create-order",
        "connection": str(connection.code),
        "inputs": {"email": {"template": "{{ trigger.email }}"}, "sku": {"template": "{{ trigger.sku }}"}},
    }
    draft = definition("shop.trigger-order-paid", str(connection.code), (step,))
    workflow = services.create_workflow(app.workspace, actor=actor, name="Order again", definition=draft)
    publishing.publish(workflow, actor=actor)
    workflow.refresh_from_db()
    return workflow


def deliver(connection: Connection, payload: dict[str, Any], **headers: str) -> webhooks.Receipt:
    body = json.dumps(payload).encode()
    signed = signatures.sign(Hmac(header="X-Shop-Signature", prefix="sha256="), body, SIGNING, 0)
    path = f"shop/{registration.endpoint_of(connection).token}"
    return webhooks.receive(
        path, {name.lower(): value for name, value in {**signed, **headers}.items()}, body
    )


def ordered(request: Any) -> Any:
    return json_response(201, {"order": {"id": "ord_2", "total": 700}})


@pytest.fixture
def live(app: CustomApp, actor: Actor, network: Network, transactional_db: None) -> Connection:
    network.answer = ordered
    connection = connect(app, actor)
    published(app, connection, actor)
    return connection


def test_a_signed_delivery_runs_the_workflow_once(live, network, work):
    sample = order_paid()["sample"]

    assert deliver(live, sample).status == 200
    assert deliver(live, sample).code == "duplicate"
    work()

    assert Run.objects.get().status == Run.Status.SUCCEEDED
    [request] = network.requests
    assert request.headers["Authorization"] == f"Bearer {KEY}"
    assert Effect.objects.get().key == request.headers["Idempotency-Key"]
    assert json.loads(request.body)["email"] == "jane@example.com"


def test_a_forged_delivery_is_refused(live):
    path = f"shop/{registration.endpoint_of(live).token}"

    receipt = webhooks.receive(path, {"x-shop-signature": "sha256=" + "0" * 64}, b"{}")

    assert receipt.status == 401
    assert not Delivery.objects.exists()


def test_type_and_id_in_headers_reach_the_run(app, actor, network, work, transactional_db):
    place = {"kind": "header", "value": "X-Topic"}
    hook = {**shop()["webhook"], "event_type": place, "event_id": {"kind": "header", "value": "X-Id"}}
    saving.save(app, actor=actor, declaration=shop(webhook=hook), revision=1)
    network.answer = ordered
    connection = connect(app, actor)
    workflow = published(app, connection, actor)
    payload = order_paid()["sample"]["data"]

    receipt = deliver(connection, {"data": payload}, **{"X-Topic": "order.paid", "X-Id": "77"})
    work()

    assert receipt.status == 200
    run = Run.objects.get()
    assert (run.delivery.event_id, run.delivery.event_type) == ("77", "order.paid")
    assert run.status == Run.Status.SUCCEEDED
    assert send_sample(workflow, actor=actor, confirmed=True).status == 200
    work()
    assert list(Run.objects.values_list("status", flat=True)) == [Run.Status.SUCCEEDED] * 2


def test_an_own_app_runs_in_its_sandbox(app, actor, network, work, transactional_db):
    connection = connect(app, actor, values={}, sandbox=True)
    workflow = published(app, connection, actor)

    send_sample(workflow, actor=actor)
    work()

    assert Run.objects.get().status == Run.Status.SUCCEEDED
    assert network.requests == []
    assert connection.sandbox_calls.get().url == "https://shop.example.com/api/branches/sandbox-branch/orders"


def test_a_changed_declaration_is_used_by_what_is_published(live, app, actor, network, work):
    version = Workflow.objects.get().live_version.pk
    before = compiled(version)
    assert compiled(version) is before

    changed = create_order(body={**create_order()["body"], "gift": True})
    saving.save(app, actor=actor, declaration=shop(actions=[changed]), revision=1)
    deliver(live, order_paid()["sample"])
    work()

    assert compiled(version) is not before
    assert [json.loads(request.body)["gift"] for request in network.requests] == [True]


def test_what_a_workflow_needs_is_kept_and_the_workflow_is_named(live, app, actor):
    for fewer in (shop(actions=[]), shop(triggers=[])):
        with pytest.raises(Conflict, match="“Order again” needs"):
            saving.save(app, actor=actor, declaration=fewer, revision=1)
    with pytest.raises(Conflict, match="Shop live"):
        saving.delete(app, actor=actor)

    publishing.unpublish(Workflow.objects.get(), actor=actor)
    saving.save(app, actor=actor, declaration=shop(actions=[]), revision=1)

    assert registry.get_app("shop").actions == ()


@pytest.mark.parametrize(
    ("changes", "needed"),
    [
        ({"effect": "upsert"}, "what it does there"),
        ({"key_header": ""}, "the header for the idempotency key"),
        ({"method": "PUT"}, "the method"),
        ({"path": "/v2/orders"}, "the path"),
    ],
)
def test_what_decides_about_repetition_is_fixed_once_published(live, app, actor, changes, needed):
    with pytest.raises(Conflict, match=f"“Order again” needs {needed} of “Create order”") as refused:
        saving.save(app, actor=actor, declaration=shop(actions=[create_order(**changes)]), revision=1)

    assert "Add a new action" in refused.value.remedy
    publishing.unpublish(Workflow.objects.get(), actor=actor)
    saving.save(app, actor=actor, declaration=shop(actions=[create_order(**changes)]), revision=1)


@pytest.mark.parametrize(
    "changes",
    [
        {"base_url": "https://elsewhere.example.com"},
        {"actions": [create_order(body={"email": "{{ inputs.email }}"})]},
    ],
    ids=["base address", "body"],
)
def test_a_call_of_unknown_outcome_is_not_diverted(live, app, actor, network, work, changes):
    network.answer = lambda request: json_response(500, {})
    deliver(live, order_paid()["sample"])
    work()
    assert Effect.objects.get().status in (Effect.Status.PENDING, Effect.Status.UNKNOWN)

    with pytest.raises(Conflict, match="outcome of a call is not known in a run of “Order again”"):
        saving.save(app, actor=actor, declaration=shop(**changes), revision=1)

    Run.objects.update(status=Run.Status.CANCELLED)
    saving.save(app, actor=actor, declaration=shop(**changes), revision=app.revision)


def test_a_moved_app_sends_no_key_elsewhere_and_its_runs_wait(live, app, actor, network, work):
    elsewhere = "https://elsewhere.example.com"
    assert saving.save(app, actor=actor, declaration=shop(base_url=elsewhere), revision=1) == ["Shop live"]

    deliver_after_move(live)
    work()

    assert network.requests == []
    assert not Run.objects.filter(status=Run.Status.SUCCEEDED).exists()
    connection = connections.reconnect(
        live, actor=actor, values={"api_key": "new-key-0123456789", "signing_secret": SIGNING}
    )
    connections.test_connection(connection, actor=actor)
    deliver(live, {**order_paid()["sample"], "id": "evt_2"})
    work()
    posted = [request for request in network.requests if request.method == "POST"]
    assert {request.url for request in posted} == {f"{elsewhere}/branches/main/orders"}
    assert {request.headers["Authorization"] for request in posted} == {"Bearer new-key-0123456789"}


def deliver_after_move(connection: Connection) -> None:
    """Send an event whose secret can't be read now: it is asked for again, nothing is lost."""
    receipt = deliver(connection, order_paid()["sample"])
    assert receipt.status == 503


def test_a_switched_off_app_goes_on_where_it_is_published(live, app, actor, network, work):
    custom_apps.set_enabled(app, actor=actor, enabled=False)

    deliver(live, order_paid()["sample"])
    work()

    assert Run.objects.get().status == Run.Status.SUCCEEDED
    draft = services.create_workflow(
        app.workspace,
        actor=actor,
        name="New",
        definition=definition("shop.trigger-order-paid", str(live.code)),
    )
    assert "switched_off" in [problem.code for problem in services.validate_draft(draft)]
    assert services.validate_draft(Workflow.objects.get(name="Order again")) == []


def test_a_page_of_another_workspace_finds_nothing(app, other_workspace):
    with seen_by(lambda: other_workspace.pk), pytest.raises(registry.UnknownKeyError):
        registry.get_action("shop.create-order")
    with seen_by(lambda: None), pytest.raises(registry.UnknownKeyError):
        registry.get_app("shop")
    with seen_by(lambda: app.workspace_id):
        assert registry.get_trigger("shop.trigger-order-paid")[1].name == "Order paid"


def test_a_trial_shows_what_was_sent_without_the_key(live, app, owner_client, network):
    url = f"/admin/catalog/customapp/{app.pk}/try/create-order/"
    posted = {"connection": str(live.code), "input-email": "jane@example.com", "input-sku": "A-1"}

    asked = owner_client.post(url, posted).content.decode()
    assert network.requests == []
    shown = owner_client.post(url, {**posted, "confirmed": "on"}).content.decode()

    assert "Tick that it may" in asked
    assert "The call succeeded." in shown
    assert "ord_2" in shown
    assert KEY not in shown
    [request] = network.requests
    assert json.loads(request.body)["email"] == "jane@example.com"


def test_a_form_that_is_sent_twice_makes_one_call(live, app, owner_client, network):
    url = f"/admin/catalog/customapp/{app.pk}/try/create-order/"
    form = page(owner_client.get(url)).forms[-1].posted({"connection": str(live.code)})
    assert form["once"]

    owner_client.post(url, form)  # Not ticked yet: nothing was done, so the form may be sent again.
    for _ in range(2):
        again = owner_client.post(url, {**form, "confirmed": "on"}).content.decode()

    assert "was sent already" in again
    assert len(network.requests) == 1


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"input-email": "nobody"}, "is not an e-mail address"),
        ({"input-email": ""}, "is empty"),
        ({"input-quantity": "many"}, "is text that is not a number"),
        ({"connection": "00000000-0000-0000-0000-000000000000"}, ""),
    ],
)
def test_a_trial_with_wrong_inputs_or_a_foreign_connection_calls_nobody(
    live, app, owner_client, network, changes, told
):
    url = f"/admin/catalog/customapp/{app.pk}/try/create-order/"
    posted = {"connection": str(live.code), "input-email": "jane@example.com", "input-sku": "A-1"}

    response = owner_client.post(url, {**posted, "confirmed": "on", **changes})

    assert told in response.content.decode()
    assert network.requests == []


def test_a_trial_tells_how_the_call_failed(live, app, owner_client, network):
    network.answer = lambda request: json_response(422, {"error": {"message": f"Bad key {KEY}"}})
    url = f"/admin/catalog/customapp/{app.pk}/try/create-order/"
    posted = {"connection": str(live.code), "input-email": "jane@example.com", "input-sku": "A-1"}

    shown = owner_client.post(url, {**posted, "confirmed": "on"}).content.decode()

    assert "The call failed." in shown
    assert "(422)" in shown
    assert KEY not in shown
