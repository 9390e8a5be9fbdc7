"""Sentences for what is worth doing by the calendar, and on a request from a program of one's own."""

from collections.abc import Mapping

from apps.catalog.pairings.parts import Written

_AT = "at-set-times"
_EVERY = "every-so-often"

_PAIRS: Mapping[tuple[str, str], Written] = {
    (_AT, "stripe.create-invoice"): Written(
        200, "Draft a customer's invoice on the same day of each month, to be looked over and sent."
    ),
    (_AT, "stripe.deactivate-payment-link"): Written(
        198, "Close a payment link when an offer ends, at the very hour that you announced."
    ),
    (_AT, "stripe.create-invoice-item"): Written(
        196, "Put a regular extra on a customer's next invoice before it is made."
    ),
    (_AT, "stripe.create-coupon"): Written(194, "Make a fresh discount for each month or week."),
    (_AT, "stripe.create-promotion-code"): Written(
        192, "Hand out a new code every week, for a coupon that stays the same."
    ),
    (_EVERY, "stripe.create-payment-link"): Written(
        150, "Replace a payment link at an interval, so that an old one can't go round for ever."
    ),
    (_AT, "customerio.send-broadcast"): Written(
        200, "Send a broadcast by the calendar: each Monday, or on the last day of the month by a cron line."
    ),
    (_AT, "customerio.track-event"): Written(
        198, "Start a campaign at a time of your own calendar, with the date in the event's data."
    ),
    (_AT, "customerio.send-transactional-email"): Written(
        196, "Send one person a message at a set time, such as a report to a client every Friday."
    ),
    (_AT, "customerio.add-to-segment"): Written(
        190, "Put a person into a segment on a day that you choose, which starts what waits for it."
    ),
}

_CAUGHT = {
    "customerio.track-event": Written(
        200, "Start a campaign from your own program with one POST, without a key of Customer.io in it."
    ),
    "customerio.identify-person": Written(
        198, "Bring the people who sign up in your own program to Customer.io, with what it knows of them."
    ),
    "customerio.send-transactional-email": Written(
        196, "Let any program that can send a POST have an e-mail sent, by a template that others look after."
    ),
    "stripe.create-customer": Written(
        200, "Make a customer in Stripe when somebody registers with you, without a secret key in the shop."
    ),
    "stripe.create-invoice": Written(
        196, "Draft an invoice when your own program says that the work is done."
    ),
    "stripe.create-checkout-session": Written(
        198, "Have a checkout prepared for an order that your own program reports."
    ),
    "slack.send-message": Written(
        200, "Post what your own program has to say, from a script, a form or a device."
    ),
    "email.send": Written(200, "Turn a request from a form or a script into a mail to the right desk."),
    "http.request": Written(
        200, "Pass a request on to another program, received safely and repeated while that one is away."
    ),
}

WRITTEN: Mapping[tuple[str, str], Written] = {
    **{(f"schedule.trigger-{trigger}", action): written for (trigger, action), written in _PAIRS.items()},
    **{("webhook.trigger-catch", action): written for action, written in _CAUGHT.items()},
}
"""By trigger ref and action ref."""
