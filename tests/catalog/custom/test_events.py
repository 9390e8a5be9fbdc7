"""The webhook of a declared app: what verifies, what is read of it, and what a declaration must say."""

import json
from typing import Any

import pytest

from apps.catalog import contract, custom, registry
from apps.catalog.custom.events import UNKNOWN_TIME
from apps.catalog.custom.proposals import propose_fields
from apps.catalog.errors import SignatureError, UnreadableEventError
from apps.catalog.spec import App, WebhookScheme
from apps.workflows.models import Workflow
from tests.catalog.custom.shop import create_order, order_paid, shop

NOW = 1_795_000_000


def built(**changes: Any) -> App:
    return custom.build(custom.checked(shop(**changes)))


def webhook(**changes: Any) -> dict[str, Any]:
    return {**shop()["webhook"], **changes}


def scheme(app: App) -> WebhookScheme:
    assert app.webhook is not None
    return app.webhook


def test_a_declared_app_fulfils_the_contract_of_built_in_ones():
    assert contract.problems_of(built()) == []


def test_a_sample_is_signed_verified_and_read_as_a_new_event():
    app = built()
    hook = scheme(app)
    sample = registry.sample_of(app, "order-paid")

    fresh = hook.refresh_sample(sample, "evt_9", NOW + 5)
    body = json.dumps(fresh).encode()
    headers = {name.lower(): value for name, value in hook.sign(body, "the secret", NOW).items()}

    assert hook.verify(headers, body, ["the secret"], NOW).secret_index == 0
    with pytest.raises(SignatureError):
        hook.verify(headers, body, ["another"], NOW)
    event = hook.read_event(fresh)
    assert (event.id, event.type, event.occurred_at) == ("evt_9", "order.paid", NOW + 5)


def test_fields_are_found_at_their_paths():
    app = built()
    data = registry.trigger_data(app, app.triggers[0], registry.sample_of(app, "order-paid"))

    assert (data["email"], data["sku"], data["paid_at"]) == ("jane@example.com", "A-1", 1_794_996_800)
    assert app.triggers[0].flatten({"data": {"lines": "none", "email": {}}}) == dict.fromkeys(
        ("email", "sku", "paid_at")
    )


def test_type_and_id_may_stand_in_headers():
    part = webhook(
        event_type={"kind": "header", "value": "X-Topic"}, event_id={"kind": "header", "value": "X-Id"}
    )
    hook = scheme(built(webhook=part))
    assert hook.read_request is not None

    event = hook.read_request({"x-topic": "order.paid", "x-id": "42"}, {"created": NOW})

    assert (event.type, event.id, event.occurred_at) == ("order.paid", "42", NOW)
    with pytest.raises(UnreadableEventError, match="no type at header “X-Topic”"):
        hook.read_request({}, {"created": NOW})


def test_a_sample_tells_what_headers_would():
    part = webhook(
        event_type={"kind": "header", "value": "X-Topic"}, event_id={"kind": "header", "value": "X-Id"}
    )
    app = built(webhook=part)
    hook = scheme(app)

    fresh = hook.refresh_sample(registry.sample_of(app, "order-paid"), "evt_9", NOW)

    assert (hook.read_event(fresh).type, hook.read_event(fresh).id) == ("order.paid", "evt_9")


def test_without_an_id_the_same_body_is_the_same_event():
    hook = scheme(built(webhook=webhook(event_id={"kind": "digest"})))

    one, other = {"type": "order.paid", "a": 1, "b": 2}, {"b": 2, "a": 1, "type": "order.paid"}

    assert hook.read_event(one).id == hook.read_event(other).id
    assert hook.read_event({**one, "a": 2}).id != hook.read_event(one).id


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"type": 5.5, "id": "x"},
        {"type": "t", "id": ""},
        {"type": "t" * 200, "id": "1"},
        {"type": [], "id": {}},
    ],
)
def test_an_event_without_type_or_id_is_unreadable(payload):
    with pytest.raises(UnreadableEventError):
        scheme(built()).read_event(payload)


@pytest.mark.parametrize("created", [None, "soon", True, [], 1e400, -5])
def test_a_time_that_is_none_is_the_arrivals(created):
    event = scheme(built()).read_event({"id": "1", "type": "order.paid", "created": created})

    assert event.occurred_at in (UNKNOWN_TIME, -5)


def test_no_verification_is_said_and_needs_no_secret():
    app = built(webhook=webhook(verification={"kind": "none"}))

    assert scheme(app).unverified
    assert scheme(app).verify({}, b"{}", [], NOW).secret_index == 0
    assert not any(field.key == "signing_secret" for field in app.auth.fields)


@pytest.mark.parametrize(
    ("changes", "path", "words"),
    [
        ({"webhook": None}, ("webhook",), "no webhook"),
        (
            {"triggers": [order_paid(event_types=["order.gone"])]},
            ("triggers", 0, "sample"),
            "type is “order.paid”",
        ),
        ({"triggers": [order_paid(event_types=[])]}, ("triggers", 0, "event_types"), "No event type"),
        ({"triggers": [order_paid(sample=[1])]}, ("triggers", 0, "sample"), "no JSON object"),
        ({"triggers": [order_paid(), order_paid()]}, ("triggers", 0, "key"), "2 triggers"),
        (
            {"triggers": [order_paid(fields=[{"key": "raw", "label": "Raw", "path": "id"}])]},
            ("triggers", 0, "fields", 0, "key"),
            "already",
        ),
        (
            {"triggers": [order_paid(fields=[{"key": "x", "label": "X", "path": "a..b"}])]},
            ("triggers", 0, "fields", 0, "path"),
            "no path",
        ),
        (
            {"triggers": [order_paid(fields=[{"key": "x", "label": "X", "path": "nowhere"}])]},
            ("triggers", 0, "fields", 0, "example"),
            "no example",
        ),
        (
            {"webhook": webhook(event_id={"kind": "fixed", "value": "1"})},
            ("webhook", "event_id", "kind"),
            "tells no two",
        ),
        (
            {"webhook": webhook(event_type={"kind": "header", "value": "X Y"})},
            ("webhook", "event_type", "value"),
            "not allow",
        ),
        ({"signing": {"kind": "bearer", "field": "branch"}}, ("signing", "field"), "credential"),
        ({"signing": {"kind": "bearer", "field": "none"}}, ("signing", "field"), "no such field"),
        ({"base_url": "https://shop.example.com/"}, ("base_url",), "plain form"),
        ({"base_url": "https://user:pw@shop.example.com"}, ("base_url",), "can't be used"),
        ({"test_path": ""}, ("test_path",), "tests a connection"),
        ({"actions": [create_order(), create_order()]}, ("actions", 0, "key"), "2 actions"),
        ({"actions": [create_order(key="trigger-x")]}, ("actions", 0, "key"), "trigger-"),
        ({"actions": [create_order(provider_id="none")]}, ("actions", 0, "provider_id"), "no output"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(changes, path, words):
    problems = custom.problems_of(custom.parse(shop(**changes)))

    assert (path, True) in [(problem.path, words in problem.message) for problem in problems]


@pytest.mark.parametrize(
    ("data", "path"),
    [
        ([], ()),
        ({}, ("key",)),
        (shop(key="Not A Key"), ("key",)),
        (shop(color="red"), ("color",)),
        (shop(more=1), ("more",)),
        (shop(name="a\nb"), ("name",)),
        (shop(name="a\x00b"), ()),
        (shop(actions=[create_order()] * 51), ("actions",)),
        (shop(description="x" * 300_000), ()),
        (
            shop(webhook={"verification": {"kind": "hmac", "header": "X:\r\nY"}}),
            ("webhook", "verification", "header"),
        ),
        (
            shop(webhook={"verification": {"kind": "hmac", "algorithm": "md5"}}),
            ("webhook", "verification", "algorithm"),
        ),
    ],
)
def test_a_hostile_or_broken_shape_is_refused(data, path):
    with pytest.raises(custom.InvalidDeclarationError) as caught:
        custom.parse(data)

    assert path in [problem.path for problem in caught.value.problems]


def test_the_longest_reference_fits_its_column():
    longest = "a" * 50
    app = built(key="k" * 40, triggers=[order_paid(key=longest)], actions=[create_order(key=longest)])

    ref = registry.trigger_ref(app, app.triggers[0])

    assert len(ref) <= (Workflow._meta.get_field("trigger_ref").max_length or 0)
    with pytest.raises(custom.InvalidDeclarationError):
        custom.parse(shop(triggers=[order_paid(key="a" * 51)]))


def test_fields_are_proposed_with_type_meaning_and_a_key_of_their_own():
    sample = {
        "id": "1",
        "user": {"id": "u", "email": "a@example.com"},
        "createdAt": "2026-11-18T10:13:20Z",
        "ok": True,
        "9x": 1,
    }

    rows = {row["path"]: (row["key"], row["type"], row["semantic"]) for row in propose_fields(sample)}

    assert rows == {
        "id": ("id", "text", None),
        "user.id": ("user_id", "text", None),
        "user.email": ("email", "email", "email"),
        "createdAt": ("created_at", "time", None),
        "ok": ("ok", "boolean", None),
        "9x": ("field_9x", "integer", None),
    }
