"""Names of reporting events: how they are registered, how they arrive, and how they are routed.

Customer.io registers `email_opened`, sends `{"object_type": "email", "metric":
"opened"}`, and has no name for the two together. The product routes by
`email.opened`. Sources: https://customer.io/docs/api/app/ (registration) and
https://customer.io/docs/api/webhooks/ (payloads).
"""

from collections.abc import Mapping
from typing import Any

_MESSAGE = ("drafted", "attempted", "sent")
_LOST = ("bounced", "dropped")

_METRICS: Mapping[str, tuple[str, ...]] = {
    "customer": ("subscribed", "unsubscribed", "subscription_preferences_changed"),
    "email": (
        *(*_MESSAGE, "delivered", "opened", "clicked", "converted", *_LOST),
        *("deferred", "spammed", "failed", "unsubscribed", "undeliverable"),
    ),
    "in_app": (*_MESSAGE, "opened", "clicked", "converted", "failed", "undeliverable"),
    "push": (*_MESSAGE, "delivered", "opened", "clicked", "converted", *_LOST, "failed", "undeliverable"),
    "slack": (*_MESSAGE, "clicked", "converted", "failed"),
    "sms": (*_MESSAGE, "delivered", "clicked", "converted", *_LOST, "failed", "undeliverable", "replied"),
    "whatsapp": (
        *(*_MESSAGE, "delivered", "opened", "clicked", "converted", *_LOST),
        *("failed", "undeliverable", "replied"),
    ),
    "webhook": (*_MESSAGE, "clicked", "converted", "failed", "undeliverable"),
}

EVENT_TYPES: tuple[str, ...] = tuple(
    f"{kind}.{metric}" for kind, metrics in _METRICS.items() for metric in metrics
)
"""Every documented reporting event, as `<object>.<metric>`."""

EVERY_TIME = "every_time"
CONTENT = "content"
SETTINGS: Mapping[str, str] = {
    EVERY_TIME: "Full resolution (every open and click, not only the first)",
    CONTENT: "Body content (what the message or the change holds)",
}
"""Settings of the whole webhook that a trigger can need, with what they are called in Customer.io.

They are asked for like event types, so that they too are the union of what is
published. No delivery has one of them as its type, since that holds a dot.
"""

_REGISTERED = {event_type: event_type.replace(".", "_", 1) for event_type in EVENT_TYPES}
_BY_REGISTERED = {name: event_type for event_type, name in _REGISTERED.items()}

_PREFERENCES = ("cio_subscription_preferences_changed", "subscription_preferences_changed")


def registered_name(event_type: str) -> str:
    """Return the name under which an event type is registered: `email_opened` for `email.opened`.

    A setting's name is what it is called where a webhook is set up by hand.
    """
    if event_type in SETTINGS:
        return SETTINGS[event_type]
    return _REGISTERED.get(event_type, event_type.replace(".", "_", 1))


def by_registered_name(name: str) -> str:
    """Return the event type of a registered name; one that is not known stands for itself."""
    return _BY_REGISTERED.get(name, name)


def event_type_of(payload: Mapping[str, Any]) -> str:
    """Return the event type of a delivery, "" where it says none.

    What is sent differs from what is documented: a person's (un)subscription
    carries the channel as its object, the preferences' metric has a prefix that
    its registered name lacks, and their object is also written as `object_type_type`.
    """
    metric = _word(payload.get("metric"))
    kind = _word(payload.get("object_type")) or _word(payload.get("object_type_type"))
    if metric in _PREFERENCES:
        return "customer.subscription_preferences_changed"
    if metric == "subscribed" or (metric == "unsubscribed" and not _is_of_a_message(payload)):
        return f"customer.{metric}"
    return f"{kind}.{metric}" if kind and metric else ""


def _is_of_a_message(payload: Mapping[str, Any]) -> bool:
    """Tell the unsubscription by a message's link from the person's own.

    Both may name the channel as their object; only the first names a message.
    """
    if _word(payload.get("object_type")) == "customer":
        return False
    data = payload.get("data")
    return isinstance(data, Mapping) and bool(data.get("delivery_id") or data.get("recipient"))


def _word(value: Any) -> str:
    return value.strip().lower() if isinstance(value, str) else ""
