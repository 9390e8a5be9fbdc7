"""Subscriptions (https://docs.stripe.com/api/subscriptions/object).

Since 2025 the paid period stands on the items
(https://docs.stripe.com/changelog/basil); before, it stood on the
subscription, and prices were called plans.
"""

from apps.catalog.connectors.stripe.fields.common import CUSTOMER, METADATA, amount, created, status
from apps.catalog.connectors.stripe.flatten import Pick, pick, reference
from apps.catalog.spec import FieldType, Semantic

_SUBSCRIPTION_STATUS = "active, trialing, past_due, canceled, incomplete, incomplete_expired, unpaid, paused"
_PRICE = ("items.data.0.price", "items.data.0.plan", "plan")
"""The price of a subscription's first item; before 2020 it was called a plan."""

_SUBSCRIPTION_HEAD: tuple[Pick, ...] = (
    pick(
        "subscription_id",
        "Subscription id",
        "id",
        help_text="Stripe's id of the subscription.",
        example="sub_1SWq5bLm2VtXe0ZbM4wPz6Jc",
        semantic=Semantic.SUBSCRIPTION,
    ),
    CUSTOMER,
)
_SUBSCRIPTION_PLAN: tuple[Pick, ...] = (
    pick(
        "plan",
        "Plan",
        *(f"{place}.{name}" for name in ("nickname", "lookup_key", "id") for place in _PRICE),
        help_text="The price's nickname, else its lookup key, else its id.",
        example="Pro monthly",
        semantic=Semantic.PLAN,
    ),
    reference(
        "price_id",
        "Price id",
        *_PRICE,
        help_text="Stripe's id of the first item's price.",
        example="price_1SQcVdLm2VtXe0ZbN5kYt9Hs",
    ),
    reference(
        "product_id",
        "Product id",
        *(f"{place}.product" for place in _PRICE),
        help_text="Stripe's id of the first item's product.",
        example="prod_TNr4mXw8QzKb2E",
    ),
    amount(
        "unit_amount",
        "Unit amount",
        "items.data.0.price.unit_amount",
        "items.data.0.plan.amount",
        "plan.amount",
        help_text="The first item's price for one unit and interval",
        example=4900,
    ),
    pick(
        "currency",
        "Currency",
        "currency",
        *(f"{place}.currency" for place in _PRICE),
        help_text="Three letters, lower case, as Stripe writes it.",
        example="usd",
        semantic=Semantic.CURRENCY,
    ),
    pick(
        "quantity",
        "Quantity",
        "items.data.0.quantity",
        "quantity",
        type=FieldType.INTEGER,
        help_text="How many units of the first item.",
        example=1,
    ),
    pick(
        "interval",
        "Interval",
        "items.data.0.price.recurring.interval",
        "items.data.0.plan.interval",
        "plan.interval",
        help_text="How often it is billed: day, week, month or year.",
        example="month",
    ),
)


def _time(key: str, label: str, *places: str, help_text: str, example: int) -> Pick:
    return pick(
        key,
        label,
        *places,
        type=FieldType.TIME,
        help_text=f"{help_text}, in unix seconds.",
        example=example,
    )


_CANCEL_AT_PERIOD_END = pick(
    "cancel_at_period_end",
    "Cancels at period end",
    type=FieldType.BOOLEAN,
    help_text="Whether it ends when the paid period ends.",
    example=False,
)
_CANCEL_AT = _time(
    "cancel_at", "Cancels at", help_text="When it will end, if that is set", example=1797422400
)
SUBSCRIPTION: tuple[Pick, ...] = (
    *_SUBSCRIPTION_HEAD,
    status(_SUBSCRIPTION_STATUS, "active"),
    pick(
        "collection_method",
        "Collection method",
        help_text="charge_automatically or send_invoice.",
        example="charge_automatically",
    ),
    _time(
        "current_period_start",
        "Period start",
        "current_period_start",
        "items.data.0.current_period_start",
        help_text="When the paid period of the first item began",
        example=1794830400,
    ),
    _time(
        "current_period_end",
        "Period end",
        "current_period_end",
        "items.data.0.current_period_end",
        help_text="When the paid period of the first item ends",
        example=1797422400,
    ),
    _CANCEL_AT_PERIOD_END,
    _CANCEL_AT,
    reference(
        "latest_invoice",
        "Latest invoice",
        help_text="Stripe's id of the newest invoice.",
        example="in_1SWq5bLm2VtXe0ZbT7hRk2Dv",
        semantic=Semantic.INVOICE,
    ),
    *_SUBSCRIPTION_PLAN,
    _time(
        "trial_start", "Trial start", help_text="When the trial began, if there is one", example=1794830400
    ),
    _time("trial_end", "Trial end", help_text="When the trial ends, if there is one", example=1796040000),
    reference(
        "default_payment_method",
        "Default payment method",
        help_text="Stripe's id of the payment method set on the subscription.",
        example="pm_1SWq4jLm2VtXe0ZbqKs5Tn8U",
    ),
    created("subscription"),
    METADATA,
)

PREVIOUS_ATTRIBUTES = pick(
    "previous_attributes",
    "Previous attributes",
    type=FieldType.OBJECT,
    help_text="What changed, with the values that stood there before.",
    example={"cancel_at_period_end": False},
)

SUBSCRIPTION_CANCELLED: tuple[Pick, ...] = (
    *_SUBSCRIPTION_HEAD,
    status(_SUBSCRIPTION_STATUS, "canceled"),
    _time("canceled_at", "Cancelled at", help_text="When the cancellation was asked for", example=1794830400),
    _time("ended_at", "Ended at", help_text="When it ended", example=1794830400),
    _CANCEL_AT_PERIOD_END,
    pick(
        "cancellation_reason",
        "Cancellation reason",
        "cancellation_details.reason",
        help_text="cancellation_requested, payment_failed or payment_disputed.",
        example="cancellation_requested",
    ),
    pick(
        "cancellation_feedback",
        "Cancellation feedback",
        "cancellation_details.feedback",
        help_text="What the customer chose: too_expensive, missing_features and others.",
        example="too_expensive",
    ),
    pick(
        "cancellation_comment",
        "Cancellation comment",
        "cancellation_details.comment",
        type=FieldType.LONG_TEXT,
        help_text="What the customer wrote.",
        example="Switching to the yearly plan.",
    ),
    *_SUBSCRIPTION_PLAN,
    created("subscription"),
    METADATA,
)

SUBSCRIPTION_ENDING: tuple[Pick, ...] = (*SUBSCRIPTION_CANCELLED, _CANCEL_AT)
"""A subscription that has ended, or is set to."""
