"""The door's HTTP: methods, sizes, content types, unfinished bodies."""

import io
import json

import pytest
from django.test import Client, RequestFactory

from apps.webhooks import views
from apps.webhooks.models import Delivery, Refusal
from tests.webhooks.stripe_sender import address, event, post, sign_bytes

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete", "options"])
def test_other_methods_are_405_and_say_so(endpoint, method):
    answer = getattr(Client(), method)(address(endpoint))

    assert answer.status_code == 405
    assert answer["Allow"] == "POST"
    assert answer["Content-Type"] == "application/json"
    if method != "head":
        assert answer.json()["code"] == "method_not_allowed"


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json; charset=utf-8",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/octet-stream",
        "nonsense",
        "",
    ],
)
def test_the_content_type_does_not_matter(endpoint, listening, content_type):
    assert post(address(endpoint), event(), content_type=content_type).json()["code"] == "accepted"


def padded(size: int) -> bytes:
    body = event("evt_big", padding="")
    return event("evt_big", padding="x" * (size - len(body)))


def test_a_body_of_one_mebibyte_is_accepted(endpoint, listening):
    body = padded(1024 * 1024)

    assert len(body) == 1024 * 1024
    assert post(address(endpoint), body).json()["code"] == "accepted"


def test_one_byte_more_is_413_counted_and_not_stored(endpoint, listening):
    answer = post(address(endpoint), padded(1024 * 1024 + 1))

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert not Delivery.objects.exists()
    refusal = Refusal.objects.get()
    assert (refusal.endpoint, refusal.reason, refusal.count) == (endpoint, "too_large", 1)


def test_a_large_body_at_an_unknown_address_is_404_and_alarms_nobody(endpoint):
    answer = post("/v1/webhooks/stripe/unknown", padded(1024 * 1024 + 1))

    assert answer.status_code == 404
    assert not Refusal.objects.exists()


def test_the_limit_is_a_setting(endpoint, listening, settings):
    settings.MAX_BODY_BYTES = 100

    assert post(address(endpoint), event()).status_code == 413


class Hangup(io.BytesIO):
    """A stream whose sender hangs up."""

    def read(self, *args):
        """Fail as a socket does."""
        raise OSError("Connection reset by peer")


def answer_to(endpoint, *, stream, **environ):
    """Return the answer to a request as a WSGI server hands it over."""
    path = address(endpoint)
    request = RequestFactory().post(path, **{"wsgi.input": stream, **environ})
    return views.receive(request, path.removeprefix("/v1/webhooks/"))


def test_a_sender_that_hangs_up_is_not_taken_for_a_forger(endpoint):
    body = event()

    for stream in (Hangup(), io.BytesIO(body[:50])):
        answer = answer_to(
            endpoint, stream=stream, CONTENT_LENGTH=str(len(body)), HTTP_STRIPE_SIGNATURE=sign_bytes(body)
        )

        assert (answer.status_code, json.loads(answer.content)["code"]) == (400, "incomplete_body")
    assert not Refusal.objects.exists()


def chunked(endpoint, body):
    environ = {
        "wsgi.input_terminated": True,
        "CONTENT_LENGTH": "",
        "HTTP_TRANSFER_ENCODING": "chunked",
        "HTTP_STRIPE_SIGNATURE": sign_bytes(body),
    }
    return answer_to(endpoint, stream=io.BytesIO(body), **environ)


def test_a_chunked_body_without_a_length_is_read(endpoint, listening):
    assert json.loads(chunked(endpoint, event()).content)["code"] == "accepted"


def test_a_chunked_body_over_the_limit_is_413(endpoint):
    assert chunked(endpoint, padded(1024 * 1024 + 1)).status_code == 413


@pytest.mark.parametrize("length", ["-1", "nonsense", "9" * 40])
def test_a_nonsensical_length_is_no_500(endpoint, length):
    answer = answer_to(endpoint, stream=io.BytesIO(b""), CONTENT_LENGTH=length)

    assert 400 <= answer.status_code < 500
