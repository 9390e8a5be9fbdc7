"""Sentences for what people do in Customer.io with Stripe's events."""

from collections.abc import Mapping

from apps.catalog.pairings.parts import Written

_IDENTIFY = "identify-person"
_TRACK = "track-event"
_SEND = "send-transactional-email"
_DELETE = "delete-person"

_PAIRS: Mapping[tuple[str, str], Written] = {
    ("invoice-payment-failed", _TRACK): Written(
        200,
        "Start dunning at once: the campaign gets the amount, the attempt and the page where the invoice "
        "can be paid.",
    ),
    ("checkout-completed", _TRACK): Written(
        198,
        "Begin onboarding when somebody has bought, with what they paid and how at hand for the first "
        "e-mail.",
    ),
    ("subscription-updated", _IDENTIFY): Written(
        196,
        "Keep plan, status and renewal date on the person's profile, so that segments follow every "
        "upgrade and downgrade.",
    ),
    ("subscription-cancelled", _TRACK): Written(
        194,
        "Start a win-back campaign when a subscription really ends, with the reason that the customer gave.",
    ),
    ("invoice-paid", _SEND): Written(
        192,
        "Send a receipt of your own design, with number, amount and a link to the PDF.",
    ),
    ("customer-created", _IDENTIFY): Written(
        190,
        "Give every new Stripe customer a profile in Customer.io, with the Stripe id for all that comes "
        "after.",
    ),
    ("trial-will-end", _TRACK): Written(
        188,
        "Remind people three days before their trial ends, while there is time to add a card or to decide.",
    ),
    ("charge-refunded", _SEND): Written(
        186,
        "Tell the customer that their money is on its way back, before they ask.",
    ),
    ("dispute-created", _TRACK): Written(
        184,
        "Raise an alert when a payment is disputed, with the reason and the day by which Stripe wants "
        "evidence.",
    ),
    ("subscription-created", _IDENTIFY): Written(
        182,
        "Put plan, status and trial end on a new subscriber's profile, to welcome each plan in its own "
        "words.",
    ),
    ("subscription-created", _TRACK): Written(
        180,
        "Welcome a new subscriber with a campaign that knows the plan, the price and the end of the trial.",
    ),
    ("charge-failed", _TRACK): Written(
        178,
        "Help people whose card was declined, with a message that fits the bank's reason.",
    ),
    ("invoice-payment-failed", _SEND): Written(
        176,
        "Write to the customer at once that a payment did not work, with the page where they can put it "
        "right.",
    ),
    ("invoice-paid", _IDENTIFY): Written(
        174,
        "Note the day of the last payment on the profile, to tell paying customers from those who went "
        "quiet.",
    ),
    ("payment-succeeded", _TRACK): Written(
        172,
        "Let campaigns know of every payment, for thanks, for reviews and for what goes well with it.",
    ),
    ("subscription-updated", _TRACK): Written(
        170,
        "Answer upgrades, downgrades and planned cancellations, each with the values that stood there "
        "before.",
    ),
    ("invoice-payment-failed", _IDENTIFY): Written(
        168,
        "Mark the profile of everyone who owes you a payment, and keep the open invoice's page there for "
        "every message.",
    ),
    ("checkout-completed", _IDENTIFY): Written(
        166,
        "Turn a buyer into a person with name, country and Stripe id, even if they bought as a guest.",
    ),
    ("subscription-cancelled", _IDENTIFY): Written(
        164,
        "Mark the profile as cancelled with the day it ended, so that former subscribers leave the paying"
        " segment.",
    ),
    ("checkout-completed", _SEND): Written(
        162,
        "Thank the buyer in your own words, with the amount and what comes next.",
    ),
    ("invoice-paid", _TRACK): Written(
        160,
        "Count renewals in Customer.io and stop the dunning of those who have paid meanwhile.",
    ),
    ("payment-succeeded", _SEND): Written(
        158,
        "Confirm a single payment by e-mail, with amount and description as the payer knows them.",
    ),
    ("customer-created", _TRACK): Written(
        156,
        "Greet people as soon as they are customers, wherever they were added: by code, Dashboard or "
        "checkout.",
    ),
    ("charge-failed", _SEND): Written(
        154,
        "Tell the payer why the charge did not go through and which card it was.",
    ),
    ("subscription-cancelled", _SEND): Written(
        152,
        "Confirm the end of a subscription in writing, and ask once what was missing.",
    ),
    ("subscription-created", _SEND): Written(
        150,
        "Send the welcome letter of a subscription, with its price and what happens when the trial ends.",
    ),
    ("dispute-created", _SEND): Written(
        148,
        "Send the dispute's amount, reason and deadline, to the payer or to an address of your team.",
    ),
    ("payment-succeeded", _IDENTIFY): Written(
        146,
        "Keep the day of the last purchase on the profile, to find out who has not bought for long.",
    ),
    ("dispute-created", _IDENTIFY): Written(
        144,
        "Mark who has disputed a payment, so that offers and reminders leave them alone meanwhile.",
    ),
    ("subscription-updated", _SEND): Written(
        142,
        "Confirm a change of plan with the new price and the day from which it holds.",
    ),
    ("charge-failed", _IDENTIFY): Written(
        140,
        "Note on the profile when a card failed last and why, for segments of payers in trouble.",
    ),
    ("customer-created", _SEND): Written(
        138,
        "Send a personal welcome to each new customer, outside of any campaign.",
    ),
    ("checkout-completed", _DELETE): Written(
        20,
        "For a workspace of prospects alone: take people out of it with their first purchase, for good.",
    ),
    ("subscription-cancelled", _DELETE): Written(
        19,
        "Forget people in Customer.io when their subscription ends, if your privacy rules ask for it.",
    ),
    ("dispute-created", _DELETE): Written(
        8,
        "Forget a person who disputes a payment; mark them instead if you may want to write to them later.",
    ),
    ("customer-created", _DELETE): Written(
        3,
        "Remove the person behind a new Stripe customer from Customer.io; hardly ever what you want.",
    ),
    ("charge-failed", _DELETE): Written(
        2,
        "Remove a person after a declined card, which also removes every way to ask for another one.",
    ),
    ("invoice-paid", _DELETE): Written(
        4,
        "Remove a person who has settled an invoice, for workspaces that hold open accounts only.",
    ),
    ("invoice-payment-failed", _DELETE): Written(
        1,
        "Remove a person whose invoice stays unpaid; dunning ends with it, so a filter on the last "
        "attempt belongs before it.",
    ),
    ("payment-succeeded", _DELETE): Written(
        5,
        "Remove a person once a single payment is made, for workspaces that hold open orders only.",
    ),
    ("subscription-created", _DELETE): Written(
        6,
        "Remove a person who has subscribed, where leads and subscribers live in different workspaces.",
    ),
    ("subscription-updated", _DELETE): Written(
        7,
        "Remove a person whose subscription changed; put a filter before it that says which change.",
    ),
    ("trial-will-end", _IDENTIFY): Written(
        136,
        "Keep the end of the trial on the profile, so that every message can count the days.",
    ),
    ("trial-will-end", _SEND): Written(
        147,
        "Write to the subscriber before the first charge, with its day and amount.",
    ),
    ("charge-refunded", _TRACK): Written(
        145,
        "Let campaigns know of a refund, to ask what went wrong and to stop asking for a review.",
    ),
    ("charge-refunded", _IDENTIFY): Written(
        128,
        "Note the last refund on the profile, to treat those who had one with more care.",
    ),
    ("customer-updated", _IDENTIFY): Written(
        149,
        "Carry a new name, phone or address from Stripe over to the profile, so that nobody types it twice.",
    ),
    ("invoice-finalized", _SEND): Written(
        143,
        "Announce an invoice in your own design, with number, amount and the page where it is paid.",
    ),
    ("payment-failed", _TRACK): Written(
        141,
        "Follow up on a payment that broke off at the checkout, with the bank's reason where it gave one.",
    ),
    ("dispute-closed", _TRACK): Written(
        124,
        "Tell your team or the customer how a dispute ended, and go on where it was stopped.",
    ),
    ("refund-created", _TRACK): Written(
        123,
        "Follow each refund from the moment it is made, with its amount, reason and status.",
    ),
}

WRITTEN: Mapping[tuple[str, str], Written] = {
    (f"stripe.trigger-{trigger}", f"customerio.{action}"): written
    for (trigger, action), written in _PAIRS.items()
}
"""By trigger ref and action ref."""
