"""Hosts, credentials, and what each answer of Customer.io means."""

from base64 import b64decode

import pytest

from apps.catalog.errors import Certainty, NeedsHuman, Permanent, Retryable
from apps.catalog.transport import NoAnswer, Response
from tests.catalog.customerio.provider import VALUES, Provider, answer

PERSON = {"identifier": "a+b@example.com"}
EMAIL = {"transactional_message_id": "3", "to": "pat@example.com", "identifiers_email": "pat@example.com"}
PAGE = b"<!DOCTYPE html><html><body>secret-looking page</body></html>"


def test_the_person_is_one_encoded_path_segment(call):
    provider = Provider(answer())

    call("delete-person", {"identifier": "a+b@example.com/../x"}, provider)

    url = "https://track.customer.io/api/v1/customers/a%2Bb%40example.com%2F..%2Fx"
    assert provider.requests[0].url == url


@pytest.mark.parametrize("base_url", ["http://127.0.0.1:8123", "http://127.0.0.1:8123/"])
def test_a_base_address_replaces_both_hosts_and_keeps_the_paths(base_url, call):
    provider = Provider(answer(body=b'{"delivery_id": "d", "queued_at": 1}'))
    values = VALUES | {"region": ""}

    call("delete-person", {"identifier": "x"}, provider, values=values, base_url=base_url)
    call("send-transactional-email", EMAIL, provider, values=values, base_url=base_url)

    assert [request.url for request in provider.requests] == [
        "http://127.0.0.1:8123/api/v1/customers/x",
        "http://127.0.0.1:8123/v1/send/email",
    ]


def test_each_api_gets_its_own_credentials(call):
    provider = Provider(answer(body=b'{"delivery_id": "d", "queued_at": 1}'))

    call("delete-person", PERSON, provider)
    call("send-transactional-email", EMAIL, provider)

    scheme, encoded = provider.requests[0].headers["Authorization"].split()
    assert (scheme, b64decode(encoded)) == ("Basic", b"site:track-key")
    assert provider.requests[1].headers["Authorization"] == "Bearer app-key"


@pytest.mark.parametrize("region", ["", "apac"])
def test_nothing_is_sent_while_the_region_is_unknown(region, call):
    provider = Provider(answer())

    with pytest.raises(NeedsHuman) as caught:
        call("delete-person", PERSON, provider, values=VALUES | {"region": region})

    assert caught.value.code == "region_unknown"
    assert "Test" in caught.value.remedy
    assert provider.requests == []


@pytest.mark.parametrize(
    ("key", "inputs", "missing"),
    [
        ("delete-person", PERSON, "site_id"),
        ("delete-person", PERSON, "track_api_key"),
        ("send-transactional-email", EMAIL, "app_api_key"),
    ],
)
def test_a_missing_key_is_named_before_anything_is_sent(key, inputs, missing, call):
    provider = Provider(answer())

    with pytest.raises(NeedsHuman) as caught:
        call(key, inputs, provider, values={name: VALUES[name] for name in VALUES if name != missing})

    assert caught.value.code == "missing_credentials"
    assert provider.requests == []


def failed(call, response, key="identify-person", inputs=PERSON):
    with pytest.raises((Permanent, Retryable, NeedsHuman)) as caught:
        call(key, inputs, Provider(response))
    assert caught.value.status == response.status
    assert caught.value.remedy or isinstance(caught.value, Retryable)
    return caught.value


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"meta":{"errors":["name is blank","id is no ULID"]}}', "name is blank; id is no ULID"),
        (b'{"meta":{"error":"invalid identifier"}}', "invalid identifier"),
        (b'{"errors":[{"reason":"r","field":"to","message":"is bad"}]}', "to: is bad"),
        (b'{"errors":[{"detail":"no such thing","status":"400"}]}', "no such thing"),
    ],
)
def test_a_400_is_permanent_in_customerios_words(body, words, call):
    error = failed(call, answer(400, body))

    assert isinstance(error, Permanent)
    assert error.code == "invalid_request"
    assert words in error.message
    assert not error.gone


@pytest.mark.parametrize(
    "body",
    [
        b"",
        PAGE,
        b"null",
        b"[1]",
        b'{"meta":null,"errors":null}',
        b'{"meta":7,"errors":{"a":1}}',
        b"\xff",
        b"[" * 99999,
    ],
)
def test_bodies_that_say_nothing_leave_the_status(body, call):
    error = failed(call, Response(400, {}, body))

    assert error.message == "Customer.io refused the request (400)."


@pytest.mark.parametrize(
    ("key", "inputs", "words"),
    [("identify-person", PERSON, "Site ID"), ("send-transactional-email", EMAIL, "App API key")],
)
def test_a_401_asks_for_the_key_that_was_refused(key, inputs, words, call):
    error = failed(call, answer(401, b'{"meta":{"error":"Unauthorized request"}}'), key, inputs)

    assert isinstance(error, NeedsHuman)
    assert words in error.remedy
    assert "region" in error.remedy


def test_a_403_is_permanent_and_names_the_scope(call):
    error = failed(call, answer(403, b'{"meta":{"error":"no"}}'), "send-transactional-email", EMAIL)

    assert isinstance(error, Permanent)
    assert "scope" in error.remedy


def test_a_404_means_gone_unless_it_is_a_web_page(call):
    gone = failed(call, answer(404, b'{"errors":[{"detail":"not found"}]}'))
    page = failed(call, Response(404, {"content-type": "text/html"}, PAGE))

    assert (gone.gone, gone.code) == (True, "not_found")
    assert (page.gone, page.code) == (False, "wrong_address")
    assert "page" not in page.message


def test_a_429_was_not_done_and_its_wish_is_kept(call):
    body = b'{"errors":[{"detail":"rate limited to 10 requests per 1s","status":"429"}]}'

    error = failed(call, answer(429, body, retry_after="7"))

    assert isinstance(error, Retryable)
    assert (error.certainty, error.after) == (Certainty.NOT_DONE, 7.0)
    assert "rate limited to 10" in error.message


def test_a_429_without_a_wish_leaves_the_delay_open(call):
    assert failed(call, answer(429)).after is None


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504, 522, 524])
def test_a_408_or_5xx_may_have_been_done(status, call):
    error = failed(call, Response(status, {"content-type": "text/html"}, PAGE))

    assert isinstance(error, Retryable)
    assert error.certainty is Certainty.UNCERTAIN
    assert "html" not in error.message


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_the_other_region(status, call):
    error = failed(call, Response(status, {"location": "https://track-eu.customer.io/x"}))

    assert isinstance(error, Permanent)
    assert "region" in error.remedy
    assert not error.gone


@pytest.mark.parametrize("body", [PAGE, b"[]", b"ok", b'{"delivery_id":', b"{}", b'{"delivery_id": 7}', b""])
def test_a_2xx_that_names_no_delivery_leaves_a_send_uncertain(body, call):
    error = failed_send(call, body)

    assert error.certainty is Certainty.UNCERTAIN
    assert error.code == "unreadable_answer"


def failed_send(call, body):
    with pytest.raises(Retryable) as caught:
        call("send-transactional-email", EMAIL, Provider(Response(200, {}, body)))
    return caught.value


def test_a_web_page_in_place_of_an_answer_is_not_taken_for_success(call):
    error = failed(call, Response(200, {"content-type": "text/html"}, PAGE))

    assert isinstance(error, Retryable)
    assert error.certainty is Certainty.UNCERTAIN


@pytest.mark.parametrize("body", [b"", b"{}", b"{}\n"])
def test_an_empty_2xx_of_the_track_api_is_success(body, call):
    assert call("identify-person", PERSON, Provider(Response(200, {}, body))) == PERSON


def test_what_the_sender_raises_goes_through(call):
    def broken(request, *, deadline):
        raise NoAnswer("timed out", code="timeout")

    with pytest.raises(NoAnswer):
        call("identify-person", PERSON, broken)


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 429, 500])
def test_no_error_carries_a_credential(status, call):
    error = failed(call, answer(status, b'{"meta":{"error":"no"}}'))

    told = f"{error.message} {error.remedy} {error!r}"
    assert not [secret for secret in ("track-key", "app-key", "c2l0ZTp0cmFjay1rZXk=") if secret in told]
