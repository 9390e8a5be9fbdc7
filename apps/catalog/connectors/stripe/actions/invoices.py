"""Invoices and their items (https://docs.stripe.com/api/invoices, /invoiceitems)."""

from collections.abc import Mapping
from typing import Any

from apps.catalog.connectors.stripe.actions.amounts import CURRENCY, UNIT, amount
from apps.catalog.connectors.stripe.actions.listing import listing
from apps.catalog.connectors.stripe.actions.operation import action, retrieve
from apps.catalog.connectors.stripe.actions.params import (
    Param,
    changed,
    choice,
    flag,
    moment,
    param,
    whole,
    wrong,
)
from apps.catalog.connectors.stripe.actions.search import Kind, searching
from apps.catalog.connectors.stripe.actions.shared import (
    INVOICE_ID,
    METADATA,
    SUBSCRIPTION_ID,
    customer,
    description,
    identifier,
    of_path,
    payment_method,
    price,
    quantity,
)
from apps.catalog.connectors.stripe.fields import billing
from apps.catalog.spec import Action, Effect, Idempotency, Mode, Semantic

_ID = of_path("invoice_id", "Invoice id", "in_", INVOICE_ID, Semantic.INVOICE)
_PICKS = billing.INVOICE_PAID
_CHARGES = "This charges the customer's payment method."
_CLOSES = "This closes the invoice as paid elsewhere; nothing is charged for it any more."
_AUTO_ADVANCE: Param = flag(
    "auto_advance",
    "Collect automatically",
    help_text="Yes: Stripe finalizes the invoice after about an hour, sends or charges it, and tries again.",
    example=False,
    literal=True,
    danger="The customer can then be charged or sent an e-mail without another step.",
)
COLLECTION: tuple[Param, ...] = (
    choice(
        "collection_method",
        "Collection method",
        {"charge_automatically": "Charge the saved payment method", "send_invoice": "Send the invoice"},
        help_text="How it is paid.",
        example="charge_automatically",
        literal=True,
    ),
    whole(
        "days_until_due",
        "Days until due",
        help_text="How long the customer has to pay an invoice that is sent.",
        example=30,
        low=1,
        high=3650,
    ),
)


def subscription(help_text: str) -> Param:
    """Return the subscription that it belongs to."""
    return identifier(
        "subscription",
        "Subscription",
        "sub_",
        SUBSCRIPTION_ID,
        semantic=Semantic.SUBSCRIPTION,
        options_from="subscription-options",
        help_text=help_text,
    )


def due_is_known(inputs: Mapping[str, Any]) -> None:
    """Refuse an invoice that is sent without saying when it is due."""
    sent = inputs.get("collection_method") == "send_invoice"
    if sent and not {"days_until_due", "due_date"} & set(inputs):
        raise wrong(
            "days_until_due",
            "An invoice that is sent needs a time to be paid in.",
            "Fill the days until due.",
        )


_STATUS = choice(
    "status",
    "Status",
    {
        "draft": "Draft",
        "open": "Open",
        "paid": "Paid",
        "uncollectible": "Uncollectible",
        "void": "Void",
    },
    help_text="Only invoices in this state.",
    example="open",
)


def _item_has_a_currency(inputs: Mapping[str, Any]) -> None:
    if "amount" in inputs and "currency" not in inputs:
        raise wrong("currency", "An amount needs its currency.", "Fill the currency.")


def _on_invoice(
    key: str, name: str, text: str, method: str, effect: Effect, danger: str, *more: Param, **rest: Any
) -> Action:
    """Return an action that takes an invoice one step on; each step is refused when made twice."""
    return action(
        key,
        name,
        text,
        method,
        effect=effect,
        params=(_ID, *more),
        ids=("invoice_id",),
        picks=_PICKS,
        docs=f"invoices/{key.partition('-')[0]}",
        provider_id="invoice_id",
        danger=danger,
        **rest,
    )


ACTIONS: tuple[Action, ...] = (
    action(
        "create-invoice",
        "Create Invoice",
        "Make a draft invoice. Add lines with Create Invoice Item before, or name the invoice there.",
        "invoices.create",
        effect=Effect.CREATE,
        params=(
            customer(required=True),
            *COLLECTION,
            moment(
                "due_date",
                "Due date",
                help_text="Until when an invoice that is sent is to be paid, instead of the days.",
                example=1797422400,
            ),
            _AUTO_ADVANCE,
            choice(
                "pending_invoice_items_behavior",
                "Waiting items",
                {"include": "Take them in", "exclude": "Leave them out"},
                help_text="Whether items that wait for the customer's next invoice come in. Stripe leaves "
                "them out unless you say so.",
                example="include",
            ),
            changed(CURRENCY, required=False, help_text="Three letters; else the customer's own currency."),
            description("Printed on the invoice."),
            param("footer", "Footer", help_text="Printed at the end.", example="Thank you.", max_bytes=5000),
            subscription("Bills the waiting items of this subscription now."),
            METADATA,
        ),
        picks=_PICKS,
        docs="invoices/create",
        provider_id="invoice_id",
        rules=(due_is_known,),
    ),
    action(
        "create-invoice-item",
        "Create Invoice Item",
        "Add a line to a draft invoice, or to the customer's next one.",
        "invoice_items.create",
        effect=Effect.CREATE,
        params=(
            customer(required=True),
            amount(
                "amount",
                "Amount",
                help_text="What the line comes to; negative is a credit.",
                lowest=-99_999_999,
            ),
            UNIT,
            changed(CURRENCY, required=False, help_text="Three letters; goes with the amount."),
            price(at="pricing.price"),
            quantity(at="quantity", help_text="How many units of the price."),
            description("What the line says."),
            identifier(
                "invoice",
                "Invoice",
                "in_",
                INVOICE_ID,
                semantic=Semantic.INVOICE,
                help_text="A draft invoice; else the line waits for the customer's next one.",
            ),
            subscription("Only the next invoice of this subscription takes the line."),
            METADATA,
        ),
        picks=billing.INVOICE_ITEM,
        docs="invoiceitems/create",
        provider_id="invoice_item_id",
        one_of=(("amount", "price_id"),),
        rules=(_item_has_a_currency,),
        danger="This adds to what the customer pays with the next invoice.",
    ),
    retrieve(
        "get-invoice",
        "Get Invoice",
        "Read an invoice: amounts, status, customer, subscription, addresses of page and PDF.",
        "invoices.retrieve",
        id_param=_ID,
        picks=_PICKS,
        docs="invoices",
    ),
    _on_invoice(
        "finalize-invoice",
        "Finalize Invoice",
        "Turn a draft into an invoice with a number, ready to be paid.",
        "invoices.finalize_invoice",
        Effect.CREATE,
        "A final invoice can't be changed any more, only voided, and may be charged at once.",
        _AUTO_ADVANCE,
    ),
    _on_invoice(
        "send-invoice",
        "Send Invoice",
        "E-mail an invoice that is collected by sending, with the page where it is paid.",
        "invoices.send_invoice",
        Effect.CREATE,
        "This sends the customer an e-mail and finalizes a draft. In test mode no e-mail is sent.",
    ),
    _on_invoice(
        "pay-invoice",
        "Pay Invoice",
        "Charge an invoice now, or mark it as paid elsewhere.",
        "invoices.pay",
        Effect.CREATE,
        "This charges the customer's payment method, or closes the invoice as paid elsewhere.",
        payment_method(help_text="What is charged, instead of the default; starts with pm_"),
        flag(
            "paid_out_of_band",
            "Paid elsewhere",
            help_text="Yes: the invoice is only marked as paid; nothing is charged.",
            example=True,
            literal=True,
        ),
        flag(
            "off_session",
            "Without the payer",
            help_text="Yes (Stripe's default): the payer is not there to authenticate.",
            example=True,
        ),
        flag(
            "forgive",
            "Forgive the rest",
            help_text="Yes: what the payment method does not cover is forgiven.",
            example=False,
        ),
        decided_by="paid_out_of_band",
        modes={
            "true": Mode(effect=Effect.CREATE, idempotency=Idempotency.KEY, danger=_CLOSES),
            "false": Mode(effect=Effect.CREATE, idempotency=Idempotency.KEY, danger=_CHARGES),
        },
    ),
    _on_invoice(
        "void-invoice",
        "Void Invoice",
        "Declare an open invoice void; it keeps its number.",
        "invoices.void_invoice",
        Effect.DELETE,
        "A void invoice can't be paid or opened again.",
    ),
    listing(
        "list-invoices",
        "List Invoices",
        "Read invoices, newest first.",
        "invoices.list",
        params=(
            customer(),
            subscription("Only invoices of this subscription."),
            _STATUS,
            changed(COLLECTION[0], literal=False),
        ),
        picks=_PICKS,
        prefix="in_",
        docs="invoices",
    ),
    searching(
        "search-invoices",
        "Search Invoices",
        "Find invoices by number, customer, status, total, metadata or when they were made. Stripe's search "
        "lags behind by up to a minute.",
        "invoices.search",
        kinds={
            "customer": Kind.EXACT,
            "status": Kind.EXACT,
            "number": Kind.EXACT,
            "total": Kind.NUMBER,
            "currency": Kind.EXACT,
            "metadata": Kind.EXACT,
            "created": Kind.NUMBER,
        },
        example="cus_R8kTq2LwPzNf4J",
        picks=_PICKS,
        docs="invoices",
    ),
)
