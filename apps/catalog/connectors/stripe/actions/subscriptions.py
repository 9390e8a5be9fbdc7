"""Subscriptions (https://docs.stripe.com/api/subscriptions)."""

from collections.abc import Mapping
from typing import Any

from apps.catalog.connectors.stripe.actions.changing import CANCEL, UPDATE
from apps.catalog.connectors.stripe.actions.discounts import COUPON, PROMOTION_CODE, one_discount
from apps.catalog.connectors.stripe.actions.invoices import COLLECTION, due_is_known
from apps.catalog.connectors.stripe.actions.listing import listing
from apps.catalog.connectors.stripe.actions.operation import action, retrieve
from apps.catalog.connectors.stripe.actions.params import choice, flag, moment, whole, wrong
from apps.catalog.connectors.stripe.actions.search import Kind, searching
from apps.catalog.connectors.stripe.actions.shared import (
    METADATA,
    PAYMENT_METHOD_ID,
    SUBSCRIPTION_ID,
    customer,
    description,
    first_quantity,
    identifier,
    more_lines,
    of_path,
    price,
)
from apps.catalog.connectors.stripe.fields import subscriptions
from apps.catalog.spec import Action, Effect, Semantic

_PICKS = subscriptions.SUBSCRIPTION
_STATUSES = (
    "active", "trialing", "past_due", "canceled", "incomplete", "incomplete_expired", "paused", "unpaid",
)  # fmt: skip


def _one_trial(inputs: Mapping[str, Any]) -> None:
    if {"trial_period_days", "trial_end"} <= set(inputs):
        raise wrong("trial_end", "A trial has either days or an end.", "Leave one of them empty.")


ACTIONS: tuple[Action, ...] = (
    action(
        "create-subscription",
        "Create Subscription",
        "Subscribe a customer to a price.",
        "subscriptions.create",
        effect=Effect.CREATE,
        params=(
            customer(required=True),
            price(at="items.0.price", required=True),
            first_quantity("items.0"),
            more_lines("more_items", "More prices", at="items"),
            whole(
                "trial_period_days",
                "Trial days",
                help_text="How many days are free.",
                example=14,
                narrows=True,
                low=1,
                high=730,
            ),
            moment(
                "trial_end",
                "Trial end",
                help_text="Until when it is free, in unix seconds.",
                example=1797422400,
                narrows=True,
            ),
            identifier(
                "default_payment_method",
                "Payment method",
                "pm_",
                PAYMENT_METHOD_ID,
                help_text="What is charged, instead of the customer's default; starts with pm_",
            ),
            choice(
                "payment_behavior",
                "If the payment fails",
                {
                    "allow_incomplete": "Keep it as incomplete",
                    "default_incomplete": "Begin as incomplete and wait for the payer",
                    "error_if_incomplete": "Make no subscription",
                    "pending_if_incomplete": "Keep what stood before",
                },
                help_text="What becomes of the subscription when the first payment does not succeed.",
                example="error_if_incomplete",
            ),
            *COLLECTION,
            COUPON,
            PROMOTION_CODE,
            flag(
                "cancel_at_period_end",
                "End with the first period",
                help_text="Yes: it is not renewed.",
                example=False,
                literal=True,
            ),
            flag(
                "off_session",
                "Without the payer",
                help_text="Yes: the payer is not there to authenticate.",
                example=True,
            ),
            description("Shown to the customer."),
            METADATA,
        ),
        picks=_PICKS,
        docs="subscriptions/create",
        provider_id="subscription_id",
        rules=(due_is_known, one_discount, _one_trial),
        danger="This charges the customer's payment method now, unless there is a trial, and each period.",
    ),
    retrieve(
        "get-subscription",
        "Get Subscription",
        "Read a subscription: status, plan, period, trial, customer.",
        "subscriptions.retrieve",
        id_param=of_path(
            "subscription_id",
            "Subscription id",
            "sub_",
            SUBSCRIPTION_ID,
            Semantic.SUBSCRIPTION,
            options_from="subscription-options",
        ),
        picks=_PICKS,
        docs="subscriptions",
    ),
    UPDATE,
    CANCEL,
    listing(
        "list-subscriptions",
        "List Subscriptions",
        "Read subscriptions, newest first; cancelled ones only if you ask for them.",
        "subscriptions.list",
        params=(
            customer(),
            price(at="price"),
            choice(
                "status",
                "Status",
                {
                    "all": "All",
                    "ended": "Ended",
                    **{each: each.replace("_", " ").capitalize() for each in _STATUSES},
                },
                help_text="Only subscriptions in this state; without it all that are not cancelled.",
                example="active",
            ),
        ),
        picks=_PICKS,
        prefix="sub_",
        docs="subscriptions",
    ),
    searching(
        "search-subscriptions",
        "Search Subscriptions",
        "Find subscriptions by status, metadata, or when they were made or cancelled. Stripe's search lags "
        "behind by up to a minute.",
        "subscriptions.search",
        kinds={
            "status": Kind.EXACT,
            "metadata": Kind.EXACT,
            "created": Kind.NUMBER,
            "canceled_at": Kind.NUMBER,
        },
        example="active",
        picks=_PICKS,
        docs="subscriptions",
    ),
)
