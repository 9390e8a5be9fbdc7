"""Customer.io's actions: what each sends and what comes back."""

from apps.catalog.connectors.customerio.actions import events, lists, messages, people

# The four that people come for first, what destroys something last.
ACTIONS = (
    people.IDENTIFY,
    events.TRACK,
    messages.SEND_EMAIL,
    people.DELETE,
    people.FIND,
    events.TRACK_ANONYMOUS,
    people.ADD_TO_SEGMENT,
    people.REMOVE_FROM_SEGMENT,
    messages.TRIGGER_BROADCAST,
    people.UNSUPPRESS,
    people.SUPPRESS,
    people.MERGE,
    *lists.LISTS,
)

__all__ = ["ACTIONS"]
