"""What a story is, and the parts that several of Stripe's have in common."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Story:
    """One trigger's contribution. `name` is the person's whole name; "" where nothing tells.

    `former_email` is the one that the person had until the event changed it.
    """

    event_name: str
    data: Mapping[str, str]
    attributes: Mapping[str, str] = field(default_factory=dict)
    name: str = ""
    plan: str = ""
    created_at: str = ""
    former_email: str = ""


def amount(key: str) -> dict[str, str]:
    """Return an amount in both forms, with its currency.

    A currency that is missing or not known leaves out the second form alone.
    """
    return {
        "amount": f"trigger.{key}",
        "currency": "trigger.currency",
        "amount_decimal": f"trigger.{key} | money: trigger.currency, strict: false",
    }


CUSTOMER = {"stripe_customer_id": "trigger.customer"}

FAILED_PAYMENT = {
    **CUSTOMER,
    "phone": "trigger.phone",
    "last_payment_failed_at": "trigger.occurred_at",
    "last_payment_failure_code": "trigger.failure_code",
}
"""What a person's profile keeps of a payment that failed."""

INVOICE = {
    "invoice_id": "trigger.invoice_id",
    "invoice_number": "trigger.number",
    "subscription_id": "trigger.subscription",
    "description": "trigger.line_description",
    "billing_reason": "trigger.billing_reason",
    "hosted_invoice_url": "trigger.hosted_invoice_url",
    "invoice_pdf": "trigger.invoice_pdf",
}

SUBSCRIPTION = {
    "subscription_id": "trigger.subscription_id",
    "status": "trigger.status",
    "plan": "trigger.plan",
    "price_id": "trigger.price_id",
    **amount("unit_amount"),
    "interval": "trigger.interval",
    "quantity": "trigger.quantity",
    "cancel_at_period_end": "trigger.cancel_at_period_end",
}

SUBSCRIPTION_PERIOD = {
    "current_period_end_at": "trigger.current_period_end",
    "trial_end_at": "trigger.trial_end",
}

SUBSCRIBER = {
    **CUSTOMER,
    "stripe_subscription_id": "trigger.subscription_id",
    "subscription_status": "trigger.status",
}
