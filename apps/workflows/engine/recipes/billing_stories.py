"""Stories of refunds, failed attempts, invoices on their way, trials and changed customers.

They follow the conventions told in `stories`.
"""

from collections.abc import Mapping

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

_CHARGE_CUSTOMER = {"stripe_customer_id": "steps.charge.customer"}

STORIES: Mapping[str, Story] = {
    "stripe.trigger-trial-will-end": Story(
        event_name="trial_will_end",
        data={**SUBSCRIPTION, **SUBSCRIPTION_PERIOD, **CUSTOMER},
        attributes={**SUBSCRIBER, "trial_end_at": "trigger.trial_end"},
        name="steps.customer.name",
        plan="trigger.plan",
    ),
    "stripe.trigger-customer-updated": Story(
        event_name="customer_updated",
        data={
            "stripe_customer_id": "trigger.customer_id",
            "name": "trigger.name",
            "phone": "trigger.phone",
            "country": "trigger.country",
            "description": "trigger.description",
            "previous_attributes": "trigger.previous_attributes",
        },
        attributes={
            "stripe_customer_id": "trigger.customer_id",
            "phone": "trigger.phone",
            "country": "trigger.country",
            "city": "trigger.city",
        },
        name="trigger.name",
        former_email="trigger.previous_attributes.email",
    ),
    "stripe.trigger-charge-refunded": Story(
        event_name="charge_refunded",
        data={
            "charge_id": "trigger.charge_id",
            **amount("amount_refunded"),
            "fully_refunded": "trigger.refunded",
            "receipt_url": "trigger.receipt_url",
            "payment_intent_id": "trigger.payment_intent",
            "description": "trigger.description",
            **CUSTOMER,
        },
        attributes={**CUSTOMER, "last_refund_at": "trigger.occurred_at"},
        name="trigger.name | default: steps.customer.name",
    ),
    "stripe.trigger-refund-created": Story(
        event_name="refund_issued",
        data={
            "refund_id": "trigger.refund_id",
            **amount("amount"),
            "reason": "trigger.reason",
            "status": "trigger.status",
            "charge_id": "trigger.charge",
            "payment_intent_id": "trigger.payment_intent",
            "receipt_number": "trigger.receipt_number",
            **_CHARGE_CUSTOMER,
        },
        attributes={
            **_CHARGE_CUSTOMER,
            "last_refund_at": "trigger.occurred_at",
            "last_refund_reason": "trigger.reason",
        },
        name="steps.charge.name",
    ),
    "stripe.trigger-payment-failed": Story(
        event_name="payment_attempt_failed",
        data={
            "payment_intent_id": "trigger.payment_intent_id",
            **amount("amount"),
            "failure_code": "trigger.failure_code",
            "decline_code": "trigger.decline_code",
            "failure_message": "trigger.failure_message",
            "card_brand": "trigger.card_brand",
            "card_last4": "trigger.card_last4",
            "charge_id": "trigger.latest_charge",
            "description": "trigger.description",
            **CUSTOMER,
        },
        attributes=FAILED_PAYMENT,
        name="trigger.name | default: steps.customer.name",
    ),
    "stripe.trigger-invoice-created": Story(
        event_name="invoice_created",
        data={
            **INVOICE,
            **amount("amount_due"),
            "status": "trigger.status",
            "finalizes_at": "trigger.automatically_finalizes_at",
            **CUSTOMER,
        },
        attributes={**CUSTOMER, "last_invoice_at": "trigger.occurred_at"},
        name="trigger.customer_name",
    ),
    "stripe.trigger-invoice-finalized": Story(
        event_name="invoice_finalized",
        data={
            **INVOICE,
            **amount("amount_due"),
            "due_at": "trigger.due_date",
            "finalized_at": "trigger.finalized_at",
            **CUSTOMER,
        },
        attributes={**CUSTOMER, "open_invoice_url": "trigger.hosted_invoice_url"},
        name="trigger.customer_name",
    ),
    "stripe.trigger-dispute-closed": Story(
        event_name="dispute_closed",
        data={
            "dispute_id": "trigger.dispute_id",
            **amount("amount"),
            "reason": "trigger.reason",
            "status": "trigger.status",
            "charge_id": "trigger.charge",
            "payment_intent_id": "trigger.payment_intent",
            **_CHARGE_CUSTOMER,
        },
        attributes={**_CHARGE_CUSTOMER, "last_dispute_status": "trigger.status"},
        name="steps.charge.name",
    ),
    "stripe.trigger-any-event": Story(
        event_name="stripe_event",
        data={
            "event_type": "trigger.event_type",
            "object_type": "trigger.object_type",
            "object_id": "trigger.object_id",
            **amount("amount"),
            "status": "trigger.status",
            "description": "trigger.description",
            **CUSTOMER,
        },
        attributes=CUSTOMER,
        name="steps.customer.name",
    ),
}
"""By trigger ref."""
