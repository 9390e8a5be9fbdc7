"""Only what the provider signed is taken; what is refused changes nothing but a count."""

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from apps.connections import credentials
from apps.connections.models import Connection, Endpoint
from apps.runs.models import Run
from apps.webhooks import refusals, services
from apps.webhooks.models import Delivery, Refusal, Seen
from tests.factories import EndpointFactory
from tests.webhooks.stripe_sender import SECRET, address, event, post, sign_bytes, signature

VECTORS = Path(__file__).parents[3] / "shared/reference/samples/stripe/signature-vectors.json"

pytestmark = pytest.mark.django_db


def stored() -> tuple[int, ...]:
    return Delivery.objects.count(), Seen.objects.count(), Run.objects.count()


def test_a_body_signed_by_stripes_sdk_is_accepted(endpoint, listening):
    body = event()

    assert post(address(endpoint), body, header=signature(body)).json()["code"] == "accepted"


def refused_headers() -> dict[str, tuple[str, int, str]]:
    body, now = event(), time.time()
    right = signature(body)
    stamp, _, mac = right.partition(",v1=")
    return {
        "no header": ("", 400, "missing_header"),
        "no signature in it": (stamp, 400, "malformed_header"),
        "no timestamp in it": (f"v1={mac}", 400, "malformed_header"),
        "nonsense": ("nonsense", 400, "malformed_header"),
        "not ASCII": (f"{stamp},v1=\xe9\xff", 401, "no_match"),
        "a test-mode signature alone": (f"{stamp},v0={mac}", 400, "malformed_header"),
        "another secret": (signature(body, secret="whsec_anotherOne"), 401, "no_match"),
        "another timestamp": (f"t={int(now) + 1},v1={mac}", 401, "no_match"),
        "301 s old": (signature(body, at=now - 302), 401, "too_old"),
        "301 s ahead": (signature(body, at=now + 310), 401, "in_future"),
        "an empty secret": (signature(body, secret=""), 401, "no_match"),
    }


@pytest.mark.parametrize("case", refused_headers())
def test_a_request_that_does_not_verify_is_refused_and_only_counted(endpoint, listening, case):
    header, status, code = refused_headers()[case]

    answer = post(address(endpoint), event(), header=header or "")

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert stored() == (0, 0, 0)
    refusal = Refusal.objects.get()
    assert (refusal.endpoint, refusal.reason, refusal.count) == (endpoint, code, 1)
    endpoint.refresh_from_db()
    assert endpoint.last_delivery_at is None


def test_a_tampered_body_is_refused(endpoint, listening):
    body = event()

    answer = post(address(endpoint), body.replace(b"ch_1", b"ch_2"), header=signature(body))

    assert (answer.status_code, answer.json()["code"]) == (401, "no_match")
    assert stored() == (0, 0, 0)


def test_the_same_json_written_otherwise_is_refused(endpoint, listening):
    body = event()
    rewritten = json.dumps(json.loads(body), separators=(",", ":")).encode()

    assert post(address(endpoint), rewritten, header=signature(body)).status_code == 401


@pytest.mark.parametrize("seconds", [-290, 290])
def test_a_signature_within_the_window_is_accepted(endpoint, listening, seconds):
    body = event()

    answer = post(address(endpoint), body, header=signature(body, at=time.time() + seconds))

    assert answer.json()["code"] == "accepted"


@pytest.mark.parametrize("secret", ["whsec_theNewOne", "whsec_theOldOne"])
def test_while_a_secret_is_rolled_the_old_and_the_new_one_verify(endpoint, listening, secret):
    endpoint.secret = credentials.seal_signing(endpoint, ("whsec_theNewOne", "whsec_theOldOne"))
    endpoint.save()

    body = event()
    assert post(address(endpoint), body, header=signature(body, secret=secret)).json()["code"] == "accepted"


def test_of_several_signatures_one_must_match(endpoint, listening):
    body = event()
    stamp, _, mac = signature(body).partition(",v1=")

    answer = post(address(endpoint), body, header=f"{stamp},v1={'0' * 64},v1={mac}")

    assert answer.json()["code"] == "accepted"


def test_without_a_stored_secret_nothing_verifies(connection, listening):
    connection.credentials = b""
    connection.save()
    endpoint = EndpointFactory(connection=connection, secret=b"")

    answer = post(address(endpoint), event(), header=signature(event(), secret=""))

    assert (answer.status_code, answer.json()["code"]) == (401, "no_secret")
    assert stored() == (0, 0, 0)


def test_a_secret_of_another_connection_does_not_verify(endpoint, listening):
    other = EndpointFactory(secret_value="whsec_ofAnotherConnection")

    body = event()
    answer = post(address(endpoint), body, header=signature(body, secret="whsec_ofAnotherConnection"))

    assert answer.status_code == 401
    assert post(address(other), body, header=signature(body)).status_code == 401


def test_when_the_stored_secret_does_not_open_the_provider_is_asked_to_try_again(
    endpoint, listening, settings
):
    settings.FIELD_KEYS = ["another field key, which opens nothing of before"]

    answer = post(address(endpoint), event())

    assert (answer.status_code, answer.json()["code"]) == (503, "secret_unreadable")
    assert answer["Retry-After"]
    assert stored() == (0, 0, 0)
    assert Refusal.objects.get().reason == "secret_unreadable"


def test_a_lost_key_of_one_connection_does_not_keep_a_bare_address_from_another(endpoint, listening):
    broken = EndpointFactory(connection__workspace=endpoint.connection.workspace)
    Endpoint.objects.filter(pk=broken.pk).update(secret=b"damaged")
    Connection.objects.filter(pk=broken.connection_id).update(credentials=b"damaged")

    answer = post("/v1/webhooks/stripe.trigger-charge-failed", event())

    assert answer.json()["code"] == "accepted"


@pytest.mark.skipif(not VECTORS.exists(), reason=f"{VECTORS} is not there")
def test_the_vectors_made_by_stripes_sdk_verify(connection):
    for number, vector in enumerate(json.loads(VECTORS.read_text())):
        Endpoint.objects.all().delete()
        endpoint = EndpointFactory(connection=connection, secret_value=vector["secret"])

        receipt = services.receive(
            f"stripe/{endpoint.token}",
            {"stripe-signature": vector["header"]},
            vector["body"].encode(),
            now=datetime.fromtimestamp(vector["timestamp"] + 10, UTC),
        )

        # Verified; the vectors' bodies carry no time, which makes them no events.
        assert (receipt.status, receipt.code) == (200, "quarantined" if number == 0 else "duplicate")


def test_counting_writes_the_first_at_once_and_the_rest_once_a_minute(endpoint):
    start = datetime(2026, 1, 1, tzinfo=UTC)

    refusals.count(endpoint.pk, "no_match", at=start)
    for second in range(1, 41):
        refusals.count(endpoint.pk, "no_match", at=start + timedelta(seconds=second))
    assert Refusal.objects.get().count == 1

    refusals.count(endpoint.pk, "no_match", at=start + timedelta(seconds=60))
    refusal = Refusal.objects.get()
    assert (refusal.count, refusal.last_at) == (42, start + timedelta(seconds=60))


def test_refusals_are_counted_by_reason_and_those_of_no_endpoint_in_one_row():
    start = datetime(2026, 1, 1, tzinfo=UTC)

    for minute in range(3):
        refusals.count(None, "no_match", at=start + timedelta(minutes=minute))
        refusals.count(None, "missing_header", at=start + timedelta(minutes=minute))

    assert sorted(Refusal.objects.values_list("reason", "count")) == [("missing_header", 3), ("no_match", 3)]


def test_sign_bytes_agrees_with_stripes_sdk():
    body = event()

    assert sign_bytes(body) == signature(body)
    assert sign_bytes(body, secret=SECRET) != signature(body, secret="whsec_anotherOne")
