"""Changing and ending a subscription: actions that are more than one call of the SDK.

A price is changed on an item of the subscription. Where the item is not
named, the subscription is read first: a price without an item would be added
to it (https://docs.stripe.com/billing/subscriptions/change-price).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from apps.catalog.connectors.stripe.actions.discounts import COUPON, PROMOTION_CODE, one_discount
from apps.catalog.connectors.stripe.actions.operation import DOCS, Operation, inputs_of
from apps.catalog.connectors.stripe.actions.params import Param, choice, flag, moment, param, wrong
from apps.catalog.connectors.stripe.actions.shared import (
    METADATA,
    PAYMENT_METHOD_ID,
    SUBSCRIPTION_ID,
    identifier,
    of_path,
    price,
    quantity,
)
from apps.catalog.connectors.stripe.client import Caller, invoke
from apps.catalog.connectors.stripe.fields import subscriptions
from apps.catalog.connectors.stripe.flatten import dig, fields_of, read
from apps.catalog.spec import Action, CallContext, Effect, FieldType, Idempotency, Mode, Semantic

_PICKS = subscriptions.SUBSCRIPTION
_ENDED = subscriptions.SUBSCRIPTION_ENDING
_ID = of_path(
    "subscription_id",
    "Subscription id",
    "sub_",
    SUBSCRIPTION_ID,
    Semantic.SUBSCRIPTION,
    options_from="subscription-options",
)
_ITEM = ("price_id", "quantity")
_CHANGES = (
    "cancel_at_period_end",
    *_ITEM,
    "cancel_at",
    "trial_end",
    "pause_collection",
    "default_payment_method",
    "coupon",
    "promotion_code",
    "metadata",
)


def _read_subscription(answer: Mapping[str, Any], _: Mapping[str, Any]) -> dict[str, Any]:
    return read(_PICKS, answer)


def _read_ended(answer: Mapping[str, Any], _: Mapping[str, Any]) -> dict[str, Any]:
    return read(_ENDED, answer)


_UPDATE_PARAMS: tuple[Param, ...] = (
    _ID,
    price(at="items.0.price", help_text="The new price; starts with price_"),
    quantity(at="items.0.quantity", help_text="How many units from now on."),
    identifier(
        "item_id",
        "Item",
        "si_",
        "si_TNr4mXw8QzKb2E",
        help_text="Which item changes, where the subscription has more than one; starts with si_",
        at="items.0.id",
    ),
    choice(
        "proration_behavior",
        "Proration",
        {
            "create_prorations": "With the next invoice",
            "always_invoice": "Invoice it now",
            "none": "None",
        },
        help_text="How the rest of the paid period is settled.",
        example="create_prorations",
        literal=True,
        danger="“Invoice it now” charges the customer at once.",
    ),
    flag(
        "cancel_at_period_end",
        "End with the period",
        help_text="Yes: it ends when the paid period ends. No: it goes on.",
        example=True,
        narrows=True,
    ),
    moment(
        "cancel_at",
        "Cancel at",
        help_text="When it ends, in unix seconds.",
        example=1797422400,
        narrows=True,
    ),
    moment(
        "trial_end",
        "Trial end",
        help_text="Until when it is free, in unix seconds.",
        example=1797422400,
        narrows=True,
    ),
    choice(
        "pause_collection",
        "Pause payments",
        {
            "keep_as_draft": "Keep invoices as drafts",
            "mark_uncollectible": "Mark invoices as uncollectible",
            "void": "Void invoices",
        },
        help_text="Payments stop until they are taken up again in Stripe; the service may go on.",
        example="void",
        at="pause_collection.behavior",
    ),
    identifier(
        "default_payment_method",
        "Payment method",
        "pm_",
        PAYMENT_METHOD_ID,
        help_text="What is charged from now on; starts with pm_",
    ),
    COUPON,
    PROMOTION_CODE,
    METADATA,
)


@dataclass(frozen=True, slots=True)
class _Update:
    """Change a subscription, whose item is looked for where it is not named."""

    operation: Operation

    def __call__(self, context: CallContext) -> dict[str, Any]:
        inputs = dict(context.inputs)
        if "item_id" not in inputs and any(key in inputs for key in _ITEM):
            inputs["item_id"] = _only_item(context)
        caller = Caller(context.account, context.send, context.deadline)
        answer = invoke(
            caller,
            self.operation.method,
            inputs["subscription_id"],
            params=self.operation.request(inputs),
            key=context.key,
            fields=self.operation.fields(),
        )
        return self.operation.read(answer, inputs)


def _only_item(context: CallContext) -> str:
    """Return the id of the subscription's one item; raises `Permanent` where it has several."""
    caller = Caller(context.account, context.send, context.deadline)
    found = invoke(
        caller,
        "subscriptions.retrieve",
        context.inputs["subscription_id"],
        fields={"id": "subscription_id"},
    )
    items = dig(found, "items", "data")
    ids = [dig(item, "id") for item in items] if isinstance(items, list) else []
    if len(ids) != 1 or not isinstance(ids[0], str):
        raise wrong(
            "item_id",
            f"The subscription has {len(ids)} items, and it is not known which one changes.",
            "Fill the item.",
        )
    return ids[0]


_UPDATE_CALL = Operation(
    "subscriptions.update",
    _UPDATE_PARAMS,
    _read_subscription,
    writes=True,
    ids=("subscription_id",),
    rules=(one_discount,),
)
UPDATE = Action(
    key="update-subscription",
    name="Update Subscription",
    description="Change price, quantity, end, trial or payment method of a subscription.",
    inputs=inputs_of(_UPDATE_PARAMS),
    outputs=fields_of(_PICKS),
    effect=Effect.UPSERT,
    # A change can make invoices, so only the key makes repeating it harmless.
    idempotency=Idempotency.KEY,
    call=_Update(_UPDATE_CALL),
    check=_UPDATE_CALL.check,
    requires=("api_key",),
    provider_id="subscription_id",
    docs_url=f"{DOCS}/subscriptions/update",
    any_of=(_CHANGES,),
    danger="A change of price, quantity or trial can charge or credit the customer at once.",
)

_CANCEL_AT_END = flag(
    "cancel_at_period_end",
    "End with the period",
    help_text="Yes: it ends when the paid period ends. No: it ends at once.",
    example=False,
    default=True,
    literal=True,
    at="",
)
_DETAILS: tuple[Param, ...] = (
    choice(
        "feedback",
        "Feedback",
        {
            "customer_service": "Customer service",
            "low_quality": "Low quality",
            "missing_features": "Missing features",
            "other": "Other",
            "switched_service": "Switched to another service",
            "too_complex": "Too complex",
            "too_expensive": "Too expensive",
            "unused": "Unused",
        },
        help_text="Why the customer leaves.",
        example="too_expensive",
        at="cancellation_details.feedback",
    ),
    param(
        "comment",
        "Comment",
        type=FieldType.LONG_TEXT,
        help_text="What the customer said.",
        example="Switching to the yearly plan.",
        at="cancellation_details.comment",
        max_bytes=5000,
    ),
)
_NOW: tuple[Param, ...] = (
    flag(
        "prorate",
        "Prorate",
        help_text="Yes: the unused time is credited. Only when it ends at once.",
        example=False,
    ),
    flag(
        "invoice_now",
        "Invoice now",
        help_text="Yes: what is not billed yet is invoiced. Only when it ends at once.",
        example=False,
    ),
)
CANCEL_NOW = Operation(
    "subscriptions.cancel",
    (_ID, *_NOW, *_DETAILS),
    _read_ended,
    writes=True,
    ids=("subscription_id",),
)
CANCEL_LATER = Operation(
    "subscriptions.update",
    (_ID, *_DETAILS),
    _read_ended,
    writes=True,
    ids=("subscription_id",),
    fixed={"cancel_at_period_end": True},
)


def _cancellation(inputs: Mapping[str, Any]) -> Operation:
    return CANCEL_NOW if inputs.get("cancel_at_period_end") is False else CANCEL_LATER


def _cancel(context: CallContext) -> dict[str, Any]:
    return _cancellation(context.inputs)(context)


def _check_cancel(inputs: Mapping[str, Any]) -> None:
    _cancellation(inputs).check(inputs)


_ENDS_AT_ONCE = (
    "The subscription ends at once. One that has ended can't be taken up again; the customer must "
    "subscribe anew."
)
_ENDS_LATER = "The subscription ends with the paid period, and is not renewed."

CANCEL = Action(
    key="cancel-subscription",
    name="Cancel Subscription",
    description="End a subscription with the paid period, or at once.",
    inputs=inputs_of((_ID, _CANCEL_AT_END, *_NOW, *_DETAILS)),
    outputs=fields_of(_ENDED),
    effect=Effect.DELETE,
    idempotency=Idempotency.KEY,
    call=_cancel,
    check=_check_cancel,
    requires=("api_key",),
    provider_id="subscription_id",
    docs_url=f"{DOCS}/subscriptions/cancel",
    danger=_ENDS_AT_ONCE,
    decided_by="cancel_at_period_end",
    modes={
        "true": Mode(effect=Effect.UPSERT, idempotency=Idempotency.KEY, danger=_ENDS_LATER),
        # A second DELETE finds no subscription left, so it credits and invoices nothing again.
        "false": Mode(effect=Effect.DELETE, idempotency=Idempotency.NATURAL, danger=_ENDS_AT_ONCE),
    },
)
