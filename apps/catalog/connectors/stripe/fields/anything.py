"""What most of Stripe's objects have, for triggers that take any event."""

from collections.abc import Mapping
from typing import Any

from apps.catalog.connectors.stripe.fields.common import (
    CURRENCY,
    CUSTOMER,
    DESCRIPTION,
    METADATA,
    amount,
    email,
)
from apps.catalog.connectors.stripe.flatten import Pick, event_object, pick, read
from apps.catalog.spec import FieldType, Semantic

_OF_OBJECT: tuple[Pick, ...] = (
    pick(
        "object_type",
        "Object type",
        "object",
        help_text="What the event is about, in Stripe's words: charge, invoice, payout and others.",
        example="charge",
    ),
    pick(
        "object_id",
        "Object id",
        "id",
        help_text="Stripe's id of what the event is about.",
        example="ch_3SWq4kLm2VtXe0Zb1vJ9pWnA",
    ),
    CUSTOMER,
    email(
        "customer_details.email",
        "customer_email",
        "billing_details.email",
        "receipt_email",
        "email",
        "last_payment_error.payment_method.billing_details.email",
        help_text="The person's e-mail where the object has one; else look the customer up.",
    ),
    amount("amount", "Amount", "amount", "amount_total", "total", help_text="What it is about", example=4900),
    CURRENCY,
    pick(
        "status",
        "Status",
        help_text="Stripe's word for the object's state; its values depend on the object's type.",
        example="succeeded",
        semantic=Semantic.STATUS,
    ),
    DESCRIPTION,
    pick(
        "created",
        "Created",
        type=FieldType.TIME,
        help_text="When the object was made in Stripe, in unix seconds.",
        example=1794830400,
        semantic=Semantic.TIME,
    ),
    METADATA,
)
_OF_EVENT: tuple[Pick, ...] = (
    pick(
        "object",
        "Object",
        "data.object",
        type=FieldType.OBJECT,
        help_text="The whole object as Stripe sends it; name what you need behind a dot.",
        example={"id": "ch_3SWq4kLm2VtXe0Zb1vJ9pWnA", "object": "charge", "amount": 4900},
    ),
    pick(
        "previous_attributes",
        "Previous attributes",
        "data.previous_attributes",
        type=FieldType.OBJECT,
        help_text="In events of a change: what changed, with the values that stood there before.",
        example={"status": "pending"},
    ),
    pick(
        "api_version",
        "API version",
        help_text="The version of Stripe's API in whose form the object stands.",
        example="2026-10-28.endive",
    ),
)
ANY: tuple[Pick, ...] = (*_OF_OBJECT, *_OF_EVENT)


def flatten(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Read any event; the customer of a customer is itself."""
    found = {**read(_OF_OBJECT, event_object(payload)), **read(_OF_EVENT, payload)}
    if found["object_type"] == "customer":
        found["customer"] = found["object_id"]
    return found
