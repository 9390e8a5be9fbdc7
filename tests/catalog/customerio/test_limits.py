"""What Customer.io would refuse, drop or misread never leaves the machine."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.catalog.connectors.customerio import limits
from apps.catalog.errors import Permanent
from tests.catalog.customerio.provider import Provider, action_of, answer

EMAIL = {"transactional_message_id": "3", "to": "pat@example.com", "identifiers_email": "pat@example.com"}
EVENT = {"identifier": "user-123", "name": "payment_failed"}
PERSON = {"identifier": "user-123"}


def refusal(call, key, inputs):
    """Return the error of the check, having seen that the call fails alike and sends nothing."""
    provider = Provider(answer())
    check = action_of(key).check
    assert check is not None
    with pytest.raises(Permanent) as checked:
        check(inputs)
    with pytest.raises(Permanent) as called:
        call(key, inputs, provider)
    assert called.value.message == checked.value.message
    assert provider.requests == []
    assert checked.value.remedy
    return checked.value


@pytest.mark.parametrize("key", ["identify-person", "track-event", "delete-person"])
@pytest.mark.parametrize(
    "identifier",
    [
        "",
        " ",
        None,
        ".",
        "..",
        " user",
        "user ",
        "user\n",
        "\u00a0user",
        "a\x00b",
        "é" * 76,
        "x" * 151,
        "\ud800",
    ],
)
def test_an_identifier_that_names_nobody_or_is_too_long_is_refused(key, identifier, call):
    assert refusal(call, key, {"identifier": identifier, "name": "x"}).field == "identifier"


@pytest.mark.parametrize("identifier", ["é" * 75, "x" * 150, "...", "a b", "cio_03000001", "a..b/.."])
def test_an_identifier_at_the_limit_passes(identifier, call):
    assert call("delete-person", {"identifier": identifier}, Provider(answer())) == {"identifier": identifier}


@pytest.mark.parametrize("name", limits.RESERVED_ATTRIBUTES)
def test_reserved_attributes_are_refused_by_name(name, call):
    error = refusal(call, "identify-person", PERSON | {"attributes": {name: "x"}})

    assert (error.field, error.code) == ("attributes", "reserved_key")
    assert name in error.message


def test_the_reserved_names_are_those_of_the_documentation():
    assert set(limits.RESERVED_ATTRIBUTES) == {
        "id", "email", "created_at", "unsubscribed", "anonymous_id", "_timestamp", "_update",
        "cio_relationships", "cio_subscription_preferences",
    }  # fmt: skip


@pytest.mark.parametrize(
    "attributes",
    [
        {"x": "é" * 501},
        {"x": "x" * 1001},
        {"x": ["y" * 1000]},
        {"é" * 76: 1},
        {"": 1},
        {f"a{number}": 1 for number in range(301)},
        {"x": float("nan")},
        {"x": "\ud800"},
        {"x": {"y": "\udfff"}},
        {"x": object()},
        [1],
        "text",
        {1: 2},
    ],
)
def test_attributes_beyond_the_limits_are_refused(attributes, call):
    assert refusal(call, "identify-person", PERSON | {"attributes": attributes}).field == "attributes"


def test_own_inputs_count_among_the_300_attributes(call):
    attributes = {f"a{number}": 1 for number in range(300)}

    call("identify-person", PERSON | {"attributes": attributes}, Provider(answer()))
    error = refusal(call, "identify-person", PERSON | {"attributes": attributes, "plan": "pro"})

    assert (error.field, error.code) == ("attributes", "too_many")


def test_an_attribute_given_twice_is_refused(call):
    error = refusal(call, "identify-person", PERSON | {"plan": "pro", "attributes": {"plan": "free"}})

    assert "“plan” is given twice" in error.message


@pytest.mark.parametrize("field", ["first_name", "last_name", "plan"])
def test_own_attributes_have_the_size_limit_of_values(field, call):
    assert refusal(call, "identify-person", PERSON | {field: "é" * 501}).field == field


@pytest.mark.parametrize(
    "email", ["pat", "pat@", "a@b, c@d", "Pat <pat@example.com>", "a b@example.com", "", 7]
)
def test_an_email_is_one_address(email, call):
    assert refusal(call, "identify-person", PERSON | {"email": email}).field == "email"


@pytest.mark.parametrize(
    ("key", "inputs", "field"),
    [
        ("identify-person", PERSON, "created_at"),
        ("track-event", EVENT, "timestamp"),
        ("send-transactional-email", EMAIL, "send_at"),
    ],
)
@pytest.mark.parametrize(
    ("value", "code"),
    [
        (1_764_028_800_000, "milliseconds"),
        (1_764_028_800_000.0, "milliseconds"),
        ("2026-01-01T00:00:00Z", "not_seconds"),
        (1.5, "not_seconds"),
        (True, "not_seconds"),
        (-1, "not_seconds"),
    ],
)
def test_times_are_whole_seconds(key, inputs, field, value, code, call):
    error = refusal(call, key, inputs | {field: value})

    assert (error.field, error.code) == (field, code)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (1_764_028_800_000, "milliseconds"),
        (1.7640288e12, "milliseconds"),
        ("1764028800000", "milliseconds"),
        ("9" * 900, "milliseconds"),
        ("2026-01-01", "not_seconds"),
        ("2026-01-01T00:00:00+01:00", "not_seconds"),
    ],
)
def test_attributes_named_like_times_are_seconds(value, code, call):
    error = refusal(call, "identify-person", PERSON | {"attributes": {"last_payment_at": value}})

    assert (error.field, error.code) == ("attributes", code)
    assert "last_payment_at" in error.message


@pytest.mark.parametrize(
    "value", [1_764_028_800, "1764028800", 0, "red shoes", True, ["2026-01-01"], 1.5, ""]
)
def test_other_values_of_such_attributes_pass(value, call):
    provider = Provider(answer())

    call("identify-person", PERSON | {"attributes": {"looked_at": value, "big": 10**15}}, provider)

    assert json.loads(provider.requests[0].body) == {"looked_at": value, "big": 10**15}


@pytest.mark.parametrize("name", [None, "", "  ", "x" * 101, "é" * 51, 7])
def test_an_event_name_is_needed_and_short(name, call):
    assert refusal(call, "track-event", EVENT | {"name": name}).field == "name"


def test_an_event_name_is_measured_without_the_spaces_around_it(call):
    provider = Provider(answer())

    call("track-event", EVENT | {"name": "  " + "x" * 100 + " "}, provider)

    assert json.loads(provider.requests[0].body)["name"] == "x" * 100


def test_event_data_is_measured_in_bytes_of_what_is_sent(call):
    fits = {"x": "é" * 49_996}  # {"x":"…"} adds 8 bytes.

    call("track-event", EVENT | {"data": fits}, Provider(answer()))
    error = refusal(call, "track-event", EVENT | {"data": {"x": fits["x"] + "y"}})

    assert (error.field, error.code) == ("data", "too_long")


@pytest.mark.parametrize("key", limits.ROUTING_KEYS)
def test_data_that_would_redirect_mail_is_refused_unless_allowed(key, call):
    data = {key: "eve@example.com"}
    provider = Provider(answer())

    error = refusal(call, "track-event", EVENT | {"data": data})
    call("track-event", EVENT | {"data": data, "allow_recipient_override": True}, provider)

    assert (error.field, error.code) == ("data", "reserved_key")
    assert "allow_recipient_override" in error.remedy
    assert json.loads(provider.requests[0].body)["data"] == data
    assert "allow_recipient_override" not in json.loads(provider.requests[0].body)


@pytest.mark.parametrize(
    ("inputs", "field"),
    [
        ({"to": None}, "to"),
        ({"to": ""}, "to"),
        ({"to": "nobody"}, "to"),
        ({"to": "a@example.com, , nobody"}, "to"),
        ({"to": "a@example.com\nBcc: b@example.com"}, "to"),
        ({"to": ", ".join(f"p{number}@example.com" for number in range(16))}, "to"),
        ({"to": ", ".join(f"p{number}@example.com" for number in range(15)), "bcc": "x@example.com"}, "to"),
        ({"bcc": "nobody"}, "bcc"),
        ({"subject": "a\r\nBcc: b@example.com"}, "subject"),
        ({"from": " "}, "from"),
        ({"reply_to": "\x00"}, "reply_to"),
        ({"body": ""}, "body"),
        ({"body": "\ud800"}, "body"),
        ({"message_data": [1]}, "message_data"),
        ({"message_data": {"x": "\ud800"}}, "message_data"),
        ({"transactional_message_id": None}, "transactional_message_id"),
        ({"transactional_message_id": " "}, "transactional_message_id"),
        ({"transactional_message_id": True}, "transactional_message_id"),
        ({"identifiers_email": None}, "identifiers_email"),
        ({"identifiers_email": "pat"}, "identifiers_email"),
        ({"identifiers_id": "x" * 151}, "identifiers_id"),
        ({"identifiers_id": "a", "identifiers_cio_id": "b"}, "identifiers_cio_id"),
    ],
)
def test_an_email_that_could_not_be_sent_as_meant_is_refused(inputs, field, call):
    assert refusal(call, "send-transactional-email", EMAIL | inputs).field == field


def test_names_with_commas_count_as_one_recipient(call):
    fourteen = ", ".join(f"p{number}@example.com" for number in range(14))
    to = f'{fourteen}, "Doe, Pat" <pat@example.com>'

    sent = call(
        "send-transactional-email",
        EMAIL | {"to": to},
        Provider(answer(body=b'{"delivery_id": "dlv", "queued_at": 1}')),
    )

    assert sent["delivery_id"] == "dlv"


def attempt(check, *args, **options):
    """Return what the check returns and None, or None and its refusal."""
    try:
        return check(*args, **options), None
    except Permanent as error:
        return None, error


@given(st.text(max_size=200))
def test_every_identifier_is_refused_or_returned_as_it_is(value):
    returned, refused = attempt(limits.identifier, value)

    assert refused.field == "identifier" if refused else returned == value
    assert refused or len(value.encode()) <= limits.MAX_IDENTIFIER


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=20,
)


@given(st.dictionaries(st.text(max_size=160), JSON, max_size=20))
def test_attributes_are_refused_or_can_be_written_as_json(value):
    kept, refused = attempt(limits.attributes, value, "attributes", taken={})

    assert refused is None or refused.field == "attributes"
    if refused is None:
        json.dumps(kept, ensure_ascii=False, allow_nan=False).encode()
        assert kept == {name: item for name, item in value.items() if item is not None}


@given(JSON)
def test_event_data_is_an_object_within_its_size_or_refused(value):
    data, refused = attempt(limits.event_data, value, allow_routing=False)

    assert refused is None or refused.field == "data"
    if refused is None:
        written = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        assert len(written.encode()) <= limits.MAX_EVENT_DATA


@given(st.integers() | st.floats() | st.text() | st.booleans())
def test_a_time_is_refused_or_plausible_seconds(value):
    moment, refused = attempt(limits.seconds, value, "timestamp")

    assert refused.field == "timestamp" if refused else moment == value
    assert refused or 0 <= moment <= limits.MAX_SECONDS


@pytest.mark.parametrize(("ahead", "refused"), [(None, False), (90 * 86_400, False), (90 * 86_400 + 1, True)])
def test_a_mail_is_sent_at_most_ninety_days_ahead(ahead, refused):
    at = None if ahead is None else 1_764_028_800 + ahead

    if not refused:
        limits.send_ahead(at, now=1_764_028_800.0)
        return
    with pytest.raises(Permanent) as failure:
        limits.send_ahead(at, now=1_764_028_800.0)
    assert failure.value.field == "send_at"
