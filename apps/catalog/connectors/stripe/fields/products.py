"""Products, prices, coupons and promotion codes.

Places: https://docs.stripe.com/api/products/object, /prices/object,
/coupons/object, /promotion_codes/object. Since 2025 a promotion code's coupon
stands under `promotion`.
"""

from apps.catalog.connectors.stripe.fields.common import CURRENCY, METADATA, amount, created
from apps.catalog.connectors.stripe.flatten import Pick, pick, reference
from apps.catalog.spec import FieldType, Semantic

PRODUCT_ID = "prod_TNr4mXw8QzKb2E"
PRICE_ID = "price_1SQcVdLm2VtXe0ZbN5kYt9Hs"
COUPON_ID = "WELCOME20"
PROMOTION_CODE_ID = "promo_1SWq7vLm2VtXe0ZbZ3mRt8Qp"


def _active(what: str) -> Pick:
    return pick(
        "active",
        "Active",
        type=FieldType.BOOLEAN,
        help_text=f"Whether the {what} can be used for new purchases.",
        example=True,
    )


_TIMES_REDEEMED = pick(
    "times_redeemed",
    "Times redeemed",
    type=FieldType.INTEGER,
    help_text="How often it has been used.",
    example=0,
)
_MAX_REDEMPTIONS = pick(
    "max_redemptions",
    "Most redemptions",
    type=FieldType.INTEGER,
    help_text="How often it may be used in all; empty for any number.",
    example=100,
)

PRODUCT: tuple[Pick, ...] = (
    pick("product_id", "Product id", "id", help_text="Stripe's id of the product.", example=PRODUCT_ID),
    pick("name", "Name", help_text="What customers see.", example="Pro plan"),
    pick(
        "description",
        "Description",
        help_text="The longer text that customers see; often empty.",
        example="All features, for teams.",
        semantic=Semantic.DESCRIPTION,
    ),
    _active("product"),
    reference(
        "default_price",
        "Default price",
        help_text="Stripe's id of the price that is used when none is chosen.",
        example=PRICE_ID,
    ),
    pick(
        "url",
        "Address",
        type=FieldType.URL,
        help_text="The product's page on your site.",
        example="https://example.com/pro",
        semantic=Semantic.URL,
    ),
    created("product"),
    METADATA,
)

PRICE: tuple[Pick, ...] = (
    pick("price_id", "Price id", "id", help_text="Stripe's id of the price.", example=PRICE_ID),
    reference("product_id", "Product id", "product", help_text="What is sold for it.", example=PRODUCT_ID),
    amount("unit_amount", "Unit amount", help_text="The price of one unit", example=4900),
    CURRENCY,
    pick(
        "interval",
        "Interval",
        "recurring.interval",
        help_text="How often it is billed: day, week, month or year; empty for single payments.",
        example="month",
    ),
    pick(
        "interval_count",
        "Intervals",
        "recurring.interval_count",
        type=FieldType.INTEGER,
        help_text="How many intervals lie between two bills.",
        example=1,
    ),
    pick("nickname", "Nickname", help_text="Your own name of the price.", example="Pro monthly"),
    pick("lookup_key", "Lookup key", help_text="Your own key of the price.", example="pro_monthly"),
    _active("price"),
    created("price"),
    METADATA,
)

COUPON: tuple[Pick, ...] = (
    pick("coupon_id", "Coupon id", "id", help_text="The coupon's id: yours or Stripe's.", example=COUPON_ID),
    pick("name", "Name", help_text="What customers see on the invoice.", example="Welcome"),
    pick(
        "percent_off",
        "Percent off",
        type=FieldType.NUMBER,
        help_text="What is taken off, in percent; empty for a fixed amount.",
        example=20,
    ),
    amount("amount_off", "Amount off", help_text="What is taken off; empty for a percentage", example=500),
    CURRENCY,
    pick("duration", "Duration", help_text="once, repeating or forever.", example="once"),
    pick(
        "duration_in_months",
        "Months",
        type=FieldType.INTEGER,
        help_text="For how many months a repeating coupon counts.",
        example=3,
    ),
    _MAX_REDEMPTIONS,
    _TIMES_REDEEMED,
    pick(
        "valid",
        "Valid",
        type=FieldType.BOOLEAN,
        help_text="Whether it can still be used.",
        example=True,
    ),
    created("coupon"),
    METADATA,
)

PROMOTION_CODE: tuple[Pick, ...] = (
    pick(
        "promotion_code_id",
        "Promotion code id",
        "id",
        help_text="Stripe's id of the promotion code.",
        example=PROMOTION_CODE_ID,
    ),
    pick("code", "Code", help_text="What the customer types.", example="HELLO-JANE"),
    reference(
        "coupon_id",
        "Coupon id",
        "promotion.coupon",
        "coupon",
        help_text="The coupon behind the code.",
        example=COUPON_ID,
    ),
    _active("code"),
    reference(
        "customer",
        "Customer",
        help_text="The only customer who may use it; empty for everybody.",
        example="cus_R8kTq2LwPzNf4J",
        semantic=Semantic.CUSTOMER,
    ),
    pick(
        "expires_at",
        "Expires at",
        type=FieldType.TIME,
        help_text="Until when it can be used, in unix seconds; empty for ever.",
        example=1797422400,
    ),
    _MAX_REDEMPTIONS,
    _TIMES_REDEEMED,
    created("promotion code"),
    METADATA,
)
