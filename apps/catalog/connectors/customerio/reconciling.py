"""Customer.io's list of messages, compared with the reporting events that arrived.

`GET /v1/messages` (https://docs.customer.io/integrations/api/app/tag/messages/listMessages/)
lists messages by when they were made, each with the moments of its metrics. It names no
event ids, and Customer.io repeats an undelivered event for seven days under its own
id. So an event made up from the list could double one that comes late: a gap is
shown, and nothing is recovered.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from apps.catalog.connectors.customerio import client
from apps.catalog.connectors.customerio.client import Api
from apps.catalog.connectors.customerio.events import EVENT_TYPES, event_type_of
from apps.catalog.connectors.customerio.webhook import seconds_of
from apps.catalog.spec import EventPage, ListContext, Listed, LookContext, Reconcile

PAGE = 100
MADE_BEFORE = 3 * 86_400
"""Seconds: of messages that were made earlier than this before the window nothing is compared."""

KEEPS_DAYS = 30
"""Customer.io lists six months; what arrived here can be compared for thirty days."""

# The list's names of channels, where they differ from those of the reporting events.
_CHANNELS = {"twilio": "sms"}
_OF_MESSAGES = frozenset(
    event_type
    for event_type in EVENT_TYPES
    if not event_type.startswith("customer.") and not event_type.endswith((".replied", ".deferred"))
)
# Every one of these is sent, the list has the moment of the first or last alone.
_REPEATED = frozenset({"opened", "clicked", "converted"})


def list_page(context: ListContext) -> EventPage:
    """Return one page of messages as the events that their metrics stand for."""
    query = {
        "start_ts": str(max(context.since - MADE_BEFORE, 0)),
        "end_ts": str(context.until),
        "limit": str(PAGE),
        **({"start": context.position} if context.position else {}),
    }
    request = client.build(context.account, Api.APP, "GET", f"/v1/messages?{urlencode(query)}")
    answer = client.exchange(context.send, request, Api.APP, deadline=context.deadline)
    following = answer.get("next")
    facts = (fact for message in client.items(answer.get("messages")) for fact in _facts(message))
    asked = frozenset(context.event_types)
    within = (fact for fact in facts if context.since <= fact.occurred_at <= context.until)
    found = tuple(fact for fact in within if fact.type in asked)
    return EventPage(found, following if isinstance(following, str) else "")


def fact_of(payload: Mapping[str, Any]) -> str:
    """Return the fact that a reporting event tells of a message, "" where it is about none."""
    data = payload.get("data")
    delivery_id = data.get("delivery_id") if isinstance(data, Mapping) else None
    kind = event_type_of(payload)
    return f"{kind} {delivery_id}" if kind in _OF_MESSAGES and isinstance(delivery_id, str) else ""


def pretend(context: LookContext, payload: Mapping[str, Any]) -> None:
    """Put the message of a reporting event into the sandbox's list; Customer.io itself has no such call."""
    request = client.build(context.account, Api.APP, "POST", "/v1/messages", dict(payload))
    client.exchange(context.send, request, Api.APP, deadline=context.deadline)


def _facts(message: Mapping[str, Any]) -> Iterator[Listed]:
    message_id, kind, metrics = message.get("id"), message.get("type"), message.get("metrics")
    if not isinstance(message_id, str) or not isinstance(kind, str) or not isinstance(metrics, Mapping):
        return
    for metric, moment in metrics.items():
        event_type, at = f"{_CHANNELS.get(kind, kind)}.{metric}", seconds_of(moment)
        if event_type in _OF_MESSAGES and at is not None:
            label = "First or last of several" if metric in _REPEATED else ""
            yield Listed(f"{event_type} {message_id}", event_type, at, label=label)


RECONCILE = Reconcile(
    list_page=list_page,
    covers=_OF_MESSAGES.__contains__,
    keeps_days=KEEPS_DAYS,
    by_hand=(
        "In Customer.io open Integrations › Reporting Webhooks and see whether the webhook is enabled and "
        "its last deliveries succeeded. Customer.io repeats an event for seven days and keeps later ones "
        "back behind it; when it arrives, the gap closes by itself. What does not arrive is found in "
        "Customer.io by the message's id. Do by hand what the workflow would have done, then close the gap."
    ),
    settle_seconds=900,
    fact_of=fact_of,
    pretend=pretend,
)
