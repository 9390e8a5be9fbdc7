"""The fields of reporting events.

Source: https://customer.io/docs/api/webhooks/.
"""

from typing import Any

from apps.catalog.connectors.customerio.events import event_type_of
from apps.catalog.connectors.customerio.reading import Payload, Read, Reading, as_object, as_text, at, field
from apps.catalog.spec import Field, FieldType, Semantic
from apps.language import safe_json
from apps.language.errors import LanguageError


def _number(key: str, label: str, help_text: str, example: int) -> Reading:
    return field(key, label, help_text=help_text, example=example, kind=FieldType.INTEGER)


def _flag(key: str, label: str, help_text: str, *, example: bool) -> Reading:
    return field(key, label, help_text=help_text, example=example, kind=FieldType.BOOLEAN)


def _email(payload: Payload) -> str | None:
    """Return the person's address; a recipient may be a phone number."""
    places = ("data.identifiers.email", "data.recipient", "data.email_address")
    found = (as_text(at(payload, place)) for place in places)
    return next((text.strip() for text in found if text and "@" in text), None)


def _topics(payload: Payload) -> dict[str, Any] | None:
    """Return the topics, which stand in a text of JSON inside the payload."""
    content = at(payload, "data.content")
    if isinstance(content, str):
        try:
            content = safe_json.loads(content.encode("utf-8", "replace"))
        except LanguageError:
            return None
    return as_object(at({"content": content}, "content.topics"))


def _topics_that_are(*, on: bool) -> Read:
    def read(payload: Payload) -> list[str] | None:
        topics = _topics(payload)
        return None if topics is None else sorted(name for name, state in topics.items() if state is on)

    return read


_EVENT = Reading(
    Field(
        key="event",
        label="Event",
        help_text="What happened, as object and metric: email.opened, customer.subscribed.",
        example="email.opened",
    ),
    lambda payload: event_type_of(payload) or None,
)
_CUSTOMER_ID = field(
    "customer_id",
    "Customer id",
    "data.identifiers.id",
    "data.customer_id",
    help_text="The person's id in your workspace; empty for people known by e-mail alone, and once deleted.",
    example="user-123",
    semantic=Semantic.PERSON_ID,
)
_EMAIL = Reading(
    Field(
        key="email",
        label="Email",
        type=FieldType.EMAIL,
        help_text="The person's e-mail: the identifier's, else the recipient, else the address that is told.",
        example="jane@example.com",
        semantic=Semantic.EMAIL,
    ),
    _email,
)
_CIO_ID = field(
    "cio_id",
    "Customer.io id",
    "data.identifiers.cio_id",
    help_text="Customer.io's own id of the person, which never changes; not sent by all workspaces.",
    example="03000001",
)
_DELIVERY_ID = field(
    "delivery_id",
    "Delivery id",
    help_text="The one message to the one person. Send Transactional Email gives the same id.",
    example="RPILAgUBcRhIBqSfeiIwdIYJKxTY",
)
_SUBJECT = field(
    "subject",
    "Subject",
    help_text="The e-mail's subject, where there is one.",
    example="Your trial ends soon",
)
_RECIPIENT = field(
    "recipient",
    "Recipient",
    help_text="Where the message went: an e-mail address or a phone number.",
    example="jane@example.com",
)
_RECIPIENTS = field(
    "recipients",
    "Devices",
    help_text="The devices that the push went to, each with its id and what Customer.io tells of it.",
    example=[{"device_id": "0dd7f5f1c2"}],
    kind=FieldType.LIST,
)
ORIGIN = (
    _number("campaign_id", "Campaign id", "The campaign that sent it; empty for other messages.", 23),
    _number("broadcast_id", "Broadcast id", "The triggered broadcast that sent it; empty for others.", 9),
    _number("newsletter_id", "Newsletter id", "The newsletter that it is; empty for other messages.", 736),
    _number(
        "transactional_message_id",
        "Transactional message id",
        "The transactional message that it is; empty for other messages.",
        3,
    ),
    _number("action_id", "Action id", "The step of the campaign or broadcast that sent it.", 36),
    _number("parent_action_id", "Parent action id", "The step of an A/B test or a random cohort.", 35),
    _number("content_id", "Content id", "The newsletter's variant or translation.", 1_231),
    field(
        "trigger_id",
        "Trigger id",
        help_text="Which triggering of the broadcast; often empty.",
        example="4",
    ),
    field(
        "trigger_event_id",
        "Trigger event id",
        help_text="The event that brought the person into the campaign.",
        example="01E4C4CT6YDC7Y5M7FE1GWWPQJ",
    ),
    field(
        "journey_id",
        "Journey id",
        help_text="The person's way through the campaign or broadcast.",
        example="01GW20GXAAXBKZD8J96M8FNV3R",
    ),
)
_FAILURE = field(
    "failure_message",
    "Failure message",
    help_text="The reason in words, as the receiving side or Customer.io gives it.",
    example="550 5.1.1 The email account does not exist",
)
_LINK = (
    field("href", "Link", help_text="The address behind the link.", example="https://example.com/pricing"),
    _number("link_id", "Link id", "Customer.io's number of the link.", 1),
)

PERSON = (_EVENT, _CUSTOMER_ID, _EMAIL, _CIO_ID)
_EMAIL_ADDRESS = field(
    "email_address",
    "Email address",
    help_text="The address as the event tells it; empty for people without one.",
    example="jane@example.com",
)
SUBSCRIPTION = (*PERSON, _EMAIL_ADDRESS)
MESSAGE = (*PERSON, _DELIVERY_ID, _SUBJECT, _RECIPIENT, *ORIGIN)
TEXT_MESSAGE = (*PERSON, _DELIVERY_ID, _RECIPIENT, *ORIGIN)
PUSH = (*PERSON, _DELIVERY_ID, _RECIPIENTS, *ORIGIN)

PREFERENCES = (
    *SUBSCRIPTION,
    Reading(
        Field(
            key="topics",
            label="Topics",
            type=FieldType.OBJECT,
            help_text="Every topic of the person with true or false; empty if Customer.io leaves it out.",
            example={"topic_1": True, "topic_2": False},
        ),
        _topics,
    ),
    Reading(
        Field(
            key="subscribed_topics",
            label="Subscribed topics",
            type=FieldType.LIST,
            help_text="The names of the topics that are on.",
            example=["topic_1"],
        ),
        _topics_that_are(on=True),
    ),
    Reading(
        Field(
            key="unsubscribed_topics",
            label="Unsubscribed topics",
            type=FieldType.LIST,
            help_text="The names of the topics that are off.",
            example=["topic_2"],
        ),
        _topics_that_are(on=False),
    ),
    _DELIVERY_ID,
    *ORIGIN,
)
_PREFETCHED = _flag(
    "prefetched",
    "Prefetched",
    "Whether a machine loaded the message before, or without, the person looking at it.",
    example=False,
)
_MACHINE = _flag(
    "machine", "Machine", "Whether a machine, such as a link scanner, followed it.", example=False
)
_PROXIED = _flag("proxied", "Proxied", "Whether a mail service's proxy loaded the image.", example=False)
_SYNTHETIC = _flag(
    "synthetic", "Synthetic", "Whether Customer.io inferred the opening instead of seeing it.", example=False
)
OPENED = (*MESSAGE, _PROXIED, _PREFETCHED, _SYNTHETIC)
CLICKED = (*MESSAGE, *_LINK, _MACHINE)
_CONTENT = field(
    "content",
    "Content",
    help_text="The message's body. Sent only while “Include the content” is on.",
    example="<p>Your trial ends in three days.</p>",
    kind=FieldType.LONG_TEXT,
)
_HEADERS = field(
    "headers",
    "Headers",
    help_text="Own mail headers, each with a list of values.",
    example={"X-Campaign": ["trial"]},
    kind=FieldType.OBJECT,
)
_REPLY = (
    field(
        "inbound_event_id",
        "Inbound event id",
        help_text="The reply itself, for events of replies to an SMS or a WhatsApp message.",
        example="01E4C4CT6YDC7Y5M7FE1GWWPQJ",
    ),
    field("to", "Replied to", help_text="The number that the person replied to.", example="+15550199"),
)
SENT = (*MESSAGE, _CONTENT, _HEADERS)
TEXT_SENT = (*TEXT_MESSAGE, _CONTENT)
PUSH_SENT = (*PUSH, _CONTENT)
FAILED = (*MESSAGE, _FAILURE)
TEXT_CLICKED = (*TEXT_MESSAGE, *_LINK)
TEXT_FAILED = (*TEXT_MESSAGE, _FAILURE)
PUSH_CLICKED = (*PUSH, *_LINK)
PUSH_FAILED = (*PUSH, _FAILURE)
ANY = (
    *(*MESSAGE, _RECIPIENTS, _EMAIL_ADDRESS),
    *(*_LINK, _PROXIED, _PREFETCHED, _SYNTHETIC, _MACHINE, _FAILURE),
    *(_CONTENT, _HEADERS, *_REPLY),
    Reading(
        Field(
            key="object",
            label="Object",
            help_text="What it happened to: customer, email, sms, push, in_app, slack, webhook, whatsapp.",
            example="email",
        ),
        lambda payload: event_type_of(payload).partition(".")[0] or None,
    ),
    Reading(
        Field(
            key="metric",
            label="Metric",
            help_text="What happened to it: sent, delivered, opened, clicked, bounced and so on.",
            example="opened",
        ),
        lambda payload: event_type_of(payload).partition(".")[2] or None,
    ),
)
