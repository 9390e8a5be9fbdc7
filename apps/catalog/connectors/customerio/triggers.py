"""What can happen in Customer.io. The slugs are part of addresses and definitions; they never change.

All are reporting events: https://customer.io/docs/api/webhooks/.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from apps.catalog.connectors.customerio import reading, reports
from apps.catalog.connectors.customerio.reading import Reading
from apps.catalog.spec import Field, FieldType, Trigger

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
        declines=ignore_machines if options else None,
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
    ),
    _trigger(
        "email-sent",
        "Email Sent",
        "email.sent",
        "Customer.io handed an e-mail over to be delivered.",
        reports.SENT,
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
    ),
    _trigger(
        "email-link-clicked",
        "Email Link Clicked",
        "email.clicked",
        "A tracked link in an e-mail was followed.",
        reports.CLICKED,
        IGNORE_MACHINE_CLICKS,
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
    ),
    _trigger(
        "push-clicked",
        "Push Clicked",
        "push.clicked",
        "A tracked link in a push notification was followed.",
        reports.PUSH_CLICKED,
    ),
    _trigger(
        "push-failed",
        "Push Failed",
        "push.failed",
        "Customer.io could not send a push notification.",
        reports.PUSH_FAILED,
    ),
)
