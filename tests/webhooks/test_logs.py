"""What receiving writes to the log: ids, and no token, secret or e-mail address."""

import io
import logging
from collections.abc import Iterator

import pytest
from django.db import transaction

from apps.webhooks import services
from tests.webhooks.stripe_sender import SECRET, address, event, post, sign_bytes

pytestmark = pytest.mark.django_db


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Collect what the product's own handler writes."""
    handlers = [each for each in logging.getLogger().handlers if type(each) is logging.StreamHandler]
    written = io.StringIO()
    before = [handler.setStream(written) for handler in handlers]
    assert handlers
    yield written
    for handler, stream in zip(handlers, before, strict=True):
        handler.setStream(stream)


def stumble(payload):
    raise ValueError(f"cannot read {payload} of pia@example.com with {SECRET}")


def test_no_outcome_of_a_request_leaves_token_secret_or_address_in_the_log(
    endpoint, listening, log, altered_stripe, settings
):
    post(address(endpoint), event("evt_taken"))
    post(address(endpoint), event("evt_taken"))
    post(address(endpoint), b"not json pia@example.com")
    post(address(endpoint), event(), header="t=1,v1=00")
    post(address(endpoint, "customerio"), event())
    post(f"/v1/webhooks/stripe/x{endpoint.token}", event())
    settings.MAX_BODY_BYTES = 10
    post(address(endpoint), event())
    settings.MAX_BODY_BYTES = 1024 * 1024
    keys, settings.FIELD_KEYS = settings.FIELD_KEYS, ["another field key, which opens nothing of before"]
    post(address(endpoint), event())
    settings.FIELD_KEYS = keys
    altered_stripe(read_event=stumble)
    post(address(endpoint), event("evt_stumbled"))

    text = log.getvalue()
    for expected in ("webhook.too_large", "webhook.secret_unreadable", "webhook.reader_failed", "request"):
        assert expected in text
    assert "/v1/webhooks/<path:path>" in text
    assert endpoint.token not in text
    assert SECRET not in text
    assert "pia@example.com" not in text


def test_what_could_not_be_stored_is_logged_without_what_it_held(endpoint, listening, log):
    body = event()
    with transaction.atomic():
        services.receive(f"stripe/{endpoint.token}", {"stripe-signature": sign_bytes(body)}, body)

    assert "webhook.not_stored" in log.getvalue()
    assert endpoint.token not in log.getvalue()
    assert "pia@example.com" not in log.getvalue()
