"""Customers and invoices.

Places: https://docs.stripe.com/api/customers/object, /invoices/object. Since
2025 an invoice's subscription stands under `parent` and a line's price under
`pricing` (https://docs.stripe.com/changelog/basil); before, both stood on top.
"""

from apps.catalog.connectors.stripe.fields.common import (
    CURRENCY,
    CUSTOMER,
    CUSTOMER_ID,
    DESCRIPTION,
    METADATA,
    amount,
    created,
    email,
    status,
)
from apps.catalog.connectors.stripe.flatten import Pick, pick, reference
from apps.catalog.spec import FieldType, Semantic

CUSTOMER_OBJECT: tuple[Pick, ...] = (
    pick(
        "customer_id",
        "Customer id",
        "id",
        help_text="Stripe's id of the customer.",
        example=CUSTOMER_ID,
        semantic=Semantic.CUSTOMER,
    ),
    email("email", help_text="The customer's e-mail; may be empty."),
    pick(
        "name",
        "Name",
        help_text="The customer's whole name; may be empty.",
        example="Jane Example",
        semantic=Semantic.FULL_NAME,
    ),
    pick(
        "phone",
        "Phone",
        help_text="The customer's phone number; may be empty.",
        example="+15550100",
        semantic=Semantic.PHONE,
    ),
    DESCRIPTION,
    CURRENCY,
    # Not an AMOUNT: it is what the customer's account holds, not what something costs.
    pick(
        "balance",
        "Balance",
        type=FieldType.INTEGER,
        help_text="What the next invoice adds, in minor units; negative is credit.",
        example=0,
        unit="minor units",
    ),
    pick(
        "created",
        "Created",
        type=FieldType.TIME,
        help_text="When the customer was made in Stripe, in unix seconds.",
        example=1794830400,
        semantic=Semantic.CREATED_AT,
    ),
    pick("country", "Country", "address.country", help_text="Two letters.", example="US"),
    pick("city", "City", "address.city", help_text="From the customer's address.", example="Portland"),
    pick(
        "postal_code",
        "Postal code",
        "address.postal_code",
        help_text="From the customer's address.",
        example="97201",
    ),
    pick(
        "preferred_locales",
        "Preferred locales",
        type=FieldType.LIST,
        help_text="The customer's languages, the preferred one first.",
        example=["en-US"],
    ),
    pick(
        "delinquent",
        "Delinquent",
        type=FieldType.BOOLEAN,
        help_text="Whether the last invoice could not be collected.",
        example=False,
    ),
    METADATA,
)

_INVOICE_HEAD: tuple[Pick, ...] = (
    pick(
        "invoice_id",
        "Invoice id",
        "id",
        help_text="Stripe's id of the invoice.",
        example="in_1SWq5bLm2VtXe0ZbT7hRk2Dv",
        semantic=Semantic.INVOICE,
    ),
    pick("number", "Number", help_text="The number printed on the invoice.", example="7F3A91C2-0004"),
    status("draft, open, paid, uncollectible, void", "paid"),
    email("customer_email", "customer.email", help_text="The e-mail of the customer who is billed."),
    CUSTOMER,
    pick(
        "customer_email",
        "Customer e-mail",
        "customer_email",
        "customer.email",
        type=FieldType.EMAIL,
        help_text="The same as “E-mail”, under Stripe's name.",
        example="jane@example.com",
    ),
    pick(
        "customer_name",
        "Customer name",
        help_text="The name on the invoice.",
        example="Jane Example",
        semantic=Semantic.FULL_NAME,
    ),
)
_AMOUNT_DUE = amount("amount_due", "Amount due", help_text="What is to be paid", example=4900)
_AMOUNT_PAID = amount("amount_paid", "Amount paid", help_text="What has been paid", example=4900)
_INVOICE_REST: tuple[Pick, ...] = (
    amount("amount_remaining", "Amount remaining", help_text="What is still to be paid", example=0),
    amount("total", "Total", help_text="After discounts and taxes", example=4900),
    CURRENCY,
    reference(
        "subscription",
        "Subscription",
        "parent.subscription_details.subscription",
        "subscription",
        help_text="Stripe's id of the subscription that is billed; empty for single invoices.",
        example="sub_1SWq5bLm2VtXe0ZbM4wPz6Jc",
        semantic=Semantic.SUBSCRIPTION,
    ),
    pick(
        "hosted_invoice_url",
        "Hosted invoice page",
        type=FieldType.URL,
        help_text="The page where the customer sees and pays the invoice.",
        example="https://invoice.stripe.com/i/example",
        semantic=Semantic.URL,
    ),
    pick(
        "invoice_pdf",
        "Invoice as PDF",
        type=FieldType.URL,
        help_text="Where the invoice can be downloaded.",
        example="https://pay.stripe.com/invoice/example/pdf",
    ),
    pick(
        "billing_reason",
        "Billing reason",
        help_text="Why it was made: subscription_cycle, subscription_create, manual and others.",
        example="subscription_cycle",
    ),
    pick(
        "collection_method",
        "Collection method",
        help_text="charge_automatically or send_invoice.",
        example="charge_automatically",
    ),
    pick(
        "attempt_count",
        "Attempts",
        type=FieldType.INTEGER,
        help_text="How often Stripe has tried to collect it.",
        example=1,
    ),
    pick(
        "next_payment_attempt",
        "Next attempt",
        type=FieldType.TIME,
        help_text="When Stripe tries again, in unix seconds; empty when it will not.",
        example=1795089600,
    ),
    pick(
        "due_date",
        "Due date",
        type=FieldType.TIME,
        help_text="Until when it is to be paid, in unix seconds; only for invoices that are sent.",
        example=1796040000,
    ),
    pick(
        "paid_at",
        "Paid at",
        "status_transitions.paid_at",
        type=FieldType.TIME,
        help_text="When it was paid, in unix seconds.",
        example=1794830401,
    ),
    pick(
        "line_description",
        "First line",
        "lines.data.0.description",
        help_text="What the first line of the invoice says.",
        example="1 × Pro (at $49.00 / month)",
        semantic=Semantic.DESCRIPTION,
    ),
    reference(
        "price_id",
        "Price id",
        "lines.data.0.pricing.price_details.price",
        "lines.data.0.price",
        "lines.data.0.plan",
        help_text="Stripe's id of the first line's price.",
        example="price_1SQcVdLm2VtXe0ZbN5kYt9Hs",
    ),
    pick(
        "period_end",
        "Period end",
        "lines.data.0.period.end",
        type=FieldType.TIME,
        help_text="The end of the time that the first line pays for, in unix seconds.",
        example=1797422400,
    ),
    created("invoice"),
    METADATA,
)
INVOICE_PAID: tuple[Pick, ...] = (*_INVOICE_HEAD, _AMOUNT_PAID, _AMOUNT_DUE, *_INVOICE_REST)
INVOICE_DUE: tuple[Pick, ...] = (*_INVOICE_HEAD, _AMOUNT_DUE, _AMOUNT_PAID, *_INVOICE_REST)
_AUTO_ADVANCE = pick(
    "auto_advance",
    "Goes on by itself",
    type=FieldType.BOOLEAN,
    help_text="Whether Stripe finalizes and collects it by itself.",
    example=True,
)
INVOICE_DRAFT: tuple[Pick, ...] = (
    *INVOICE_DUE,
    _AUTO_ADVANCE,
    pick(
        "automatically_finalizes_at",
        "Finalizes at",
        type=FieldType.TIME,
        help_text="When Stripe finalizes it by itself, in unix seconds; empty when it will not.",
        example=1794834000,
    ),
)
INVOICE_FINALIZED: tuple[Pick, ...] = (
    *INVOICE_DUE,
    _AUTO_ADVANCE,
    pick(
        "finalized_at",
        "Finalized at",
        "status_transitions.finalized_at",
        type=FieldType.TIME,
        help_text="When it got its number, in unix seconds.",
        example=1794830400,
    ),
)

INVOICE_ITEM: tuple[Pick, ...] = (
    pick(
        "invoice_item_id",
        "Invoice item id",
        "id",
        help_text="Stripe's id of the item.",
        example="ii_1SWq6aLm2VtXe0ZbP2rHs9Lk",
    ),
    amount("amount", "Amount", help_text="What it adds to the invoice; negative is a credit", example=4900),
    CURRENCY,
    CUSTOMER,
    DESCRIPTION,
    pick(
        "quantity",
        "Quantity",
        type=FieldType.INTEGER,
        help_text="How many units.",
        example=1,
    ),
    reference(
        "invoice",
        "Invoice",
        help_text="Stripe's id of the invoice; empty while the item waits for the next one.",
        example="in_1SWq5bLm2VtXe0ZbT7hRk2Dv",
        semantic=Semantic.INVOICE,
    ),
    METADATA,
)
