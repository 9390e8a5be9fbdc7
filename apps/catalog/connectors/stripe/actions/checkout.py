"""Pages that Stripe hosts: checkout, payment links, the customer portal.

https://docs.stripe.com/api/checkout/sessions, /payment-link, /customer_portal/sessions.
"""

from collections.abc import Mapping
from typing import Any

from apps.catalog.connectors.stripe.actions.amounts import CURRENCY
from apps.catalog.connectors.stripe.actions.discounts import COUPON, PROMOTION_CODE, one_discount
from apps.catalog.connectors.stripe.actions.operation import action
from apps.catalog.connectors.stripe.actions.params import (
    Param,
    address,
    changed,
    choice,
    flag,
    moment,
    param,
    whole,
    wrong,
)
from apps.catalog.connectors.stripe.actions.shared import (
    METADATA,
    SUBSCRIPTION_ID,
    customer,
    first_quantity,
    identifier,
    more_lines,
    of_path,
    price,
)
from apps.catalog.connectors.stripe.fields import checkout
from apps.catalog.spec import Action, Effect, FieldType, Idempotency, Semantic

_ALLOW_CODES: Param = flag(
    "allow_promotion_codes",
    "Promotion codes",
    help_text="Yes: the buyer can enter a promotion code.",
    example=True,
)
_TRIAL_DAYS: Param = whole(
    "trial_period_days",
    "Trial days",
    help_text="How many days of a subscription are free.",
    example=14,
    low=1,
    high=730,
    at="subscription_data.trial_period_days",
)


def _session_is_whole(inputs: Mapping[str, Any]) -> None:
    sold = {"price_id", "line_items"} & set(inputs)
    if inputs["mode"] != "setup" and not sold:
        raise wrong("price_id", "It is not said what is sold.", "Choose a price, or the mode “setup”.")
    if inputs["mode"] == "setup" and sold:
        raise wrong(
            "price_id", "A session that only saves a payment method sells nothing.", "Leave the price empty."
        )
    if {"customer", "customer_email"} <= set(inputs):
        raise wrong(
            "customer_email",
            "A known customer's e-mail is Stripe's to fill in.",
            "Leave the customer or the e-mail empty.",
        )
    if inputs.get("allow_promotion_codes") and {"coupon", "promotion_code"} & set(inputs):
        raise wrong(
            "allow_promotion_codes",
            "A session has either a discount or a field for promotion codes.",
            "Leave one of them out.",
        )


def _one_ending(inputs: Mapping[str, Any]) -> None:
    if {"redirect_url", "confirmation_message"} <= set(inputs):
        raise wrong(
            "confirmation_message",
            "After paying, the buyer either goes to an address or reads a message.",
            "Leave one of them empty.",
        )


def _flow(value: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    if value == "payment_method_update":
        return {"type": value}
    if "subscription" not in inputs:
        raise wrong("subscription", "This page is about one subscription.", "Fill the subscription.")
    return {"type": value, value: {"subscription": inputs["subscription"]}}


ACTIONS: tuple[Action, ...] = (
    action(
        "create-checkout-session",
        "Create Checkout Session",
        "Make a page where one buyer pays, subscribes, or saves a payment method.",
        "checkout.sessions.create",
        effect=Effect.CREATE,
        params=(
            choice(
                "mode",
                "Mode",
                {
                    "payment": "A single payment",
                    "subscription": "A subscription",
                    "setup": "Save a payment method",
                },
                help_text="What the page is for.",
                example="payment",
                required=True,
            ),
            price(at="line_items.0.price"),
            first_quantity("line_items.0"),
            more_lines("line_items", "More prices", at="line_items"),
            address(
                "success_url",
                "Success address",
                help_text="Where the buyer goes afterwards.",
                example="https://example.com/thanks",
                required=True,
            ),
            address(
                "cancel_url",
                "Cancel address",
                help_text="Where the buyer goes who turns back.",
                example="https://example.com/cart",
            ),
            param(
                "customer_email",
                "Customer e-mail",
                type=FieldType.EMAIL,
                help_text="Filled in for the buyer; a customer is made of it.",
                example="jane@example.com",
                semantic=Semantic.EMAIL,
            ),
            customer(help_text="An existing customer, instead of the e-mail; starts with cus_"),
            changed(CURRENCY, required=False, help_text="Three letters; needed in setup mode."),
            param(
                "client_reference_id",
                "Client reference",
                help_text="Your own id; comes back with Checkout Completed.",
                example="user-1042",
                max_bytes=200,
            ),
            _ALLOW_CODES,
            COUPON,
            PROMOTION_CODE,
            moment(
                "expires_at",
                "Expires at",
                help_text="In unix seconds, from half an hour to a day ahead; a day is the default.",
                example=1795010000,
            ),
            _TRIAL_DAYS,
            METADATA,
        ),
        picks=checkout.CHECKOUT_CREATED,
        docs="checkout/sessions/create",
        provider_id="id",
        any_of=(("price_id", "line_items", "currency"),),
        rules=(one_discount, _session_is_whole),
    ),
    action(
        "create-payment-link",
        "Create Payment Link",
        "Make a page where any number of buyers can pay.",
        "payment_links.create",
        effect=Effect.CREATE,
        params=(
            price(at="line_items.0.price", required=True),
            first_quantity("line_items.0"),
            more_lines("more_items", "More prices", at="line_items"),
            address(
                "redirect_url",
                "Address afterwards",
                help_text="Where the buyer goes after paying.",
                example="https://example.com/thanks",
                at="after_completion",
                write=lambda value, _: {"type": "redirect", "redirect": {"url": value}},
            ),
            param(
                "confirmation_message",
                "Message afterwards",
                help_text="What the buyer reads after paying, instead of an address.",
                example="Thank you!",
                max_bytes=500,
                at="after_completion",
                write=lambda value, _: {
                    "type": "hosted_confirmation",
                    "hosted_confirmation": {"custom_message": value},
                },
            ),
            _ALLOW_CODES,
            whole(
                "completed_limit",
                "Most payments",
                help_text="After so many payments the page is closed.",
                example=1,
                low=1,
                at="restrictions.completed_sessions.limit",
            ),
            _TRIAL_DAYS,
            METADATA,
        ),
        picks=checkout.PAYMENT_LINK,
        docs="payment-link/create",
        provider_id="payment_link_id",
        rules=(_one_ending,),
    ),
    action(
        "deactivate-payment-link",
        "Deactivate Payment Link",
        "Close a payment link; it can be opened again in Stripe.",
        "payment_links.update",
        effect=Effect.UPSERT,
        # A closed link stays closed.
        idempotency=Idempotency.NATURAL,
        params=(
            of_path("payment_link_id", "Payment link id", "plink_", "plink_1SQd0yLm2VtXe0ZbF8nWs3Ga"),
            param(
                "inactive_message",
                "Message",
                help_text="What visitors read instead.",
                example="This offer has ended.",
                max_bytes=500,
            ),
        ),
        ids=("payment_link_id",),
        fixed={"active": False},
        picks=checkout.PAYMENT_LINK,
        docs="payment-link/update",
        provider_id="payment_link_id",
    ),
    action(
        "create-billing-portal-session",
        "Create Billing Portal Session",
        "Make a page where a customer manages subscriptions, payment methods and invoices. The portal must "
        "be set up in the Dashboard.",
        "billing_portal.sessions.create",
        effect=Effect.CREATE,
        params=(
            customer(required=True),
            address(
                "return_url",
                "Return address",
                help_text="Where the customer comes back to.",
                example="https://example.com/account",
            ),
            choice(
                "flow",
                "Go straight to",
                {
                    "payment_method_update": "Change the payment method",
                    "subscription_cancel": "Cancel a subscription",
                    "subscription_update": "Change a subscription",
                },
                help_text="One page of the portal, instead of its start.",
                example="payment_method_update",
                at="flow_data",
                write=_flow,
            ),
            identifier(
                "subscription",
                "Subscription",
                "sub_",
                SUBSCRIPTION_ID,
                semantic=Semantic.SUBSCRIPTION,
                options_from="subscription-options",
                help_text="Which one is cancelled or changed; starts with sub_",
                at="",
            ),
            identifier(
                "configuration",
                "Configuration",
                "bpc_",
                "bpc_1SQd0yLm2VtXe0ZbF8nWs3Ga",
                help_text="The portal's set-up, instead of the default; starts with bpc_",
            ),
            param(
                "locale",
                "Language",
                help_text="Such as de or pt-BR; else the browser's.",
                example="de",
                pattern=r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,4})?|auto",
            ),
        ),
        picks=checkout.PORTAL_SESSION,
        docs="customer_portal/sessions/create",
        provider_id="portal_session_id",
    ),
)
