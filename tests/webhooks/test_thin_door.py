"""The door in front of Django answers as Django's view would, and leaves to it what is not usual."""

import io
import json
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import RequestFactory

from apps.webhooks import services
from apps.webhooks.door import Door
from apps.webhooks.models import Delivery, Refusal
from apps.webhooks.receipts import Post, Receipt
from tests.webhooks.stripe_sender import address, event, sign_bytes

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def kept_connection():
    """Let a request close no connection: the test's own is one, as Django's test client knows."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


def hand_in(post: Post) -> Receipt:
    return services.receive_all([post])[0]


def environ(path: str, body: bytes, **extra: Any) -> dict[str, Any]:
    """Return a request as a WSGI server hands it over."""
    made = RequestFactory(headers={"Stripe-Signature": sign_bytes(body)}).post(
        path, body, content_type="application/json"
    )
    return {**made.META, "wsgi.input": io.BytesIO(body), **extra}


def call(application, given: dict[str, Any]) -> tuple[str, dict[str, str], Any]:
    """Return status line, headers and body of the answer."""
    told: list[Any] = []
    answer = application(given, lambda status, headers: told.extend((status, dict(headers))))
    body = b"".join(answer)
    if close := getattr(answer, "close", None):
        close()
    return told[0], told[1], json.loads(body) if body.startswith(b"{") else body


def never(given, start_response):
    raise AssertionError("Django was asked.")


def only_django(post: Post) -> Receipt:
    raise AssertionError("The door took it.")


@pytest.mark.parametrize("https", [False, True])
@pytest.mark.parametrize("outcome", ["accepted", "forged", "unknown", "cut off"])
def test_the_door_answers_what_django_answers(endpoint, listening, settings, https, outcome):
    settings.SECURE_HSTS_SECONDS = 3600
    path = address(endpoint) if outcome != "unknown" else "/v1/webhooks/stripe/unknown"
    answers = []
    for name, application in (("door", Door(never, hand_in)), ("django", WSGIHandler())):
        body = event(f"evt_{name}")
        given = environ(path, body, HTTP_X_REQUEST_ID="a-proxy-s-id-of-it")
        if outcome == "forged":
            given["HTTP_STRIPE_SIGNATURE"] = "t=1,v1=00"
        if outcome == "cut off":
            given["wsgi.input"] = io.BytesIO(body[:50])
        if https:
            given["wsgi.url_scheme"] = "https"
        answers.append(call(application, given))

    (status, headers, told), (django_status, django_headers, django_told) = answers
    assert status == django_status
    assert headers == django_headers
    assert {**told, "delivery": ""} == {**django_told, "delivery": ""}
    assert headers["X-Request-ID"] == "a-proxy-s-id-of-it"
    assert ("Strict-Transport-Security" in headers) is https


def test_an_event_at_the_door_is_stored(endpoint, listening):
    body = event("evt_at_the_door")

    status, _, told = call(Door(never, hand_in), environ(address(endpoint), body))

    assert (status, told["code"]) == ("200 OK", "accepted")
    assert services.body_of(Delivery.objects.get(code=told["delivery"])) == body


@pytest.mark.parametrize(
    ("odd", "status"),
    [
        ({"REQUEST_METHOD": "GET"}, 405),
        ({"REQUEST_METHOD": "PUT"}, 405),
        ({"PATH_INFO": "/v1/webhooks/"}, 404),
        ({"PATH_INFO": "/v1/webhooks/stripe/\xc3\xa9"}, 404),
        ({"CONTENT_LENGTH": "many"}, 400),
        ({"CONTENT_LENGTH": "9" * 30}, 413),
        ({"CONTENT_LENGTH": str(2**20 + 1)}, 413),
        ({"HTTP_HOST": "evil.example.com"}, 400),
    ],
)
def test_what_is_not_usual_is_djangos(endpoint, odd, status):
    given = environ(address(endpoint), event(), **odd)

    line, _, _ = call(Door(WSGIHandler(), only_django), given)

    assert line.startswith(str(status))
    assert not Delivery.objects.exists()


def test_a_chunked_body_is_djangos(endpoint, listening):
    given = environ(address(endpoint), event(), **{"CONTENT_LENGTH": "", "wsgi.input_terminated": True})

    assert call(Door(WSGIHandler(), only_django), given)[2]["code"] == "accepted"


def test_a_redirect_to_https_is_djangos(endpoint, settings):
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    door = Door(WSGIHandler(), hand_in)

    secure = call(door, environ(address(endpoint), event("evt_1"), HTTP_X_FORWARDED_PROTO="https"))
    plain = call(door, environ(address(endpoint), event("evt_2"), HTTP_X_FORWARDED_PROTO="http"))

    assert secure[0] == "200 OK"
    assert plain[0] == "301 Moved Permanently"


def test_other_addresses_are_djangos(endpoint):
    line, _, _ = call(Door(WSGIHandler(), only_django), environ("/v1/elsewhere", b"{}"))

    assert line.startswith("404")


def test_a_sender_that_hangs_up_is_not_taken_for_a_forger(endpoint):
    class Hangup(io.BytesIO):
        def read(self, *given):
            raise OSError("Connection reset by peer")

    given = environ(address(endpoint), event(), **{"wsgi.input": Hangup()})

    status, _, told = call(Door(never, hand_in), given)

    assert (status, told["code"]) == ("400 Bad Request", "incomplete_body")
    assert not Refusal.objects.exists()


def test_a_failure_behind_the_door_asks_for_the_event_again(endpoint, capsys):
    def failing(post: Post) -> Receipt:
        raise RuntimeError("Nobody is in.")

    status, headers, told = call(Door(never, failing), environ(address(endpoint), event()))

    assert (status, told["code"]) == ("503 Service Unavailable", "not_stored")
    assert headers["Retry-After"] == "5"


def test_the_log_has_the_route_and_the_id_and_no_token(endpoint, listening, caplog):
    call(Door(never, hand_in), environ(address(endpoint), event(), HTTP_X_REQUEST_ID="an-id-of-a-proxy"))

    (record,) = [each for each in caplog.records if each.name == "tandem.request"]
    assert record.msg["route"] == "/v1/webhooks/<path:path>"
    assert (record.msg["status"], record.msg["request"]) == (200, "an-id-of-a-proxy")
    assert endpoint.token not in str(record.msg)
