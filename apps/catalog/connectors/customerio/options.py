"""What triggers can be told: which machines to leave out, what the webhook shall tell, which events."""

from collections.abc import Mapping
from typing import Any

from apps.catalog.connectors.customerio.events import CONTENT, EVENT_TYPES, EVERY_TIME
from apps.catalog.spec import Choice, Field, FieldType

IGNORE_MACHINE_OPENS = Field(
    key="ignore_machine",
    label="Ignore machine opens",
    type=FieldType.BOOLEAN,
    default=False,
    help_text="On: openings that Customer.io marks as prefetched, as privacy proxies make them, run nothing.",
)
IGNORE_MACHINE_CLICKS = Field(
    key="ignore_machine",
    label="Ignore machine clicks",
    type=FieldType.BOOLEAN,
    default=False,
    help_text="On: clicks that Customer.io marks as a machine's, as link scanners make them, run nothing.",
)

IGNORE_MACHINES = IGNORE_MACHINE_OPENS.model_copy(
    update={
        "label": "Ignore machine opens and clicks",
        "help_text": "On: opens and clicks that Customer.io marks as prefetched or a machine's run nothing.",
    }
)
_OF_THE_WEBHOOK = (
    "It is a setting of the connection's webhook, so it holds for all workflows on the connection."
)
EVERY_OPEN = Field(
    key="every_time",
    label="Count every open",
    type=FieldType.BOOLEAN,
    default=False,
    help_text=f"Off: only the first open of a message is told. {_OF_THE_WEBHOOK}",
)
EVERY_CLICK = Field(
    key="every_time",
    label="Count every click",
    type=FieldType.BOOLEAN,
    default=False,
    help_text=f"Off: only the first click in a message is told. {_OF_THE_WEBHOOK}",
)
EVERY_TIME_OF_ALL = EVERY_OPEN.model_copy(
    update={
        "label": "Count every open and click",
        "help_text": f"Off: only the first open and click of a message is told. {_OF_THE_WEBHOOK}",
    }
)
INCLUDE_CONTENT = Field(
    key="include_content",
    label="Include the content",
    type=FieldType.BOOLEAN,
    default=False,
    help_text=f"On: events hold what the message says, and grow by it. {_OF_THE_WEBHOOK}",
)
EVENTS = Field(
    key="events",
    label="Events",
    type=FieldType.LIST,
    required=True,
    choices=tuple(
        Choice(value=event_type, label=event_type.replace(".", " ").replace("_", " ").capitalize())
        for event_type in EVENT_TYPES
    ),
    example=["email.clicked", "sms.replied"],
    help_text="The reporting events to run for, written as object and metric: email.clicked.",
)


def needed(event_types: tuple[str, ...], options: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the event types with the webhook's settings that the options switch on."""
    settings = {EVERY_TIME: "every_time", CONTENT: "include_content"}
    return (*event_types, *(each for each, option in settings.items() if options.get(option) is True))


def always_with_content(event_types: tuple[str, ...], _: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the event types with the content, whatever the options."""
    return (*event_types, CONTENT)


def chosen(options: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the event types that were chosen, each once, with the settings that the options switch on."""
    return needed(tuple(dict.fromkeys(options.get(EVENTS.key, ()))), options)


def ignore_machines(options: Mapping[str, Any], data: Mapping[str, Any]) -> str | None:
    """Leave out what a machine did, where the option is on and Customer.io tells."""
    if options.get("ignore_machine") is not True:
        return None
    if data.get("prefetched") is True:
        return "A machine opened the message (prefetched), and the trigger ignores machine opens."
    if data.get("machine") is True:
        return "A machine followed the link (machine), and the trigger ignores machine clicks."
    return None
