"""What can happen in Stripe. The slugs are part of addresses and definitions; they never change.

Event types: https://docs.stripe.com/api/events/types. All are snapshot events.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from apps.catalog.connectors.stripe.fields import billing, checkout, payments, subscriptions
from apps.catalog.connectors.stripe.flatten import Pick, event_object, fields_of, read
from apps.catalog.spec import LookUp, Trigger

_BY_CUSTOMER = LookUp(action="get-customer", input="customer_id", source="customer", output="email")
_BY_CHARGE = LookUp(action="get-charge", input="charge_id", source="charge", output="email")
_BY_LATEST_CHARGE = _BY_CHARGE.model_copy(update={"source": "latest_charge"})


def _flatten(picks: tuple[Pick, ...], payload: Mapping[str, Any]) -> dict[str, Any]:
    return read(picks, event_object(payload))


def _flatten_update(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Read a changed object; what changed stands beside it in the event, not in it."""
    return {
        **read(subscriptions.SUBSCRIPTION, event_object(payload)),
        **read((subscriptions.PREVIOUS_ATTRIBUTES,), payload.get("data")),
    }


def _trigger(
    key: str,
    name: str,
    event_type: str,
    description: str,
    picks: tuple[Pick, ...],
    *email_from: LookUp,
) -> Trigger:
    return Trigger(
        key=key,
        name=name,
        event_types=(event_type,),
        description=description,
        fields=fields_of(picks),
        flatten=partial(_flatten, picks),
        email_from=email_from,
    )


TRIGGERS: tuple[Trigger, ...] = (
    _trigger(
        "charge-failed",
        "Charge Failed",
        "charge.failed",
        "A charge was tried and did not succeed: declined by the bank, blocked, or wrong details.",
        payments.CHARGE_FAILED,
        _BY_CUSTOMER,
    ),
    _trigger(
        "checkout-completed",
        "Checkout Completed",
        "checkout.session.completed",
        "A buyer finished a checkout. With a delayed payment method the money may still be on its way: "
        "see “Payment status”.",
        checkout.CHECKOUT_SESSION,
        _BY_CUSTOMER,
    ),
    _trigger(
        "customer-created",
        "New Customer",
        "customer.created",
        "A customer was made in Stripe, by your code, the Dashboard or a checkout.",
        billing.CUSTOMER_OBJECT,
    ),
    _trigger(
        "dispute-created",
        "New Dispute",
        "charge.dispute.created",
        "A payer disputes a charge with their bank. The event has no e-mail: Get Charge finds it.",
        payments.DISPUTE,
        _BY_CHARGE,
        _BY_CUSTOMER,
    ),
    _trigger(
        "invoice-paid",
        "Invoice Paid",
        "invoice.paid",
        "An invoice was paid, or marked as paid outside of Stripe.",
        billing.INVOICE_PAID,
        _BY_CUSTOMER,
    ),
    _trigger(
        "invoice-payment-failed",
        "Invoice Payment Failed",
        "invoice.payment_failed",
        "Stripe tried to collect an invoice and could not. “Next attempt” tells whether it will try again.",
        billing.INVOICE_DUE,
        _BY_CUSTOMER,
    ),
    _trigger(
        "payment-succeeded",
        "Payment Succeeded",
        "payment_intent.succeeded",
        "A payment intent was paid. One purchase can also fire a checkout and an invoice event.",
        payments.PAYMENT_INTENT,
        _BY_LATEST_CHARGE,
        _BY_CUSTOMER,
    ),
    _trigger(
        "subscription-cancelled",
        "Subscription Cancelled",
        "customer.subscription.deleted",
        "A subscription really ended. One that is only set to end fires Subscription Updated.",
        subscriptions.SUBSCRIPTION_CANCELLED,
        _BY_CUSTOMER,
    ),
    _trigger(
        "subscription-created",
        "New Subscription",
        "customer.subscription.created",
        "A subscription was made. It may still be incomplete or in its trial: see “Status”.",
        subscriptions.SUBSCRIPTION,
        _BY_CUSTOMER,
    ),
    Trigger(
        key="subscription-updated",
        name="Subscription Updated",
        event_types=("customer.subscription.updated",),
        description="A subscription changed: plan, quantity, status, period, or set to end. "
        "“Previous attributes” holds what stood there before.",
        fields=fields_of((*subscriptions.SUBSCRIPTION, subscriptions.PREVIOUS_ATTRIBUTES)),
        flatten=_flatten_update,
        email_from=(_BY_CUSTOMER,),
    ),
)
