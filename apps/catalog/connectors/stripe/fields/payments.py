"""Charges, disputes and payment intents.

Places: https://docs.stripe.com/api/charges/object, /disputes/object,
/payment_intents/object. Older API versions embed a payment intent's charges
instead of naming the latest.
"""

from apps.catalog.connectors.stripe.fields.common import (
    CURRENCY,
    CUSTOMER,
    DESCRIPTION,
    METADATA,
    PAYMENT_INTENT_ID,
    amount,
    created,
    email,
    person,
    status,
)
from apps.catalog.connectors.stripe.flatten import Pick, pick, reference
from apps.catalog.spec import FieldType, Semantic

_PAYMENT_METHOD = reference(
    "payment_method",
    "Payment method",
    help_text="Stripe's id of the payment method that was used.",
    example="pm_1SWq4jLm2VtXe0ZbqKs5Tn8U",
)

_CHARGE_HEAD: tuple[Pick, ...] = (
    pick(
        "charge_id",
        "Charge id",
        "id",
        help_text="Stripe's id of the charge.",
        example="ch_3SWq4kLm2VtXe0Zb1vJ9pWnA",
        semantic=Semantic.CHARGE,
    ),
    amount("amount", "Amount", help_text="What was to be charged", example=4900),
    CURRENCY,
    email(
        "billing_details.email",
        "receipt_email",
        "customer.email",
        help_text="The payer's e-mail: from the billing details, else where the receipt goes.",
    ),
    CUSTOMER,
    status("succeeded, pending, failed", "failed"),
    created("charge"),
)
_CHARGE_FAILURE: tuple[Pick, ...] = (
    pick(
        "failure_code",
        "Failure code",
        help_text="Stripe's code for what went wrong.",
        example="card_declined",
    ),
    pick(
        "failure_message",
        "Failure message",
        help_text="What went wrong, in words meant for the payer.",
        example="Your card has insufficient funds.",
    ),
    pick(
        "failure_reason",
        "Failure reason",
        "outcome.reason",
        help_text="The bank's or Stripe's reason behind the outcome.",
        example="insufficient_funds",
    ),
    pick(
        "seller_message",
        "Seller message",
        "outcome.seller_message",
        help_text="What happened, in words meant for you and not for the payer.",
        example="The bank returned the decline code insufficient_funds.",
    ),
)
_CHARGE_REST: tuple[Pick, ...] = (
    pick(
        "receipt_email",
        "Receipt e-mail",
        type=FieldType.EMAIL,
        help_text="Where Stripe sends the receipt; often empty. Prefer “E-mail”.",
        example="jane@example.com",
    ),
    PAYMENT_INTENT_ID,
    _PAYMENT_METHOD,
    *person("billing_details"),
    pick(
        "card_brand",
        "Card brand",
        "payment_method_details.card.brand",
        "source.brand",
        help_text="The card's brand; empty when it was not a card.",
        example="visa",
    ),
    pick(
        "card_last4",
        "Card's last four digits",
        "payment_method_details.card.last4",
        "source.last4",
        help_text="The last four digits of the card; empty when it was not a card.",
        example="9995",
    ),
    DESCRIPTION,
    METADATA,
)
CHARGE_FAILED: tuple[Pick, ...] = (*_CHARGE_HEAD, *_CHARGE_FAILURE, *_CHARGE_REST)

CHARGE: tuple[Pick, ...] = (
    *_CHARGE_HEAD,
    amount("amount_refunded", "Amount refunded", help_text="What has been paid back so far", example=0),
    pick(
        "refunded",
        "Refunded",
        type=FieldType.BOOLEAN,
        help_text="Whether all of it has been paid back.",
        example=False,
    ),
    pick(
        "disputed",
        "Disputed",
        type=FieldType.BOOLEAN,
        help_text="Whether the payer disputed the charge.",
        example=True,
    ),
    pick(
        "receipt_url",
        "Receipt address",
        type=FieldType.URL,
        help_text="The page with the receipt.",
        example="https://pay.stripe.com/receipts/example",
        semantic=Semantic.URL,
    ),
    *_CHARGE_FAILURE,
    *_CHARGE_REST,
)

DISPUTE: tuple[Pick, ...] = (
    pick(
        "dispute_id",
        "Dispute id",
        "id",
        help_text="Stripe's id of the dispute.",
        example="du_1SWtR0Lm2VtXe0Zb8dQf3KhE",
    ),
    reference(
        "charge",
        "Charge",
        help_text="Stripe's id of the disputed charge. Get Charge tells whose it is.",
        example="ch_3SVn8aLm2VtXe0Zb0rTq6XyC",
        semantic=Semantic.CHARGE,
    ),
    amount("amount", "Amount", help_text="What is disputed", example=4900),
    CURRENCY,
    pick(
        "reason",
        "Reason",
        help_text="Why the payer disputes it: fraudulent, duplicate, product_not_received and others.",
        example="fraudulent",
    ),
    status("needs_response, under_review, won, lost, warning_needs_response and others", "needs_response"),
    created("dispute"),
    PAYMENT_INTENT_ID,
    pick(
        "evidence_due_by",
        "Evidence due by",
        "evidence_details.due_by",
        type=FieldType.TIME,
        help_text="Until when you can answer, in unix seconds; empty when there is nothing to answer.",
        example=1795607999,
    ),
    pick(
        "is_charge_refundable",
        "Refundable",
        type=FieldType.BOOLEAN,
        help_text="Whether you can still end it by paying the money back.",
        example=False,
    ),
    pick(
        "network_reason_code",
        "Network reason code",
        "payment_method_details.card.network_reason_code",
        "network_reason_code",
        help_text="The card network's own code for the reason.",
        example="10.4",
    ),
    METADATA,
)

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
    _PAYMENT_METHOD,
    reference(
        "latest_charge",
        "Latest charge",
        "latest_charge",
        "charges.data.0",
        help_text="Stripe's id of the charge that succeeded.",
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
