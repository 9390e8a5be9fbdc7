"""Stripe as a sender: events, signed by Stripe's own SDK."""

import json
import time
from typing import Any

import stripe
from django.test import Client

from apps.catalog import registry
from apps.connections.models import Endpoint

SECRET = "whsec_ofTheTestsAndOfNoUseElsewhere"


def event(event_id: str = "evt_1", kind: str = "charge.failed", **fields: Any) -> bytes:
    """Return the body of a Stripe event."""
    payload = {
        "id": event_id,
        "object": "event",
        "type": kind,
        "created": int(time.time()),
        "livemode": False,
        "data": {"object": {"id": "ch_1", "object": "charge", "receipt_email": "pia@example.com"}},
    }
    return json.dumps(payload | fields).encode()


def signature(body: bytes, *, secret: str = SECRET, at: float | None = None) -> str:
    """Return the header that Stripe's SDK makes for a body of text."""
    return stripe.WebhookSignature.generate_signature_header(body.decode(), secret, int(at or time.time()))


def sign_bytes(body: bytes, *, secret: str = SECRET) -> str:
    """Return the header for a body that is no text, which the SDK can't sign."""
    scheme = registry.get_app("stripe").webhook
    assert scheme is not None
    return scheme.sign(body, secret, int(time.time()))["Stripe-Signature"]


def address(endpoint: Endpoint, label: str = "stripe") -> str:
    """Return the path that the provider posts to."""
    return f"/v1/webhooks/{label}/{endpoint.token}"


def post(path: str, body: bytes, *, header: str | None = None, **extra: Any) -> Any:
    """POST as a provider does: no session, no CSRF token; signed unless `header` says otherwise."""
    headers = {"Stripe-Signature": sign_bytes(body) if header is None else header}
    given = {"content_type": "application/json", **extra}
    return Client(enforce_csrf_checks=True).post(
        path, body, headers={name: value for name, value in headers.items() if value}, **given
    )
