"""Stripe: payments, invoices, subscriptions."""

from pathlib import Path

from apps.catalog.connectors.stripe import registration, webhook
from apps.catalog.connectors.stripe.actions import ACTIONS
from apps.catalog.connectors.stripe.auth import AUTH
from apps.catalog.connectors.stripe.client import API_VERSION
from apps.catalog.connectors.stripe.reconciling import RECONCILE
from apps.catalog.connectors.stripe.sandbox import handle
from apps.catalog.connectors.stripe.triggers import TRIGGERS
from apps.catalog.spec import App, RateLimit, WebhookScheme

APP = App(
    key="stripe",
    name="Stripe",
    description="Payments, invoices and subscriptions.",
    category="Payments",
    color="#635bff",
    docs_url="https://docs.stripe.com/",
    auth=AUTH,
    triggers=TRIGGERS,
    actions=ACTIONS,
    webhook=WebhookScheme(
        verify=webhook.verify,
        read_event=webhook.read_event,
        read_account=webhook.read_account,
        sign=webhook.sign,
        refresh_sample=webhook.refresh_sample,
        new_event_id=webhook.new_event_id,
        new_secret=webhook.new_secret,
        secret_field="webhook_secret",  # noqa: S106 - the name of a field.
        manual_help=(
            "In the Stripe Dashboard open Developers → Webhooks, add an endpoint with this address, "
            f"snapshot payloads, API version {API_VERSION} and the events listed here, and paste its "
            "signing secret. Without a public address run `stripe listen --forward-to` with this address "
            "and paste the whsec_ that it prints."
        ),
        manual_command="stripe listen --events {events} --forward-to {url}",
        api_version=API_VERSION,
        ensure=registration.ensure,
        remove=registration.remove,
        reconcile=RECONCILE,
        amend=webhook.amend,
    ),
    sandbox=handle,
    samples=Path(__file__).parent / "samples",
    # A sandbox account allows 25 calls a second, a live one 100 (https://docs.stripe.com/rate-limits).
    rate_limit=RateLimit(calls=25, seconds=1.0),
)
