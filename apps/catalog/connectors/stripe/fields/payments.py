"""Charges and disputes (https://docs.stripe.com/api/charges/object, /disputes/object)."""

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

_REFUNDS: tuple[Pick, ...] = (
    amount("amount_refunded", "Amount refunded", help_text="What has been paid back so far", example=0),
    pick(
        "refunded",
        "Refunded",
        type=FieldType.BOOLEAN,
        help_text="Whether all of it has been paid back.",
        example=False,
    ),
)
_RECEIPT_URL = pick(
    "receipt_url",
    "Receipt address",
    type=FieldType.URL,
    help_text="The page with the receipt.",
    example="https://pay.stripe.com/receipts/example",
    semantic=Semantic.URL,
)

CHARGE: tuple[Pick, ...] = (
    *_CHARGE_HEAD,
    *_REFUNDS,
    pick(
        "disputed",
        "Disputed",
        type=FieldType.BOOLEAN,
        help_text="Whether the payer disputed the charge.",
        example=True,
    ),
    _RECEIPT_URL,
    *_CHARGE_FAILURE,
    *_CHARGE_REST,
)
CHARGE_REFUNDED: tuple[Pick, ...] = (*_CHARGE_HEAD, *_REFUNDS, _RECEIPT_URL, *_CHARGE_REST)

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
