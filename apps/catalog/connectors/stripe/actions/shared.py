"""Inputs that several actions have."""

from collections.abc import Mapping
from typing import Any

from apps.catalog.connectors.stripe.actions.params import EACH, Param, param, whole, wrong
from apps.catalog.connectors.stripe.fields.common import CUSTOMER_ID
from apps.catalog.connectors.stripe.fields.products import PRICE_ID
from apps.catalog.errors import Permanent
from apps.catalog.spec import Field, FieldType, Semantic

# An id becomes one segment of the path: "." and ".." would climb, an empty one would list everything.
ID = r"(?!\.{1,2}\Z)[^\s/?#%]{1,255}"

INVOICE_ID = "in_1SWq5bLm2VtXe0ZbT7hRk2Dv"
SUBSCRIPTION_ID = "sub_1SWq5bLm2VtXe0ZbM4wPz6Jc"
CHARGE_ID = "ch_3SVn8aLm2VtXe0Zb0rTq6XyC"
PAYMENT_INTENT_ID = "pi_3SWq4kLm2VtXe0Zb1cYhGd7R"
PAYMENT_METHOD_ID = "pm_1SWq4jLm2VtXe0ZbqKs5Tn8U"

MAX_KEYS, MAX_KEY, MAX_VALUE = 50, 40, 500
"""Stripe's limits of metadata (https://docs.stripe.com/api/metadata), in characters."""


def identifier(key: str, label: str, prefix: str, example: str, **rest: Any) -> Param:
    """Return the id of a thing in Stripe."""
    help_text = rest.pop("help_text", f"Stripe's id; starts with {prefix}")
    return param(key, label, help_text=help_text, example=example, pattern=ID, **rest)


def of_path(
    key: str, label: str, prefix: str, example: str, semantic: Semantic | None = None, **rest: Any
) -> Param:
    """Return the id of the thing that the action is about, which goes into the path."""
    return identifier(key, label, prefix, example, required=True, semantic=semantic, at="", **rest)


def customer(*, required: bool = False, **rest: Any) -> Param:
    """Return whose it is."""
    return identifier(
        "customer",
        "Customer",
        "cus_",
        CUSTOMER_ID,
        required=required,
        semantic=Semantic.CUSTOMER,
        options_from="customer-options",
        **rest,
    )


def price(*, at: str, required: bool = False, **rest: Any) -> Param:
    """Return what is sold."""
    return identifier(
        "price_id",
        "Price",
        "price_",
        PRICE_ID,
        required=required,
        options_from="price-options",
        at=at,
        **rest,
    )


def quantity(*, at: str, **rest: Any) -> Param:
    """Return how many units are sold."""
    help_text = rest.pop("help_text", "How many units of the price.")
    return whole("quantity", "Quantity", help_text=help_text, example=1, at=at, **rest)


def first_quantity(line: str) -> Param:
    """Return how many units of the first price are sold; nothing is sent where that price is not given."""
    return quantity(
        at=f"{line}.quantity",
        default=1,
        write=lambda value, inputs: value if "price_id" in inputs else None,
    )


def more_lines(key: str, label: str, *, at: str) -> Param:
    """Return prices that are sold besides the first."""
    return param(
        key,
        label,
        type=FieldType.LIST,
        help_text="A list of objects with price and quantity, for more than one price.",
        example=[{"price": PRICE_ID, "quantity": 2}],
        fields=(
            Field(
                key="price",
                label="Price",
                required=True,
                pattern=ID,
                help_text="Stripe's id; starts with price_",
                example=PRICE_ID,
                options_from="price-options",
            ),
            Field(
                key="quantity",
                label="Quantity",
                type=FieldType.INTEGER,
                help_text="How many units.",
                default=1,
                example=2,
            ),
        ),
        at=f"{at}.{EACH}",
    )


def payment_method(**rest: Any) -> Param:
    """Return what is charged."""
    help_text = rest.pop("help_text", "Stripe's id of a saved payment method; starts with pm_")
    return identifier(
        "payment_method", "Payment method", "pm_", PAYMENT_METHOD_ID, help_text=help_text, **rest
    )


def description(help_text: str) -> Param:
    """Return a text that goes with it."""
    return param(
        "description",
        "Description",
        help_text=help_text,
        example="Pro plan",
        semantic=Semantic.DESCRIPTION,
        max_bytes=5000,
    )


def _metadata_text(value: Mapping[str, Any], _: Mapping[str, Any]) -> dict[str, str]:
    if len(value) > MAX_KEYS:
        raise _bad_metadata(f"Metadata has {len(value)} keys; Stripe takes {MAX_KEYS}.", "Leave some out.")
    return {_checked_key(key): _value_text(key, item) for key, item in value.items()}


def _checked_key(key: str) -> str:
    if len(key) > MAX_KEY or "[" in key or "]" in key:
        raise _bad_metadata(
            f"The metadata key “{key[:MAX_KEY]}” is not one that Stripe takes.",
            f"Use up to {MAX_KEY} characters without square brackets.",
        )
    return key


def _value_text(key: str, value: Any) -> str:
    if isinstance(value, Mapping | list):
        raise _bad_metadata(f"The metadata value “{key}” is not text.", "Write it as text, with “| json”.")
    if isinstance(value, bool):
        return str(value).lower()
    text = "" if value is None else str(value)
    if len(text) > MAX_VALUE:
        message = f"The metadata value “{key}” is longer than {MAX_VALUE} characters."
        raise _bad_metadata(message, "Shorten it, with “| truncate”.")
    return text


def _bad_metadata(message: str, remedy: str) -> Permanent:
    return wrong("metadata", message, remedy)


METADATA = param(
    "metadata",
    "Metadata",
    type=FieldType.OBJECT,
    help_text="Your own keys and values on the object: up to 50 keys of 40 characters, values of 500. "
    "Keys that are not named here stay as they are.",
    example={"plan": "pro"},
    write=_metadata_text,
)


def text_list(key: str, label: str, **rest: Any) -> Param:
    """Return a list of texts."""

    def write(value: list[Any], _: Mapping[str, Any]) -> list[str]:
        if not all(isinstance(item, str) and item.strip() for item in value):
            raise wrong(key, f"“{label}” is not a list of texts.", "Give texts only, none of them empty.")
        return [item.strip() for item in value]

    return param(key, label, type=FieldType.LIST, write=write, **rest)
