"""What an HTTP answer means for a connector without an SDK."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.catalog import responses
from apps.catalog.errors import Certainty, NeedsHuman, Permanent, Retryable
from apps.catalog.transport import Response

DATE = "Wed, 21 Oct 2026 07:28:00 GMT"
DATE_SECONDS = 1_792_567_680
PAGE = b"  <!DOCTYPE html><html></html>"


def failure(status, headers=None, body=b"{}", **options):
    return responses.failure(Response(status, headers or {}, body), provider="Example", **options)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[1]",
        b'"text"',
        PAGE,
        b"\xff{}",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b"[" * 100_000,
        b'{"a":' * 100_000,
    ],
)
def test_anything_but_a_json_object_is_none(body):
    assert responses.json_object(Response(200, {}, body)) is None


def test_an_object_is_read_whatever_its_declared_type():
    assert responses.json_object(Response(200, {"content-type": "text/plain"}, b' {"a": [1]}\n')) == {
        "a": [1]
    }


@given(st.binary())
def test_reading_never_raises(body):
    found = responses.json_object(Response(200, {}, body))

    assert found is None or isinstance(found, dict)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("0", 0.0), ("7", 7.0), (" 1.5 ", 1.5), ("99999999", responses.MAX_RETRY_AFTER)],
)
def test_retry_after_in_seconds(value, seconds):
    assert responses.retry_after({"retry-after": value}) == seconds


@pytest.mark.parametrize(
    "value", ["", "soon", "-3", "1e9", "NaN", "inf", "٣", "Wed, 99 Oct 2026", "9" * 400, "1,2"]
)
def test_retry_after_that_says_nothing_is_none(value):
    assert responses.retry_after({"retry-after": value}, now=0) is None


def test_without_a_header_there_is_no_wish():
    assert responses.retry_after({}) is None


@pytest.mark.parametrize(
    ("now", "seconds"),
    [
        (DATE_SECONDS - 30, 30.0),
        (DATE_SECONDS + 30, 0.0),
        (DATE_SECONDS - 10**8, responses.MAX_RETRY_AFTER),
        (float("nan"), None),
    ],
)
def test_retry_after_as_a_date_is_measured_from_now(now, seconds):
    assert responses.retry_after({"retry-after": DATE}, now=now) == seconds


def test_a_date_is_else_measured_from_the_answers_own_date():
    headers = {"retry-after": DATE, "date": "Wed, 21 Oct 2026 07:27:00 GMT"}

    assert responses.retry_after(headers) == 60.0
    assert responses.retry_after({"retry-after": DATE}) is None
    assert responses.retry_after({"retry-after": DATE.replace("GMT", "-0000")}, now=DATE_SECONDS - 1) == 1.0


@given(st.text(), st.text(), st.none() | st.floats())
def test_any_header_gives_a_sane_delay_or_none(value, date, now):
    delay = responses.retry_after({"retry-after": value, "date": date}, now=now)

    assert delay is None or 0 <= delay <= responses.MAX_RETRY_AFTER


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_a_2xx_is_no_failure(status):
    assert failure(status) is None


@pytest.mark.parametrize(
    ("status", "kind", "code", "certainty"),
    [
        (400, Permanent, "invalid_request", Certainty.REFUSED),
        (401, NeedsHuman, "unauthorized", Certainty.REFUSED),
        (402, Permanent, "payment_required", Certainty.REFUSED),
        (403, Permanent, "forbidden", Certainty.REFUSED),
        (404, Permanent, "not_found", Certainty.REFUSED),
        (409, Permanent, "refused", Certainty.REFUSED),
        (410, Permanent, "not_found", Certainty.REFUSED),
        (413, Permanent, "too_large", Certainty.REFUSED),
        (422, Permanent, "refused", Certainty.REFUSED),
        (302, Permanent, "redirected", Certainty.REFUSED),
        (308, Permanent, "redirected", Certainty.REFUSED),
        (408, Retryable, "provider_error", Certainty.UNCERTAIN),
        (429, Retryable, "rate_limited", Certainty.NOT_DONE),
        (500, Retryable, "provider_error", Certainty.UNCERTAIN),
        (503, Retryable, "provider_error", Certainty.UNCERTAIN),
        (524, Retryable, "provider_error", Certainty.UNCERTAIN),
        (103, Retryable, "provider_error", Certainty.UNCERTAIN),
        (999, Retryable, "provider_error", Certainty.UNCERTAIN),
    ],
)
def test_a_status_decides_what_happens_next(status, kind, code, certainty):
    error = failure(status)

    assert type(error) is kind
    assert (error.code, error.certainty, error.status) == (code, certainty, status)
    assert "Example" in error.message
    assert str(status) in error.message


@pytest.mark.parametrize("status", [404, 410])
def test_gone_is_what_the_provider_says_and_not_a_web_page(status):
    assert failure(status).gone
    assert not failure(status, body=PAGE).gone
    assert not failure(status, {"content-type": "text/html; charset=utf-8"}, b"x").gone
    assert not failure(403).gone


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_the_wish_to_wait_is_kept(status):
    assert failure(status, {"retry-after": "9"}).after == 9.0
    assert failure(status, {"retry-after": DATE}, now=DATE_SECONDS - 5).after == 5.0


def test_a_detail_is_one_short_line():
    error = failure(400, detail="a\r\nb\x00\ud800" + "c" * 9_000)

    assert error.message.startswith("Example refused the request (400): a b ccc")
    assert len(error.message) < 600
    error.message.encode()


def test_a_remedy_replaces_the_general_one():
    assert failure(403, remedy="Do this.").remedy == "Do this."
    assert failure(403).remedy


def test_an_unreadable_2xx_may_have_been_done():
    error = responses.unreadable(Response(200, {}, PAGE), provider="Example")

    assert error.certainty is Certainty.UNCERTAIN
    assert "web page" in error.message
