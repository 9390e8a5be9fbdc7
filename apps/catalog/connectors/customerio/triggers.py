"""What can happen in Customer.io. The slugs are part of addresses and definitions; they never change.

All are reporting events: https://customer.io/docs/api/webhooks/.
"""

from functools import partial

from apps.catalog.connectors.customerio import options, reading, reports
from apps.catalog.connectors.customerio.events import EVENT_TYPES
from apps.catalog.connectors.customerio.reading import Reading
from apps.catalog.spec import Field, Trigger

_PREFERENCES = "customer.subscription_preferences_changed"


def _trigger(
    key: str,
    name: str,
    event_type: str,
    description: str,
    readings: tuple[Reading, ...],
    *choices: Field,
) -> Trigger:
    ignores = options.IGNORE_MACHINE_OPENS.key in {choice.key for choice in choices}
    return Trigger(
        key=key,
        name=name,
        event_types=(event_type,),
        description=description,
        fields=reading.fields_of(readings),
        flatten=partial(reading.flatten, readings),
        options=choices,
        declines=options.ignore_machines if ignores else None,
        event_types_from=partial(options.needed, (event_type,)) if choices else None,
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
        _PREFERENCES,
        "A person turned topics on or off in the subscription center, or somebody did it for them.",
        reports.PREFERENCES,
    ).model_copy(
        # Without its content the event does not tell which topics.
        update={"event_types_from": partial(options.always_with_content, (_PREFERENCES,))}
    ),
    _trigger(
        "email-sent",
        "Email Sent",
        "email.sent",
        "Customer.io handed an e-mail over to be delivered.",
        reports.SENT,
        options.INCLUDE_CONTENT,
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
        options.IGNORE_MACHINE_OPENS,
        options.EVERY_OPEN,
    ),
    _trigger(
        "email-link-clicked",
        "Email Link Clicked",
        "email.clicked",
        "A tracked link in an e-mail was followed.",
        reports.CLICKED,
        options.IGNORE_MACHINE_CLICKS,
        options.EVERY_CLICK,
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
        "sms-sent",
        "SMS Sent",
        "sms.sent",
        "Customer.io handed an SMS to the carrier.",
        reports.TEXT_SENT,
        options.INCLUDE_CONTENT,
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
        options.EVERY_CLICK,
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
        "push-sent",
        "Push Sent",
        "push.sent",
        "Customer.io handed a push notification to the service of Apple or Google.",
        reports.PUSH_SENT,
        options.INCLUDE_CONTENT,
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
        options.EVERY_OPEN,
    ),
    _trigger(
        "push-clicked",
        "Push Clicked",
        "push.clicked",
        "A tracked link in a push notification was followed.",
        reports.PUSH_CLICKED,
        options.EVERY_CLICK,
    ),
    _trigger(
        "push-bounced",
        "Push Bounced",
        "push.bounced",
        "The service of Apple or Google refused a push notification, as when the app is gone.",
        reports.PUSH_FAILED,
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
        options=(options.EVENTS, options.IGNORE_MACHINES, options.EVERY_TIME_OF_ALL, options.INCLUDE_CONTENT),
        declines=options.ignore_machines,
        event_types_from=options.chosen,
    ),
)
