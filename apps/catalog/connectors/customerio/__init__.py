"""Customer.io: people, events and transactional e-mail, over its Track and App APIs."""

from pathlib import Path

from apps.catalog.connectors.customerio import confirming, events, registration, webhook
from apps.catalog.connectors.customerio.actions import ACTIONS
from apps.catalog.connectors.customerio.auth import AUTH, SIGNING_KEY
from apps.catalog.connectors.customerio.reconciling import RECONCILE
from apps.catalog.connectors.customerio.sandbox import handle
from apps.catalog.connectors.customerio.triggers import TRIGGERS
from apps.catalog.spec import App, RateLimit, WebhookScheme

APP = App(
    key="customerio",
    name="Customer.io",
    description="Messages people by what they do: e-mail, push and SMS campaigns.",
    category="Marketing",
    color="#0b353b",
    docs_url="https://customer.io/docs/",
    auth=AUTH,
    triggers=TRIGGERS,
    actions=ACTIONS,
    webhook=WebhookScheme(
        verify=webhook.verify,
        read_event=webhook.read_event,
        sign=webhook.sign,
        refresh_sample=webhook.refresh_sample,
        new_event_id=webhook.new_event_id,
        new_secret=webhook.new_secret,
        secret_field=SIGNING_KEY,
        manual_help=(
            "In Customer.io open Integrations › Reporting Webhooks, add a webhook with this address, choose "
            "the events listed here, and paste the signing key that is shown beside it. "
            "Customer.io must be able to reach the address: a local installation needs a public one."
        ),
        registered_name=events.registered_name,
        requires=("app_api_key",),
        secret_told=False,
        signing_help=(
            "Customer.io shows the signing key to people only: open Integrations › Reporting Webhooks in the "
            "workspace, find the webhook whose name begins with Tandem, and copy the key beside it. "
            "With a wrong key every delivery is refused; Customer.io then waits an hour before each new try, "
            "keeps all later events back behind it, and gives up after seven days."
        ),
        ensure=registration.ensure,
        remove=registration.remove,
        reconcile=RECONCILE,
        amend=webhook.amend,
        read_report=confirming.read_report,
    ),
    sandbox=handle,
    samples=Path(__file__).parent / "samples",
    # The Track API's documented pace; excess may be throttled or dropped.
    rate_limit=RateLimit(calls=1_000, seconds=1.0),
)

__all__ = ["APP"]
