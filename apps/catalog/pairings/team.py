"""Sentences for messages to one's own team, by Slack and by mail."""

from collections.abc import Mapping

from apps.catalog.pairings.parts import Written

_SLACK = "slack.send-message"
_MAIL = "email.send"

_STRIPE: Mapping[tuple[str, str], Written] = {
    ("dispute-created", _SLACK): Written(
        200, "Alert the channel at once when a payment is disputed, with the day by which evidence is due."
    ),
    ("invoice-payment-failed", _SLACK): Written(
        198, "Let the team see who could not be charged, how much it was and when Stripe tries again."
    ),
    ("subscription-cancelled", _SLACK): Written(
        196, "Post each subscription that ends with its reason, while somebody can still pick up the phone."
    ),
    ("subscription-created", _SLACK): Written(
        194, "Ring the bell for every new subscription, with plan and price."
    ),
    ("checkout-completed", _SLACK): Written(
        192, "Tell the channel about each sale as it happens, with amount and buyer."
    ),
    ("charge-refunded", _SLACK): Written(
        190, "Keep everybody who talks to customers informed of what was paid back."
    ),
    ("dispute-closed", _SLACK): Written(188, "Post how a dispute ended, won or lost."),
    ("payment-succeeded", _SLACK): Written(
        170, "Post large payments as they come in; a filter on the amount keeps the small ones out."
    ),
    ("trial-will-end", _SLACK): Written(
        186, "Remind sales three days before a trial ends, so that somebody asks how it went."
    ),
    ("charge-failed", _SLACK): Written(
        168, "Watch declined cards in a channel, where a wave of them is noticed early."
    ),
    ("dispute-created", _MAIL): Written(
        200, "Mail the bookkeeper the facts of a dispute and the deadline for evidence."
    ),
    ("invoice-payment-failed", _MAIL): Written(
        196, "Mail your own team about an invoice that could not be collected, from your own mail server."
    ),
    ("charge-refunded", _MAIL): Written(
        192, "Keep a written trace of every refund in the mailbox of accounting."
    ),
    ("subscription-cancelled", _MAIL): Written(
        190, "Mail the account's owner why a customer left, on the day it happens."
    ),
    ("checkout-completed", _MAIL): Written(
        194, "Mail each order to whoever packs or prepares it, with what was paid."
    ),
    ("invoice-paid", _MAIL): Written(
        188, "Forward the number, amount and PDF address of each paid invoice to your bookkeeping's mailbox."
    ),
    ("payment-failed", _MAIL): Written(
        160, "Mail support when somebody tried to pay and could not, with the bank's reason."
    ),
}

_CUSTOMERIO: Mapping[tuple[str, str], Written] = {
    ("email-spam-complaint", _SLACK): Written(
        200, "Raise an alert when somebody calls your e-mail spam, before mailbox providers do."
    ),
    ("email-bounced", _SLACK): Written(
        198, "Post addresses that no longer work, with the mail server's own words."
    ),
    ("email-failed", _SLACK): Written(
        196, "Notice at once when a template can't be filled and an e-mail stays unsent."
    ),
    ("email-link-clicked", _SLACK): Written(
        194, "Tell sales who has just followed which link, while the interest is warm."
    ),
    ("customer-unsubscribed", _SLACK): Written(
        192, "Let the team see who leaves the list, and notice when it becomes many."
    ),
    ("email-spam-complaint", _MAIL): Written(
        200, "Mail a spam complaint to whoever answers for your sending reputation."
    ),
    ("email-failed", _MAIL): Written(
        196, "Mail the author of a message that Customer.io could not send, with the reason."
    ),
    ("email-bounced", _MAIL): Written(
        198, "Mail support the bounced address, so that somebody asks the customer for another one."
    ),
}

_SCHEDULE: Mapping[tuple[str, str], Written] = {
    ("at-set-times", _SLACK): Written(
        200, "Post a reminder at the hour that suits the team, on weekdays only if you like."
    ),
    ("every-so-often", _SLACK): Written(190, "Post the same question every few hours or days."),
    ("at-set-times", _MAIL): Written(
        200, "Mail yourself what must be done on the first of each month, before it is forgotten."
    ),
    ("every-so-often", _MAIL): Written(190, "Mail a sign of life at a fixed interval to whoever watches."),
}

_BY_APP = {"stripe": _STRIPE, "customerio": _CUSTOMERIO, "schedule": _SCHEDULE}

WRITTEN: Mapping[tuple[str, str], Written] = {
    (f"{app}.trigger-{trigger}", action): written
    for app, pairs in _BY_APP.items()
    for (trigger, action), written in pairs.items()
}
"""By trigger ref and action ref."""
