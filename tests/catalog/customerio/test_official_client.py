"""Calls equal those of Customer.io's official Python client for the same intent."""

import json
from typing import Any
from urllib.parse import urlsplit

import customerio
import pytest
import requests
from requests.adapters import BaseAdapter

from apps.catalog.connectors.customerio import ulid
from apps.catalog.transport import Request
from tests.catalog.customerio.provider import EVENT_TIME, KEY, VALUES, Provider, answer

REGIONS = {"us": customerio.Regions.US, "eu": customerio.Regions.EU}
IDENTIFIERS = [
    "user-123",
    "a+b@example.com",
    "cio_03000001",
    "acme/west/42",
    "Zoë Ångström",
    "naïve@exämple.com",
    "100%",
    "a?b#c&d=e",
    "~tilde_-.",
    "日本語",
    "%2F",
]


class CapturingAdapter(BaseAdapter):
    """Notes what the official client would send and answers with success."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[requests.PreparedRequest] = []

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Note the request."""
        self.sent.append(request)
        response = requests.Response()
        response.status_code = 200
        response._content = b'{"delivery_id": "dlv", "queued_at": 1}'
        response.url, response.request = request.url or "", request
        return response

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def adapter() -> CapturingAdapter:
    return CapturingAdapter()


def track_client(region: str, adapter: CapturingAdapter) -> Any:
    client = customerio.CustomerIO(VALUES["site_id"], VALUES["track_api_key"], region=REGIONS[region])
    client.http.mount("https://", adapter)
    return client


def assert_equal(ours: Request, theirs: requests.PreparedRequest) -> None:
    our_url, their_url = urlsplit(ours.url), urlsplit(theirs.url)
    assert ours.method == theirs.method
    assert (our_url.scheme, our_url.netloc) == (their_url.scheme, their_url.netloc)
    assert our_url.path == their_url.path
    assert our_url.query == their_url.query
    assert ours.headers["Authorization"] == theirs.headers["Authorization"]
    assert ours.headers["Content-Type"] == theirs.headers["Content-Type"]
    assert json.loads(ours.body) == json.loads(
        str(theirs.body, "utf-8") if isinstance(theirs.body, bytes) else ""
    )


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("identifier", IDENTIFIERS)
def test_identify_equals_the_official_client(region, identifier, adapter, call):
    attributes = {"plan": "pro", "first_name": "Zoë", "mrr": 12.5, "tags": ["a", "b"], "vip": True}
    track_client(region, adapter).identify(
        identifier, email="a+b@example.com", created_at=EVENT_TIME, **attributes
    )
    provider = Provider(answer())

    call(
        "identify-person",
        {
            "identifier": identifier,
            "email": "a+b@example.com",
            "created_at": EVENT_TIME,
            "plan": "pro",
            "first_name": "Zoë",
            "attributes": {"mrr": 12.5, "tags": ["a", "b"], "vip": True},
        },
        provider,
        values=VALUES | {"region": region},
    )

    assert_equal(provider.requests[0], adapter.sent[0])


def test_identify_without_creating_equals_the_official_client(adapter, call):
    track_client("us", adapter).identify("user-123", last_name="Doe", _update=True)
    provider = Provider(answer())

    call("identify-person", {"identifier": "user-123", "last_name": "Doe", "update_only": True}, provider)

    assert_equal(provider.requests[0], adapter.sent[0])


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("identifier", IDENTIFIERS)
def test_track_equals_the_official_client(region, identifier, adapter, call):
    data = {"amount": 4200, "nested": {"line": "1\n2", "none": None}, "emoji": "💳"}
    event_id = ulid.derive(EVENT_TIME, KEY)
    client = track_client(region, adapter)
    client.track(identifier, "payment_failed", data, id=event_id, timestamp=EVENT_TIME)
    provider = Provider(answer())

    call(
        "track-event",
        {"identifier": identifier, "name": "payment_failed", "data": data},
        provider,
        values=VALUES | {"region": region},
    )

    assert_equal(provider.requests[0], adapter.sent[0])


def test_track_without_data_and_with_a_time_equals_the_official_client(adapter, call):
    event_id = ulid.derive(EVENT_TIME, KEY)
    track_client("us", adapter).track("user-123", "signed_up", id=event_id, timestamp=1_700_000_000)
    provider = Provider(answer())

    call("track-event", {"identifier": "user-123", "name": "signed_up", "timestamp": 1_700_000_000}, provider)

    assert_equal(provider.requests[0], adapter.sent[0])


def test_a_page_view_equals_the_official_client(adapter, call):
    track_client("us", adapter).pageview("user-123", "https://example.com/pricing", referrer="search")
    provider = Provider(answer())

    call(
        "track-event",
        {
            "identifier": "user-123",
            "name": "https://example.com/pricing",
            "data": {"referrer": "search"},
            "type": "page",
        },
        provider,
    )

    ours, theirs = (json.loads(each.body) for each in (provider.requests[0], adapter.sent[0]))
    # Besides what the client sends, a repeated call names itself and its time again.
    assert set(ours) - set(theirs) == {"id", "timestamp"}
    assert {key: ours[key] for key in theirs} == theirs


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("identifier", IDENTIFIERS)
def test_delete_equals_the_official_client(region, identifier, adapter, call):
    track_client(region, adapter).delete(identifier)
    provider = Provider(answer())

    call("delete-person", {"identifier": identifier}, provider, values=VALUES | {"region": region})

    assert_equal(provider.requests[0], adapter.sent[0])


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize(
    ("extra", "identifiers"),
    [
        ({}, {"email": "a+b@example.com"}),
        ({"identifiers_id": "user-123"}, {"id": "user-123"}),
        ({"identifiers_cio_id": "a3000001"}, {"cio_id": "a3000001"}),
    ],
)
def test_send_email_equals_the_official_client(region, extra, identifiers, adapter, call):
    options = {
        "transactional_message_id": "3",
        "to": '"Doe, Zoë" <a+b@example.com>',
        "message_data": {"amount": "€42.00", "lines": [{"n": 1}]},
        "subject": "Zahlung fehlgeschlagen – bitte prüfen",
        "reply_to": "help@example.com",
        "bcc": "archive@example.com",
        "cc": "team@example.com",
        "preheader": "Please",
        "body": "<p>Hello\n</p>",
        "body_plain": "Hello\n",
        "body_amp": "<html amp4email></html>",
        "fake_bcc": True,
        "attachments": {"receipt.txt": "UmVjZWlwdA=="},
        "disable_css_preprocessing": True,
        "language": "de",
        "send_at": EVENT_TIME,
        "send_to_unsubscribed": False,
        "tracked": True,
        "disable_message_retention": True,
        "queue_draft": False,
    }
    client = customerio.APIClient(VALUES["app_api_key"], region=REGIONS[region])
    client.http.mount("https://", adapter)
    message = customerio.SendEmailRequest(
        **options,
        _from="Billing <billing@example.com>",
        identifiers=identifiers,
        headers='[{"name":"X-Campaign","value":"dunning"}]',
    )
    client.send_email(message)
    provider = Provider(answer(body=b'{"delivery_id": "dlv", "queued_at": 1}'))

    call(
        "send-transactional-email",
        options
        | {"from": "Billing <billing@example.com>", "identifiers_email": "a+b@example.com"}
        | {"headers": {"X-Campaign": "dunning"}}
        | extra,
        provider,
        values=VALUES | {"region": region},
    )

    assert_equal(provider.requests[0], adapter.sent[0])


def test_a_numeric_message_id_stays_a_number(adapter, call):
    client = customerio.APIClient(VALUES["app_api_key"])
    client.http.mount("https://", adapter)
    client.send_email(
        customerio.SendEmailRequest(
            transactional_message_id=3, to="pat@example.com", identifiers={"email": "pat@example.com"}
        )
    )
    provider = Provider(answer(body=b'{"delivery_id": "dlv", "queued_at": 1}'))

    inputs = {"transactional_message_id": 3, "to": "pat@example.com", "identifiers_email": "pat@example.com"}
    call("send-transactional-email", inputs, provider)

    assert_equal(provider.requests[0], adapter.sent[0])


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("identifier", IDENTIFIERS)
@pytest.mark.parametrize("verb", ["suppress", "unsuppress"])
def test_suppressing_equals_the_official_client(verb, region, identifier, adapter, call):
    getattr(track_client(region, adapter), verb)(identifier)
    provider = Provider(answer())

    call(f"{verb}-person", {"identifier": identifier}, provider, values=VALUES | {"region": region})

    assert_equal(provider.requests[0], adapter.sent[0])


@pytest.mark.parametrize("region", REGIONS)
def test_an_anonymous_event_equals_the_official_client(region, adapter, call):
    data = {"page": "/pricing", "nested": {"none": None}}
    event_id = ulid.derive(EVENT_TIME, KEY)
    client = track_client(region, adapter)
    client.track_anonymous("visitor-7f3a", "viewed", data, id=event_id, timestamp=EVENT_TIME)
    provider = Provider(answer())

    inputs = {"anonymous_id": "visitor-7f3a", "name": "viewed", "data": data}
    call("track-anonymous-event", inputs, provider, values=VALUES | {"region": region})

    assert_equal(provider.requests[0], adapter.sent[0])


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize(
    ("primary", "secondary"),
    [
        (("email", "pat@example.com"), ("id", "user-123")),
        (("cio_id", "03000001"), ("email", "kim@example.com")),
        (("id", "1"), ("id", "2")),
    ],
)
def test_a_merge_equals_the_official_client(primary, secondary, region, adapter, call):
    track_client(region, adapter).merge_customers(*primary, *secondary)
    provider = Provider(answer())

    inputs = {
        "primary_type": primary[0],
        "primary": primary[1],
        "secondary_type": secondary[0],
        "secondary": secondary[1],
    }
    call("merge-people", inputs, provider, values=VALUES | {"region": region})

    assert_equal(provider.requests[0], adapter.sent[0])
