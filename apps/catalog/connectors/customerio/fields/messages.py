"""Inputs and outputs of the actions that send messages, and of the lists to choose from."""

from apps.catalog.connectors.customerio import identifiers, limits
from apps.catalog.spec import Field, FieldType, Semantic

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
    Field(
        key="body_amp",
        label="AMP body",
        type=FieldType.LONG_TEXT,
        help_text="Shown instead of the body where a mail program runs AMP; replaces the template's.",
        example="<html amp4email><body>Hello Pat</body></html>",
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
    Field(
        key="fake_bcc",
        label="Mark the hidden copies",
        type=FieldType.BOOLEAN,
        help_text="On: each hidden copy is a mail of its own whose subject says that it is a copy.",
        example=False,
    ),
    Field(
        key="headers",
        label="Headers",
        type=FieldType.OBJECT,
        help_text="Own mail headers: a name and a text for each.",
        example={"X-Campaign": "dunning"},
    ),
    Field(
        key="attachments",
        label="Attachments",
        type=FieldType.OBJECT,
        help_text="Files: a name with its ending, and the content in Base64; together less than 2 MB.",
        example={"receipt.txt": "UmVjZWlwdA=="},
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
        help_text="On: the message waits in Customer.io as a draft until someone sends it. "
        "There is no test mode, so this is the safe way to try a send.",
        example=False,
    ),
    Field(
        key="disable_css_preprocessing",
        label="Leave the styles as they are",
        type=FieldType.BOOLEAN,
        help_text="On: Customer.io does not move the styles of the body into its elements.",
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

BROADCAST_INPUTS = (
    Field(
        key="broadcast_id",
        label="Broadcast",
        required=True,
        options_from="list-broadcasts",
        pattern=identifiers.NUMBER,
        example="9",
        help_text="The number of an API-triggered broadcast.",
    ),
    Field(
        key="emails",
        label="To e-mails",
        semantic=Semantic.EMAIL,
        example="pat@example.com, kim@example.com",
        help_text="Addresses of known people, separated by commas. Choose one kind of audience.",
    ),
    Field(
        key="ids",
        label="To person ids",
        type=FieldType.LIST,
        example=["user-123"],
        help_text="A list of ids of known people.",
    ),
    Field(
        key="per_user_data",
        label="To each with data",
        type=FieldType.LIST,
        example=[{"email": "pat@example.com", "data": {"voucher": "FA35JSH"}}],
        help_text="A list of {id or email, data}: every person with values of their own.",
    ),
    Field(
        key="recipients",
        label="To a filter",
        type=FieldType.OBJECT,
        example={"segment": {"id": 7}},
        help_text="Customer.io's filter: {segment: {id}}, {attribute: {…}}, joined by and, or, not.",
    ),
    Field(
        key="data_file_url",
        label="To people in a file",
        type=FieldType.URL,
        example="https://example.com/people.json",
        help_text="An address from which Customer.io reads one JSON line per person.",
    ),
    Field(
        key="data",
        label="Data",
        type=FieldType.OBJECT,
        semantic=Semantic.EVENT_DATA,
        example={"headline": "Maintenance tonight"},
        help_text="The values of {{ trigger.… }} in the broadcast's messages.",
    ),
)
BROADCAST_OUTPUTS = (
    Field(
        key="trigger_id",
        label="Trigger id",
        example="4",
        help_text="Which triggering of the broadcast it is; comes back in reporting events.",
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
