"""Products and their prices (https://docs.stripe.com/api/products, /prices)."""

from collections.abc import Mapping
from typing import Any

from apps.catalog.connectors.stripe.actions.amounts import CURRENCY, UNIT, amount, currency_at
from apps.catalog.connectors.stripe.actions.listing import listing
from apps.catalog.connectors.stripe.actions.operation import action
from apps.catalog.connectors.stripe.actions.params import (
    Param,
    address,
    choice,
    flag,
    param,
    whole,
    wrong,
)
from apps.catalog.connectors.stripe.actions.shared import (
    METADATA,
    description,
    identifier,
    text_list,
)
from apps.catalog.connectors.stripe.fields import products
from apps.catalog.connectors.stripe.fields.products import PRICE_ID, PRODUCT_ID
from apps.catalog.spec import Action, Effect, Idempotency

_INTERVALS = {"day": "Daily", "week": "Weekly", "month": "Monthly", "year": "Yearly"}


def _product_id(**rest: Any) -> Param:
    help_text = rest.pop("help_text", "Stripe's id of the product; starts with prod_")
    return identifier(
        "product_id",
        "Product",
        "prod_",
        PRODUCT_ID,
        options_from="product-options",
        help_text=help_text,
        **rest,
    )


def _recurring(place: str) -> tuple[Param, ...]:
    return (
        choice(
            "interval",
            "Billed",
            _INTERVALS,
            help_text="How often; empty for a single payment.",
            example="month",
            at=f"{place}.interval",
        ),
        whole(
            "interval_count",
            "Every … intervals",
            help_text="3 with “Monthly” bills each quarter. Goes with “Billed”.",
            example=1,
            low=1,
            high=1095,
            at=f"{place}.interval_count",
        ),
    )


def _about_product(*, name_required: bool) -> tuple[Param, ...]:
    return (
        param(
            "name",
            "Name",
            help_text="What customers see.",
            example="Pro plan",
            required=name_required,
            max_bytes=5000,
        ),
        description("The longer text that customers see."),
        flag("active", "Active", help_text="Whether it can be sold.", example=True),
        address(
            "url", "Address", help_text="The product's page on your site.", example="https://example.com/pro"
        ),
        text_list(
            "images",
            "Images",
            help_text="Up to 8 addresses of pictures.",
            example=["https://example.com/pro.png"],
        ),
        METADATA,
    )


def _default_price_is_whole(inputs: Mapping[str, Any]) -> None:
    if "amount" in inputs and "currency" not in inputs:
        raise wrong("currency", "A price needs its currency.", "Fill the currency.")
    if "interval" in inputs and "amount" not in inputs:
        raise wrong(
            "amount", "A price that is billed needs an amount.", "Fill the amount, or leave “Billed” empty."
        )


def _count_needs_an_interval(inputs: Mapping[str, Any]) -> None:
    if inputs.get("interval_count", 1) > 1 and "interval" not in inputs:
        raise wrong(
            "interval", "Without “Billed” the number of intervals means nothing.", "Choose how often."
        )


ACTIONS: tuple[Action, ...] = (
    action(
        "create-product",
        "Create Product",
        "Make a product, with a price if you like.",
        "products.create",
        effect=Effect.CREATE,
        params=(
            *_about_product(name_required=True),
            amount(
                "amount",
                "Price",
                help_text="The price of one unit; empty for none.",
                at="default_price_data.unit_amount",
                lowest=0,
            ),
            UNIT,
            currency_at("default_price_data.currency", "Three letters; goes with the price."),
            *_recurring("default_price_data.recurring"),
        ),
        picks=products.PRODUCT,
        docs="products/create",
        provider_id="product_id",
        rules=(_default_price_is_whole, _count_needs_an_interval),
    ),
    action(
        "update-product",
        "Update Product",
        "Change a product. What is left empty stays as it is.",
        "products.update",
        effect=Effect.UPSERT,
        # Setting the same values again changes nothing more.
        idempotency=Idempotency.NATURAL,
        params=(
            _product_id(required=True, at=""),
            *_about_product(name_required=False),
            identifier(
                "default_price",
                "Default price",
                "price_",
                PRICE_ID,
                options_from="price-options",
            ),
        ),
        ids=("product_id",),
        picks=products.PRODUCT,
        docs="products/update",
        provider_id="product_id",
    ),
    listing(
        "list-products",
        "List Products",
        "Read products, newest first.",
        "products.list",
        params=(flag("active", "Active", help_text="Only those that can, or can't, be sold.", example=True),),
        picks=products.PRODUCT,
        prefix="prod_",
        docs="products",
    ),
    action(
        "create-price",
        "Create Price",
        "Make a price of a product, for single payments or for subscriptions. Its amount can't be changed.",
        "prices.create",
        effect=Effect.CREATE,
        params=(
            amount(
                "amount",
                "Amount",
                help_text="The price of one unit.",
                at="unit_amount",
                required=True,
                lowest=0,
            ),
            UNIT,
            CURRENCY,
            _product_id(at="product"),
            param(
                "product_name",
                "New product",
                help_text="Makes a product of this name, instead of naming one.",
                example="Pro plan",
                at="product_data.name",
                max_bytes=5000,
            ),
            *_recurring("recurring"),
            param(
                "nickname",
                "Nickname",
                help_text="Your own name; customers don't see it.",
                example="Pro monthly",
            ),
            param(
                "lookup_key",
                "Lookup key",
                help_text="Your own key, to find the price by.",
                example="pro_monthly",
                max_bytes=200,
            ),
            choice(
                "tax_behavior",
                "Tax",
                {"exclusive": "Comes on top", "inclusive": "Is contained", "unspecified": "Not said"},
                help_text="Whether the amount contains the tax.",
                example="exclusive",
            ),
            METADATA,
        ),
        picks=products.PRICE,
        docs="prices/create",
        provider_id="price_id",
        one_of=(("product_id", "product_name"),),
        rules=(_count_needs_an_interval,),
    ),
)
