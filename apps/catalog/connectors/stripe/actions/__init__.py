"""What Tandem can do in Stripe. The slugs are part of definitions and addresses; they never change."""

from apps.catalog.connectors.stripe.actions import (
    anything,
    charges,
    checkout,
    coupons,
    customers,
    invoices,
    options,
    payment_intents,
    products,
    subscriptions,
)
from apps.catalog.spec import Action

ACTIONS: tuple[Action, ...] = (
    *customers.ACTIONS,
    *payment_intents.ACTIONS,
    *charges.ACTIONS,
    *invoices.ACTIONS,
    *subscriptions.ACTIONS,
    *checkout.ACTIONS,
    *products.ACTIONS,
    *coupons.ACTIONS,
    *anything.ACTIONS,
    *options.ACTIONS,
)
