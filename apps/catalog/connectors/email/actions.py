"""What can be done: send a mail."""

import html
from collections.abc import Mapping
from typing import Any

from apps.catalog.connectors.email.client import exchange, handover
from apps.catalog.connectors.email.message import build_message, message_id
from apps.catalog.connectors.email.recipients import MAX_RECIPIENTS, read_addresses, read_recipients
from apps.catalog.spec import Action, CallContext, Effect, Field, FieldType, Idempotency

_PARTED = "Several are parted by commas. Addresses alone, without names."

INPUTS = (
    Field(
        key="to",
        label="To",
        required=True,
        max_bytes=13_000,
        help_text=f"Who gets the mail. {_PARTED} At most {MAX_RECIPIENTS} recipients in all.",
        example="jane@example.com",
    ),
    Field(
        key="cc",
        label="Cc",
        max_bytes=13_000,
        help_text=f"Who gets a copy that everybody sees. {_PARTED}",
        example="team@example.com",
    ),
    Field(
        key="bcc",
        label="Bcc",
        max_bytes=13_000,
        help_text=f"Who gets a copy that the others don't see. {_PARTED}",
        example="archive@example.com",
    ),
    Field(
        key="reply_to",
        label="Reply to",
        max_bytes=1_000,
        help_text=f"Where answers go, if not to the from address. {_PARTED}",
        example="support@example.com",
    ),
    Field(
        key="subject",
        label="Subject",
        required=True,
        max_bytes=900,
        help_text="One line; line breaks in what fills it become spaces.",
        example="Your payment failed",
    ),
    Field(
        key="text",
        label="Text",
        type=FieldType.LONG_TEXT,
        max_bytes=200_000,
        help_text="The mail as plain text. Needed unless there is HTML; with both, the mail program chooses.",
        example="Hello Jane,\nyour payment of 12.50 EUR failed.",
    ),
    Field(
        key="html",
        label="HTML",
        type=FieldType.LONG_TEXT,
        max_bytes=500_000,
        escape=html.escape,
        help_text="The mail as HTML. The markup is what you write here; what templates fill in is escaped, "
        "so that a name with < or & in it stays a name.",
        example="<p>Hello Jane,</p><p>your payment of 12.50 EUR failed.</p>",
    ),
)

OUTPUTS = (
    Field(
        key="message_id",
        label="Message id",
        help_text="The id that the mail carries; a mail server's log is searched by it.",
        example="<9f86d081884c7d659a2feaa0c55ad015a3bf4f1b@example.com>",
    ),
    Field(
        key="recipients",
        label="Recipients",
        type=FieldType.INTEGER,
        help_text="How many addresses the server took the mail for.",
        example=1,
    ),
    Field(
        key="reply",
        label="Server's reply",
        help_text="What the mail server said when it took the mail, often with the id in its queue.",
        example="2.0.0 Ok: queued as 4ZQx1p3Tz9",
    ),
)


def _check(inputs: Mapping[str, Any]) -> None:
    read_recipients(inputs)
    read_addresses(str(inputs.get("reply_to", "")), "reply_to")


def _send(context: CallContext) -> dict[str, Any]:
    account, inputs = context.account, context.inputs
    recipients = read_recipients(inputs)
    message = build_message(account, recipients, inputs, key=context.key, event_time=context.event_time)
    request = handover(account, recipients.all, message)
    reply = exchange(context.send, request, deadline=context.deadline)
    return {
        "message_id": message_id(account, context.key),
        "recipients": len(recipients.all),
        "reply": reply.body.decode("utf-8", "replace")[:500],
    }


ACTIONS = (
    Action(
        key="send",
        name="Send Email",
        description="Send a mail to one or a few people.",
        inputs=INPUTS,
        outputs=OUTPUTS,
        effect=Effect.CREATE,
        idempotency=Idempotency.NONE,
        call=_send,
        check=_check,
        any_of=(("text", "html"),),
        provider_id="message_id",
        docs_url="https://www.rfc-editor.org/rfc/rfc5322",
    ),
)
