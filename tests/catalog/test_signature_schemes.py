"""The schemes that declared apps choose from: what each accepts, and that nothing else passes."""

import hashlib
import hmac

import pytest
from pydantic import ValidationError

from apps.catalog import signatures
from apps.catalog.errors import SignatureError
from apps.catalog.signatures import Hmac, NoVerification, SharedSecret

NOW = 1_795_000_000
BODY = b'{"id": "evt_1"}'
SCHEMES = [
    SharedSecret(),
    SharedSecret(header="Authorization", prefix="Bearer "),
    Hmac(),
    Hmac(prefix="sha256="),
    Hmac(algorithm="sha512", encoding="base64"),
    Hmac(algorithm="sha1", prefix="v1=", timestamp_header="X-Time"),
    Hmac(timestamp_header="X-Time", signed="v0:{timestamp}:{body}", encoding="base64"),
]


def low(headers):
    return {name.lower(): value for name, value in headers.items()}


@pytest.mark.parametrize("scheme", SCHEMES, ids=repr)
def test_what_a_secret_signed_is_accepted_and_names_it(scheme):
    headers = low(signatures.sign(scheme, BODY, "the secret", NOW))

    assert signatures.verify(scheme, headers, BODY, ["another", "the secret"], NOW).secret_index == 1


@pytest.mark.parametrize("scheme", SCHEMES, ids=repr)
def test_nothing_passes_without_the_secret(scheme):
    headers = low(signatures.sign(scheme, BODY, "the secret", NOW))

    for given, body, secrets, code in (
        (headers, BODY, ["another"], "no_match"),
        ({}, BODY, ["the secret"], "missing_header"),
        (headers, BODY, [], "no_secret"),
        (headers, BODY, ["", " "], "no_secret"),
    ):
        with pytest.raises(SignatureError) as caught:
            signatures.verify(scheme, given, body, secrets, NOW)
        assert caught.value.code == code


@pytest.mark.parametrize("scheme", [each for each in SCHEMES if each.kind == "hmac"], ids=repr)
def test_another_body_does_not_pass(scheme):
    headers = low(signatures.sign(scheme, BODY, "the secret", NOW))

    with pytest.raises(SignatureError):
        signatures.verify(scheme, headers, BODY + b" ", ["the secret"], NOW)


def test_the_digest_is_that_of_the_standard_library():
    expected = hmac.new(b"key", b"1795000000." + BODY, hashlib.sha256).hexdigest()
    headers = {"x-signature": f"v1={expected.upper()[:0]}{expected}", "x-time": str(NOW)}

    scheme = Hmac(prefix="v1=", timestamp_header="X-Time")

    assert signatures.verify(scheme, headers, BODY, ["key"], NOW).secret_index == 0


def test_one_of_several_signatures_is_enough():
    good = signatures.sign(Hmac(prefix="v1="), BODY, "key", NOW)["X-Signature"]

    signatures.verify(Hmac(prefix="v1="), {"x-signature": f"v1=00ff, {good}"}, BODY, ["key"], NOW)


def test_no_tolerance_stands_for_any_age():
    with pytest.raises(ValidationError):
        Hmac(timestamp_header="X-Time", tolerance=0)


@pytest.mark.parametrize(("age", "code"), [(301, "too_old"), (-301, "in_future")])
def test_a_signed_time_far_from_now_is_refused(age, code):
    scheme = Hmac(timestamp_header="X-Time")
    headers = low(signatures.sign(scheme, BODY, "key", NOW - age))

    with pytest.raises(SignatureError) as caught:
        signatures.verify(scheme, headers, BODY, ["key"], NOW)

    assert caught.value.code == code


def test_a_time_in_milliseconds_is_read_as_such():
    scheme = Hmac(timestamp_header="X-Time")
    headers = low(signatures.sign(scheme, BODY, "key", NOW * 1000))

    signatures.verify(scheme, headers, BODY, ["key"], NOW)


def test_a_time_that_was_not_signed_does_not_pass():
    scheme = Hmac(timestamp_header="X-Time")
    headers = low(signatures.sign(scheme, BODY, "key", NOW))

    with pytest.raises(SignatureError):
        signatures.verify(scheme, {**headers, "x-time": str(NOW + 1)}, BODY, ["key"], NOW)


def test_no_verification_needs_to_be_chosen():
    assert signatures.verify(NoVerification(), {}, BODY, [], NOW).secret_index == 0
    with pytest.raises(ValidationError):
        Hmac(signed="{body}{timestamp}")
    with pytest.raises(ValidationError):
        SharedSecret(header="X: y\r\nZ")
