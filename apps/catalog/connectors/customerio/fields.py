"""The inputs and outputs of Customer.io's actions, as operators read them."""

from apps.catalog.connectors.customerio import limits
from apps.catalog.spec import Field, FieldType, Semantic

IDENTIFIER = Field(
    key="identifier",
    label="Identifier",
    required=True,
    max_bytes=limits.MAX_IDENTIFIER,
    semantic=Semantic.PERSON_ID,
    example="pat@example.com",
    help_text=(
        "The person's id, e-mail, or cio_ followed by the Customer.io id. "
        "Customer.io judges the kind from its shape; a phone number counts as an id."
    ),
)

IDENTIFY_INPUTS = (
    IDENTIFIER,
    Field(
        key="email",
        label="Email",
        type=FieldType.EMAIL,
        semantic=Semantic.EMAIL,
        max_bytes=limits.MAX_ATTRIBUTE_VALUE,
        example="pat@example.com",
        help_text=(
            "Once set, an e-mail can be changed only for a person named by cio_. An e-mail that belongs to "
            "another person is accepted and then ignored; Customer.io's activity log shows it."
        ),
    ),
    Field(
        key="first_name",
        label="First name",
        semantic=Semantic.FIRST_NAME,
        max_bytes=limits.MAX_ATTRIBUTE_VALUE,
        example="Pat",
        help_text="The attribute first_name, for greetings.",
    ),
    Field(
        key="last_name",
        label="Last name",
        semantic=Semantic.LAST_NAME,
        max_bytes=limits.MAX_ATTRIBUTE_VALUE,
        example="Doe",
        help_text="The attribute last_name.",
    ),
    Field(
        key="plan",
        label="Plan",
        semantic=Semantic.PLAN,
        max_bytes=limits.MAX_ATTRIBUTE_VALUE,
        example="pro",
        help_text="The attribute plan: what the person subscribes to.",
    ),
    Field(
        key="created_at",
        label="Created at",
        type=FieldType.TIME,
        unit="seconds",
        semantic=Semantic.CREATED_AT,
        example=1_764_028_800,
        help_text="When the person signed up. Every call sets it anew: map it only where that is right.",
    ),
    Field(
        key="attributes",
        label="Attributes",
        type=FieldType.OBJECT,
        example={"stripe_customer_id": "cus_NffrFeUfNV2Hib", "subscription_status": "past_due"},
        help_text=(
            "Anything else to keep about the person: up to 300 attributes of 1,000 bytes. Names that end in "
            "_at take unix seconds. An attribute without a value is left as it is; an empty text is sent."
        ),
    ),
    Field(
        key="update_only",
        label="Never create a person",
        type=FieldType.BOOLEAN,
        default=False,
        help_text="On: an unknown identifier changes nothing and Customer.io reports no error.",
    ),
)
IDENTIFY_OUTPUTS = (
    Field(
        key="identifier",
        label="Identifier",
        semantic=Semantic.PERSON_ID,
        example="pat@example.com",
        help_text="The person that was named.",
    ),
)

TRACK_INPUTS = (
    IDENTIFIER,
    Field(
        key="name",
        label="Event name",
        required=True,
        max_bytes=limits.MAX_EVENT_NAME,
        semantic=Semantic.EVENT_NAME,
        example="payment_failed",
        help_text="By custom in small letters with underscores. Spaces around it are cut off.",
    ),
    Field(
        key="data",
        label="Data",
        type=FieldType.OBJECT,
        semantic=Semantic.EVENT_DATA,
        example={"amount": 4200, "currency": "eur", "failure_code": "card_declined"},
        help_text="What campaigns can use as {{ event.… }}; up to 100,000 bytes of JSON.",
    ),
    Field(
        key="timestamp",
        label="Timestamp",
        type=FieldType.TIME,
        unit="seconds",
        semantic=Semantic.TIME,
        example=1_764_028_800,
        help_text=(
            "When it happened; by default the time of the triggering event. "
            "Events older than 72 hours start no campaign."
        ),
    ),
    Field(
        key="allow_recipient_override",
        label="Let data choose the recipient",
        type=FieldType.BOOLEAN,
        default=False,
        danger=(
            "The keys recipient, from_address and reply_to in the data then replace the recipient and "
            "sender of every campaign that this event starts."
        ),
        help_text="Off: data with the keys recipient, from_address or reply_to is refused.",
    ),
)
TRACK_OUTPUTS = (
    Field(
        key="event_id",
        label="Event id",
        example="01KAVKKBG02R7ZGF4DMNNKQZ4X",
        help_text="The ULID by which Customer.io ignores a repeated event.",
    ),
    IDENTIFY_OUTPUTS[0],
    Field(
        key="timestamp",
        label="Timestamp",
        type=FieldType.TIME,
        unit="seconds",
        example=1_764_028_800,
        help_text="When the event happened, as it was sent.",
    ),
)

SEND_INPUTS = (
    Field(
        key="transactional_message_id",
        label="Transactional message",
        required=True,
        options_from="list-transactional-messages",
        example="3",
        help_text="The message's number or trigger name.",
    ),
    Field(
        key="to",
        label="To",
        required=True,
        semantic=Semantic.EMAIL,
        example="pat@example.com",
        help_text="Addresses separated by commas; together with Cc and Bcc at most 15.",
    ),
    Field(
        key="identifiers_email",
        label="Person's email",
        type=FieldType.EMAIL,
        required=True,
        semantic=Semantic.EMAIL,
        example="pat@example.com",
        help_text="The person that the message is booked under. An unknown person is created.",
    ),
    Field(
        key="identifiers_id",
        label="Person id",
        max_bytes=limits.MAX_IDENTIFIER,
        example="user-123",
        help_text="Names the person instead of the e-mail.",
    ),
    Field(
        key="identifiers_cio_id",
        label="Customer.io id",
        max_bytes=limits.MAX_IDENTIFIER,
        example="a3000001",
        help_text="Names the person instead of the e-mail.",
    ),
    Field(
        key="message_data",
        label="Message data",
        type=FieldType.OBJECT,
        semantic=Semantic.EVENT_DATA,
        example={"amount": "€42.00"},
        help_text="The values of {{ trigger.… }} in the message's template.",
    ),
    Field(
        key="subject", label="Subject", help_text="Replaces the template's.", example="Your payment failed"
    ),
    Field(
        key="from",
        label="From",
        help_text="Replaces the template's sender; must be verified in Customer.io.",
        example="Billing <billing@example.com>",
    ),
    Field(key="reply_to", label="Reply to", help_text="Replaces the template's.", example="help@example.com"),
    Field(
        key="body",
        label="Body",
        type=FieldType.LONG_TEXT,
        help_text="HTML; replaces the template's.",
        example="<p>Hello Pat</p>",
    ),
    Field(
        key="body_plain",
        label="Plain text body",
        type=FieldType.LONG_TEXT,
        help_text="Replaces the text made from the body.",
        example="Hello Pat",
    ),
    Field(key="preheader", label="Preheader", help_text="Replaces the template's.", example="Action needed"),
    Field(
        key="cc",
        label="Cc",
        example="team@example.com",
        help_text="Addresses that get a visible copy, separated by commas.",
    ),
    Field(
        key="bcc",
        label="Bcc",
        example="archive@example.com",
        help_text="Addresses that get a hidden copy, separated by commas.",
    ),
    Field(key="language", label="Language", help_text="The template's translation to send.", example="de"),
    Field(
        key="send_at",
        label="Send at",
        type=FieldType.TIME,
        unit="seconds",
        help_text="Up to 90 days ahead; a past time sends now.",
        example=1_764_028_800,
    ),
    Field(
        key="send_to_unsubscribed",
        label="Send to unsubscribed people",
        type=FieldType.BOOLEAN,
        help_text="Customer.io does so unless this is off.",
        example=False,
    ),
    Field(
        key="tracked",
        label="Track opens and clicks",
        type=FieldType.BOOLEAN,
        help_text="Customer.io does so unless this is off.",
        example=True,
    ),
    Field(
        key="disable_message_retention",
        label="Don't keep the message",
        type=FieldType.BOOLEAN,
        help_text="On: Customer.io does not store its body, for passwords and the like.",
        example=False,
    ),
    Field(
        key="queue_draft",
        label="Hold as a draft",
        type=FieldType.BOOLEAN,
        help_text="On: the message waits in Customer.io until someone sends it.",
        example=False,
    ),
)
SEND_OUTPUTS = (
    Field(
        key="delivery_id",
        label="Delivery id",
        example="RMTnAwABfh3pe9-9xWWCvhQh",
        help_text="Comes back in reporting webhooks.",
    ),
    Field(
        key="queued_at",
        label="Queued at",
        type=FieldType.TIME,
        unit="seconds",
        example=1_764_028_805,
        help_text="When Customer.io took the message.",
    ),
    Field(
        key="send_at",
        label="Send at",
        type=FieldType.TIME,
        unit="seconds",
        example=1_764_028_800,
        help_text="Only for a message that is sent in the future.",
    ),
)

OPTIONS_OUTPUTS = (
    Field(
        key="options",
        label="Options",
        type=FieldType.LIST,
        example=[{"value": "3", "label": "Payment failed (3)"}],
        help_text="One {value, label} per transactional message.",
    ),
)
