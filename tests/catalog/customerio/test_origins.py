"""Which reporting events go back to a call of ours: to a send, or to an event that started a campaign."""

import pytest

from apps.catalog.connectors.customerio.webhook import read_event
from apps.catalog.registry import sample_payload


def event(**data):
    return sample_payload("customerio", "email-sent") | {"data": data}


@pytest.mark.parametrize(
    ("data", "origins"),
    [
        ({"delivery_id": "RPIL", "transactional_message_id": 3}, ("RPIL",)),
        ({"delivery_id": "RPIL", "transactional_message_id": "receipt"}, ("RPIL",)),
        ({"delivery_id": "RPIL", "campaign_id": 23, "trigger_event_id": "01M7"}, ("01M7",)),
        ({"delivery_id": "RPIL", "newsletter_id": 4}, ()),
        ({"delivery_id": "RPIL", "transactional_message_id": ""}, ()),
        ({"delivery_id": 7, "transactional_message_id": 3, "trigger_event_id": ["x"]}, ()),
        ({"trigger_event_id": "x" * 201}, ()),
        ({}, ()),
    ],
)
def test_a_message_names_what_it_was_sent_for(data, origins):
    assert read_event(event(**data)).origins == origins


def told(event_type, **data):
    kind, _, metric = event_type.partition(".")
    about = {"delivery_id": "RPIL", "transactional_message_id": 3, "trigger_event_id": "01M7"}
    return read_event(event(**about, **data) | {"object_type": kind, "metric": metric}).origins


@pytest.mark.parametrize(
    "event_type",
    [
        *("email.opened", "email.clicked", "email.converted", "email.unsubscribed", "email.spammed"),
        *("in_app.clicked", "push.opened", "sms.clicked", "sms.replied", "whatsapp.replied"),
        *("customer.subscribed", "customer.unsubscribed", "customer.subscription_preferences_changed"),
        "customer.cio_subscription_preferences_changed",
    ],
)
def test_what_a_person_does_goes_back_to_nobody_s_call(event_type):
    assert told(event_type) == ()
    assert told(event_type, machine=False, prefetched=False) == ()


@pytest.mark.parametrize(
    ("event_type", "mark"),
    [("email.opened", "prefetched"), ("email.clicked", "machine")],
)
def test_what_a_machine_does_with_a_message_goes_back_to_what_sent_it(event_type, mark):
    assert told(event_type, **{mark: True}) == ("01M7", "RPIL")
    assert told(event_type, **{mark: "yes"}) == ()


@pytest.mark.parametrize("event_type", ["email.sent", "email.delivered", "sms.bounced", "push.failed"])
def test_what_happens_to_a_message_by_itself_goes_back_to_what_sent_it(event_type):
    assert told(event_type) == ("01M7", "RPIL")


@pytest.mark.parametrize("odd", [None, [], "x", 5])
def test_a_body_of_another_shape_names_nothing(odd):
    assert read_event(sample_payload("customerio", "email-sent") | {"data": odd}).origins == ()
