"""Handing one message over: by mail, to Slack, or to an address of the workspace's own.

Never inside a transaction. Everything leaves through the egress guard. What is
raised says whether trying again can help.
"""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

from apps.alerts import sealed
from apps.alerts.kinds import Severity
from apps.alerts.models import Channel, Notice
from apps.alerts.wording import mail_text, slack_message, webhook_body, words_of
from apps.catalog import registry
from apps.catalog.errors import Certainty, Permanent, Retryable, from_transport
from apps.catalog.spec import CallContext
from apps.catalog.transport import EgressRefused, Request, Response, TransportError
from apps.common.masking import mask_text
from apps.connections import accounts
from apps.connections.models import Connection
from apps.connections.senders import live_send, sender_for

CALL_SECONDS = 8.0
MAIL_APP = "email"
MAIL_ACTION = "email.send"
MOST_WAIT = 3600.0
"""Seconds that a receiver's Retry-After is believed."""


def hand_over(notice: Notice) -> None:
    """Hand one message over.

    Raises `Retryable` when trying again may help, another `CallError` or a
    `ServiceError` when a person has to mend something first.
    """
    carry = {Channel.Kind.EMAIL: _mail, Channel.Kind.SLACK: _slack, Channel.Kind.WEBHOOK: _webhook}
    try:
        carry[Channel.Kind(notice.channel.kind)](notice)
    except EgressRefused as error:
        raise Permanent(
            f"The channel's address is not called: {error.reason}",
            code=error.code,
            remedy="Correct the channel's address, or list its host and port in EGRESS_ALLOW.",
        ) from None
    except TransportError as error:
        raise from_transport(error) from None


def mail_connection(channel: Channel) -> Connection | None:
    """Return the mail account that sends for a channel: its own, else the first of the workspace."""
    mine = Connection.objects.usable().filter(workspace=channel.workspace_id, app=MAIL_APP)
    chosen = mine.filter(pk=channel.connection_id).first() if channel.connection_id else None
    return chosen or mine.order_by("id").first()


def _mail(notice: Notice) -> None:
    channel = notice.channel
    connection = mail_connection(channel)
    if connection is None:
        raise Permanent(
            "No mail server is connected in this workspace, so no mail can be sent.",
            code="no_mail_server",
            remedy="Add a connection of the app “Email” (SMTP) under Connections; then send a test.",
        )
    words = words_of(notice)
    _, action = registry.get_action(MAIL_ACTION)
    action.call(
        CallContext(
            inputs={
                "to": ", ".join(channel.recipients),
                "subject": words.subject,
                "text": mail_text(words, channel=channel.name),
            },
            account=accounts.account_of(connection),
            send=sender_for(connection).send,
            key=notice.code.hex,  # The same message id at every attempt.
            event_time=int(notice.created_at.timestamp()),
            deadline=CALL_SECONDS,
        )
    )


def _slack(notice: Notice) -> None:
    resolved = notice.sort == Notice.Sort.RESOLVED
    severity = notice.alert.severity if notice.alert else Severity.INFO
    message = slack_message(words_of(notice), severity=severity, resolved=resolved)
    url = sealed.opened(notice.channel)["url"]
    response = _post(url, _json(message), {})
    if response.status in (400, 403, 404, 410):
        # https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks#handling_errors
        raise Permanent(
            f"Slack refused the message ({response.status}): {_said(response, url)}",
            code="slack_refused",
            remedy="Make a new incoming webhook in Slack and enter its address on the channel's page.",
        )
    _demand_success(response, "Slack", url)


def _webhook(notice: Notice) -> None:
    values = sealed.opened(notice.channel)
    body = _json(webhook_body(notice, words_of(notice)))
    headers = sign(body, values["signing_secret"], message_id=f"msg_{notice.code.hex}", at=int(time.time()))
    response = _post(values["url"], body, headers)
    if response.status == 410:
        raise Permanent(
            "The receiver says that it wants no more messages (410).",
            code="gone",
            remedy="Switch the channel off, or enter another address.",
        )
    _demand_success(response, "The receiver", values["url"])


def sign(body: bytes, secret: str, *, message_id: str, at: int) -> dict[str, str]:
    """Return the three headers of Standard Webhooks. `at` is in unix seconds.

    https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
    """
    signed = f"{message_id}.{at}.".encode() + body
    digest = hmac.new(sealed.signing_bytes(secret), signed, hashlib.sha256).digest()
    signature = base64.b64encode(digest).decode("ascii")
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(at),
        "webhook-signature": f"v1,{signature}",
    }


def _post(url: str, body: bytes, headers: dict[str, str]) -> Response:
    request = Request("POST", url, {"Content-Type": "application/json; charset=utf-8", **headers}, body)
    return live_send(request, deadline=CALL_SECONDS)


def _demand_success(response: Response, who: str, url: str) -> None:
    if 200 <= response.status < 300:
        return
    raise Retryable(
        f"{who} answered {response.status}: {_said(response, url)}",
        code="not_taken",
        certainty=Certainty.UNCERTAIN,
        after=_wish(response),
        status=response.status,
    )


def _wish(response: Response) -> float | None:
    text = response.headers.get("retry-after", "")
    return min(float(text), MOST_WAIT) if text.isascii() and text.isdigit() else None


def _said(response: Response, url: str) -> str:
    """Return the beginning of an answer in one line; it may be anything, the address itself included."""
    told = " ".join(response.body[:400].decode("utf-8", "replace").split())[:200]
    return mask_text(told, (url, *url.split("/")[-1:])) or "nothing"


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
