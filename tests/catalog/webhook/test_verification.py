"""The verification that a connection names, and what it refuses to be without."""

import base64
import hashlib
import hmac
from typing import Any

import pytest

from apps.catalog import registry
from apps.catalog.errors import Permanent, SignatureError

APP = registry.get_app("webhook")
SECRET = "a secret of the tests"
BODY = b'{"id": 1}'
NOW = 1_795_000_000


def scheme(**values: str) -> Any:
    assert APP.webhook is not None
    return APP.webhook.for_values(values)


def digest(text: bytes, algorithm: str = "sha256") -> bytes:
    return hmac.new(SECRET.encode(), text, getattr(hashlib, algorithm)).digest()


def verify(
    values: dict[str, str], headers: dict[str, str], secrets: Any = (SECRET,), now: float = NOW
) -> Any:
    return scheme(**values).verify(headers, BODY, secrets, now)


@pytest.mark.parametrize("algorithm", ["sha256", "sha1", "sha512"])
@pytest.mark.parametrize("encoding", ["hex", "base64"])
def test_a_signature_in_every_way_it_is_written(algorithm, encoding):
    made = digest(BODY, algorithm)
    text = made.hex() if encoding == "hex" else base64.b64encode(made).decode()
    values = {
        "verification": "hmac",
        "header": "X-Hub-Signature-256",
        "prefix": "sha256=",
        "algorithm": algorithm,
        "encoding": encoding,
    }

    assert verify(values, {"x-hub-signature-256": f"sha256={text}"}).secret_index == 0
    with pytest.raises(SignatureError):
        verify(values, {"x-hub-signature-256": f"sha256={text}"}, ["another secret"])


def test_a_time_is_signed_along_and_must_be_near():
    values = {
        "verification": "hmac",
        "timestamp_header": "X-Time",
        "signed": "v0:{timestamp}:{body}",
        "prefix": "v0=",
        "tolerance": "60",
    }
    signed = digest(b"v0:1795000000:" + BODY).hex()
    headers = {"x-signature": f"v0={signed}", "x-time": "1795000000"}

    verify(values, headers, now=NOW + 59)
    for now, code in ((NOW + 61, "too_old"), (NOW - 61, "in_future")):
        with pytest.raises(SignatureError) as caught:
            verify(values, headers, now=now)
        assert caught.value.code == code
    with pytest.raises(SignatureError):
        verify(values, {**headers, "x-time": "1795000001"})


def test_a_stored_tolerance_of_nothing_is_the_usual_one():
    values = {"verification": "hmac", "timestamp_header": "X-Time", "tolerance": "0"}
    headers = {"x-signature": digest(b"1795000000." + BODY).hex(), "x-time": "1795000000"}

    verify(values, headers, now=NOW + 299)
    with pytest.raises(SignatureError) as caught:
        verify(values, headers, now=NOW + 301)
    assert caught.value.code == "too_old"


@pytest.mark.parametrize(
    ("values", "headers"),
    [
        ({}, {"x-webhook-secret": SECRET}),
        ({"header": "X-Shop-Token"}, {"x-shop-token": SECRET}),
        ({"header": "Authorization", "prefix": "Bearer"}, {"authorization": f"Bearer {SECRET}"}),
    ],
)
def test_a_shared_secret_stands_in_its_header(values, headers):
    named = {"verification": "secret", **values}

    verify(named, headers)
    for wrong in ({}, dict.fromkeys(headers, "wrong"), dict.fromkeys(headers, "")):
        with pytest.raises(SignatureError):
            verify(named, wrong)


@pytest.mark.parametrize("way", ["hmac", "secret", "", "unknown"])
@pytest.mark.parametrize("secrets", [(), ("",), (" ",)])
def test_without_a_secret_nothing_is_taken(way, secrets):
    with pytest.raises(SignatureError) as caught:
        verify({"verification": way}, {"x-signature": "", "x-webhook-secret": ""}, secrets)

    assert caught.value.code == "no_secret"


def test_only_none_by_its_name_takes_whatever_comes():
    verify({"verification": "none"}, {}, ())

    assert scheme(verification="none").unverified
    assert not any(scheme(verification=way).unverified for way in ("hmac", "secret", "", "None", "unknown"))
    assert not APP.webhook.unverified


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"secret": SECRET}, "verification"),
        ({"verification": "", "secret": SECRET}, "verification"),
        ({"verification": "hmac"}, "secret"),
        ({"verification": "hmac", "secret": ""}, "secret"),
        ({"verification": "secret"}, "secret"),
        ({"verification": "secret", "secret": "short"}, "secret"),
        ({"verification": "none", "secret": SECRET}, "secret"),
        ({"verification": "none", "algorithm": "sha1"}, "algorithm"),
        ({"verification": "secret", "secret": SECRET, "tolerance": "5"}, "tolerance"),
        ({"verification": "hmac", "secret": SECRET, "signed": "{timestamp}.{body}"}, "timestamp_header"),
        ({"verification": "hmac", "secret": SECRET, "timestamp_header": "T", "signed": "{body}"}, "signed"),
        ({"verification": "hmac", "secret": SECRET, "tolerance": "99999"}, "tolerance"),
        ({"verification": "hmac", "secret": SECRET, "tolerance": "0", "timestamp_header": "T"}, "tolerance"),
        ({"verification": "hmac", "secret": SECRET, "tolerance": "00000"}, "tolerance"),
        ({"verification": "hmac", "secret": SECRET, "header": "X Y"}, "header"),
        ({"verification": "hmac", "secret": SECRET, "event_id_from": "id"}, "event_id_from"),
        ({"verification": "hmac", "secret": SECRET, "event_id_from": "body"}, "event_id_from"),
        (
            {"verification": "hmac", "secret": SECRET, "event_id_from": "headers.Authorization"},
            "event_id_from",
        ),
        ({"verification": "hmac", "secret": SECRET, "event_type_from": "body..type"}, "event_type_from"),
    ],
)
def test_values_that_can_not_work_name_their_field(values, field):
    with pytest.raises(Permanent) as caught:
        APP.auth.check(values)

    assert caught.value.field == field


def test_the_way_is_said_in_words():
    labels = [
        APP.auth.label(values)
        for values in (
            {"verification": "none"},
            {"verification": "secret"},
            {"verification": "hmac", "algorithm": "sha1"},
        )
    ]

    assert labels == ["not verified", "shared secret", "HMAC-SHA1"]
