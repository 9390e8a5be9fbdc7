"""Customer.io: people, events and transactional e-mail, over its Track and App APIs."""

from pathlib import Path

from apps.catalog.connectors.customerio.actions import ACTIONS
from apps.catalog.connectors.customerio.auth import AUTH
from apps.catalog.connectors.customerio.sandbox import handle
from apps.catalog.spec import App, RateLimit

APP = App(
    key="customerio",
    name="Customer.io",
    description="Messages people by what they do: e-mail, push and SMS campaigns.",
    category="Marketing",
    color="#0b353b",
    docs_url="https://customer.io/docs/",
    auth=AUTH,
    triggers=(),
    actions=ACTIONS,
    webhook=None,
    sandbox=handle,
    samples=Path(__file__).parent / "samples",
    # The Track API's documented pace; excess may be throttled or dropped.
    rate_limit=RateLimit(calls=1_000, seconds=1.0),
)

__all__ = ["APP"]
