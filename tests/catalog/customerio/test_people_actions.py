"""Finding, merging and grouping people: what is sent, what is refused, who counts as found."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest

from apps.catalog.errors import NeedsHuman, Permanent
from tests.catalog.customerio.provider import Provider, answer, check

JANE = {
    "customer": {
        "id": "user-123",
        "identifiers": {"id": "user-123", "email": "Jane@example.com", "cio_id": "03000001"},
        "attributes": {"first_name": "Jane", "plan": "", "stripe_customer_id": "cus_1", "visits": 3},
    }
}
LISTED = {"id": "user-123", "email": "jane@example.com", "cio_id": "03000001"}


def results(*people):
    return answer(body=json.dumps({"results": list(people)}).encode())


def customer(**changed):
    return answer(body=json.dumps({"customer": JANE["customer"] | changed}).encode())


def body(provider):
    return json.loads(provider.requests[0].body)


def refused(key, inputs):
    """Return the refusal of inputs before anything is sent."""
    with pytest.raises(Permanent) as caught:
        check(key, inputs)
    return caught.value


def test_a_person_is_found_by_e_mail_and_read_by_the_id_that_never_changes(call):
    provider = Provider(results(LISTED), customer())

    found = call("find-person", {"identifier": "JANE@example.com"}, provider)

    first, second = (urlsplit(request.url) for request in provider.requests)
    assert (first.path, parse_qs(first.query)) == ("/v1/customers", {"email": ["JANE@example.com"]})
    assert (second.path, second.query) == ("/v1/customers/03000001/attributes", "id_type=cio_id")
    assert found == {
        "found": True,
        "email": "Jane@example.com",
        "id": "user-123",
        "cio_id": "03000001",
        "first_name": "Jane",
        "last_name": None,
        "plan": None,
        "stripe_customer_id": "cus_1",
        "attributes": JANE["customer"]["attributes"],
    }


@pytest.mark.parametrize(
    ("kind", "value", "path"),
    [
        ("id", "user/123", "/v1/customers/user%2F123/attributes?id_type=id"),
        ("cio_id", "cio_03000001", "/v1/customers/03000001/attributes?id_type=cio_id"),
    ],
)
def test_other_identifiers_are_read_at_once(kind, value, path, call):
    told = {"id": value if kind == "id" else "user-123", "email": None, "cio_id": "03000001"}
    provider = Provider(customer(identifiers=told))

    found = call("find-person", {"identifier": value, "id_type": kind}, provider)

    assert found["found"] is True
    assert [request.url.removeprefix("https://api.customer.io") for request in provider.requests] == [path]


def test_an_address_is_encoded_in_the_search(call):
    provider = Provider(results())

    with pytest.raises(Permanent):
        call("find-person", {"identifier": "a+b&c@example.com"}, provider)

    assert provider.requests[0].url.endswith("/v1/customers?email=a%2Bb%26c%40example.com")


@pytest.mark.parametrize(
    "answers",
    [
        [results()],
        [answer(body=b'{"results": null}')],
        [results(LISTED | {"email": "other@example.com"})],
        [results(LISTED), answer(404, b'{"errors": [{"detail": "not found"}]}')],
        [results(LISTED), answer(body=b'{"customer": null}')],
    ],
)
def test_nobody_stops_with_the_reason_or_goes_on_as_chosen(answers, call):
    inputs = {"identifier": "jane@example.com"}

    with pytest.raises(Permanent, match="nobody with this e-mail") as caught:
        call("find-person", inputs, Provider(*answers))
    assert (caught.value.code, caught.value.field) == ("not_found", "identifier")

    found = call("find-person", inputs | {"when_missing": "go_on"}, Provider(*answers))
    assert found.pop("found") is False
    assert set(found.values()) == {None}


@pytest.mark.parametrize("choice", ["fail", "go_on"])
def test_more_than_one_always_stops(choice, call):
    provider = Provider(results(LISTED, LISTED | {"id": "user-7", "cio_id": "03000007"}))

    with pytest.raises(Permanent, match="2 people") as caught:
        call("find-person", {"identifier": "jane@example.com", "when_missing": choice}, provider)

    assert caught.value.code == "ambiguous"


def test_somebody_else_is_not_taken_for_the_one_asked_for(call):
    provider = Provider(customer())

    with pytest.raises(Permanent) as caught:
        call("find-person", {"identifier": "user-7", "id_type": "id"}, provider)

    assert caught.value.code == "wrong_person"


def test_a_web_page_is_no_missing_person(call):
    page = answer(404, b"<!DOCTYPE html><html></html>", content_type="text/html")

    with pytest.raises(Permanent) as caught:
        call("find-person", {"identifier": "7", "id_type": "id", "when_missing": "go_on"}, Provider(page))

    assert caught.value.code == "wrong_address"


def test_refused_credentials_are_not_nobody(call):
    with pytest.raises(NeedsHuman):
        call("find-person", {"identifier": "7", "id_type": "id"}, Provider(answer(401)))


@pytest.mark.parametrize(
    ("key", "verb"), [("add-to-segment", "add_customers"), ("remove-from-segment", "remove_customers")]
)
def test_people_are_put_into_a_segment_once_each(key, verb, call):
    provider = Provider(answer())
    inputs = {
        "segment_id": "7",
        "identifier": "cio_03000001",
        "id_type": "cio_id",
        "more_identifiers": ["03000002", "03000001"],
    }

    outputs = call(key, inputs, provider)

    assert provider.requests[0].method == "POST"
    assert provider.requests[0].url == f"https://track.customer.io/api/v1/segments/7/{verb}?id_type=cio_id"
    assert body(provider) == {"ids": ["03000001", "03000002"]}
    assert outputs == {"segment_id": "7", "count": 2}


@pytest.mark.parametrize(
    ("inputs", "field"),
    [
        ({"segment_id": "seven"}, "segment_id"),
        ({"segment_id": "0"}, "segment_id"),
        ({"segment_id": True}, "segment_id"),
        ({"identifier": "user-123"}, "identifier"),
        ({"identifier": "x" * 150 + "@example.com"}, "identifier"),
        ({"identifier": "a/b", "id_type": "cio_id"}, "identifier"),
        ({"more_identifiers": ["user-123"]}, "more_identifiers"),
        ({"more_identifiers": [5]}, "more_identifiers"),
        ({"more_identifiers": "x"}, "more_identifiers"),
        ({"more_identifiers": [f"p{number}@example.com" for number in range(1000)]}, "more_identifiers"),
    ],
)
def test_what_a_segment_does_not_take_is_not_sent(inputs, field):
    whole = {"segment_id": "7", "identifier": "pat@example.com"} | inputs

    assert refused("add-to-segment", whole).field == field


def test_a_thousand_people_go_in_one_call():
    people = [f"p{number}@example.com" for number in range(999)]

    check("add-to-segment", {"segment_id": 7, "identifier": "pat@example.com", "more_identifiers": people})


def test_a_merge_tells_who_is_left(call):
    inputs = {"primary": "pat@example.com", "secondary": "cio_03000001", "secondary_type": "cio_id"}
    provider = Provider(answer())

    outputs = call("merge-people", inputs, provider)

    assert body(provider) == {"primary": {"email": "pat@example.com"}, "secondary": {"cio_id": "03000001"}}
    assert outputs == {"primary": "pat@example.com", "secondary": "03000001"}


@pytest.mark.parametrize(
    ("inputs", "field"),
    [
        ({"primary": "user-123", "secondary": "pat@example.com"}, "primary"),
        ({"primary": "pat@example.com", "secondary": ""}, "secondary"),
        ({"primary": "pat@example.com", "secondary": "PAT@example.com"}, "secondary"),
    ],
)
def test_a_merge_that_names_no_two_people_is_not_sent(inputs, field):
    assert refused("merge-people", inputs).field == field


def test_a_refused_merge_is_told_in_customerios_words(call):
    inputs = {"primary": "pat@example.com", "secondary": "kim@example.com"}
    provider = Provider(answer(400, b'{"meta": {"error": "secondary not found"}}'))

    with pytest.raises(Permanent, match="secondary not found"):
        call("merge-people", inputs, provider)


def test_an_anonymous_event_carries_a_derived_id_and_checks_its_data(call):
    provider = Provider(answer())

    outputs = call("track-anonymous-event", {"anonymous_id": "v 1", "name": " seen "}, provider)

    assert provider.requests[0].url == "https://track.customer.io/api/v1/events"
    assert body(provider) == {
        "name": "seen",
        "data": {},
        "anonymous_id": "v 1",
        "id": outputs["event_id"],
        "timestamp": outputs["timestamp"],
    }
    assert refused("track-anonymous-event", {"name": "seen"}).field == "anonymous_id"
    routed = {"anonymous_id": "v", "name": "seen", "data": {"recipient": "x@example.com"}}
    assert refused("track-anonymous-event", routed).field == "data"
    late = {"anonymous_id": "v", "name": "seen", "timestamp": 1_795_000_000_000}
    assert refused("track-anonymous-event", late).code == "milliseconds"
