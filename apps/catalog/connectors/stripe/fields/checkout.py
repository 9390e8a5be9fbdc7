"""Pages that Stripe hosts: checkout sessions, payment links and the customer portal.

Places: https://docs.stripe.com/api/checkout/sessions/object,
/payment_links/payment_links/object, /customer_portal/sessions/object.
"""

from apps.catalog.connectors.stripe.fields.common import (
    CURRENCY,
    CUSTOMER,
    METADATA,
    PAYMENT_INTENT_ID,
    amount,
    email,
    person,
)
from apps.catalog.connectors.stripe.flatten import Pick, pick, reference
from apps.catalog.spec import FieldType, Semantic

_CHECKOUT_EMAIL = ("customer_details.email", "customer_email", "customer.email")

CHECKOUT_SESSION: tuple[Pick, ...] = (
    pick("id", "Session id", help_text="Stripe's id of the checkout session.", example="cs_test_a1Kd93mQx7"),
    pick("mode", "Mode", help_text="payment, subscription or setup.", example="payment"),
    amount("amount_total", "Total", help_text="What the buyer pays in all", example=4900),
    amount("amount_subtotal", "Subtotal", help_text="Before discounts and taxes", example=4900),
    amount(
        "amount_discount",
        "Discount",
        "total_details.amount_discount",
        help_text="What discounts took off",
        example=0,
    ),
    CURRENCY,
    email(*_CHECKOUT_EMAIL, help_text="The buyer's e-mail: as entered at checkout, else as you preset it."),
    CUSTOMER,
    pick(
        "customer_email",
        "Customer e-mail",
        *_CHECKOUT_EMAIL,
        type=FieldType.EMAIL,
        help_text="The same as “E-mail”, under Stripe's name.",
        example="jane@example.com",
    ),
    pick(
        "payment_status",
        "Payment status",
        help_text="paid, unpaid or no_payment_required. A delayed method completes unpaid.",
        example="paid",
        semantic=Semantic.STATUS,
    ),
    *person("customer_details"),
    pick(
        "country",
        "Country",
        "customer_details.address.country",
        help_text="Two letters, as entered at checkout.",
        example="US",
    ),
    pick(
        "client_reference_id",
        "Client reference",
        help_text="Your own id that you gave the session.",
        example="user-1042",
    ),
    reference(
        "subscription",
        "Subscription",
        help_text="Stripe's id of the subscription that began, in subscription mode.",
        example="sub_1SWq5bLm2VtXe0ZbM4wPz6Jc",
        semantic=Semantic.SUBSCRIPTION,
    ),
    PAYMENT_INTENT_ID,
    reference(
        "invoice",
        "Invoice",
        help_text="Stripe's id of the invoice, if one was made.",
        example="in_1SWq5bLm2VtXe0ZbT7hRk2Dv",
        semantic=Semantic.INVOICE,
    ),
    reference(
        "payment_link",
        "Payment link",
        help_text="Stripe's id of the payment link that led here, if one did.",
        example="plink_1SQd0yLm2VtXe0ZbF8nWs3Ga",
    ),
    pick(
        "created",
        "Created",
        type=FieldType.TIME,
        help_text="When the session was made, in unix seconds; older API versions leave it out.",
        example=1794830400,
        semantic=Semantic.TIME,
    ),
    METADATA,
)

CHECKOUT_CREATED: tuple[Pick, ...] = (
    pick(
        "url",
        "Address",
        type=FieldType.URL,
        help_text="The page to send the buyer to. It works until the session expires.",
        example="https://checkout.stripe.com/c/pay/cs_test_a1Kd93mQx7",
        semantic=Semantic.URL,
    ),
    pick(
        "expires_at",
        "Expires at",
        type=FieldType.TIME,
        help_text="Until when the page works, in unix seconds.",
        example=1794916800,
    ),
    pick("status", "Status", help_text="open, complete or expired.", example="open"),
    *CHECKOUT_SESSION,
)

PAYMENT_LINK: tuple[Pick, ...] = (
    pick(
        "payment_link_id",
        "Payment link id",
        "id",
        help_text="Stripe's id of the payment link.",
        example="plink_1SQd0yLm2VtXe0ZbF8nWs3Ga",
    ),
    pick(
        "url",
        "Address",
        type=FieldType.URL,
        help_text="The page where anybody can pay.",
        example="https://buy.stripe.com/test_example",
        semantic=Semantic.URL,
    ),
    pick(
        "active",
        "Active",
        type=FieldType.BOOLEAN,
        help_text="Whether the page takes payments.",
        example=True,
    ),
    CURRENCY,
    METADATA,
)

PORTAL_SESSION: tuple[Pick, ...] = (
    pick(
        "portal_session_id",
        "Portal session id",
        "id",
        help_text="Stripe's id of the session.",
        example="bps_1SWq9cLm2VtXe0ZbK7vXd2Ns",
    ),
    pick(
        "url",
        "Address",
        type=FieldType.URL,
        help_text="Lets whoever opens it manage the customer's billing, for a few minutes. Send it to the "
        "customer alone.",
        example="https://billing.stripe.com/p/session/test_example",
        semantic=Semantic.URL,
    ),
    CUSTOMER,
    pick(
        "return_url",
        "Return address",
        type=FieldType.URL,
        help_text="Where the customer comes back to.",
        example="https://example.com/account",
    ),
    pick(
        "created",
        "Created",
        type=FieldType.TIME,
        help_text="When the session was made, in unix seconds.",
        example=1794830400,
        semantic=Semantic.TIME,
    ),
)
