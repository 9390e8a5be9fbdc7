"""Sentences for what people do in Stripe with Customer.io's events."""

from collections.abc import Mapping

from apps.catalog.pairings.parts import Written

_PAIRS: Mapping[tuple[str, str], Written] = {
    ("email-bounced", "update-customer"): Written(
        200,
        "Mark the Stripe customer whose address bounces, so that receipts and invoices don't go nowhere "
        "unnoticed.",
    ),
    ("customer-subscribed", "create-customer"): Written(
        198,
        "Have a Stripe customer ready for each subscriber, looked for by e-mail first so that nobody is "
        "there twice.",
    ),
    ("email-link-clicked", "create-checkout-session"): Written(
        196,
        "Prepare a checkout for people who click on an offer, with their Stripe customer filled in already.",
    ),
    ("email-link-clicked", "create-coupon"): Written(
        194,
        "Reward a click with a discount of its own, which the next e-mail can bring.",
    ),
    ("customer-unsubscribed", "update-customer"): Written(
        192,
        "Note on the Stripe customer that they want no more messages, for everybody who writes from there.",
    ),
    ("email-link-clicked", "create-promotion-code"): Written(
        190,
        "Give the person who clicked a code of their own, bound to their customer in Stripe.",
    ),
    ("customer-subscribed", "update-customer"): Written(
        188,
        "Keep on the Stripe customer that they want your messages, and since when.",
    ),
    ("email-spam-complaint", "update-customer"): Written(
        186,
        "Mark the Stripe customer who called your e-mail spam, before a receipt annoys them too.",
    ),
    ("email-link-clicked", "create-billing-portal-session"): Written(
        184,
        "Make a personal billing page for people who click “Manage my plan”, where they change plan, card "
        "and address.",
    ),
    ("customer-subscribed", "create-coupon"): Written(
        178,
        "Thank people for coming back with a discount on their next purchase.",
    ),
    ("email-opened", "update-customer"): Written(
        176,
        "Keep the last time that somebody opened an e-mail on their Stripe customer, for whoever calls them.",
    ),
    ("email-link-clicked", "update-customer"): Written(
        174,
        "Keep on the Stripe customer which link they followed last, so that sales know what interests them.",
    ),
    ("email-delivered", "update-customer"): Written(
        172,
        "Keep proof on the Stripe customer that a notice arrived, with its delivery and day.",
    ),
    ("email-link-clicked", "create-customer"): Written(
        170,
        "Make a customer of a prospect who follows a link, unless Stripe knows the e-mail already.",
    ),
    ("email-link-clicked", "create-invoice-item"): Written(
        160,
        "Put an extra that was ordered by a click on the customer's next invoice.",
    ),
    ("email-link-clicked", "create-subscription"): Written(
        158,
        "Subscribe people who say yes in an e-mail, with a trial if you like; confirm first that they may"
        " be charged.",
    ),
    ("email-link-clicked", "update-subscription"): Written(
        156,
        "Let a click on “Give me another month” move the end of a trial or change a plan.",
    ),
    ("email-opened", "create-coupon"): Written(
        154,
        "Make a discount for people who open but don't buy; opens by machines can be left out.",
    ),
    ("customer-subscribed", "create-promotion-code"): Written(
        152,
        "Welcome people back with a code that holds for them alone.",
    ),
    ("subscription-preferences-changed", "update-customer"): Written(
        150,
        "Keep the topics that somebody wants on their Stripe customer, so that both sides respect them.",
    ),
    ("email-unsubscribed", "update-customer"): Written(
        149,
        "Keep on the Stripe customer by which e-mail they unsubscribed.",
    ),
    ("email-link-clicked", "create-invoice"): Written(
        148,
        "Draft the invoice that was asked for with a click, to be checked before it goes out.",
    ),
    ("sms-clicked", "create-checkout-session"): Written(
        147,
        "Prepare a checkout for people who follow an offer in an SMS, ready to be sent back to the phone.",
    ),
    ("email-link-clicked", "create-payment-link"): Written(
        146,
        "Make a payment link when an offer is accepted, to be sent on to whoever pays.",
    ),
    ("sms-bounced", "update-customer"): Written(
        138,
        "Mark the Stripe customer whose phone number no longer works.",
    ),
    ("email-failed", "update-customer"): Written(
        136,
        "Leave a note on the Stripe customer to whom an e-mail could not be sent, with the reason.",
    ),
    ("customer-unsubscribed", "create-coupon"): Written(
        120,
        "Prepare a discount for those who leave your list, to be handed over by a person, not by e-mail.",
    ),
    ("email-bounced", "send-invoice"): Written(
        112,
        "Send an invoice again when a message about it bounced, once Stripe has another address.",
    ),
    ("email-link-clicked", "cancel-subscription"): Written(
        20,
        "Let people cancel with one click in an e-mail, at the end of what they have paid for.",
    ),
    ("email-link-clicked", "create-refund"): Written(
        16,
        "Pay back a charge for which a refund was asked by a click, after a person has approved it.",
    ),
    ("email-spam-complaint", "cancel-subscription"): Written(
        8,
        "End the subscription of people who complain about spam; a note on the customer is nearly always "
        "wiser.",
    ),
    ("customer-unsubscribed", "delete-customer"): Written(
        2,
        "Delete people who unsubscribe from your e-mails in Stripe too, with every subscription; hardly "
        "ever what they meant.",
    ),
}

WRITTEN: Mapping[tuple[str, str], Written] = {
    (f"customerio.trigger-{trigger}", f"stripe.{action}"): written
    for (trigger, action), written in _PAIRS.items()
}
"""By trigger ref and action ref."""
