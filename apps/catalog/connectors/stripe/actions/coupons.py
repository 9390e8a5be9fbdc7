"""Coupons and promotion codes (https://docs.stripe.com/api/coupons, /promotion_codes)."""

from collections.abc import Mapping
from typing import Any

from apps.catalog.connectors.stripe.actions.amounts import CURRENCY, UNIT, amount, currency_at
from apps.catalog.connectors.stripe.actions.operation import action
from apps.catalog.connectors.stripe.actions.params import (
    changed,
    choice,
    flag,
    moment,
    param,
    whole,
    wrong,
)
from apps.catalog.connectors.stripe.actions.shared import (
    ID,
    METADATA,
    customer,
    text_list,
)
from apps.catalog.connectors.stripe.fields import products
from apps.catalog.connectors.stripe.fields.products import COUPON_ID, PRODUCT_ID
from apps.catalog.spec import Action, Effect, FieldType

_MAX_REDEMPTIONS = whole(
    "max_redemptions",
    "Most redemptions",
    help_text="How often it may be used in all.",
    example=100,
    low=1,
    narrows=True,
)


def _coupon_is_whole(inputs: Mapping[str, Any]) -> None:
    if "amount_off" in inputs and "currency" not in inputs:
        raise wrong("currency", "An amount off needs its currency.", "Fill the currency.")
    if inputs.get("duration") == "repeating" and "duration_in_months" not in inputs:
        raise wrong("duration_in_months", "A repeating coupon needs its months.", "Fill the months.")
    if not 0 < inputs.get("percent_off", 1) <= 100:
        raise wrong(
            "percent_off", "“Percent off” must be more than 0 and at most 100.", "Correct the number."
        )


def _minimum_has_a_currency(inputs: Mapping[str, Any]) -> None:
    if "minimum_amount" in inputs and "currency" not in inputs:
        raise wrong("currency", "The least amount needs its currency.", "Fill the currency.")


ACTIONS: tuple[Action, ...] = (
    action(
        "create-coupon",
        "Create Coupon",
        "Make a discount that can be given to customers.",
        "coupons.create",
        effect=Effect.CREATE,
        params=(
            param(
                "percent_off",
                "Percent off",
                type=FieldType.NUMBER,
                help_text="More than 0, at most 100.",
                example=20,
            ),
            amount("amount_off", "Amount off", help_text="A fixed amount, instead of percent.", example=500),
            UNIT,
            changed(CURRENCY, required=False, help_text="Three letters; goes with the amount off."),
            choice(
                "duration",
                "Duration",
                {"once": "Once", "repeating": "For some months", "forever": "For ever"},
                help_text="For which payments of a subscription it counts.",
                example="once",
                required=True,
            ),
            whole(
                "duration_in_months",
                "Months",
                help_text="For how many months a repeating coupon counts.",
                example=3,
                low=1,
            ),
            param(
                "name",
                "Name",
                help_text="What customers see on the invoice.",
                example="Welcome",
                max_bytes=40,
            ),
            param(
                "coupon_id",
                "Own id",
                help_text="Letters and digits that you choose; else Stripe does.",
                example=COUPON_ID,
                pattern=ID,
                at="id",
            ),
            _MAX_REDEMPTIONS,
            moment(
                "redeem_by",
                "Redeem by",
                help_text="Until when it can be used, in unix seconds.",
                example=1797422400,
                narrows=True,
            ),
            text_list(
                "products",
                "Products",
                help_text="Ids of the only products that it counts for.",
                example=[PRODUCT_ID],
                at="applies_to.products",
                narrows=True,
            ),
            METADATA,
        ),
        picks=products.COUPON,
        docs="coupons/create",
        provider_id="coupon_id",
        one_of=(("percent_off", "amount_off"),),
        rules=(_coupon_is_whole,),
    ),
    action(
        "create-promotion-code",
        "Create Promotion Code",
        "Make a code that customers type to get a coupon's discount.",
        "promotion_codes.create",
        effect=Effect.CREATE,
        params=(
            param(
                "coupon",
                "Coupon",
                help_text="The id of the coupon behind the code.",
                example=COUPON_ID,
                required=True,
                pattern=ID,
                options_from="coupon-options",
                at="promotion",
                write=lambda value, _: {"type": "coupon", "coupon": value},
            ),
            param(
                "code",
                "Code",
                help_text="Letters, digits and dashes; else Stripe chooses one.",
                example="HELLO-JANE",
                pattern=r"[A-Za-z0-9\-]{1,500}",
            ),
            customer(help_text="The only customer who may use it; starts with cus_", narrows=True),
            moment(
                "expires_at",
                "Expires at",
                help_text="Until when it can be used, in unix seconds.",
                example=1797422400,
                narrows=True,
            ),
            _MAX_REDEMPTIONS,
            flag(
                "first_time_transaction",
                "First purchase only",
                help_text="Yes: only for customers who have not paid before.",
                example=True,
                literal=True,
                at="restrictions.first_time_transaction",
            ),
            amount(
                "minimum_amount",
                "Least amount",
                help_text="What must be bought at least.",
                at="restrictions.minimum_amount",
                narrows=True,
            ),
            UNIT,
            currency_at("restrictions.minimum_amount_currency", "Three letters; goes with the least amount."),
            METADATA,
        ),
        picks=products.PROMOTION_CODE,
        docs="promotion_codes/create",
        provider_id="promotion_code_id",
        rules=(_minimum_has_a_currency,),
    ),
)
