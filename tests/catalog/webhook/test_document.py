"""What is kept of a request, and what can't be."""

import json
from typing import Any

import pytest

from apps.catalog import registry
from apps.catalog.errors import UnreadableEventError
from apps.catalog.spec import ReceivedRequest
from apps.language import safe_json
from apps.language.errors import UnsafeJSONError

APP = registry.get_app("webhook")
[TRIGGER] = APP.triggers
NOW = 1_795_000_000


def pack(
    body: bytes = b"{}", kind: str = "application/json", query: str = "", values: Any = None, **headers: str
) -> bytes:
    assert APP.webhook is not None
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    given = {**({"content-type": kind} if kind else {}), **named}
    scheme = APP.webhook.for_values(values or {"verification": "hmac"})
    assert scheme.pack is not None
    return scheme.pack(ReceivedRequest(given, query, body, NOW))


def kept(*args: Any, **named: Any) -> dict[str, Any]:
    document: dict[str, Any] = safe_json.loads(pack(*args, **named))
    return document


@pytest.mark.parametrize(
    ("body", "kind", "told"),
    [
        (b'{"a": [1, {"b": null}]}', "application/json", {"a": [1, {"b": None}]}),
        (b"[1, 2]", "application/json; charset=utf-8", [1, 2]),
        (b'"text"', "application/json", "text"),
        (b'\xef\xbb\xbf{"a": 1} \n', "application/json", {"a": 1}),
        (b'{"a": 1}', "application/vnd.shop+json", {"a": 1}),
        (b'{"a": 1}', "", {"a": 1}),
        (b'{"a": 1}', "application/x-www-form-urlencoded", {"a": 1}),
        (b"a=1&b=%C3%A4&a=2&c=", "application/x-www-form-urlencoded", {"a": ["1", "2"], "b": "ä", "c": ""}),
        ("Grüße".encode(), "text/plain; charset=utf-8", "Grüße"),
        (b'{"a": 1}', "text/plain", '{"a": 1}'),
        (b"plain", "", "plain"),
        (b"", "application/json", None),
        (b"", "", None),
        (b"  ", "text/plain", None),
    ],
)
def test_json_forms_text_and_nothing_are_read(body, kind, told):
    document = kept(body, kind)

    assert document["body"] == told
    assert TRIGGER.flatten(document)["body"] == told


def test_a_json_body_stands_in_it_byte_for_byte():
    body = b'{"n": 1.10, "big": 12345678901234567890, "a":1,"a":2, "u": "\\u00e4"}'

    assert body in pack(body)


@pytest.mark.parametrize(
    ("body", "kind", "error"),
    [
        (b"{broken", "application/json", UnsafeJSONError),
        (b'{"a": "\\u0000"}', "application/json", UnsafeJSONError),
        (b"[" * 70 + b"]" * 70, "application/json", UnsafeJSONError),
        (b"\xff\xfe", "text/plain", UnreadableEventError),
        (b"a\x00b", "text/plain", UnsafeJSONError),
        (b"--x", "multipart/form-data; boundary=x", UnreadableEventError),
        (b"\x89PNG", "image/png", UnreadableEventError),
        (b"&".join(b"a=1" for _ in range(600)), "application/x-www-form-urlencoded", UnreadableEventError),
    ],
)
def test_what_can_t_be_read_says_why(body, kind, error):
    with pytest.raises(error) as caught:
        pack(body, kind)

    assert str(caught.value)


def test_a_body_as_deep_as_json_may_be_is_no_document():
    """Around it stands an object: what could be stored, but not opened again, must be refused here."""
    with pytest.raises(UnsafeJSONError):
        safe_json.loads(pack(b"[" * 64 + b"]" * 64))


def test_two_equal_requests_are_two_events():
    assert kept()["id"] != kept()["id"]


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("body.data.id", "evt_1"),
        ("body.list[0]", "7"),
        ("headers.X-Event-Id", "from-header"),
        ("query.id", "from-query"),
    ],
)
def test_the_id_stands_where_the_connection_says(place, told):
    document = kept(
        b'{"data": {"id": "evt_1"}, "list": [7]}',
        query="id=from-query",
        values={"verification": "hmac", "event_id_from": place},
        x_event_id="from-header",
    )

    assert document["id"] == told
    assert APP.webhook.read_event(document).id == told


@pytest.mark.parametrize(
    "body", [b"{}", b'{"id": null}', b'{"id": ""}', b'{"id": {"a": 1}}', b'{"id": true}', b"[]"]
)
def test_a_request_without_the_id_that_it_should_have_is_no_event(body):
    with pytest.raises(UnreadableEventError, match=r"body\.id"):
        pack(body, values={"verification": "hmac", "event_id_from": "body.id"})


@pytest.mark.parametrize(
    ("body", "told"),
    [(b'{"type": "order.paid"}', "order.paid"), (b"{}", "request"), (b'{"type": []}', "request")],
)
def test_the_type_is_told_or_is_request(body, told):
    assert kept(body, values={"verification": "hmac", "event_type_from": "body.type"})["type"] == told


def test_headers_with_credentials_and_of_the_way_are_left_out():
    document = kept(
        authorization="Bearer abc",
        cookie="session=1",
        x_signature="sha256=abc",
        x_api_key="k",
        x_shop_token="t",
        x_forwarded_for="192.0.2.1",
        host="example.com",
        user_agent="shop/2.1",
        x_shop_event="order.paid",
    )

    assert set(document["headers"]) == {"content-type", "user-agent", "x-shop-event"}


def test_a_call_of_ours_is_known_by_its_header_which_is_no_field():
    key = "0a" * 32
    document = kept(tandem_origin=key)

    assert APP.webhook.read_event(document).origins == (key,)
    assert key not in json.dumps(TRIGGER.flatten(document))


@pytest.mark.parametrize("value", ["", "mine", "0A" * 32, "0a" * 33])
def test_what_has_not_the_form_of_our_keys_is_no_call_of_ours(value):
    document = kept(tandem_origin=value)

    assert APP.webhook.read_event(document).origins == ()
    assert document["headers"]["tandem-origin"] == value


def test_a_sample_that_a_person_sends_goes_back_to_no_call():
    scheme = APP.webhook.for_values({"verification": "hmac"})
    sample = scheme.refresh_sample(kept(tandem_origin="0a" * 32), "req_new", NOW)

    assert scheme.read_event(sample).origins == ()


def test_the_header_that_carries_the_proof_is_left_out():
    document = kept(values={"verification": "secret", "header": "X-Proof"}, x_proof="s3cret", x_other="1")

    assert "x-proof" not in document["headers"]
    assert "s3cret" not in json.dumps(document)


def test_the_query_is_kept_with_what_looks_like_a_secret_masked():
    assert kept(query="a=1&b=2&b=3&token=s3cret")["query"] == {"a": "1", "b": ["2", "3"], "token": "••••"}


def test_many_and_long_headers_are_bounded():
    document = kept(**{f"x_h{number}": "v" * 3_000 for number in range(200)})

    assert len(document["headers"]) == 60
    assert max(map(len, document["headers"].values())) == 1_000


@pytest.mark.parametrize("place", ["", "body.id", "body.order.key", "headers.x-event-id", "query.id"])
def test_a_sample_becomes_a_request_with_its_id_in_place(place):
    values = {"verification": "hmac", **({"event_id_from": place} if place else {})}
    scheme = APP.webhook.for_values(values)
    sample = scheme.refresh_sample(registry.sample_payload("webhook", "catch"), "req_new", NOW)

    assert scheme.request_of is not None
    assert scheme.pack is not None
    request = scheme.request_of(sample)

    document = safe_json.loads(scheme.pack(request))
    assert (document["id"] == "req_new") == bool(place)
    assert document["received_at"] == NOW
    assert document["body"]["customer"]["email"] == "jane@example.com"
    assert document["query"]["source"] == "shop"


@pytest.mark.parametrize(
    ("options", "kind", "declined"),
    [
        ({}, "request", False),
        ({"only_types": ""}, "request", False),
        ({"only_types": "order.paid, order.refunded"}, "order.refunded", False),
        ({"only_types": "order.paid"}, "request", True),
    ],
)
def test_the_option_keeps_some_types(options, kind, declined):
    assert TRIGGER.declines is not None
    assert bool(TRIGGER.declines(options, {"event_type": kind})) is declined
