"""A broadcast goes to exactly one audience that is named, and is never repeated by itself."""

import json

import pytest

from apps.catalog.errors import Certainty, Permanent, Retryable
from tests.catalog.customerio.provider import Provider, answer, check

EMAILS = {"broadcast_id": "9", "emails": "pat@example.com, kim@example.com"}


@pytest.mark.parametrize(
    ("inputs", "sent"),
    [
        (
            {"emails": " pat@example.com,,kim@example.com "},
            {"emails": ["pat@example.com", "kim@example.com"]},
        ),
        ({"ids": ["user-123", 7]}, {"ids": ["user-123", "7"]}),
        (
            {"per_user_data": [{"email": "pat@example.com", "data": {"a": 1}}, {"id": "7"}]},
            {"per_user_data": [{"email": "pat@example.com", "data": {"a": 1}}, {"id": "7"}]},
        ),
        ({"recipients": {"segment": {"id": 7}}}, {"recipients": {"segment": {"id": 7}}}),
        (
            {"data_file_url": "https://example.com/people.json", "data": {"headline": "Hi"}},
            {"data_file_url": "https://example.com/people.json", "data": {"headline": "Hi"}},
        ),
    ],
)
def test_each_kind_of_audience_is_sent_as_customerio_takes_it(inputs, sent, call):
    provider = Provider(answer(body=b'{"id": 4}'))

    outputs = call("send-broadcast", {"broadcast_id": 9} | inputs, provider)

    [request] = provider.requests
    assert (request.method, request.url) == ("POST", "https://api.customer.io/v1/campaigns/9/triggers")
    assert json.loads(request.body) == sent
    assert outputs == {"trigger_id": "4"}


@pytest.mark.parametrize(
    ("inputs", "field"),
    [
        ({}, "emails"),
        ({"emails": "pat@example.com", "ids": ["7"]}, "ids"),
        ({"emails": " , "}, "emails"),
        ({"emails": "pat@example.com, nobody"}, "emails"),
        ({"emails": 5}, "emails"),
        ({"ids": []}, "ids"),
        ({"ids": [""]}, "ids"),
        ({"ids": "7"}, "ids"),
        ({"recipients": {}}, "recipients"),
        ({"per_user_data": []}, "per_user_data"),
        ({"per_user_data": ["pat@example.com"]}, "per_user_data"),
        ({"per_user_data": [{"id": "7", "email": "pat@example.com"}]}, "per_user_data"),
        ({"per_user_data": [{"data": {}}]}, "per_user_data"),
        ({"per_user_data": [{"id": "7", "name": "Pat"}]}, "per_user_data"),
        ({"per_user_data": [{"id": "7", "data": [1]}]}, "per_user_data"),
        ({"emails": "pat@example.com", "data": [1]}, "data"),
        ({"emails": "pat@example.com", "broadcast_id": "../9"}, "broadcast_id"),
    ],
)
def test_what_is_no_audience_is_not_sent(inputs, field):
    with pytest.raises(Permanent) as caught:
        check("send-broadcast", {"broadcast_id": "9"} | inputs)

    assert caught.value.field == field


def test_an_answer_that_names_no_triggering_is_uncertain(call):
    with pytest.raises(Retryable) as caught:
        call("send-broadcast", EMAILS, Provider(answer(body=b"{}")))

    assert caught.value.certainty is Certainty.UNCERTAIN


def test_a_second_one_within_ten_seconds_waits(call):
    limited = answer(429, b'{"errors": [{"detail": "rate limited", "status": "429"}]}', retry_after="10")

    with pytest.raises(Retryable) as caught:
        call("send-broadcast", EMAILS, Provider(limited))

    assert (caught.value.certainty, caught.value.after) == (Certainty.NOT_DONE, 10.0)


def test_a_refused_audience_is_told_in_customerios_words(call):
    refused = answer(422, b'{"errors": [{"detail": "recipients is empty", "status": "422"}]}')

    with pytest.raises(Permanent, match="recipients is empty"):
        call("send-broadcast", EMAILS, Provider(refused))


@pytest.mark.parametrize(
    ("key", "body", "options"),
    [
        ("list-broadcasts", b'{"broadcasts": [{"id": 9, "name": "Notice"}]}', [("9", "Notice (9)")]),
        ("list-broadcasts", b'{"broadcasts": null}', []),
        (
            "list-segments",
            b'{"segments": [{"id": 1, "name": "All", "type": "dynamic"}, {"id": 7, "type": "manual"}]}',
            [("7", "Segment 7")],
        ),
    ],
)
def test_broadcasts_and_manual_segments_are_listed(key, body, options, call):
    found = call(key, {}, Provider(answer(body=body)))["options"]

    assert [(option["value"], option["label"]) for option in found] == options
