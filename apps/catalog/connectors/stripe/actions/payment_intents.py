"""Payment intents (https://docs.stripe.com/api/payment_intents)."""

from apps.catalog.connectors.stripe.actions.amounts import CURRENCY, CURRENCY_OF_MAJOR, UNIT, amount
from apps.catalog.connectors.stripe.actions.charges import RECEIPT_EMAIL
from apps.catalog.connectors.stripe.actions.listing import listing
from apps.catalog.connectors.stripe.actions.operation import action, retrieve
from apps.catalog.connectors.stripe.actions.params import Param, address, choice, flag, param
from apps.catalog.connectors.stripe.actions.search import Kind, searching
from apps.catalog.connectors.stripe.actions.shared import (
    METADATA,
    PAYMENT_INTENT_ID,
    customer,
    description,
    of_path,
    payment_method,
)
from apps.catalog.connectors.stripe.fields import payment_intents
from apps.catalog.spec import Action, Effect, Idempotency, Mode, Semantic

_ID = of_path("payment_intent_id", "Payment intent id", "pi_", PAYMENT_INTENT_ID, Semantic.PAYMENT_INTENT)
_PICKS = payment_intents.PAYMENT_INTENT_NOW
_OFF_SESSION: Param = flag(
    "off_session",
    "Without the payer",
    help_text="Yes: the payer is not there and can't authenticate; a payment that needs it fails.",
    example=True,
)
_RETURN_URL: Param = address(
    "return_url",
    "Return address",
    help_text="Where the payer comes back to after authenticating elsewhere.",
    example="https://example.com/return",
)
_TAKES_MONEY = "This charges the payer's payment method."

_CREATE_PARAMS = (
    amount("amount", "Amount", help_text="What is to be paid.", required=True),
    UNIT,
    CURRENCY,
    customer(),
    description("Shown in the Dashboard, and on receipts."),
    flag(
        "confirm",
        "Confirm at once",
        help_text="Yes: the payment method is charged now. No: the payment waits until it is confirmed.",
        example=False,
        default=False,
        literal=True,
        danger=_TAKES_MONEY,
    ),
    payment_method(help_text="What is charged; starts with pm_. Needed to confirm at once."),
    _OFF_SESSION,
    _RETURN_URL,
    choice(
        "automatic_payment_methods",
        "Payment methods",
        {"always": "All that are switched on", "never": "Only those that keep the payer here"},
        help_text="Which of the methods that are switched on in the Dashboard are offered.",
        example="never",
        write=lambda value, _: {"enabled": True, "allow_redirects": value},
    ),
    choice(
        "capture_method",
        "Capture",
        {
            "automatic": "At once",
            "automatic_async": "At once, in the background",
            "manual": "Later, by Capture Payment Intent",
        },
        help_text="When the money is taken.",
        example="automatic",
        literal=True,
    ),
    choice(
        "setup_future_usage",
        "Save for later",
        {"on_session": "While the payer is there", "off_session": "Also without the payer"},
        help_text="Keeps the payment method with the customer for further payments.",
        example="off_session",
    ),
    RECEIPT_EMAIL,
    param(
        "statement_descriptor_suffix",
        "On the statement",
        help_text="What stands behind your name on the payer's bank statement.",
        example="ORDER 1042",
        max_bytes=22,
    ),
    METADATA,
)

ACTIONS: tuple[Action, ...] = (
    action(
        "create-payment-intent",
        "Create Payment Intent",
        "Begin a payment; charge a saved payment method at once if you confirm it.",
        "payment_intents.create",
        effect=Effect.CREATE,
        params=_CREATE_PARAMS,
        picks=_PICKS,
        docs="payment_intents/create",
        provider_id="payment_intent_id",
        danger=_TAKES_MONEY,
        decided_by="confirm",
        modes={
            "true": Mode(effect=Effect.CREATE, idempotency=Idempotency.KEY, danger=_TAKES_MONEY),
            "false": Mode(effect=Effect.CREATE, idempotency=Idempotency.KEY),
        },
    ),
    retrieve(
        "get-payment-intent",
        "Get Payment Intent",
        "Read a payment: amounts, status, customer, what went wrong.",
        "payment_intents.retrieve",
        id_param=_ID,
        picks=_PICKS,
        docs="payment_intents",
    ),
    action(
        "confirm-payment-intent",
        "Confirm Payment Intent",
        "Charge the payment method of a payment that waits to be confirmed.",
        "payment_intents.confirm",
        effect=Effect.CREATE,
        params=(
            _ID,
            payment_method(help_text="What is charged, if the payment has none yet; starts with pm_"),
            _OFF_SESSION,
            _RETURN_URL,
            RECEIPT_EMAIL,
        ),
        ids=("payment_intent_id",),
        picks=_PICKS,
        docs="payment_intents/confirm",
        provider_id="payment_intent_id",
        danger=_TAKES_MONEY,
    ),
    action(
        "capture-payment-intent",
        "Capture Payment Intent",
        "Take the money that a payment holds, or a part of it.",
        "payment_intents.capture",
        effect=Effect.CREATE,
        params=(
            _ID,
            amount(
                "amount",
                "Amount",
                help_text="What is taken; empty for all of it. The rest is released.",
                at="amount_to_capture",
                narrows=True,
            ),
            UNIT,
            CURRENCY_OF_MAJOR,
            METADATA,
        ),
        ids=("payment_intent_id",),
        picks=_PICKS,
        docs="payment_intents/capture",
        provider_id="payment_intent_id",
        danger="This takes the money that is held, and releases the rest for good.",
    ),
    action(
        "cancel-payment-intent",
        "Cancel Payment Intent",
        "Give up a payment that has not succeeded, and release what it holds.",
        "payment_intents.cancel",
        # A second call without the key is refused as “already canceled”, so only the key guards it.
        effect=Effect.DELETE,
        params=(
            _ID,
            choice(
                "cancellation_reason",
                "Reason",
                {
                    "abandoned": "Abandoned",
                    "duplicate": "Duplicate",
                    "fraudulent": "Fraudulent",
                    "requested_by_customer": "Requested by the customer",
                },
                help_text="Why it is cancelled.",
                example="abandoned",
            ),
        ),
        ids=("payment_intent_id",),
        picks=_PICKS,
        docs="payment_intents/cancel",
        provider_id="payment_intent_id",
        danger="A cancelled payment can't be taken up again; a new one must be made.",
    ),
    listing(
        "list-payment-intents",
        "List Payment Intents",
        "Read payments, newest first.",
        "payment_intents.list",
        params=(customer(),),
        picks=_PICKS,
        prefix="pi_",
        docs="payment_intents",
    ),
    searching(
        "search-payment-intents",
        "Search Payment Intents",
        "Find payments by amount, customer, status, metadata or when they were made. Stripe's search lags "
        "behind by up to a minute.",
        "payment_intents.search",
        kinds={
            "customer": Kind.EXACT,
            "status": Kind.EXACT,
            "amount": Kind.NUMBER,
            "currency": Kind.EXACT,
            "metadata": Kind.EXACT,
            "created": Kind.NUMBER,
        },
        example="cus_R8kTq2LwPzNf4J",
        picks=_PICKS,
        docs="payment_intents",
    ),
)
