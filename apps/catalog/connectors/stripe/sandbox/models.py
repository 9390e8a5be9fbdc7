"""The resources of the sandbox: their ids, what they look like, what a new one needs.

Resources that triggers have samples of are modelled on these; the others on
what Stripe's API reference shows.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from apps.catalog.connectors.stripe.sandbox import shapes

_SAMPLES = Path(__file__).parent.parent / "samples"
_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Kind:
    """A resource: its ids, the sample or model of it, and what differs from that.

    `emails` are the places of its person's address. `required` are parameters
    without which none is made; None where none can be. `fresh` is what a new
    one has that an old one has not.
    """

    name: str
    prefix: str
    sample: str = ""
    model: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    emails: tuple[tuple[str, ...], ...] = ()
    changes: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    fresh: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    required: tuple[str, ...] | None = ()
    listed: bool = True
    updated: bool = True

    def copy(self) -> dict[str, Any]:
        """Return the model as an object of the caller's own."""
        copied: dict[str, Any] = json.loads(
            _text(self.sample) if self.sample else json.dumps(dict(self.model))
        )
        return {**copied, **json.loads(json.dumps(dict(self.changes)))}


@cache
def _text(sample: str) -> str:
    event = json.loads((_SAMPLES / f"{sample}.json").read_text(encoding="utf-8"))
    return json.dumps(event["data"]["object"])


KINDS: Mapping[str, Kind] = {
    "customers": Kind(
        "customer",
        "cus_",
        sample="customer-created",
        emails=(("email",),),
        fresh={
            "email": None,
            "name": None,
            "phone": None,
            "description": None,
            "address": None,
            "shipping": None,
            "preferred_locales": [],
            "metadata": {},
        },
    ),
    "charges": Kind(
        "charge",
        "ch_",
        sample="charge-failed",
        emails=(("billing_details", "email"), ("receipt_email",)),
        changes={
            "status": "succeeded",
            "paid": True,
            "captured": True,
            "amount_captured": 4900,
            "disputed": True,
            "failure_code": None,
            "failure_message": None,
            "outcome": {"network_status": "approved_by_network", "reason": None, "type": "authorized"},
            "receipt_url": "https://pay.stripe.com/receipts/example",
        },
        fresh={"disputed": False, "customer": None, "description": None, "metadata": {}},
        required=("amount", "currency"),
    ),
    "invoices": Kind(
        "invoice",
        "in_",
        sample="invoice-paid",
        emails=(("customer_email",),),
        fresh={
            "billing_reason": "manual",
            "description": None,
            "metadata": {},
            "next_payment_attempt": None,
            "parent": None,
        },
        required=("customer",),
    ),
    "subscriptions": Kind(
        "subscription",
        "sub_",
        sample="subscription-created",
        fresh={"description": None, "discounts": [], "metadata": {}, "trial_end": None, "trial_start": None},
        required=("customer", "items"),
    ),
    "payment_intents": Kind(
        "payment_intent",
        "pi_",
        sample="payment-succeeded",
        emails=(("receipt_email",),),
        fresh={
            "amount_received": 0,
            "customer": None,
            "description": None,
            "latest_charge": None,
            "metadata": {},
            "payment_method": None,
            "receipt_email": None,
            "setup_future_usage": None,
        },
        required=("amount", "currency"),
    ),
    "refunds": Kind("refund", "re_", model=shapes.REFUND, fresh={"metadata": {}}),
    "products": Kind(
        "product",
        "prod_",
        model=shapes.PRODUCT,
        fresh={"default_price": None, "description": None, "url": None},
        required=("name",),
    ),
    "prices": Kind(
        "price",
        "price_",
        model=shapes.PRICE,
        fresh={"lookup_key": None, "nickname": None, "recurring": None, "tax_behavior": "unspecified"},
        required=("currency",),
    ),
    "coupons": Kind(
        "coupon",
        "",
        model=shapes.COUPON,
        fresh={"percent_off": None, "name": None, "max_redemptions": None},
        required=("duration",),
    ),
    "promotion_codes": Kind("promotion code", "promo_", model=shapes.PROMOTION_CODE, required=("promotion",)),
    "payment_links": Kind("payment link", "plink_", model=shapes.PAYMENT_LINK, required=("line_items",)),
    "invoiceitems": Kind(
        "invoice item",
        "ii_",
        model=shapes.INVOICE_ITEM,
        fresh={"description": None},
        required=("customer",),
    ),
    "checkout/sessions": Kind(
        "checkout session",
        "cs_test_",
        sample="checkout-completed",
        emails=(("customer_details", "email"),),
        fresh={
            "cancel_url": None,
            "client_reference_id": None,
            "customer": None,
            "customer_details": None,
            "discounts": [],
            "invoice": None,
            "metadata": {},
            "payment_intent": None,
            "payment_link": None,
            "payment_status": "unpaid",
            "status": "open",
            "subscription": None,
            "total_details": None,
        },
        required=("mode", "success_url"),
    ),
    "billing_portal/sessions": Kind(
        "portal session",
        "bps_",
        model=shapes.PORTAL_SESSION,
        required=("customer",),
        listed=False,
        updated=False,
    ),
}
