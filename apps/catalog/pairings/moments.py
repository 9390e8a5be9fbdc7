"""What each trigger means, as a part of a sentence."""

from collections.abc import Mapping

from apps.catalog.pairings.parts import Moment

_STRIPE = {
    "charge-failed": Moment("a charge fails", "a customer whose charge failed", 38),
    "checkout-completed": Moment("a checkout is completed", "a buyer who has just checked out", 46),
    "customer-created": Moment("a customer is new in Stripe", "a customer who is new in Stripe", 42),
    "dispute-created": Moment("a charge is disputed", "a customer who disputes a charge", 30),
    "invoice-paid": Moment("an invoice is paid", "a customer who has paid an invoice", 40),
    "invoice-payment-failed": Moment(
        "an invoice can't be collected", "a customer whose invoice could not be collected", 50
    ),
    "payment-succeeded": Moment("a payment goes through", "a customer whose payment went through", 36),
    "subscription-cancelled": Moment("a subscription ends", "a subscriber whose subscription has ended", 44),
    "subscription-created": Moment("a subscription begins", "a new subscriber in Stripe", 45),
    "subscription-updated": Moment("a subscription changes", "a subscriber whose subscription changed", 43),
    "charge-refunded": Moment("a charge is refunded", "a customer who got money back", 34),
    "payment-failed": Moment("a payment attempt fails", "a customer whose payment attempt failed", 35),
    "refund-created": Moment("a refund is made", "a customer with a refund on its way", 28),
    "invoice-created": Moment("an invoice is drafted", "a customer with a new draft invoice", 18),
    "invoice-finalized": Moment("an invoice is finalized", "a customer with an invoice to pay", 26),
    "trial-will-end": Moment("a trial is about to end", "a subscriber whose trial is about to end", 47),
    "customer-updated": Moment(
        "a customer's details change in Stripe", "a customer whose details changed in Stripe", 32
    ),
    "dispute-closed": Moment("a dispute is decided", "a customer whose dispute was decided", 22),
    "any-event": Moment(
        "an event that you chose happens in Stripe", "the customer in a Stripe event that you chose", 5
    ),
}

_CUSTOMERIO = {
    "customer-subscribed": Moment(
        "somebody subscribes to your messages again", "somebody who subscribed to your messages again", 46
    ),
    "customer-unsubscribed": Moment(
        "somebody unsubscribes from all your messages", "somebody who unsubscribed from all your messages", 40
    ),
    "subscription-preferences-changed": Moment(
        "somebody changes their topics", "somebody who changed which topics they want", 26
    ),
    "email-sent": Moment("an e-mail is handed over", "somebody to whom an e-mail was handed over", 12),
    "email-delivered": Moment("an e-mail arrives", "somebody whose mail server took your e-mail", 28),
    "email-opened": Moment("an e-mail is opened", "somebody who opened your e-mail", 30),
    "email-link-clicked": Moment(
        "a link in an e-mail is followed", "somebody who followed a link in your e-mail", 50
    ),
    "email-bounced": Moment("an e-mail bounces", "somebody whose address bounces", 42),
    "email-failed": Moment("an e-mail can't be sent", "somebody to whom an e-mail could not be sent", 22),
    "email-spam-complaint": Moment(
        "an e-mail is marked as spam", "somebody who marked your e-mail as spam", 34
    ),
    "email-unsubscribed": Moment(
        "somebody unsubscribes by an e-mail", "somebody who unsubscribed by one of your e-mails", 32
    ),
    "sms-sent": Moment("an SMS is handed over", "somebody to whom an SMS was handed over", 7),
    "sms-delivered": Moment("an SMS arrives", "somebody whose phone got your SMS", 16),
    "sms-clicked": Moment("a link in an SMS is followed", "somebody who followed a link in your SMS", 38),
    "sms-failed": Moment("an SMS can't be sent", "somebody to whom an SMS could not be sent", 10),
    "sms-bounced": Moment("an SMS bounces", "somebody whose carrier refused your SMS", 18),
    "push-sent": Moment("a push is handed over", "somebody to whom a push was handed over", 6),
    "push-delivered": Moment("a push arrives", "somebody whose device got your push", 11),
    "push-opened": Moment("a push is opened", "somebody who opened your push", 20),
    "push-clicked": Moment("a link in a push is followed", "somebody who followed a link in your push", 36),
    "push-bounced": Moment("a push bounces", "somebody whose device refused your push", 9),
    "push-failed": Moment("a push can't be sent", "somebody to whom a push could not be sent", 8),
    "reporting-event": Moment(
        "a reporting event that you chose arrives", "the person in a reporting event that you chose", 5
    ),
}

_SCHEDULE = {
    "at-set-times": Moment("the clock reaches a time that you set", weight=40),
    "every-so-often": Moment("an interval that you set has passed", weight=30),
}

_GENERAL = {
    "webhook.trigger-catch": Moment("a program of yours sends a request", weight=40),
}

MOMENTS: Mapping[str, Moment] = {
    **_GENERAL,
    **{f"stripe.trigger-{slug}": moment for slug, moment in _STRIPE.items()},
    **{f"customerio.trigger-{slug}": moment for slug, moment in _CUSTOMERIO.items()},
    **{f"schedule.trigger-{slug}": moment for slug, moment in _SCHEDULE.items()},
}
"""By trigger ref. A trigger that is missing here gets a default of its name."""
