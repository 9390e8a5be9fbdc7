"""The fixtures of reconciliation serve here too: a sandbox whose list can be filled."""

from tests.webhooks.reconciliation.conftest import stripe_lists, subscribed

__all__ = ["stripe_lists", "subscribed"]
