"""Payment intents (https://docs.stripe.com/api/payment_intents/object).

Older API versions embed a payment intent's charges instead of naming the
latest. Where a payment failed, the method that was tried stands in the error.
"""

from apps.catalog.connectors.stripe.fields.common import (
    CURRENCY,
    CUSTOMER,
    DESCRIPTION,
    METADATA,
    amount,
    created,
    email,
    person,
    status,
)
from apps.catalog.connectors.stripe.flatten import Pick, pick, reference
from apps.catalog.spec import FieldType, Semantic

_PAYMENT_INTENT_HEAD: tuple[Pick, ...] = (
    pick(
        "payment_intent_id",
        "Payment intent id",
        "id",
        help_text="Stripe's id of the payment intent.",
        example="pi_3SWq4kLm2VtXe0Zb1cYhGd7R",
        semantic=Semantic.PAYMENT_INTENT,
    ),
    amount("amount", "Amount", help_text="What was asked for", example=4900),
    amount("amount_received", "Amount received", help_text="What was collected", example=4900),
    CURRENCY,
    email(
        "receipt_email",
        "latest_charge.billing_details.email",
        "charges.data.0.billing_details.email",
        "charges.data.0.receipt_email",
        "payment_method.billing_details.email",
        "last_payment_error.payment_method.billing_details.email",
        "customer.email",
        help_text="The payer's e-mail where the event has it; else look the customer up.",
    ),
    CUSTOMER,
    DESCRIPTION,
    pick(
        "receipt_email",
        "Receipt e-mail",
        type=FieldType.EMAIL,
        help_text="Where Stripe sends the receipt; often empty.",
        example="jane@example.com",
    ),
    reference(
        "payment_method",
        "Payment method",
        "payment_method",
        "last_payment_error.payment_method",
        help_text="Stripe's id of the payment method that was used.",
        example="pm_1SWq4jLm2VtXe0ZbqKs5Tn8U",
    ),
    reference(
        "latest_charge",
        "Latest charge",
        "latest_charge",
        "charges.data.0",
        help_text="Stripe's id of the newest charge, which is the one that succeeded if any did.",
        example="ch_3SWq4kLm2VtXe0Zb1vJ9pWnA",
        semantic=Semantic.CHARGE,
    ),
)
PAYMENT_INTENT: tuple[Pick, ...] = (
    *_PAYMENT_INTENT_HEAD,
    status("succeeded", "succeeded"),
    created("payment intent"),
    METADATA,
)
_PAYMENT_INTENT_STATUS = (
    "requires_payment_method, requires_confirmation, requires_action, processing, requires_capture, "
    "canceled, succeeded"
)
_PAYMENT_ERROR: tuple[Pick, ...] = (
    pick(
        "failure_code",
        "Failure code",
        "last_payment_error.code",
        help_text="Stripe's code for what went wrong.",
        example="card_declined",
    ),
    pick(
        "decline_code",
        "Decline code",
        "last_payment_error.decline_code",
        help_text="The bank's reason, where it gave one.",
        example="insufficient_funds",
    ),
    pick(
        "failure_message",
        "Failure message",
        "last_payment_error.message",
        help_text="What went wrong, in words meant for the payer.",
        example="Your card has insufficient funds.",
    ),
)

PAYMENT_INTENT_NOW: tuple[Pick, ...] = (
    *_PAYMENT_INTENT_HEAD,
    status(_PAYMENT_INTENT_STATUS, "succeeded"),
    amount(
        "amount_capturable", "Amount capturable", help_text="What is held and can still be taken", example=0
    ),
    pick(
        "next_action_url",
        "Address for the payer",
        "next_action.redirect_to_url.url",
        type=FieldType.URL,
        help_text="Where the payer must go to finish; only while the status is requires_action.",
        example="https://hooks.stripe.com/redirect/authenticate/example",
        semantic=Semantic.URL,
    ),
    *_PAYMENT_ERROR,
    created("payment intent"),
    METADATA,
)

_TRIED = "last_payment_error.payment_method"
PAYMENT_INTENT_FAILED: tuple[Pick, ...] = (
    *_PAYMENT_INTENT_HEAD,
    status(_PAYMENT_INTENT_STATUS, "requires_payment_method"),
    *_PAYMENT_ERROR,
    *person(f"{_TRIED}.billing_details"),
    pick(
        "card_brand",
        "Card brand",
        f"{_TRIED}.card.brand",
        help_text="The brand of the card that was tried; empty when it was not a card.",
        example="visa",
    ),
    pick(
        "card_last4",
        "Card's last four digits",
        f"{_TRIED}.card.last4",
        help_text="The last four digits of the card that was tried; empty when it was not a card.",
        example="9995",
    ),
    created("payment intent"),
    METADATA,
)
