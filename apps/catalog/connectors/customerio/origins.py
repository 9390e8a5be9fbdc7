"""Which of our own calls a reporting event goes back to.

A message names what it was sent for: a transactional one by the delivery id
that our send was answered with, a campaign's by the id of the event that
started it, which for events of ours is the ULID that was sent with it
(https://customer.io/docs/api/webhooks/).
"""

from collections.abc import Mapping
from typing import Any

_MAX_ID = 200


def origins(payload: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the ids in a reporting event that a call of ours may have been answered with."""
    data = payload.get("data")
    if not isinstance(data, Mapping):
        return ()
    found = [data.get("trigger_event_id")]
    if data.get("transactional_message_id") not in (None, ""):
        found.append(data.get("delivery_id"))
    return tuple(dict.fromkeys(each for each in found if isinstance(each, str) and 0 < len(each) <= _MAX_ID))
