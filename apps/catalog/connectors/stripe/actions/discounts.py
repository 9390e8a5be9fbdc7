"""The discount of a purchase: a coupon, or a promotion code of one."""

from collections.abc import Mapping
from typing import Any

from apps.catalog.connectors.stripe.actions.params import Param, wrong
from apps.catalog.connectors.stripe.actions.shared import identifier
from apps.catalog.connectors.stripe.fields.products import COUPON_ID, PROMOTION_CODE_ID

COUPON: Param = identifier(
    "coupon",
    "Coupon",
    "the coupon's own letters",
    COUPON_ID,
    help_text="The id of a coupon that is taken off.",
    options_from="coupon-options",
    at="discounts.0.coupon",
)
PROMOTION_CODE: Param = identifier(
    "promotion_code",
    "Promotion code",
    "promo_",
    PROMOTION_CODE_ID,
    help_text="The id of a promotion code that is taken off, instead of a coupon; starts with promo_",
    at="discounts.0.promotion_code",
)


def one_discount(inputs: Mapping[str, Any]) -> None:
    """Refuse two discounts at once."""
    if {"coupon", "promotion_code"} <= set(inputs):
        raise wrong("promotion_code", "Only one discount can be given.", "Leave coupon or code empty.")
