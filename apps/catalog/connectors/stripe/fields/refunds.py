"""Refunds and the balance (https://docs.stripe.com/api/refunds/object, /balance/balance_object)."""

from apps.catalog.connectors.stripe.fields.common import (
    CURRENCY,
    METADATA,
    PAYMENT_INTENT_ID,
    amount,
    created,
    status,
)
from apps.catalog.connectors.stripe.flatten import Pick, pick, reference
from apps.catalog.spec import FieldType, Semantic

REFUND: tuple[Pick, ...] = (
    pick(
        "refund_id",
        "Refund id",
        "id",
        help_text="Stripe's id of the refund.",
        example="re_3SWq4kLm2VtXe0Zb1Wn5YkQa",
    ),
    amount("amount", "Amount", help_text="What is paid back", example=4900),
    CURRENCY,
    reference(
        "charge",
        "Charge",
        help_text="Stripe's id of the charge that is paid back. Get Charge tells whose it is.",
        example="ch_3SVn8aLm2VtXe0Zb0rTq6XyC",
        semantic=Semantic.CHARGE,
    ),
    PAYMENT_INTENT_ID,
    reference(
        "customer",
        "Customer",
        "customer",
        "charge.customer",
        help_text="Stripe's id of the customer, where the refund names one; Get Charge finds it else.",
        example="cus_R8kTq2LwPzNf4J",
        semantic=Semantic.CUSTOMER,
    ),
    pick(
        "reason",
        "Reason",
        help_text="duplicate, fraudulent, requested_by_customer or expired_uncaptured_charge.",
        example="requested_by_customer",
    ),
    status("pending, requires_action, succeeded, failed, canceled", "succeeded"),
    pick(
        "receipt_number",
        "Receipt number",
        help_text="The number on the receipt that Stripe sent for the refund.",
        example="2917-4403",
    ),
    pick(
        "failure_reason",
        "Failure reason",
        help_text="Why a refund failed: lost_or_stolen_card, expired_or_canceled_card and others.",
        example="expired_or_canceled_card",
    ),
    created("refund"),
    METADATA,
)

BALANCE: tuple[Pick, ...] = (
    pick(
        "available_amount",
        "Available",
        "available.0.amount",
        type=FieldType.INTEGER,
        help_text="What can be paid out, in the first currency's minor units; may be negative.",
        example=125_000,
        unit="minor units",
    ),
    pick(
        "currency",
        "Currency",
        "available.0.currency",
        "pending.0.currency",
        help_text="The currency of both amounts, in three letters.",
        example="usd",
        semantic=Semantic.CURRENCY,
    ),
    pick(
        "pending_amount",
        "Pending",
        "pending.0.amount",
        type=FieldType.INTEGER,
        help_text="What is on its way, in the first currency's minor units.",
        example=4900,
        unit="minor units",
    ),
    pick(
        "available",
        "Available in every currency",
        type=FieldType.LIST,
        help_text="One {amount, currency} for each currency.",
        example=[{"amount": 125_000, "currency": "usd"}],
    ),
    pick(
        "pending",
        "Pending in every currency",
        type=FieldType.LIST,
        help_text="One {amount, currency} for each currency.",
        example=[{"amount": 4900, "currency": "usd"}],
    ),
    pick(
        "mode_live",
        "Live mode",
        "livemode",
        type=FieldType.BOOLEAN,
        help_text="False in Stripe's test mode.",
        example=False,
    ),
)
