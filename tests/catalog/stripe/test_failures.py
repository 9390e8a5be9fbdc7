"""What each of Stripe's refusals means for the call."""

import pytest

from apps.catalog.errors import Certainty, NeedsHuman, Permanent, Retryable
from tests.catalog.stripe.provider import Provider, answer, refusal, run

NOT_DONE, UNCERTAIN = Certainty.NOT_DONE, Certainty.UNCERTAIN


def failed(response):
    with pytest.raises((Retryable, Permanent, NeedsHuman)) as caught:
        run("get-charge", {"charge_id": "ch_1"}, Provider(response))
    assert caught.value.status == response.status
    return caught.value


@pytest.mark.parametrize(
    ("response", "certainty", "code", "after"),
    [
        (refusal(429, code="rate_limit"), NOT_DONE, "rate_limited", None),
        (answer(429, {"error": {"message": "slow"}}, retry_after="7"), NOT_DONE, "rate_limited", 7.0),
        (answer(429, b"<html>busy</html>", retry_after="3"), NOT_DONE, "rate_limited", 3.0),
        (refusal(429, code="lock_timeout"), NOT_DONE, "lock_timeout", None),
        (refusal(400, code="rate_limit"), NOT_DONE, "rate_limited", None),
        (refusal(409, code="idempotency_key_in_use", type="idempotency_error"), UNCERTAIN, "conflict", None),
        (refusal(409, code="lock_timeout"), UNCERTAIN, "conflict", None),
        (refusal(424, message="x"), UNCERTAIN, "provider_error", None),
        (refusal(500, type="api_error"), UNCERTAIN, "provider_error", None),
        (answer(500, stripe_should_retry="false"), UNCERTAIN, "provider_error", None),
        (answer(503, b"<html>down</html>", retry_after="20"), UNCERTAIN, "provider_error", 20.0),
        (answer(502, b""), UNCERTAIN, "provider_error", None),
        (answer(500, {"error": ["odd"]}), UNCERTAIN, "provider_error", None),
        (answer(500, {"error": "odd"}), UNCERTAIN, "provider_error", None),
        (answer(200, b""), UNCERTAIN, "unreadable_answer", None),
        (answer(200, b"<html>hello</html>"), UNCERTAIN, "unreadable_answer", None),
        (answer(200, b"\xff\xfe"), UNCERTAIN, "unreadable_answer", None),
        (answer(200, [1, 2]), UNCERTAIN, "unreadable_answer", None),
        (answer(200, b'"text"'), UNCERTAIN, "unreadable_answer", None),
        (answer(200, b"null"), UNCERTAIN, "unreadable_answer", None),
        (answer(200, b"[" * 50_000), UNCERTAIN, "unreadable_answer", None),
        (answer(200, b'{"amount": ' + b"9" * 5_000 + b"}"), UNCERTAIN, "unreadable_answer", None),
    ],
)
def test_what_may_be_repeated(response, certainty, code, after):
    error = failed(response)

    assert type(error) is Retryable
    assert (error.certainty, error.code, error.after) == (certainty, code, after)


def test_a_refused_key_asks_for_a_person():
    error = failed(refusal(401, message="Invalid API Key provided: sk_test_****1234"))

    assert type(error) is NeedsHuman
    assert error.message == "Stripe refused the secret key of this connection (401)."
    assert "sk_ or rk_" in error.remedy


@pytest.mark.parametrize(
    ("response", "code", "field", "gone", "words"),
    [
        (
            refusal(
                402, code="card_declined", decline_code="insufficient_funds", message="Your card was no."
            ),
            "card_declined",
            None,
            False,
            "decline code insufficient_funds",
        ),
        (
            refusal(
                403, message="The provided key 'rk_test_***x' lacks. Having the 'rak_charge_read' permission"
            ),
            "forbidden",
            None,
            False,
            "charge_read",
        ),
        (refusal(403), "forbidden", None, False, "a permission"),
        (
            refusal(404, code="resource_missing", param="id", message="No such charge: 'ch_1'"),
            "resource_missing",
            "charge_id",
            True,
            "No such charge: 'ch_1'",
        ),
        (refusal(400, code="resource_missing", param="customer"), "resource_missing", None, False, "(400)"),
        (refusal(404, message="Unrecognized request URL"), "wrong_address", None, False, "Unrecognized"),
        (answer(404, b"<html>not here</html>"), "wrong_address", None, False, "(404)"),
        (
            refusal(400, code="parameter_invalid_empty", param="id[0]"),
            "parameter_invalid_empty",
            "charge_id",
            False,
            "",
        ),
        (
            refusal(400, type="idempotency_error", message="Keys …"),
            "idempotency_mismatch",
            None,
            False,
            "Keys",
        ),
        (answer(302, b"", location="https://example.com"), "redirected", None, False, "(302)"),
        (answer(400, b"nonsense"), "invalid_request", None, False, "(400)"),
        (refusal(418), "invalid_request", None, False, "(418)"),
    ],
)
def test_what_is_refused_for_good(response, code, field, gone, words):
    error = failed(response)

    assert type(error) is Permanent
    assert (error.code, error.field, error.gone) == (code, field, gone)
    assert words in error.message
    assert error.remedy


def test_a_providers_words_stay_on_one_short_line():
    error = failed(refusal(400, message="line\nbreak\x00 " + "long " * 1_000))

    assert "\n" not in error.message
    assert "\x00" not in error.message
    assert len(error.message) < 600
