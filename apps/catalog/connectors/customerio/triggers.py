"""What can happen in Customer.io. The slugs are part of addresses and definitions; they never change.

All are reporting events: https://customer.io/docs/api/webhooks/.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from apps.catalog.connectors.customerio import reading, reports
from apps.catalog.connectors.customerio.events import CONTENT, EVENT_TYPES, EVERY_TIME
from apps.catalog.connectors.customerio.reading import Reading
from apps.catalog.spec import Choice, Field, FieldType, Trigger

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


def _needed(event_types: tuple[str, ...], options: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the event types with the webhook's settings that the options switch on."""
    settings = {EVERY_TIME: "every_time", CONTENT: "include_content"}
    return (*event_types, *(each for each, option in settings.items() if options.get(option) is True))


def _always_with_content(event_types: tuple[str, ...], _: Mapping[str, Any]) -> tuple[str, ...]:
    return (*event_types, CONTENT)


def _chosen(options: Mapping[str, Any]) -> tuple[str, ...]:
    return _needed(tuple(dict.fromkeys(options.get(EVENTS.key, ()))), options)


def ignore_machines(options: Mapping[str, Any], data: Mapping[str, Any]) -> str | None:
    """Leave out what a machine did, where the option is on and Customer.io tells."""
    if options.get("ignore_machine") is not True:
        return None
    if data.get("prefetched") is True:
        return "A machine opened the message (prefetched), and the trigger ignores machine opens."
    if data.get("machine") is True:
        return "A machine followed the link (machine), and the trigger ignores machine clicks."
    return None


def _trigger(
    key: str,
    name: str,
    event_type: str,
    description: str,
    readings: tuple[Reading, ...],
    *options: Field,
) -> Trigger:
    return Trigger(
        key=key,
        name=name,
        event_types=(event_type,),
        description=description,
        fields=reading.fields_of(readings),
        flatten=partial(reading.flatten, readings),
        options=options,
        declines=ignore_machines if IGNORE_MACHINE_OPENS.key in {option.key for option in options} else None,
        event_types_from=partial(_needed, (event_type,)) if options else None,
    )


TRIGGERS: tuple[Trigger, ...] = (
    _trigger(
        "customer-subscribed",
        "Customer Subscribed",
        "customer.subscribed",
        "A person who had unsubscribed from your messages subscribed again.",
        reports.SUBSCRIPTION,
    ),
    _trigger(
        "customer-unsubscribed",
        "Customer Unsubscribed",
        "customer.unsubscribed",
        "A person unsubscribed from all your messages, by whatever way.",
        reports.SUBSCRIPTION,
    ),
    _trigger(
        "subscription-preferences-changed",
        "Subscription Preferences Changed",
        "customer.subscription_preferences_changed",
        "A person turned topics on or off in the subscription center, or somebody did it for them.",
        reports.PREFERENCES,
    ).model_copy(
        # Without its content the event does not tell which topics.
        update={
            "event_types_from": partial(_always_with_content, ("customer.subscription_preferences_changed",))
        }
    ),
    _trigger(
        "email-sent",
        "Email Sent",
        "email.sent",
        "Customer.io handed an e-mail over to be delivered.",
        reports.SENT,
        INCLUDE_CONTENT,
    ),
    _trigger(
        "email-delivered",
        "Email Delivered",
        "email.delivered",
        "The receiving mail server accepted an e-mail.",
        reports.MESSAGE,
    ),
    _trigger(
        "email-opened",
        "Email Opened",
        "email.opened",
        "An e-mail was opened. Privacy proxies open e-mails too: see “Ignore machine opens”.",
        reports.OPENED,
        IGNORE_MACHINE_OPENS,
        EVERY_OPEN,
    ),
    _trigger(
        "email-link-clicked",
        "Email Link Clicked",
        "email.clicked",
        "A tracked link in an e-mail was followed.",
        reports.CLICKED,
        IGNORE_MACHINE_CLICKS,
        EVERY_CLICK,
    ),
    _trigger(
        "email-bounced",
        "Email Bounced",
        "email.bounced",
        "The receiving mail server refused an e-mail for good.",
        reports.FAILED,
    ),
    _trigger(
        "email-failed",
        "Email Failed",
        "email.failed",
        "Customer.io could not send an e-mail, for example because its template could not be filled.",
        reports.FAILED,
    ),
    _trigger(
        "email-spam-complaint",
        "Email Marked as Spam",
        "email.spammed",
        "A person marked an e-mail as spam.",
        reports.MESSAGE,
    ),
    _trigger(
        "email-unsubscribed",
        "Email Unsubscribed",
        "email.unsubscribed",
        "A person unsubscribed by one e-mail, which it names. Customer Unsubscribed may fire besides it: "
        "use one of the two.",
        reports.MESSAGE,
    ),
    _trigger(
        "sms-delivered",
        "SMS Delivered",
        "sms.delivered",
        "An SMS reached the phone.",
        reports.TEXT_MESSAGE,
    ),
    _trigger(
        "sms-clicked",
        "SMS Link Clicked",
        "sms.clicked",
        "A tracked link in an SMS was followed.",
        reports.TEXT_CLICKED,
        EVERY_CLICK,
    ),
    _trigger(
        "sms-failed",
        "SMS Failed",
        "sms.failed",
        "Customer.io could not send an SMS.",
        reports.TEXT_FAILED,
    ),
    _trigger(
        "sms-bounced",
        "SMS Bounced",
        "sms.bounced",
        "The carrier could not deliver an SMS.",
        reports.TEXT_FAILED,
    ),
    _trigger(
        "push-delivered",
        "Push Delivered",
        "push.delivered",
        "A push notification reached the device.",
        reports.PUSH,
    ),
    _trigger(
        "push-opened",
        "Push Opened",
        "push.opened",
        "A push notification was opened.",
        reports.PUSH,
        EVERY_OPEN,
    ),
    _trigger(
        "push-clicked",
        "Push Clicked",
        "push.clicked",
        "A tracked link in a push notification was followed.",
        reports.PUSH_CLICKED,
        EVERY_CLICK,
    ),
    _trigger(
        "push-failed",
        "Push Failed",
        "push.failed",
        "Customer.io could not send a push notification.",
        reports.PUSH_FAILED,
    ),
    Trigger(
        key="reporting-event",
        name="Any Reporting Event",
        event_types=EVENT_TYPES,
        description="Any of the reporting events that you choose, of every channel. “Event” tells which.",
        fields=reading.fields_of(reports.ANY),
        flatten=partial(reading.flatten, reports.ANY),
        options=(EVENTS, IGNORE_MACHINES, EVERY_TIME_OF_ALL, INCLUDE_CONTENT),
        declines=ignore_machines,
        event_types_from=_chosen,
    ),
)
