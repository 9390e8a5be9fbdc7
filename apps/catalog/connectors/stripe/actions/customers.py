"""Customers (https://docs.stripe.com/api/customers)."""

from collections.abc import Mapping
from typing import Any

from apps.catalog.connectors.stripe.actions.listing import listing, rows_of
from apps.catalog.connectors.stripe.actions.operation import action, retrieve
from apps.catalog.connectors.stripe.actions.params import MERGE, Param, changed, choice, param, wrong
from apps.catalog.connectors.stripe.actions.search import Kind, searching
from apps.catalog.connectors.stripe.actions.shared import (
    METADATA,
    PAYMENT_METHOD_ID,
    description,
    identifier,
    of_path,
    payment_method,
    text_list,
)
from apps.catalog.connectors.stripe.fields import billing
from apps.catalog.connectors.stripe.fields.common import CUSTOMER_ID
from apps.catalog.connectors.stripe.flatten import read
from apps.catalog.errors import Permanent
from apps.catalog.spec import Action, Effect, Field, FieldType, Idempotency, Semantic

_ID = of_path(
    "customer_id",
    "Customer id",
    "cus_",
    CUSTOMER_ID,
    Semantic.CUSTOMER,
    options_from="customer-options",
)
_PICKS = billing.CUSTOMER_OBJECT

_EMAIL = param(
    "email",
    "E-mail",
    type=FieldType.EMAIL,
    help_text="Where Stripe sends receipts and invoices.",
    example="jane@example.com",
    semantic=Semantic.EMAIL,
    max_bytes=512,
)


def _part(key: str, label: str, example: str, **rest: Any) -> Field:
    return Field(key=key, label=label, help_text="Part of the address.", example=example, **rest)


_ADDRESS_FIELDS = (
    _part("line1", "Street", "1 Main Street"),
    _part("line2", "Second line", "Floor 2"),
    _part("city", "City", "Portland"),
    _part("state", "State", "OR"),
    _part("postal_code", "Postal code", "97201"),
    _part("country", "Country, two letters", "US", pattern=r"[A-Z]{2}"),
)
_ADDRESS = {"line1": "1 Main Street", "city": "Portland", "postal_code": "97201", "country": "US"}

# What Stripe takes an empty text for, as “remove it”.
_CLEARABLE = ("address", "description", "email", "name", "phone", "shipping")


def _details(email: Param) -> tuple[Param, ...]:
    return (
        email,
        param(
            "name",
            "Name",
            help_text="The customer's whole name, or the company's.",
            example="Jane Example",
            semantic=Semantic.FULL_NAME,
            max_bytes=1024,
        ),
        param(
            "phone",
            "Phone",
            help_text="The customer's phone number.",
            example="+15550100",
            semantic=Semantic.PHONE,
        ),
        description("Your own note; the customer does not see it."),
        param(
            "address",
            "Address",
            type=FieldType.OBJECT,
            help_text="The billing address.",
            example=_ADDRESS,
            fields=_ADDRESS_FIELDS,
        ),
        param(
            "shipping",
            "Shipping",
            type=FieldType.OBJECT,
            help_text="Where things are sent to.",
            example={"name": "Jane Example", "address": _ADDRESS},
            fields=(
                Field(
                    key="name",
                    label="Name",
                    required=True,
                    help_text="Who receives it.",
                    example="Jane Example",
                ),
                Field(key="phone", label="Phone", help_text="Whom to call.", example="+15550100"),
                Field(
                    key="address",
                    label="Address",
                    type=FieldType.OBJECT,
                    required=True,
                    help_text="Where it is sent to.",
                    fields=_ADDRESS_FIELDS,
                    example=_ADDRESS,
                ),
            ),
        ),
        text_list(
            "preferred_locales",
            "Preferred locales",
            help_text="The customer's languages, the preferred one first.",
            example=["en-US"],
        ),
        choice(
            "tax_exempt",
            "Tax exemption",
            {"none": "Not exempt", "exempt": "Exempt", "reverse": "Reverse charge"},
            help_text="Whether the customer pays tax.",
            example="none",
        ),
        identifier(
            "default_payment_method",
            "Default payment method",
            "pm_",
            PAYMENT_METHOD_ID,
            help_text="The saved payment method for invoices and subscriptions; starts with pm_",
            at="invoice_settings.default_payment_method",
        ),
        METADATA,
    )


def _clear(value: list[Any], inputs: Mapping[str, Any]) -> dict[str, str]:
    for name in value:
        if name not in _CLEARABLE:
            raise wrong(
                "clear", "“Clear” names a field that can't be emptied.", f"Use: {', '.join(_CLEARABLE)}."
            )
        if name in inputs:
            raise wrong("clear", f"“{name}” is both filled and cleared.", "Leave one of them out.")
    return dict.fromkeys(value, "")


def _read_deleted(answer: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {"customer_id": inputs["customer_id"], "deleted": answer.get("deleted") is True}


def _read_found(answer: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the one customer with exactly this e-mail; Stripe compares it with regard to case."""
    asked = inputs["email"].casefold()
    found = [row for row in rows_of(answer) if str(row.get("email") or "").casefold() == asked]
    if not found:
        raise Permanent(
            "No customer in Stripe has this e-mail.",
            code="not_found",
            remedy="Check the e-mail with capital and small letters as Stripe has it, or create a customer "
            "first.",
            field="email",
        )
    if len(found) > 1 or answer.get("has_more") is True:
        raise Permanent(
            "More than one customer in Stripe has this e-mail, and it is not known which one is meant.",
            code="ambiguous",
            remedy="Merge them in Stripe, or keep the customer's id where the event comes from.",
            field="email",
        )
    return read(_PICKS, found[0])


ACTIONS: tuple[Action, ...] = (
    action(
        "create-customer",
        "Create Customer",
        "Make a customer, who can then be charged, invoiced and subscribed.",
        "customers.create",
        effect=Effect.CREATE,
        params=(
            *_details(changed(_EMAIL, required=True)),
            payment_method(help_text="A payment method to attach; starts with pm_"),
        ),
        picks=_PICKS,
        docs="customers/create",
        provider_id="customer_id",
    ),
    retrieve(
        "get-customer",
        "Get Customer",
        "Read a customer: e-mail, name, phone, address, metadata.",
        "customers.retrieve",
        id_param=_ID,
        picks=_PICKS,
        docs="customers",
    ),
    action(
        "find-customer",
        "Find Customer",
        "Find the one customer with an e-mail, at once after it was made. Fails with the reason when there "
        "is none, or more than one.",
        "customers.list",
        effect=Effect.READ,
        params=(changed(_EMAIL, required=True, help_text="The whole e-mail, as Stripe has it."),),
        fixed={"limit": 2},
        picks=_PICKS,
        reads=_read_found,
        docs="customers/list",
        provider_id="customer_id",
    ),
    action(
        "update-customer",
        "Update Customer",
        "Change a customer. What is left empty stays as it is.",
        "customers.update",
        effect=Effect.UPSERT,
        # Setting the same values again changes nothing more.
        idempotency=Idempotency.NATURAL,
        params=(
            _ID,
            *_details(_EMAIL),
            param(
                "clear",
                "Clear",
                type=FieldType.LIST,
                help_text=f"A list of fields to empty: {', '.join(_CLEARABLE)}.",
                example=["phone"],
                at=MERGE,
                write=_clear,
            ),
        ),
        ids=("customer_id",),
        picks=_PICKS,
        docs="customers/update",
        provider_id="customer_id",
    ),
    action(
        "delete-customer",
        "Delete Customer",
        "Delete a customer for good and end their subscriptions at once.",
        "customers.delete",
        effect=Effect.DELETE,
        # A second call finds nothing left to delete.
        idempotency=Idempotency.NATURAL,
        params=(_ID,),
        ids=("customer_id",),
        outputs=(
            _ID.field.model_copy(update={"required": False, "pattern": None, "options_from": None}),
            Field(
                key="deleted",
                label="Deleted",
                type=FieldType.BOOLEAN,
                help_text="Whether it is gone.",
                example=True,
            ),
        ),
        reads=_read_deleted,
        docs="customers/delete",
        provider_id="customer_id",
        danger="This deletes the customer in Stripe with their payment methods and cancels their "
        "subscriptions at once. It can't be undone.",
    ),
    listing(
        "list-customers",
        "List Customers",
        "Read customers, newest first.",
        "customers.list",
        params=(changed(_EMAIL, help_text="Only customers with exactly this e-mail."),),
        picks=_PICKS,
        prefix="cus_",
        docs="customers",
    ),
    searching(
        "search-customers",
        "Search Customers",
        "Find customers by e-mail, name, phone, metadata or when they were made. Stripe's search lags behind "
        "by up to a minute.",
        "customers.search",
        kinds={
            "email": Kind.TEXT,
            "name": Kind.TEXT,
            "phone": Kind.TEXT,
            "metadata": Kind.EXACT,
            "created": Kind.NUMBER,
        },
        example="jane@example.com",
        picks=_PICKS,
        docs="customers",
    ),
)
