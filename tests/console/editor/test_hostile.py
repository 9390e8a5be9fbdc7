"""What no browser would send: each call ends in a refusal that names the problem, and nothing is stored."""

import json
import time
from typing import Any

import pytest
from django.test import Client

from apps.common import crypto
from apps.connections.models import Connection
from apps.console.editor.testing.asked import read_asked
from apps.console.editor.testing.dry import run_dry
from apps.webhooks.models import Delivery
from apps.workflows.models import Workflow
from apps.workflows.services import save_draft
from apps.workspaces.access import Actor
from tests.console.conftest import everything
from tests.console.editor.calls import SAMPLE, action, api, asked, definition, get, post
from tests.factories import ConnectionFactory, DeliveryFactory

pytestmark = pytest.mark.django_db

CANARY = "canary-7f3a-never-shown-0451"


def send(client: Client, workflow: Workflow, body: bytes, kind: str = "application/json") -> Any:
    return client.post(api(workflow, "draft"), body, content_type=kind)


def delivered(connection: Connection, payload: dict[str, Any], **columns: str) -> Delivery:
    """Return a stored delivery with its body, as receiving seals it."""
    made: Delivery = DeliveryFactory(connection=connection, **columns)
    made.body = crypto.pack_bytes(json.dumps(payload).encode(), bound_to=made.body_binding)
    made.save()
    return made


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
)
def test_another_content_type_is_refused(workflow: Workflow, owner_client: Client, kind: str) -> None:
    response = send(owner_client, workflow, b"{}", kind)

    assert response.status_code == 400
    assert response.json()["code"] == "wrong_content_type"


@pytest.mark.parametrize("size", [2_200_000, 3_000_000])
def test_a_body_that_is_too_long_is_refused(workflow: Workflow, owner_client: Client, size: int) -> None:
    response = send(owner_client, workflow, json.dumps({"definition": "x" * size}).encode())

    assert response.status_code == 413
    assert response.json()["code"] == "too_long"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b" ", "not_json"),
        (b"{", "not_json"),
        (b"[]", "malformed"),
        (b"null", "malformed"),
        (b"\xff\xfe", "not_utf8"),
        (b'{"definition": NaN}', "not_a_number"),
        (b'{"definition": 1e999}', "number_too_long"),
        (b'{"definition": "\\ud800"}', "lone_surrogate"),
        (b'{"definition": "\\u0000"}', "nul"),
        (b'{"definition": ' + b"[" * 5000 + b"]" * 5000 + b"}", "too_deep"),
        (b'{"revision": 1}', "malformed"),
        (b'{"definition": [], "revision": 1}', "malformed"),
    ],
)
def test_json_that_is_none_is_refused(
    workflow: Workflow, owner_client: Client, body: bytes, code: str
) -> None:
    before = everything()

    response = send(owner_client, workflow, body)

    assert response.status_code == 400
    assert response.json()["message"]
    assert response.json()["code"] in (code, code.replace("lone_", ""), "unsafe_text")
    assert everything() == before


@pytest.mark.parametrize("call", ["resolve", "tree", "render", "suggest"])
@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"step": 7}, "malformed"),
        ({"step": None}, "malformed"),
        ({"definition": "x"}, "malformed"),
        ({"definition": {"schema": 1}}, "invalid_definition"),
        ({"event": []}, "malformed"),
        ({"event": {"source": ["json"]}}, "unusable_event"),
        ({"outputs": []}, "malformed"),
        ({"outputs": {"tell": {"x": {}}}}, None),
    ],
    ids=str,
)
def test_previews_take_nonsense_calmly(
    workflow: Workflow, owner_client: Client, call: str, change: dict[str, Any], code: str | None
) -> None:
    body = {
        **asked(definition(action("tell", name="x")), "tell"),
        "template": "{{ trigger.email }}",
        **change,
    }

    response = owner_client.post(api(workflow, call), json.dumps(body), content_type="application/json")

    assert response.status_code == (400 if code else 200)
    assert response.json().get("code") == code
    assert code is None or response.json()["message"]


def test_a_template_bomb_ends_in_an_error_of_its_field(workflow: Workflow, owner_client: Client) -> None:
    bomb = "{% assign x = 'aaaaaaaaaa' %}" + "{% assign x = x | append: x %}" * 40 + "{{ x }}"
    loops = "{% for a in (1..100000) %}{% for b in (1..100000) %}{{ trigger.email }}{% endfor %}{% endfor %}"
    draft = definition(action("tell", name=bomb, identifier=loops))

    fields = post(owner_client, workflow, "resolve", asked(draft, "tell"))["fields"]

    assert fields["name"]["error"]
    assert fields["identifier"]["error"]


def test_markup_in_names_is_only_text(workflow: Workflow, owner_client: Client) -> None:
    name = "<script>alert(1)</script>"
    draft = definition({**action("tell", name=name), "name": name})
    post(owner_client, workflow, "draft", {"definition": draft, "revision": 1})
    post(owner_client, workflow, "rename", {"name": name})

    response = owner_client.get(api(workflow, "state"))

    assert response["Content-Type"] == "application/json"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response.json()["draft"]["steps"][0]["name"] == name
    for page in ("editor", "change"):
        html = owner_client.get(f"/admin/workflows/workflow/{workflow.pk}/{page}/").content.decode()
        assert name not in html


def test_no_answer_holds_a_secret(workflow: Workflow, owner_client: Client, actor: Actor) -> None:
    entered = {"site_id": "site", "track_api_key": CANARY, "region": "us"}
    connection = ConnectionFactory(
        workspace=workflow.workspace, app="customerio", name="Live", sandbox=False, entered=entered
    )
    stripe = Connection.objects.get(name="Stripe sandbox")
    payload = {
        "id": "evt_1",
        "type": "invoice.payment_failed",
        "data": {"object": {"id": "in_1", "client_secret": CANARY, "customer_email": "ada@example.com"}},
    }
    delivery = delivered(stripe, payload, event_id="evt_1", event_type="invoice.payment_failed")
    step = {
        **action("tell", name="{{ trigger.raw.data.object.client_secret }}"),
        "connection": str(connection.code),
    }
    draft = definition(step, connection=str(stripe.code))
    save_draft(workflow, actor=actor, definition=draft, revision=1)
    body = {**asked(draft, "tell"), "event": {"source": "delivery", "code": str(delivery.code)}}
    template = {**body, "template": "{{ trigger.raw | json }}"}

    answers = [
        get(owner_client, workflow, "state"),
        get(owner_client, workflow, "events"),
        get(owner_client, workflow, f"events/{delivery.code}"),
        get(owner_client, workflow, "connections/new", app="customerio"),
        post(owner_client, workflow, "resolve", body),
        post(owner_client, workflow, "tree", body),
        post(owner_client, workflow, "render", template),
        post(owner_client, workflow, "suggest", body),
    ]

    assert answers[1]["events"][0]["event_id"] == "evt_1"
    assert CANARY not in json.dumps(answers)
    assert "••••" in json.dumps(answers[2], ensure_ascii=False)


def test_a_connection_is_made_without_its_keys_being_told(
    workflow: Workflow, owner_client: Client, network: Any
) -> None:
    values = {"site_id": "site", "track_api_key": CANARY, "region": "us"}
    body = {"app": "customerio", "name": "New", "values": values, "base_url": "", "sandbox": False}

    made = post(owner_client, workflow, "connections", body)

    assert made["connection"]["name"] == "New"
    assert CANARY not in json.dumps([made, get(owner_client, workflow, "state")])
    assert post(owner_client, workflow, "connections", {**body, "name": "New"}, status=409)["field"] == "name"
    wrong = post(owner_client, workflow, "connections", {**body, "name": "B", "values": {}}, status=400)
    assert wrong["field"] == "site_id"
    post(owner_client, workflow, "connections", {**body, "app": "nothing"}, status=404)
    odd = post(owner_client, workflow, "connections", {**body, "values": {"site_id": 7}}, status=400)
    assert odd["field"] == "site_id"


def test_an_event_of_another_workspace_is_not_found(
    workflow: Workflow, owner_client: Client, other_workspace: Any
) -> None:
    foreign = ConnectionFactory(workspace=other_workspace, name="Foreign")
    delivery = delivered(foreign, {"id": "evt_9"})

    assert owner_client.get(api(workflow, f"events/{delivery.code}")).status_code == 404
    body = {
        **asked(definition(action("tell")), "tell"),
        "event": {"source": "delivery", "code": str(delivery.code)},
    }
    assert post(owner_client, workflow, "resolve", body, status=400)["field"] == "event"
    listed = get(
        owner_client, workflow, "events", connection=str(foreign.code), trigger="stripe.trigger-invoice-paid"
    )
    assert listed == {"events": []}


def test_transforms_that_take_long_do_not_hold_the_page_up(workflow: Workflow, owner_client: Client) -> None:
    heavy = {
        "kind": "transform",
        "name": "Heavy",
        "source": {"value": list(range(900))},
        "operations": [{"op": "map", "value": {"template": "{{ item | plus: 1 }}"}}] * 10,
    }
    draft = definition(*({**heavy, "id": f"t{number}"} for number in range(60)), action("tell", name="x"))
    began = time.perf_counter()

    fields = post(owner_client, workflow, "resolve", asked(draft, "tell"))["fields"]

    # Together they would take some twenty seconds.
    assert time.perf_counter() - began < 10
    assert fields["name"]["text"] == "x"


def heavy(step_id: str) -> dict[str, Any]:
    """Return a transform that is within its limits and takes seconds."""
    changing = {"op": "map", "value": {"template": "{{ item" + " | upper | lower" * 40 + " }}"}}
    return {
        "id": step_id,
        "kind": "transform",
        "name": "Heavy",
        "source": {"value": ["x"] * 1000},
        "operations": [changing] * 20,
    }


def test_one_transform_that_takes_long_does_not_hold_the_page_up(
    workflow: Workflow, owner_client: Client
) -> None:
    began = time.perf_counter()

    found = post(owner_client, workflow, "resolve", asked(definition(heavy("one")), "one"))["fields"]

    assert "too long" in found["output"]["error"]
    assert time.perf_counter() - began < 5  # Half a second each for what it sees and what it gives.


def test_a_dry_test_ends_in_the_middle_of_a_step(workflow: Workflow) -> None:
    asked_for = read_asked(workflow, {"definition": definition(heavy("one")), "event": SAMPLE})
    began = time.perf_counter()

    found = run_dry(asked_for, actor=Actor.system("test"), seconds=0.3)

    assert found.outcome == "failed"
    assert "time limit" in found.message
    assert found.results.as_json() == []
    assert time.perf_counter() - began < 2
