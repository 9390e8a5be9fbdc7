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


@pytest.mark.parametrize("odd", [None, [], "x", 5])
def test_a_body_of_another_shape_names_nothing(odd):
    assert read_event(sample_payload("customerio", "email-sent") | {"data": odd}).origins == ()
