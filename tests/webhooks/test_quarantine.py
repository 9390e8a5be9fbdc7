"""A verified body that can't be read or stored as an event is kept all the same, on every database."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.connections.models import Endpoint
from apps.runs.models import Run
from apps.webhooks import services
from apps.webhooks.models import Delivery
from tests.webhooks.stripe_sender import address, event, post

pytestmark = pytest.mark.django_db


def with_data(text: bytes) -> bytes:
    return event("evt_hostile").replace(b'"ch_1"', text)


UNREADABLE = {
    "empty": b"",
    "not JSON": b"not json {",
    "not UTF-8": b'{"id": "\xff\xfe"}',
    "UTF-16": event().decode().encode("utf-16"),
    "a list": b"[1, 2]",
    "a text": b'"evt_1"',
    "null": b"null",
    "NUL as an escape": with_data(b'"a\\u0000b"'),
    "NUL as a byte": with_data(b'"a\x00b"'),
    "NUL in a name": event("evt_hostile").replace(b'"livemode"', b'"live\\u0000mode"'),
    "NUL in the event id": event("evt_hostile").replace(b"evt_hostile", b"evt_\\u0000"),
    "a lone surrogate": with_data(b'"\\ud800"'),
    "a lone surrogate in bytes": with_data(b'"\xed\xa0\x80"'),
    "NaN": with_data(b"NaN"),
    "minus Infinity": with_data(b"-Infinity"),
    "1e999": with_data(b"1e999"),
    "depth 20,000": b"[" * 20_000 + b"]" * 20_000,
    "depth 20,000 in an event": with_data(b'{"a":' * 20_000 + b"1" + b"}" * 20_000),
    "a number of 5,000 digits": with_data(b"9" * 5_000),
    "half an event": event()[:-20],
    "no id": event().replace(b'"id"', b'"di"', 1),
    "no type": event().replace(b'"type"', b'"epyt"', 1),
    "an id that is no text": event().replace(b'"evt_1"', b"7", 1),
    "no time": event(created=None),
    "a time that is text": event(created="yesterday"),
    "a time before 1970": event(created=-1),
    "a time behind the year 9999": event(created=10**15),
    "a time with 60 digits": event(created=int("9" * 60)),
    "a thin event": event(object="v2.core.event"),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_it_is_stored_with_a_reason_and_answered_2xx(endpoint, listening, case):
    body = UNREADABLE[case]

    answer = post(address(endpoint), body)

    delivery = Delivery.objects.get()
    assert (answer.status_code, answer.json()["code"]) == (200, "quarantined")
    assert delivery.status == Delivery.Status.QUARANTINED
    assert delivery.reason
    assert (delivery.event_id, delivery.event_type, delivery.occurred_at) == ("", "", None)
    assert services.body_of(delivery) == body
    assert not Run.objects.exists()


def test_the_same_unreadable_body_again_is_a_duplicate(endpoint):
    codes = [post(address(endpoint), b"not json").json()["code"] for _ in range(3)]

    assert codes == ["quarantined", "duplicate", "duplicate"]
    assert Delivery.objects.get().duplicates == 2


def test_another_unreadable_body_is_another_delivery(endpoint):
    for body in (b"not json", b"not json either"):
        post(address(endpoint), body)

    assert Delivery.objects.count() == 2


def test_an_event_id_can_not_pass_for_an_unreadable_body(endpoint, listening):
    # Whatever an event is called, no body's identity is its.
    for hostile in (b"evt_1", b"body:", b"body:evt_1"):
        post(address(endpoint), hostile)

    assert post(address(endpoint), event("evt_1")).json()["code"] == "accepted"


def test_unknown_extra_fields_and_odd_but_valid_json_pass(endpoint, listening):
    body = event("evt_odd", extra={"ünï": "\u202e 🙂", "deep": [[[[1e300, -0.0]]]], "": None})

    assert post(address(endpoint), body).json()["code"] == "accepted"


def test_a_byte_order_mark_is_forgiven(endpoint, listening):
    assert post(address(endpoint), b"\xef\xbb\xbf" + event()).json()["code"] == "accepted"


def test_a_reader_that_stumbles_costs_no_event(endpoint, listening, altered_stripe):
    altered_stripe(read_event=lambda payload: payload["nothing"])

    answer = post(address(endpoint), event())

    assert (answer.status_code, answer.json()["code"]) == (200, "quarantined")
    assert "the log has the details" in Delivery.objects.get().reason


def test_a_delivery_without_a_reason_is_refused_by_the_database_itself(endpoint):
    for status, reason in (("quarantined", ""), ("ignored", ""), ("forgotten", "because")):
        with pytest.raises(IntegrityError), transaction.atomic():
            Delivery.objects.create(
                workspace=endpoint.connection.workspace,
                connection=Endpoint.objects.get().connection,
                status=status,
                reason=reason,
                received_at=timezone.now(),
                body_size=0,
            )
