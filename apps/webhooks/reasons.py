"""Why requests are refused and what deliveries mean, in words, each with what to do about it."""

from dataclasses import dataclass

from django.conf import settings

from apps.catalog import registry
from apps.webhooks.endpoints import SECRET_UNREADABLE
from apps.webhooks.models import Delivery
from apps.webhooks.platform import ACCOUNT_DETACHED, ACCOUNT_UNREADABLE


@dataclass(frozen=True, slots=True)
class Explained:
    """A reason in words and its remedy."""

    words: str
    remedy: str


_RESEND = "Then resend the failed events from the provider."
_CLOCK = "Set this machine's clock (NTP); if it is right, somebody repeats or forges requests."

_REFUSALS = {
    "no_match": Explained(
        "The signature does not match",
        "The signing secret of the connection differs from the provider's. Open the connection and choose "
        f"Repair, or paste the current signing secret (Stripe's begins with whsec_). {_RESEND}",
    ),
    "no_secret": Explained(
        "No signing secret is stored",
        "Open the connection and choose Repair, or paste the signing secret that the provider shows for this "
        f"webhook. {_RESEND}",
    ),
    "missing_header": Explained(
        "The signature is missing",
        "These requests do not come from the provider, or a proxy strips their headers. "
        "Let the proxy pass the provider's signature header through.",
    ),
    "malformed_header": Explained(
        "The signature can't be read",
        "These requests do not come from the provider, or a proxy changes their headers.",
    ),
    "too_old": Explained("The signature is too old", _CLOCK),
    "in_future": Explained("The signature is dated in the future", _CLOCK),
    SECRET_UNREADABLE: Explained(
        "The stored signing secret does not open",
        "Put the missing key back at the end of FIELD_KEYS, or reconnect the connection and choose Repair. "
        "The provider was told to try again.",
    ),
    ACCOUNT_UNREADABLE: Explained(
        "A platform's event names no account that can be read",
        "The provider was told to try again. Look at the failed deliveries of the platform's webhook there.",
    ),
    ACCOUNT_DETACHED: Explained(
        "A platform's event is for a connection that does not listen there",
        "The provider was told to try again. Open the connection of that account and press Authorize again.",
    ),
}


def refusal(reason: str) -> Explained:
    """Return a refusal's reason in words; an unknown one stands for itself."""
    if reason == "too_large":
        return Explained(
            f"The body is larger than {settings.MAX_BODY_BYTES:,} bytes",
            f"Raise MAX_BODY_BYTES if these are the provider's events. {_RESEND}",
        )
    known = _REFUSALS.get(reason)
    return known or Explained(reason.replace("_", " ").capitalize(), "See the connection's page.")


def delivery(row: Delivery, *, runs: int) -> Explained:
    """Return what became of a delivery, and what a person may do."""
    if row.status == Delivery.Status.QUARANTINED:
        return Explained(
            row.reason,
            "Nothing was run. The sender was verified, so the body is kept below as it came. "
            "Under Quarantine it can be released, mapped to an event or discarded.",
        )
    if row.status == Delivery.Status.IGNORED:
        return Explained(row.reason, _remedy_of_ignored(row))
    if not runs:
        return Explained("Accepted; its runs are not kept any more.", "")
    return Explained(f"Accepted; it started {runs} run{'' if runs == 1 else 's'}.", "")


def _remedy_of_ignored(row: Delivery) -> str:
    app = registry.get_app(row.connection.app)
    if app.webhook is not None and app.webhook.internal:
        return "Choose “Replay…” to run the workflow for it all the same."
    if registry.triggers_for_event(app, row.event_type):
        return (
            "Publish a workflow that starts with this event, then choose “Replay…”. "
            "If the provider sends the event again by itself, it is routed afresh."
        )
    return (
        f"Nothing to do. If the webhook was registered by hand, leave {row.event_type} off its event types "
        f"at {app.name}."
    )
