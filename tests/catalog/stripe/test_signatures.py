"""Who may say that a delivery is Stripe's. Headers are made by Stripe's own SDK."""

import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st

from apps.catalog.connectors.stripe import webhook
from apps.catalog.errors import SignatureError
from tests.catalog.stripe.provider import NOW
from tests.catalog.stripe.reference import load

BODY = b'{"id": "evt_1", "object": "event", "name": "Zo\xc3\xab"}'
SECRET = "whsec_the_right_one"


def header(secret=SECRET, body=BODY, timestamp=NOW):
    return stripe.WebhookSignature.generate_signature_header(body.decode(), secret, timestamp)


def verify(value, body=BODY, secrets=(SECRET,), now=NOW):
    headers = {} if value is None else {"stripe-signature": value}
    return webhook.verify(headers, body, secrets, now)


def refused(*args, **kwargs):
    with pytest.raises(SignatureError) as caught:
        verify(*args, **kwargs)
    assert SECRET not in caught.value.message
    return caught.value.code


def test_the_reference_vectors_verify():
    vectors = load("signature-vectors.json")

    assert vectors
    for vector in vectors:
        body = vector["body"].encode()
        known = {"secrets": [vector["secret"]], "now": vector["timestamp"]}
        assert verify(vector["header"], body, **known).secret_index == 0
        assert refused(vector["header"], body + b" ", **known) == "no_match"


@given(body=st.text(max_size=60), secret=st.text("abc_123", min_size=1, max_size=20))
def test_signing_equals_the_sdk(body, secret):
    encoded = body.encode("utf-8", "replace")
    signed = webhook.sign(encoded, secret, NOW)

    assert signed == {"Stripe-Signature": header(secret, encoded)}
    assert stripe.WebhookSignature.verify_header(encoded, signed["Stripe-Signature"], secret)


@pytest.mark.parametrize("age", [0, 299, 300, -300, -1])
def test_a_delivery_within_the_window_is_accepted(age):
    assert not verify(header(), now=NOW + age).late


@pytest.mark.parametrize(
    ("age", "code"), [(301, "too_old"), (86_400, "too_old"), (-301, "in_future"), (-86_400, "in_future")]
)
def test_a_delivery_outside_the_window_is_refused(age, code):
    assert refused(header(), now=NOW + age) == code


def test_a_forged_stamp_is_refused_as_forged_however_old():
    value = header().replace(f"t={NOW}", f"t={NOW - 9_999}")

    assert refused(value) == "no_match"


@pytest.mark.parametrize("body", [BODY + b" ", BODY.replace(b"evt_1", b"evt_2"), b"", b"\xff"])
def test_a_changed_body_is_refused(body):
    assert refused(header(), body) == "no_match"


@pytest.mark.parametrize("secrets", [(), ("",), ("  ", "\n")])
def test_without_a_secret_nothing_is_accepted(secrets):
    empty_key = webhook.sign(BODY, "", NOW)["Stripe-Signature"]

    assert refused(empty_key, secrets=secrets) == "no_secret"


def test_an_empty_secret_beside_a_right_one_counts_for_nothing():
    empty_key = webhook.sign(BODY, "", NOW)["Stripe-Signature"]

    assert refused(empty_key, secrets=("", SECRET)) == "no_match"
    assert verify(header(), secrets=("", SECRET)).secret_index == 1


def test_each_of_several_secrets_is_accepted_and_told():
    secrets = ("whsec_new", SECRET, "whsec_other")

    assert verify(header(), secrets=secrets).secret_index == 1
    assert verify(header("whsec_other"), secrets=secrets).secret_index == 2
    assert refused(header("whsec_gone"), secrets=secrets) == "no_match"


def test_one_of_several_signatures_is_enough():
    both = f"{header('whsec_gone')},{header().partition(',')[2]}"

    assert verify(both).secret_index == 0


def test_the_scheme_of_test_events_counts_for_nothing():
    assert refused(header().replace("v1=", "v0=")) == "malformed_header"
    assert refused(f"{header().replace('v1=', 'v0=')},v1={'0' * 64}") == "no_match"


@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_header_is_told(value):
    assert refused(value) == "missing_header"


@pytest.mark.parametrize(
    "value",
    [
        "nonsense",
        "t=,v1=",
        "v1=abc",
        f"t={NOW}",
        f"t={NOW},v1=",
        f"t=-{NOW},v1=abc",
        f"t={NOW}.5,v1=abc",
        "t=١٢٣,v1=abc",
        f"t={'9' * 5000},v1=abc",
        f"t={NOW},t={NOW},v1=abc",
    ],
)
def test_a_header_that_cannot_be_read_is_told(value):
    assert refused(value) == "malformed_header"


@given(value=st.text(max_size=80) | st.from_regex(r"t=[0-9]{1,12}(,v1=.{0,20}){0,3}", fullmatch=True))
def test_no_header_but_the_right_one_passes_or_breaks(value):
    assert refused(value) in {"missing_header", "malformed_header", "no_match"}


def test_a_rightly_signed_body_that_is_not_text_is_stripes_all_the_same():
    body = b"\xff\xfe\x00"

    assert verify(webhook.sign(body, SECRET, NOW)["Stripe-Signature"], body).secret_index == 0
