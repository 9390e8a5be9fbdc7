"""Customer.io's signature, envelope and event types, and how they differ from the documents."""

import json
from pathlib import Path

import pytest

from apps.catalog.connectors.customerio import events, ulid, webhook
from apps.catalog.errors import SignatureError, UnreadableEventError

VECTOR = (
    Path(__file__).parents[4] / "shared" / "reference" / "samples" / "customerio" / "signature-vector.json"
)
NOW = 1_795_000_000
KEY = "755781b5e03a973f3405a85474d5a032a60fd56fabaad66039b12eadd83955fa"
BODY = b'{"event_id": "01E2EMRMM6TZ12TF9WGZN0WJQT"}'


def signed(body=BODY, key=KEY, at=NOW):
    return {name.lower(): value for name, value in webhook.sign(body, key, at).items()}


def payload(**changed):
    whole = {
        "event_id": "01E2EMRMM6TZ12TF9WGZN0WJQT",
        "object_type": "email",
        "metric": "opened",
        "timestamp": 1_585_250_199,
        "data": {"delivery_id": "RPILAgUBcRhIBqSfeiIwdIYJKxTY"},
    }
    return {key: value for key, value in (whole | changed).items() if value is not None}


def type_of(**changed):
    return webhook.read_event(payload(**changed)).type


@pytest.mark.skipif(
    not VECTOR.is_file(), reason="the signature vector is not beside the project (shared/reference/samples)"
)
def test_a_signature_made_elsewhere_is_accepted():
    vector = json.loads(VECTOR.read_text(encoding="utf-8"))
    body = vector["body"].encode()
    headers = {"x-cio-timestamp": vector["timestamp"], "x-cio-signature": vector["signature_hex"]}

    assert not webhook.verify(headers, body, [vector["signing_key"]], int(vector["timestamp"])).late
    assert webhook.read_event(json.loads(body)).type == "email.sent"
    assert webhook.sign(body, vector["signing_key"], int(vector["timestamp"])) == {
        "X-CIO-Timestamp": vector["timestamp"],
        "X-CIO-Signature": vector["signature_hex"],
    }


def test_a_version_in_front_of_the_signature_is_accepted():
    headers = signed()
    headers["x-cio-signature"] = "v0=" + headers["x-cio-signature"].upper()

    assert webhook.verify(headers, BODY, [KEY], NOW).secret_index == 0


def test_any_of_several_keys_may_have_signed():
    assert webhook.verify(signed(), BODY, ["", "another", KEY], NOW).secret_index == 2


@pytest.mark.parametrize(("age", "late"), [(0, False), (300, False), (301, True), (7 * 86_400, True)])
def test_a_valid_signature_of_any_age_is_accepted_and_a_late_one_marked(age, late):
    assert webhook.verify(signed(at=NOW - age), BODY, [KEY], NOW).late is late
    assert webhook.verify(signed(at=NOW + age), BODY, [KEY], NOW).late is late


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"x-cio-timestamp": ""}, "missing_header"),
        ({"x-cio-signature": ""}, "missing_header"),
        ({"x-cio-timestamp": "soon"}, "malformed_header"),
        ({"x-cio-timestamp": "-1"}, "malformed_header"),
        ({"x-cio-signature": "abc"}, "malformed_header"),
        ({"x-cio-signature": "v1=" + "0" * 64}, "malformed_header"),
        ({"x-cio-signature": "é" * 64}, "malformed_header"),
        ({"x-cio-signature": "0" * 64}, "no_match"),
        ({"x-cio-timestamp": str(NOW + 1)}, "no_match"),
    ],
)
def test_what_does_not_verify_is_refused(changed, code):
    with pytest.raises(SignatureError) as refused:
        webhook.verify(signed() | changed, BODY, [KEY], NOW)

    assert refused.value.code == code


def test_a_key_is_not_decoded_from_hex():
    headers = signed(key=bytes.fromhex(KEY).decode("latin-1"))

    with pytest.raises(SignatureError):
        webhook.verify(headers, BODY, [KEY], NOW)


def test_every_documented_event_has_a_type_of_its_own_that_leads_back_to_its_registered_name():
    names = {events.registered_name(event_type) for event_type in events.EVENT_TYPES}

    assert len(names) == len(events.EVENT_TYPES) == 72
    assert {events.by_registered_name(name) for name in names} == set(events.EVENT_TYPES)
    assert events.registered_name("in_app.opened") == "in_app_opened"


@pytest.mark.parametrize("event_type", events.EVENT_TYPES)
def test_every_documented_event_is_told_by_its_object_and_metric(event_type):
    kind, _, metric = event_type.partition(".")
    data = {} if kind == "customer" else {"delivery_id": "RPIL", "recipient": "pat@example.com"}

    assert type_of(object_type=kind, metric=metric, data=data) == event_type


@pytest.mark.parametrize("kind", ["customer", "email", "sms", None])
def test_a_person_s_subscription_may_name_the_channel_as_its_object(kind):
    data = {"customer_id": "42", "email_address": "pat@example.com", "identifiers": {"id": "42"}}

    assert type_of(object_type=kind, metric="subscribed", data=data) == "customer.subscribed"
    assert type_of(object_type=kind, metric="unsubscribed", data=data) == "customer.unsubscribed"


def test_an_unsubscription_by_a_message_is_the_message_s():
    data = {"delivery_id": "RPIL", "recipient": "pat@example.com", "identifiers": {"id": "42"}}

    assert type_of(metric="unsubscribed", data=data) == "email.unsubscribed"
    assert type_of(object_type="customer", metric="unsubscribed", data=data) == "customer.unsubscribed"


@pytest.mark.parametrize(
    "changed",
    [
        {"object_type": "customer"},
        {"object_type": None, "object_type_type": "customer"},
        {"object_type": "email"},
        {"object_type": None},
    ],
)
def test_changed_preferences_arrive_under_another_name_than_they_are_registered(changed):
    event_type = type_of(metric="cio_subscription_preferences_changed", **changed)

    assert event_type == "customer.subscription_preferences_changed"
    assert events.registered_name(event_type) == "customer_subscription_preferences_changed"


def test_an_event_that_nobody_documented_has_a_type_too():
    assert type_of(object_type="hologram", metric="shimmered") == "hologram.shimmered"


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        (1_585_250_199, 1_585_250_199),
        ("1585250199", 1_585_250_199),
        (" 1585250199 ", 1_585_250_199),
        (1_585_250_199.7, 1_585_250_199),
        (1_585_250_199_000, 1_585_250_199),
        (None, 1_583_186_989),
        ("yesterday", 1_583_186_989),
    ],
)
def test_the_time_is_a_number_or_its_digits_and_else_the_moment_inside_the_id(given, seconds):
    assert webhook.read_event(payload(timestamp=given)).occurred_at == seconds


@pytest.mark.parametrize(
    "changed",
    [
        {"event_id": None},
        {"event_id": " "},
        {"event_id": 7},
        {"event_id": "x" * 256},
        {"metric": None},
        {"object_type": None},
        {"object_type": ["email"]},
        {"metric": "m" * 200},
        {"event_id": "no-ulid", "timestamp": None},
        {"event_id": "no-ulid", "timestamp": True},
        {"event_id": "no-ulid", "timestamp": "9" * 5000},
    ],
)
def test_an_event_without_id_type_or_time_can_not_be_read(changed):
    with pytest.raises(UnreadableEventError):
        webhook.read_event(payload(**changed))


def test_a_sample_made_anew_names_another_delivery_to_the_same_person():
    before = payload(data={"delivery_id": "RPIL", "recipient": "pat@example.com"})

    first, second = (webhook.refresh_sample(before, webhook.new_event_id(), NOW) for _ in range(2))

    assert first["data"]["recipient"] == "pat@example.com"
    assert (
        len({before["data"]["delivery_id"], *(each["data"]["delivery_id"] for each in (first, second))}) == 3
    )


def test_a_new_event_id_is_a_ulid_of_now():
    made = webhook.new_event_id()

    assert abs(ulid.seconds_of(made) - webhook.time.time()) < 60
    assert ulid.seconds_of("evt_1") is None
