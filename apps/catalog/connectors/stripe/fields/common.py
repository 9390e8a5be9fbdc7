"""Fields that several of Stripe's objects have."""

from apps.catalog.connectors.stripe.flatten import Pick, pick, reference
from apps.catalog.spec import FieldType, Semantic

CUSTOMER_ID = "cus_R8kTq2LwPzNf4J"
"""The customer of every sample: Jane Example."""

CURRENCY = pick(
    "currency",
    "Currency",
    help_text="Three letters, lower case, as Stripe writes it.",
    example="usd",
    semantic=Semantic.CURRENCY,
)
DESCRIPTION = pick(
    "description",
    "Description",
    help_text="The text that was given to Stripe; often empty.",
    example="Pro plan",
    semantic=Semantic.DESCRIPTION,
)
METADATA = pick(
    "metadata",
    "Metadata",
    type=FieldType.OBJECT,
    help_text="Your own keys and values on the object in Stripe.",
    example={"plan": "pro"},
)
CUSTOMER = reference(
    "customer",
    "Customer",
    help_text="Stripe's id of the customer; empty for guests.",
    example=CUSTOMER_ID,
    semantic=Semantic.CUSTOMER,
)

PAYMENT_INTENT_ID = reference(
    "payment_intent",
    "Payment intent",
    help_text="Stripe's id of the payment intent behind it, if there is one.",
    example="pi_3SWq4kLm2VtXe0Zb1cYhGd7R",
    semantic=Semantic.PAYMENT_INTENT,
)


def created(what: str, example: int = 1794830400) -> Pick:
    """Return when the object was made."""
    return pick(
        "created",
        "Created",
        type=FieldType.TIME,
        help_text=f"When the {what} was made in Stripe, in unix seconds.",
        example=example,
        semantic=Semantic.TIME,
    )


def status(values: str, example: str) -> Pick:
    """Return the status; `values` lists what it can be."""
    return pick(
        "status",
        "Status",
        help_text=f"One of Stripe's words: {values}.",
        example=example,
        semantic=Semantic.STATUS,
    )


def amount(key: str, label: str, *places: str, help_text: str, example: int) -> Pick:
    """Return an amount of money in minor units."""
    return pick(
        key,
        label,
        *places,
        type=FieldType.INTEGER,
        help_text=f"{help_text}, in minor units (cents for USD, whole yen for JPY).",
        example=example,
        semantic=Semantic.AMOUNT,
    )


def email(*places: str, help_text: str) -> Pick:
    """Return the person's e-mail, the field that every app's recipes start from."""
    return pick(
        "email",
        "E-mail",
        *places,
        type=FieldType.EMAIL,
        help_text=help_text,
        example="jane@example.com",
        semantic=Semantic.EMAIL,
    )


def person(prefix: str) -> tuple[Pick, ...]:
    """Return name and phone from a block of contact details."""
    return (
        pick(
            "name",
            "Name",
            f"{prefix}.name",
            help_text="The person's whole name, if Stripe knows it.",
            example="Jane Example",
            semantic=Semantic.FULL_NAME,
        ),
        pick(
            "phone",
            "Phone",
            f"{prefix}.phone",
            help_text="The person's phone number, if Stripe knows it.",
            example="+15550100",
            semantic=Semantic.PHONE,
        ),
    )
