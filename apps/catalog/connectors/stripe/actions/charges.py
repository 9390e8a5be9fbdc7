"""Charges, refunds and the balance (https://docs.stripe.com/api/charges, /refunds, /balance)."""

from apps.catalog.connectors.stripe.actions.amounts import CURRENCY, CURRENCY_OF_MAJOR, UNIT, amount
from apps.catalog.connectors.stripe.actions.listing import listing
from apps.catalog.connectors.stripe.actions.operation import action, retrieve
from apps.catalog.connectors.stripe.actions.params import Param, choice, flag, param
from apps.catalog.connectors.stripe.actions.shared import (
    CHARGE_ID,
    METADATA,
    PAYMENT_INTENT_ID,
    customer,
    description,
    identifier,
    of_path,
)
from apps.catalog.connectors.stripe.fields import payments, refunds
from apps.catalog.spec import Action, Effect, FieldType, Semantic

RECEIPT_EMAIL: Param = param(
    "receipt_email",
    "Receipt e-mail",
    type=FieldType.EMAIL,
    help_text="Where Stripe sends the receipt, in live mode.",
    example="jane@example.com",
    semantic=Semantic.EMAIL,
)


def _charge(**rest: str) -> Param:
    return identifier("charge", "Charge", "ch_", CHARGE_ID, semantic=Semantic.CHARGE, **rest)


def payment_intent(**rest: str) -> Param:
    """Return the payment that it is about."""
    return identifier(
        "payment_intent",
        "Payment intent",
        "pi_",
        PAYMENT_INTENT_ID,
        semantic=Semantic.PAYMENT_INTENT,
        **rest,
    )


ACTIONS: tuple[Action, ...] = (
    action(
        "create-charge",
        "Create Charge",
        "Legacy: use Create Payment Intent instead. Stripe refuses card tokens on current accounts, and a "
        "charge can't ask the payer to authenticate.",
        "charges.create",
        effect=Effect.CREATE,
        params=(
            amount("amount", "Amount", help_text="What is charged.", required=True),
            UNIT,
            CURRENCY,
            param(
                "source",
                "Source",
                help_text="A token or saved source: tok_…, src_… or card_…; without it the customer's "
                "default is charged.",
                example="tok_visa",
                max_bytes=255,
            ),
            customer(),
            description("What the payer reads on the receipt."),
            RECEIPT_EMAIL,
            flag(
                "capture",
                "Capture at once",
                help_text="No: the amount is only held, and must be captured within seven days.",
                example=True,
                literal=True,
            ),
            METADATA,
        ),
        picks=payments.CHARGE,
        docs="charges/create",
        provider_id="charge_id",
        any_of=(("source", "customer"),),
        danger="This takes money from the payer. Create Payment Intent is what Stripe offers instead.",
    ),
    retrieve(
        "get-charge",
        "Get Charge",
        "Read a charge: amount, status, card, and the payer's e-mail and customer.",
        "charges.retrieve",
        id_param=of_path("charge_id", "Charge id", "ch_", CHARGE_ID, Semantic.CHARGE),
        picks=payments.CHARGE,
        docs="charges",
    ),
    listing(
        "list-charges",
        "List Charges",
        "Read charges, newest first.",
        "charges.list",
        params=(customer(), payment_intent()),
        picks=payments.CHARGE,
        prefix="ch_",
        docs="charges",
    ),
    action(
        "create-refund",
        "Create Refund",
        "Pay a charge back, wholly or in part.",
        "refunds.create",
        effect=Effect.CREATE,
        params=(
            _charge(),
            payment_intent(),
            amount(
                "amount", "Amount", help_text="What is paid back; empty for all that is left.", narrows=True
            ),
            UNIT,
            CURRENCY_OF_MAJOR,
            choice(
                "reason",
                "Reason",
                {
                    "requested_by_customer": "Requested by the customer",
                    "duplicate": "Duplicate",
                    "fraudulent": "Fraudulent",
                },
                help_text="Fraudulent also blocks the card and the e-mail for further payments.",
                example="requested_by_customer",
            ),
            METADATA,
        ),
        picks=refunds.REFUND,
        docs="refunds/create",
        provider_id="refund_id",
        one_of=(("charge", "payment_intent"),),
        danger="This pays money back to the payer and can't be undone. Stripe keeps its fees.",
    ),
    action(
        "get-balance",
        "Get Balance",
        "Read what can be paid out and what is on its way.",
        "balance.retrieve",
        effect=Effect.READ,
        params=(),
        picks=refunds.BALANCE,
        docs="balance/balance_retrieve",
    ),
)
