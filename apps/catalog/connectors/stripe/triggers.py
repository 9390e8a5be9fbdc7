"""What can happen in Stripe. The slugs are part of addresses and definitions; they never change.

Event types: https://docs.stripe.com/api/events/types. All are snapshot events.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from apps.catalog.connectors.stripe.event_types import EVENT_TYPES
from apps.catalog.connectors.stripe.fields import (
    anything,
    billing,
    checkout,
    payment_intents,
    payments,
    refunds,
    subscriptions,
)
from apps.catalog.connectors.stripe.flatten import Pick, event_object, fields_of, read
from apps.catalog.spec import Choice, Enrichment, Field, FieldType, LookUp, Trigger

_BY_CUSTOMER = LookUp(action="get-customer", input="customer_id", source="customer", output="email")
_BY_CHARGE = LookUp(action="get-charge", input="charge_id", source="charge", output="email")
_BY_LATEST_CHARGE = _BY_CHARGE.model_copy(update={"source": "latest_charge"})

LOOK_UP_CUSTOMER = Field(
    key="look_up_customer",
    label="Look up the customer",
    type=FieldType.BOOLEAN,
    default=False,
    help_text="On: each run first gets the customer from Stripe, once, and offers what it found as “Customer "
    "details”: {{ trigger.customer_details.email }}. Empty where there is no customer, as with guests. "
    "The API key must be allowed to read customers.",
)


def _customer_details(*sources: str) -> Enrichment:
    return Enrichment(
        option=LOOK_UP_CUSTOMER.key,
        key="customer_details",
        label="Customer details",
        action="get-customer",
        input="customer_id",
        sources=sources,
    )


_OF_CUSTOMER = (_customer_details("customer"),)
_OF_CUSTOMER_ITSELF = (_customer_details("customer_id"),)
# A dispute does not tell whose it is, a refund seldom; their charge does.
_CHARGE_DETAILS = Enrichment(
    option=LOOK_UP_CUSTOMER.key,
    key="charge_details",
    label="Charge details",
    action="get-charge",
    input="charge_id",
    sources=("charge",),
)
_OF_DISPUTE = (_CHARGE_DETAILS, _customer_details("charge_details.customer"))
_OF_REFUND = (_CHARGE_DETAILS, _customer_details("customer", "charge_details.customer"))


def _flatten(picks: tuple[Pick, ...], payload: Mapping[str, Any]) -> dict[str, Any]:
    return read(picks, event_object(payload))


def _flatten_update(picks: tuple[Pick, ...], payload: Mapping[str, Any]) -> dict[str, Any]:
    """Read a changed object; what changed stands beside it in the event, not in it."""
    return {
        **read(picks, event_object(payload)),
        **read((subscriptions.PREVIOUS_ATTRIBUTES,), payload.get("data")),
    }


def _trigger(
    key: str,
    name: str,
    event_type: str,
    description: str,
    picks: tuple[Pick, ...],
    *email_from: LookUp,
    changes: bool = False,
    enrich: tuple[Enrichment, ...] = _OF_CUSTOMER,
) -> Trigger:
    """Return a trigger of one event type; `changes` adds what stood there before."""
    added = (subscriptions.PREVIOUS_ATTRIBUTES,) if changes else ()
    return Trigger(
        key=key,
        name=name,
        event_types=(event_type,),
        description=description,
        fields=fields_of((*picks, *added)),
        flatten=partial(_flatten_update if changes else _flatten, picks),
        options=(LOOK_UP_CUSTOMER,),
        email_from=email_from,
        enrich=enrich,
    )


EVENTS = Field(
    key="events",
    label="Events",
    type=FieldType.LIST,
    required=True,
    choices=tuple(
        Choice(value=event_type, label=event_type.replace(".", " ").replace("_", " ").capitalize())
        for event_type in EVENT_TYPES
    ),
    example=["payout.paid", "customer.tax_id.created"],
    help_text="The event types to run for, as Stripe writes them: payout.paid.",
)


def _chosen(options: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(options.get(EVENTS.key, ())))


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
        enrich=_OF_CUSTOMER_ITSELF,
    ),
    _trigger(
        "dispute-created",
        "New Dispute",
        "charge.dispute.created",
        "A payer disputes a charge with their bank. The event has no e-mail: Get Charge finds it.",
        payments.DISPUTE,
        _BY_CHARGE,
        _BY_CUSTOMER,
        enrich=_OF_DISPUTE,
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
        payment_intents.PAYMENT_INTENT,
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
    _trigger(
        "subscription-updated",
        "Subscription Updated",
        "customer.subscription.updated",
        "A subscription changed: plan, quantity, status, period, or set to end. "
        "“Previous attributes” holds what stood there before.",
        subscriptions.SUBSCRIPTION,
        _BY_CUSTOMER,
        changes=True,
    ),
    _trigger(
        "trial-will-end",
        "Trial Will End",
        "customer.subscription.trial_will_end",
        "A subscription's trial ends in three days; at once where the trial is shorter than that.",
        subscriptions.SUBSCRIPTION,
        _BY_CUSTOMER,
    ),
    _trigger(
        "customer-updated",
        "Customer Updated",
        "customer.updated",
        "A customer's details changed. “Previous attributes” holds what stood there before.",
        billing.CUSTOMER_OBJECT,
        changes=True,
        enrich=_OF_CUSTOMER_ITSELF,
    ),
    _trigger(
        "charge-refunded",
        "Charge Refunded",
        "charge.refunded",
        "A charge was paid back, in whole or in part. “Amount refunded” counts all refunds of the charge.",
        payments.CHARGE_REFUNDED,
        _BY_CUSTOMER,
    ),
    _trigger(
        "refund-created",
        "Refund Created",
        "refund.created",
        "A refund was made, for a charge or anything else. The event has no e-mail: Get Charge finds it.",
        refunds.REFUND,
        _BY_CHARGE,
        _BY_CUSTOMER,
        enrich=_OF_REFUND,
    ),
    _trigger(
        "payment-failed",
        "Payment Failed",
        "payment_intent.payment_failed",
        "An attempt to pay a payment intent failed; the payer may try again. Charge Failed fires besides it "
        "where a charge was made: use one of the two.",
        payment_intents.PAYMENT_INTENT_FAILED,
        _BY_CUSTOMER,
    ),
    _trigger(
        "invoice-created",
        "Invoice Created",
        "invoice.created",
        "An invoice was drafted. It has no number and no page yet, and can still be changed.",
        billing.INVOICE_DRAFT,
        _BY_CUSTOMER,
    ),
    _trigger(
        "invoice-finalized",
        "Invoice Finalized",
        "invoice.finalized",
        "An invoice got its number and can be paid; nothing in it changes any more.",
        billing.INVOICE_FINALIZED,
        _BY_CUSTOMER,
    ),
    _trigger(
        "dispute-closed",
        "Dispute Closed",
        "charge.dispute.closed",
        "A dispute was decided: “Status” says won, lost or warning_closed.",
        payments.DISPUTE,
        _BY_CHARGE,
        _BY_CUSTOMER,
        enrich=_OF_DISPUTE,
    ),
    Trigger(
        key="any-event",
        name="Any Event",
        event_types=EVENT_TYPES,
        description="Any of Stripe's events that you choose. “Event type” tells which, “Object” holds all.",
        fields=fields_of(anything.ANY),
        flatten=anything.flatten,
        options=(EVENTS, LOOK_UP_CUSTOMER),
        email_from=(_BY_CUSTOMER,),
        enrich=_OF_CUSTOMER,
        event_types_from=_chosen,
    ),
)
