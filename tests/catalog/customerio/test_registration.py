"""Exactly one reporting webhook of ours stands at Customer.io, whatever was there before."""

import json
from urllib.parse import urlsplit

import pytest

from apps.catalog.connectors.customerio import APP, registration
from apps.catalog.connectors.customerio.events import CONTENT, EVERY_TIME
from apps.catalog.errors import Permanent, Retryable
from apps.catalog.spec import Account, RegistrationContext
from apps.catalog.transport import Response
from tests.catalog.customerio.provider import KEY, Provider, answer

URL = "https://hooks.example.com/v1/webhooks/customerio/tok_8f2k"
MARKER = {"tandem_connection": "conn_1"}
EVENTS = ("email.opened", "customer.subscribed")


class CustomerIo:
    """The sandbox, with what was asked of it."""

    def __init__(self):
        self.state, self.calls = {}, []

    def __call__(self, request, *, deadline):
        """Answer from the sandbox."""
        self.calls.append((request.method, urlsplit(request.url).path, json.loads(request.body or b"null")))
        response, self.state = APP.sandbox(request, self.state, 1_795_000_000.0)
        return response

    @property
    def webhooks(self):
        """The webhooks that stand there."""
        return list(self.state.get("webhooks", {}).values())

    @property
    def writes(self):
        """The methods of the calls that change something."""
        return [method for method, _, _ in self.calls if method != "GET"]

    def put(self, number, **changed):
        """Set a webhook as somebody else left it."""
        webhook = {
            "id": number,
            "type": "webhook",
            "name": "Tandem conn_1",
            "endpoint": URL,
            "events": ["customer_subscribed", "email_opened"],
            "disabled": False,
            "full_resolution": False,
            "with_content": False,
        }
        self.state.setdefault("webhooks", {})[str(number)] = webhook | changed


@pytest.fixture
def customerio():
    return CustomerIo()


def context(send, **changed):
    defaults = {
        "account": Account(APP.auth.sandbox_values),
        "send": send,
        "url": URL,
        "event_types": EVENTS,
        "marker": MARKER,
        "key": KEY,
    }
    return RegistrationContext(**(defaults | changed))


def ensure(send, **changed):
    return registration.ensure(context(send, **changed))


def test_without_a_signing_key_the_webhook_is_made_disabled(customerio):
    registered = ensure(customerio)

    assert customerio.webhooks == [
        {
            "id": int(registered.id),
            "type": "webhook",
            "name": "Tandem conn_1",
            "endpoint": URL,
            "events": ["customer_subscribed", "email_opened"],
            "disabled": True,
            "full_resolution": False,
            "with_content": False,
        }
    ]
    assert not registered.enabled
    assert registered.secret is None
    assert registered.url == URL
    assert sorted(registered.event_types) == ["customer.subscribed", "email.opened"]


def test_with_the_key_the_same_webhook_is_enabled_and_written_whole(customerio):
    first = ensure(customerio)

    second = ensure(customerio, known_id=first.id, have_secret=True)

    assert (second.id, second.enabled) == (first.id, True)
    method, path, body = customerio.calls[-1]
    assert (method, path) == ("PUT", f"/v1/reporting_webhooks/{first.id}")
    assert body == {
        "name": "Tandem conn_1",
        "endpoint": URL,
        "events": ["customer_subscribed", "email_opened"],
        "disabled": False,
        "full_resolution": False,
        "with_content": False,
    }


def test_a_webhook_made_anew_while_a_key_is_known_is_enabled_at_once(customerio):
    assert ensure(customerio, known_id="17", have_secret=True).enabled
    assert [webhook["disabled"] for webhook in customerio.webhooks] == [False]


def test_what_stands_already_is_not_written_again(customerio):
    customerio.put(7)

    registered = ensure(customerio, known_id="7", have_secret=True)

    assert registered.id == "7"
    assert customerio.writes == []


def test_settings_that_a_trigger_needs_are_switched_on_and_off_with_it(customerio):
    first = ensure(customerio, event_types=(*EVENTS, EVERY_TIME, CONTENT), have_secret=True)
    assert {EVERY_TIME, CONTENT} <= set(first.event_types)
    assert (customerio.webhooks[0]["full_resolution"], customerio.webhooks[0]["with_content"]) == (True, True)

    second = ensure(customerio, known_id=first.id, have_secret=True)

    assert sorted(second.event_types) == sorted(EVENTS)
    assert (customerio.webhooks[0]["full_resolution"], customerio.webhooks[0]["with_content"]) == (
        False,
        False,
    )


def test_what_is_not_ours_to_change_is_sent_back_as_it_was(customerio):
    customerio.put(7, name="By hand", a_setting_of_tomorrow=5)

    ensure(customerio, have_secret=True)

    assert customerio.calls[-1][2]["a_setting_of_tomorrow"] == 5
    assert customerio.calls[-1][2]["name"] == "Tandem conn_1"


@pytest.mark.parametrize(
    "changed", [{"endpoint": "https://old.example.com/hook"}, {"name": "By hand"}, {"disabled": True}]
)
def test_ours_is_found_by_name_or_address_and_put_in_order(changed, customerio):
    customerio.put(7, **changed)

    registered = ensure(customerio, have_secret=True)

    assert registered.id == "7"
    assert [(each["name"], each["endpoint"]) for each in customerio.webhooks] == [("Tandem conn_1", URL)]
    assert registered.enabled


def test_surplus_ones_of_ours_are_deleted_and_foreign_ones_left_alone(customerio):
    customerio.put(7, disabled=True)
    customerio.put(8)
    customerio.put(9, name="Warehouse", endpoint="https://warehouse.example.com")

    registered = ensure(customerio, known_id="7", have_secret=True)

    assert registered.id == "7"
    assert [webhook["id"] for webhook in customerio.webhooks] == [7, 9]


def test_a_webhook_that_vanishes_meanwhile_is_made_anew():
    listed = answer(body=b'{"reporting_webhooks": [{"id": 7, "name": "Tandem conn_1", "endpoint": ""}]}')
    gone = answer(404, b'{"errors": [{"detail": "not found"}]}')
    made = answer(body=b'{"id": 8, "disabled": true}')

    assert ensure(Provider(listed, gone, made)).id == "8"


@pytest.mark.parametrize("body", [b'{"reporting_webhooks": null}', b"{}", b""])
def test_an_empty_list_may_be_null(body):
    provider = Provider(answer(body=body), answer(body=b'{"id": 8}'))

    registered = ensure(provider)

    assert registered.id == "8"
    assert sorted(registered.event_types) == ["customer.subscribed", "email.opened"]
    assert not registered.enabled


def test_removing_deletes_ours_alone(customerio):
    customerio.put(7, name="By hand")
    customerio.put(8, endpoint="https://old.example.com")
    customerio.put(9, name="Warehouse", endpoint="https://warehouse.example.com")

    registration.remove(context(customerio))

    assert [webhook["id"] for webhook in customerio.webhooks] == [9]


@pytest.mark.parametrize("status", [204, 404])
def test_removing_what_is_gone_already_is_done(status):
    listed = answer(body=json.dumps({"reporting_webhooks": [{"id": 7, "endpoint": URL}]}).encode())
    provider = Provider(listed, Response(status, {"content-type": "application/json"}, b""))

    registration.remove(context(provider))

    assert [request.method for request in provider.requests] == ["GET", "DELETE"]


def test_a_key_without_the_scope_says_what_to_do():
    refused = answer(403, b'{"errors": [{"detail": "missing scope"}]}')

    with pytest.raises(Permanent) as caught:
        ensure(Provider(refused))
    assert caught.value.code == "forbidden"
    assert "by hand" in caught.value.remedy

    with pytest.raises(Permanent) as caught:
        registration.remove(context(Provider(refused)))
    assert "delete the webhook" in caught.value.remedy
    assert URL in caught.value.remedy


def test_an_address_that_is_refused_names_the_setting():
    provider = Provider(answer(body=b"{}"), answer(400, b'{"errors": [{"detail": "endpoint is invalid"}]}'))

    with pytest.raises(Permanent) as caught:
        ensure(provider)

    assert "PUBLIC_URL" in caught.value.remedy


def test_a_creation_that_names_no_id_is_uncertain():
    with pytest.raises(Retryable):
        ensure(Provider(answer(body=b"{}"), answer(body=b"{}")))


@pytest.mark.parametrize("odd", ["../customers", {"a": 1}, None, True, "7?x=1"])
def test_an_id_that_is_no_number_is_no_part_of_an_address(odd):
    listed = answer(body=json.dumps({"reporting_webhooks": [{"id": odd, "endpoint": URL}]}).encode())
    provider = Provider(listed, answer(body=b'{"id": 8}'))

    assert ensure(provider).id == "8"
    assert [request.method for request in provider.requests] == ["GET", "POST"]
