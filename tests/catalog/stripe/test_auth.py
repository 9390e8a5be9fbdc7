"""Connecting an account: what is accepted, what is tried, what is shown."""

import re

import pytest

from apps.catalog.connectors.stripe import APP
from apps.catalog.errors import NeedsHuman, Permanent, Retryable
from apps.catalog.spec import Account
from tests.catalog.stripe.provider import API_KEY, Provider, Sandbox, answer, refusal

AUTH = APP.auth
BALANCE = {"object": "balance", "livemode": False}


def refused(**values):
    with pytest.raises(Permanent) as caught:
        AUTH.check(values)
    assert caught.value.remedy
    return caught.value


@pytest.mark.parametrize(
    "values",
    [
        {"api_key": "sk_test_1"},
        {"api_key": "sk_live_51Abc"},
        {"api_key": "rk_test_51Abc"},
        {"api_key": "rk_live_51Abc", "webhook_secret": "whsec_abc+/="},
        {"webhook_secret": "whsec_abc"},
        {"api_key": "", "webhook_secret": "whsec_abc"},
        dict(AUTH.sandbox_values),
    ],
)
def test_a_key_or_a_webhook_secret_is_enough(values):
    AUTH.check(values)

    for field in AUTH.fields:
        assert not values.get(field.key) or re.fullmatch(str(field.pattern), values[field.key])


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({}, "api_key", "Neither"),
        ({"api_key": "", "webhook_secret": ""}, "api_key", "Neither"),
        ({"api_key": "pk_test_1"}, "api_key", "publishable"),
        ({"api_key": "whsec_1"}, "api_key", "webhook signing secret"),
        ({"api_key": "sk_1"}, "api_key", "not a secret"),
        ({"api_key": "hunter2"}, "api_key", "not a secret"),
        ({"api_key": "sk_test_a b"}, "api_key", "not a secret"),
        ({"api_key": "sk_test_a\nX-Evil: 1"}, "api_key", "not a secret"),
        ({"api_key": "sk_test_1", "webhook_secret": "sk_test_1"}, "webhook_secret", "not a webhook"),
        ({"webhook_secret": "whsec_"}, "webhook_secret", "not a webhook"),
    ],
)
def test_other_values_are_refused_with_the_field_and_never_shown(values, field, words):
    error = refused(**values)

    assert error.field == field
    assert words in error.message
    assert not any(value and value in error.message for value in values.values())


def test_the_test_call_reads_the_balance():
    send = Provider(answer(body=BALANCE))

    checked = AUTH.test(Account({"api_key": API_KEY}), send)

    assert [(request.method, request.url) for request in send.requests] == [
        ("GET", "https://api.stripe.com/v1/balance")
    ]
    assert checked.message == "Stripe accepted the key (test mode)."
    assert (checked.learned, checked.warnings) == ({}, ())


def test_a_restricted_key_without_balance_is_connected_with_a_warning():
    checked = AUTH.test(Account({"api_key": "rk_live_1"}), Provider(refusal(403)))

    assert "live mode" in checked.message
    assert "Balance: Read" in checked.warnings[0]


@pytest.mark.parametrize(
    ("api_key", "response", "error"),
    [
        ("sk_test_1", refusal(403), Permanent),
        ("rk_test_1", refusal(401), NeedsHuman),
        ("rk_test_1", answer(500), Retryable),
        ("rk_test_1", answer(200, b"<html>"), Retryable),
        ("rk_test_1", answer(404, b"<html>"), Permanent),
    ],
)
def test_every_other_answer_is_a_failure(api_key, response, error):
    with pytest.raises(error):
        AUTH.test(Account({"api_key": api_key}), Provider(response))


def test_a_webhook_secret_alone_calls_nobody_and_says_so():
    send = Provider(answer())

    checked = AUTH.test(Account({"webhook_secret": "whsec_1"}), send)

    assert send.requests == []
    assert "only receives events" in checked.message
    assert checked.warnings


@pytest.mark.parametrize(
    ("values", "label"),
    [
        ({"api_key": "sk_test_1"}, "test mode"),
        ({"api_key": "rk_live_1"}, "live mode"),
        ({"webhook_secret": "whsec_1"}, "events only"),
        ({}, "events only"),
    ],
)
def test_the_label_tells_the_mode(values, label):
    assert AUTH.label(values) == label


def test_the_sandbox_values_are_accepted_by_the_sandbox():
    assert AUTH.test(Account(AUTH.sandbox_values), Sandbox()).warnings == ()


def test_credentials_are_secret_and_say_where_they_are_found():
    assert [(field.key, field.secret) for field in AUTH.fields] == [
        ("api_key", True),
        ("webhook_secret", True),
    ]
    assert all("Stripe Dashboard → Developers" in field.help_text for field in AUTH.fields)
