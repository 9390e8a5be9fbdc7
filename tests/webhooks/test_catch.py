"""The address that takes any request: verified as its connection says, kept whole, run once or each time."""

import hashlib
import hmac
import json
import shutil
import subprocess
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.connections import registration, services
from apps.connections.addresses import by_hand
from apps.connections.models import Connection, Endpoint
from apps.runs import payload
from apps.runs.models import Run
from apps.webhooks import replays
from apps.webhooks.models import Delivery
from apps.workspaces.access import Actor
from tests.webhooks.conftest import publish

pytestmark = pytest.mark.django_db

SECRET = "a secret of the tests"
TRIGGER = "webhook.trigger-catch"
ACTOR = Actor.system("test")


def connect(workspace: Any, **values: str) -> Connection:
    entered = {"verification": "hmac", "secret": SECRET, **values}
    entered = {key: value for key, value in entered.items() if value}
    return services.create_connection(workspace, actor=ACTOR, app="webhook", name="Shop", values=entered)


def address(connection: Connection) -> str:
    return f"/v1/webhooks/webhook/{registration.endpoint_of(connection).token}"


def signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    return {"X-Signature": hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


def post(connection: Connection, body: bytes = b"{}", *, query: str = "", **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    kind = named.pop("content-type", "application/json")
    return Client().post(
        address(connection) + (f"?{query}" if query else ""),
        data=body,
        content_type=kind,
        headers={**signed(body), **named},
    )


@pytest.fixture
def shop(workspace):
    return connect(workspace)


def test_a_signed_request_starts_a_run_that_reads_all_of_it(shop):
    publish(shop, TRIGGER)

    answer = post(shop, b'{"order": {"id": "4711"}}', query="source=shop", x_shop_event="paid")

    assert (answer.status_code, answer.json()["code"]) == (200, "accepted")
    data = payload.trigger_data(Run.objects.select_related("delivery").get(), TRIGGER)
    assert data["body"] == {"order": {"id": "4711"}}
    assert data["query"] == {"source": "shop"}
    assert data["headers"]["x-shop-event"] == "paid"
    assert "x-signature" not in data["headers"]
    assert (data["method"], data["content_type"]) == ("POST", "application/json")
    assert (data["event_type"], data["event_id"]) == ("request", Delivery.objects.get().event_id)


@pytest.mark.parametrize("headers", [{"x_signature": "0" * 64}, {"x_signature": ""}])
def test_a_request_that_is_not_signed_is_refused(shop, headers):
    publish(shop, TRIGGER)

    assert post(shop, **headers).status_code in (400, 401)
    assert not Delivery.objects.exists()


def test_two_equal_requests_are_two_events(shop):
    publish(shop, TRIGGER)

    assert [post(shop).json()["code"] for _ in range(2)] == ["accepted", "accepted"]
    assert Run.objects.count() == 2


def test_an_event_with_an_id_is_handled_once(workspace):
    shop = connect(workspace, event_id_from="body.id")
    publish(shop, TRIGGER)

    codes = [
        post(shop, body).json()["code"]
        for body in (b'{"id": 1}', b'{"id": "1", "again": true}', b'{"id": 2}')
    ]

    assert codes == ["accepted", "duplicate", "accepted"]
    assert Run.objects.count() == 2


def test_a_type_of_the_senders_fires_the_trigger_too(workspace):
    shop = connect(workspace, event_type_from="headers.X-Shop-Event")
    publish(shop, TRIGGER)

    answer = post(shop, x_shop_event="order.paid")

    assert answer.json()["code"] == "accepted"
    assert Delivery.objects.get().event_type == "order.paid"


@pytest.mark.parametrize(
    ("body", "kind", "told"),
    [
        (b"{broken", "application/json", "not JSON"),
        (b"--x", "multipart/form-data; boundary=x", "multipart/form-data is not read"),
        (b"[" * 64 + b"]" * 64, "application/json", "nested"),
    ],
)
def test_what_can_not_be_read_is_kept_with_the_reason_and_answered_well(shop, body, kind, told):
    answer = post(shop, body, content_type=kind)

    delivery = Delivery.objects.get()
    assert answer.status_code == 200
    assert delivery.status == Delivery.Status.QUARANTINED
    assert told in delivery.reason
    assert delivery.body_size == len(body)


def test_a_request_without_its_id_is_quarantined(workspace):
    shop = connect(workspace, event_id_from="body.id")
    publish(shop, TRIGGER)

    post(shop, b"{}")

    assert Delivery.objects.get().status == Delivery.Status.QUARANTINED
    assert not Run.objects.exists()


def test_a_kept_request_can_be_run_again_as_it_was(workspace):
    shop = connect(workspace, event_id_from="headers.x-event-id", event_type_from="body.type")
    post(shop, b'{"type": "order.paid"}', x_event_id="e1")
    workflow = publish(shop, TRIGGER)

    [run] = replays.run_again(Delivery.objects.get(), actor=ACTOR)

    assert (run.workflow, run.event_id, run.event_type) == (workflow, "e1", "order.paid")


def test_only_the_token_leads_to_an_address_that_verifies_nothing(workspace):
    open_door = connect(workspace, verification="none", secret="")
    publish(open_door, TRIGGER)

    assert (
        Client().post(f"/v1/webhooks/{TRIGGER}", data={}, content_type="application/json").status_code == 404
    )
    assert Client().post(address(open_door), data={}, content_type="application/json").status_code == 200
    assert Run.objects.count() == 1


def test_a_forgotten_secret_closes_the_door(shop):
    """However the secret went away: nothing falls back to taking whatever comes."""
    Connection.objects.filter(pk=shop.pk).update(hints={}, credentials=b"")

    assert post(shop).status_code == 401
    assert Client().post(address(shop), data={}, content_type="application/json").status_code in (400, 401)


def test_the_secret_of_every_sandbox_signs_nothing(workspace):
    sandbox = services.create_connection(
        workspace, actor=ACTOR, app="webhook", name="Sandbox", values={}, sandbox=True
    )

    body = b"{}"
    answer = Client().post(
        address(sandbox),
        data=body,
        content_type="application/json",
        headers=signed(body, "sandbox-signing-secret"),
    )

    assert answer.status_code == 401


def test_receiving_asks_the_database_no_more_than_for_other_apps(shop, endpoint, listening):
    publish(shop, TRIGGER)
    from tests.webhooks.stripe_sender import address as stripe_address
    from tests.webhooks.stripe_sender import event
    from tests.webhooks.stripe_sender import post as stripe_post

    where = address(shop)
    stripe_body = event()
    with CaptureQueriesContext(database) as usual:
        assert stripe_post(stripe_address(endpoint), stripe_body).json()["code"] == "accepted"
    body = b"{}"
    with CaptureQueriesContext(database) as caught:
        answer = Client().post(where, data=body, content_type="application/json", headers=signed(body))

    assert answer.json()["code"] == "accepted"
    assert len(caught) <= len(usual)


VARIANTS = [
    {"verification": "none", "secret": ""},
    {"verification": "secret", "header": "Authorization", "prefix": "Bearer"},
    {"header": "X-Hub-Signature-256", "prefix": "sha256="},
    {"algorithm": "sha1", "encoding": "base64"},
    {"algorithm": "sha512", "timestamp_header": "X-Time", "signed": "v0:{timestamp}:{body}", "prefix": "v0="},
]


@pytest.mark.skipif(shutil.which("openssl") is None, reason="the example command needs openssl")
@pytest.mark.parametrize("values", VARIANTS, ids=lambda values: "-".join(values.values()) or "none")
def test_the_example_command_sends_what_the_connection_takes(workspace, tmp_path, values):
    shop = connect(workspace, **values)
    command = by_hand(Endpoint.objects.get(connection=shop)).command
    assert SECRET not in command
    told = tmp_path / "curl"
    told.write_text('#!/bin/sh\nfor each in "$@"; do printf "%s\\0" "$each"; done\n')
    told.chmod(0o755)

    run = subprocess.run(
        ["/bin/sh", "-c", command.replace("'…'", f"'{SECRET}'")],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        check=True,
    )

    words = run.stdout.decode().split("\0")
    headers = dict(word.split(": ", 1) for flag, word in pairwise(words) if flag == "-H")
    kind = headers.pop("Content-Type")
    body = words[words.index("-d") + 1]
    assert words[2].endswith(address(shop))
    answer = Client().post(address(shop), data=body, content_type=kind, headers=headers)
    assert answer.status_code == 200
    assert json.loads(body) == {"hello": "world"}
