"""Which of our own calls a reporting event goes back to.

A message names what it was sent for: a transactional one by the delivery id
that our send was answered with, a campaign's by the id of the event that
started it, which for events of ours is the ULID that was sent with it
(https://customer.io/docs/api/webhooks/).

What a person does with it ends every ring: who opens, follows a link, replies,
buys or unsubscribes does so by choice, however soon after our call. Only an
opening or a click that Customer.io marks as a machine's goes back to us.
"""

from collections.abc import Mapping
from typing import Any

from apps.catalog.connectors.customerio.events import event_type_of

_BY_PEOPLE = frozenset(
    {
        "clicked",
        "converted",
        "opened",
        "replied",
        "spammed",
        "subscribed",
        "subscription_preferences_changed",
        "unsubscribed",
    }
)
"""Metrics of what people do, on whatever channel."""

_OF_A_MACHINE = ("machine", "prefetched")

_MAX_ID = 200


def origins(payload: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the ids in a reporting event that a call of ours may have been answered with."""
    data = payload.get("data")
    if not isinstance(data, Mapping):
        return ()
    metric = event_type_of(payload).rpartition(".")[2]
    if metric in _BY_PEOPLE and not any(data.get(mark) is True for mark in _OF_A_MACHINE):
        return ()
    found = [data.get("trigger_event_id")]
    if data.get("transactional_message_id") not in (None, ""):
        found.append(data.get("delivery_id"))
    return tuple(dict.fromkeys(each for each in found if isinstance(each, str) and 0 < len(each) <= _MAX_ID))
