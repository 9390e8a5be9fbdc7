"""Which of our own calls one of Stripe's events goes back to.

An event names the idempotency key of the API request that made it; ours are
derived and stand in the ledger. What Stripe does later by itself (an invoice
of a subscription, a delayed payment) names no request. For that, what an
action creates carries the same key in its metadata. Only what it creates: a
new object surely has room for one key more, while an object that is changed
may hold the 50 that Stripe allows, and then the whole change would be refused.
A new mark would also make a change of one that changes nothing, for which
Stripe sends no event: it would feed the ring that it is there to tell.

The mark stays for ever, so it counts only in events that no request made and
that Stripe makes by the clock or for a bank: what a person or another program
does to the object later is not ours. No request is named either when a buyer
pays in a checkout, on an invoice's page or by a payment intent, or when a
customer changes a plan in the portal: these are people's acts.
See https://docs.stripe.com/api/events/object and https://docs.stripe.com/metadata.
"""

import re
from collections.abc import Mapping
from typing import Any

from apps.catalog.connectors.stripe.flatten import dig, event_object

MARK = "tandem_origin"
MOST_KEYS = 50
"""Stripe's limit of metadata keys on an object."""

_BY_ITSELF = frozenset(
    {
        "charge.refund.updated",
        "checkout.session.expired",
        "customer.subscription.trial_will_end",
        "invoice.created",
        "invoice.finalization_failed",
        "invoice.finalized",
        "invoice.overdue",
        "invoice.sent",
        "invoice.will_be_due",
        "refund.failed",
        "refund.updated",
    }
)
"""What nobody but Stripe makes, where no request did.

Payments of an invoice are not among them: the page on which a customer pays
names no request, and what Stripe collects by itself it collects an hour after
the invoice was made, when nothing counts as an echo any more.
"""

_PLAN_CHANGED = "subscription_update"
"""The `billing_reason` of the invoice for a customer's change of plan."""

_KEY = re.compile(r"[0-9a-f]{64}")
_PLACES = (
    ("metadata",),
    ("parent", "subscription_details", "metadata"),
    ("subscription_details", "metadata"),
)


def with_mark(params: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Return the parameters of a creation with our mark, where there is room beside the operator's keys.

    What has the form of a mark was copied from another object with its metadata,
    and would name the call that made that one; another value is the operator's.
    """
    metadata = params.get("metadata") or {}
    is_copied = bool(_ours(metadata.get(MARK)))
    if not is_copied and (MARK in metadata or len(metadata) >= MOST_KEYS):
        return dict(params)
    return {**params, "metadata": {**metadata, MARK: key}}


def origins(payload: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the keys in an event that may be of a call of ours; none costs a look at the ledger."""
    request = payload.get("request")
    key = dig(request, "idempotency_key")
    if key is not None or dig(request, "id") is not None or isinstance(request, str):
        return _ours(key)
    about = event_object(payload)
    if payload.get("type") not in _BY_ITSELF or dig(about, "billing_reason") == _PLAN_CHANGED:
        return ()
    return _ours(*(dig(about, *place, MARK) for place in _PLACES))


def _ours(*keys: Any) -> tuple[str, ...]:
    """Return those that have the form of our keys; other programs' seldom have it."""
    return tuple(dict.fromkeys(key for key in keys if isinstance(key, str) and _KEY.fullmatch(key)))
