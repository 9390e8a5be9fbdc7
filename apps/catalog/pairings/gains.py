"""What each action gives, as a part of a sentence."""

from collections.abc import Mapping

from apps.catalog.pairings.parts import Gain

_FOR_LATER = "for the steps that follow"

_STRIPE = {
    "create-customer": Gain(
        "Have a Stripe customer ready for {who}", "so that they can be charged, invoiced or subscribed", 46
    ),
    "get-customer": Gain("Read the Stripe customer of {who}", "with name, phone and address " + _FOR_LATER),
    "find-customer": Gain(
        "Find by e-mail the Stripe customer of {who}", "and stop if there isn't exactly one"
    ),
    "update-customer": Gain(
        "Update the Stripe customer of {who}", "so that whoever opens it there sees what happened", 48
    ),
    "delete-customer": Gain(
        "Delete the Stripe customer of {who}", "with their payment methods and subscriptions", 4
    ),
    "list-customers": Gain("List the Stripe customers with the e-mail of {who}", _FOR_LATER),
    "search-customers": Gain("Search Stripe for {who}", "by e-mail, name, phone or metadata"),
    "create-payment-intent": Gain("Begin a payment with {who}", "for an amount that you set", 22),
    "get-payment-intent": Gain("Read a payment of {who}", "to decide by its status what comes next"),
    "confirm-payment-intent": Gain(
        "Confirm a waiting payment of {who}", "which charges their payment method", 6
    ),
    "capture-payment-intent": Gain("Capture the money that is held of {who}", "all of it or a part", 7),
    "cancel-payment-intent": Gain("Give up an open payment of {who}", "and release what it holds", 5),
    "list-payment-intents": Gain("List the payments of {who}", "newest first, " + _FOR_LATER),
    "search-payment-intents": Gain("Search the payments of {who}", "by amount, status or metadata"),
    "create-charge": Gain(
        "Charge {who} the old way", "where an account still uses Stripe's legacy charges", 1
    ),
    "get-charge": Gain("Read a charge of {who}", "with card and receipt " + _FOR_LATER),
    "list-charges": Gain("List the charges of {who}", "newest first, " + _FOR_LATER),
    "create-refund": Gain("Pay a charge back to {who}", "wholly or in part", 6),
    "get-balance": Gain("Look at your Stripe balance", "to know what can be paid out"),
    "create-invoice": Gain("Draft an invoice for {who}", "to be filled with lines and sent", 30),
    "create-invoice-item": Gain(
        "Put a line on the next invoice of {who}", "for an amount or a price that you set", 26
    ),
    "get-invoice": Gain("Read an invoice of {who}", "with status, amounts and page " + _FOR_LATER),
    "finalize-invoice": Gain(
        "Finalize a draft invoice of {who}", "so that it has its number and can be paid", 14
    ),
    "send-invoice": Gain("E-mail an invoice to {who}", "with the page where it is paid", 24),
    "pay-invoice": Gain("Collect an open invoice from {who}", "by their saved payment method", 8),
    "void-invoice": Gain("Void an open invoice of {who}", "so that nobody asks for it any more", 5),
    "list-invoices": Gain("List the invoices of {who}", "newest first, " + _FOR_LATER),
    "search-invoices": Gain("Search the invoices of {who}", "by number, status or total"),
    "create-subscription": Gain("Start a subscription for {who}", "at a price that you choose", 28),
    "get-subscription": Gain("Read a subscription of {who}", "with plan, status and period " + _FOR_LATER),
    "update-subscription": Gain(
        "Change the subscription of {who}", "such as its price, quantity, trial or end", 20
    ),
    "cancel-subscription": Gain("End the subscription of {who}", "at once or with the paid period", 7),
    "list-subscriptions": Gain("List the subscriptions of {who}", "newest first, " + _FOR_LATER),
    "search-subscriptions": Gain("Search subscriptions in Stripe", "by status, metadata or date"),
    "create-checkout-session": Gain(
        "Prepare a checkout page for {who}", "with what they buy filled in already", 44
    ),
    "create-payment-link": Gain("Make a payment link", "by which any number of buyers can pay", 25),
    "deactivate-payment-link": Gain("Close a payment link", "so that nobody pays by it any more", 12),
    "create-billing-portal-session": Gain(
        "Open a billing page for {who}", "where they change plan, card and address themselves", 43
    ),
    "create-product": Gain("Add a product to Stripe", "ready to be priced and sold", 9),
    "update-product": Gain("Change a product in Stripe", "such as its name, text or state", 9),
    "list-products": Gain("List your Stripe products", "newest first, " + _FOR_LATER),
    "create-price": Gain("Add a price to a Stripe product", "for one payment or for each period", 9),
    "create-coupon": Gain("Make a discount for {who}", "ready to go out with the next message", 45),
    "create-promotion-code": Gain("Make a discount code for {who}", "to be typed at the checkout", 42),
    "call-any-endpoint": Gain("Call any part of Stripe's API", "for what has no action of its own", 2),
}

_CUSTOMERIO = {
    "identify-person": Gain(
        "Update the Customer.io profile of {who}", "so that segments and campaigns see it at once", 48
    ),
    "track-event": Gain("Record an event in Customer.io for {who}", "so that a campaign can answer it", 50),
    "send-transactional-email": Gain(
        "Send an e-mail by Customer.io to {who}", "with the details filled in", 44
    ),
    "delete-person": Gain("Delete the Customer.io profile of {who}", "with everything known of them", 4),
    "find-person": Gain("Read the Customer.io profile of {who}", "with its attributes " + _FOR_LATER),
    "track-anonymous-event": Gain(
        "Record an anonymous event in Customer.io", "to be joined to the person once they are known", 12
    ),
    "add-to-segment": Gain("Put {who} into a manual segment", "which can start or filter campaigns", 38),
    "remove-from-segment": Gain(
        "Take {who} out of a manual segment", "so that its campaigns leave them alone", 34
    ),
    "send-broadcast": Gain("Trigger a broadcast in Customer.io to {who}", "with the details filled in", 14),
    "unsuppress-person": Gain(
        "Let Customer.io take {who} again", "though the deleted profile stays gone", 10
    ),
    "suppress-person": Gain(
        "Have Customer.io block {who}", "so that nothing can be sent to them any more", 5
    ),
    "merge-people": Gain(
        "Merge two Customer.io profiles of {who}", "so that one history is left of the two", 3
    ),
}

_GENERAL = {
    "slack.send-message": Gain("Post to a Slack channel", "so that everybody there knows", 48),
    "slack.send-direct-message": Gain(
        "Write to one colleague in Slack", "so that it is in the right hands", 40
    ),
    "slack.update-message": Gain("Rewrite an earlier Slack message", "so that it shows how things stand", 18),
    "slack.find-user": Gain("Look up a colleague in Slack by e-mail", _FOR_LATER),
    "email.send": Gain("Mail your own team", "with the facts that matter", 46),
    "http.request": Gain("Call an HTTP interface of your choice", "with the event's fields as JSON", 30),
}

GAINS: Mapping[str, Gain] = {
    **_GENERAL,
    **{f"stripe.{slug}": gain for slug, gain in _STRIPE.items()},
    **{f"customerio.{slug}": gain for slug, gain in _CUSTOMERIO.items()},
}
"""By action ref. An action that is missing here gets a default of its name and effect."""
