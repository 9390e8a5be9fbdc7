"""What each Stripe trigger tells a messaging app: event name, data, attributes of the person.

Event names are snake_case as is the custom in Customer.io:

| trigger                | event                  |
|------------------------|------------------------|
| charge-failed          | charge_failed          |
| checkout-completed     | checkout_completed     |
| customer-created       | customer_created       |
| dispute-created        | dispute_opened         |
| invoice-paid           | invoice_paid           |
| invoice-payment-failed | payment_failed         |
| payment-succeeded      | payment_succeeded      |
| subscription-cancelled | subscription_canceled  |
| subscription-created   | subscription_created   |
| subscription-updated   | subscription_updated   |
| trial-will-end         | trial_will_end         |
| customer-updated       | customer_updated       |
| charge-refunded        | charge_refunded        |
| refund-created         | refund_issued          |
| payment-failed         | payment_attempt_failed |
| invoice-created        | invoice_created        |
| invoice-finalized      | invoice_finalized      |
| dispute-closed         | dispute_closed         |
| any-event              | stripe_event           |

Values are Liquid expressions. `amount` is whole minor units, `amount_decimal`
the same as the currency writes it. Names that end in _at hold unix seconds. No
`id`, `email` or metadata goes into attributes: they would fight the person's
own identifiers.
"""

from collections.abc import Mapping

from apps.workflows.engine.recipes.billing_stories import STORIES as MORE_STORIES
from apps.workflows.engine.recipes.story_parts import (
    CUSTOMER,
    FAILED_PAYMENT,
    INVOICE,
    SUBSCRIBER,
    SUBSCRIPTION,
    SUBSCRIPTION_PERIOD,
    Story,
    amount,
)

__all__ = ["STORIES", "Story"]

STORIES: Mapping[str, Story] = {
    "stripe.trigger-charge-failed": Story(
        event_name="charge_failed",
        data={
            "charge_id": "trigger.charge_id",
            **amount("amount"),
            "failure_code": "trigger.failure_code",
            "failure_message": "trigger.failure_message",
            "failure_reason": "trigger.failure_reason",
            "card_brand": "trigger.card_brand",
            "card_last4": "trigger.card_last4",
            "payment_intent_id": "trigger.payment_intent",
            "description": "trigger.description",
            **CUSTOMER,
        },
        attributes=FAILED_PAYMENT,
        name="trigger.name | default: steps.customer.name",
    ),
    "stripe.trigger-checkout-completed": Story(
        event_name="checkout_completed",
        data={
            "checkout_session_id": "trigger.id",
            "mode": "trigger.mode",
            "payment_status": "trigger.payment_status",
            **amount("amount_total"),
            "amount_discount": "trigger.amount_discount",
            "country": "trigger.country",
            "client_reference_id": "trigger.client_reference_id",
            "subscription_id": "trigger.subscription",
            "payment_intent_id": "trigger.payment_intent",
            "invoice_id": "trigger.invoice",
            **CUSTOMER,
        },
        attributes={
            **CUSTOMER,
            "phone": "trigger.phone",
            "country": "trigger.country",
            "last_checkout_at": "trigger.occurred_at",
        },
        name="trigger.name",
    ),
    "stripe.trigger-customer-created": Story(
        event_name="customer_created",
        data={
            "stripe_customer_id": "trigger.customer_id",
            "name": "trigger.name",
            "phone": "trigger.phone",
            "country": "trigger.country",
            "description": "trigger.description",
        },
        attributes={
            "stripe_customer_id": "trigger.customer_id",
            "phone": "trigger.phone",
            "country": "trigger.country",
            "city": "trigger.city",
        },
        name="trigger.name",
        # Each call sets it anew, so no other trigger touches it.
        created_at="trigger.created",
    ),
    "stripe.trigger-dispute-created": Story(
        event_name="dispute_opened",
        data={
            "dispute_id": "trigger.dispute_id",
            **amount("amount"),
            "reason": "trigger.reason",
            "status": "trigger.status",
            "charge_id": "trigger.charge",
            "payment_intent_id": "trigger.payment_intent",
            "evidence_due_at": "trigger.evidence_due_by",
            "stripe_customer_id": "steps.charge.customer",
        },
        attributes={
            "stripe_customer_id": "steps.charge.customer",
            "last_dispute_at": "trigger.occurred_at",
            "last_dispute_reason": "trigger.reason",
        },
        name="steps.charge.name",
    ),
    "stripe.trigger-invoice-paid": Story(
        event_name="invoice_paid",
        data={**INVOICE, **amount("amount_paid"), "paid_at": "trigger.paid_at", **CUSTOMER},
        attributes={**CUSTOMER, "last_payment_at": "trigger.paid_at | default: trigger.occurred_at"},
        name="trigger.customer_name",
    ),
    "stripe.trigger-invoice-payment-failed": Story(
        event_name="payment_failed",
        data={
            **INVOICE,
            **amount("amount_due"),
            "attempt_count": "trigger.attempt_count",
            "next_attempt_at": "trigger.next_payment_attempt",
            **CUSTOMER,
        },
        attributes={
            **CUSTOMER,
            "last_payment_failed_at": "trigger.occurred_at",
            "open_invoice_url": "trigger.hosted_invoice_url",
        },
        name="trigger.customer_name",
    ),
    "stripe.trigger-payment-succeeded": Story(
        event_name="payment_succeeded",
        data={
            "payment_intent_id": "trigger.payment_intent_id",
            **amount("amount_received"),
            "description": "trigger.description",
            "charge_id": "trigger.latest_charge",
            **CUSTOMER,
        },
        attributes={**CUSTOMER, "last_payment_at": "trigger.occurred_at"},
        name="steps.customer.name",
    ),
    "stripe.trigger-subscription-cancelled": Story(
        event_name="subscription_canceled",
        data={
            **SUBSCRIPTION,
            "canceled_at": "trigger.canceled_at",
            "ended_at": "trigger.ended_at",
            "cancellation_reason": "trigger.cancellation_reason",
            "cancellation_feedback": "trigger.cancellation_feedback",
            "cancellation_comment": "trigger.cancellation_comment",
            **CUSTOMER,
        },
        attributes={**SUBSCRIBER, "subscription_ended_at": "trigger.ended_at"},
        name="steps.customer.name",
    ),
    "stripe.trigger-subscription-created": Story(
        event_name="subscription_created",
        data={**SUBSCRIPTION, **SUBSCRIPTION_PERIOD, **CUSTOMER},
        attributes={
            **SUBSCRIBER,
            **SUBSCRIPTION_PERIOD,
            "subscription_started_at": "trigger.created",
        },
        name="steps.customer.name",
        plan="trigger.plan",
    ),
    "stripe.trigger-subscription-updated": Story(
        event_name="subscription_updated",
        data={
            **SUBSCRIPTION,
            **SUBSCRIPTION_PERIOD,
            "previous_attributes": "trigger.previous_attributes",
            **CUSTOMER,
        },
        attributes={
            **SUBSCRIBER,
            **SUBSCRIPTION_PERIOD,
            "cancel_at_period_end": "trigger.cancel_at_period_end",
        },
        name="steps.customer.name",
        plan="trigger.plan",
    ),
    **MORE_STORIES,
}
"""By trigger ref."""
