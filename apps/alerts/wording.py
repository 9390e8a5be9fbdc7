"""What a message says, for each reader in the form that reader takes as text and nothing else."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings

from apps.alerts.kinds import Severity
from apps.alerts.models import Alert, Channel, Notice

MAX_SUBJECT = 200
SLACK_TEXT = 2800  # Slack takes 3,000 characters in a section.
_FORMATTING = re.compile(r"([*_~`])")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_COLORS = {
    Severity.INFO: ":information_source:",
    Severity.WARNING: ":warning:",
    Severity.CRITICAL: ":red_circle:",
}


@dataclass(frozen=True, slots=True)
class Words:
    """A message in parts, plain text all of them. `link` is an address, or a path where none is known."""

    subject: str
    headline: str
    lines: tuple[str, ...]
    link: str


def words_of(notice: Notice) -> Words:
    """Return what a message says; of a test, that it is one."""
    channel, alert = notice.channel, notice.alert
    if alert is None:
        return _test_of(channel)
    resolved = notice.sort == Notice.Sort.RESOLVED
    state = "Resolved" if resolved else Severity(alert.severity).label
    headline = f"{state}: {alert.kind_label}"
    lines = [alert.message]
    if resolved:
        lines.append(
            f"It is over since {_time(alert.closed_at or alert.last_at)}; it began {_time(alert.first_at)}."
        )
    else:
        lines += [each for each in (alert.remedy, _counted(notice, alert)) if each]
    lines.append(f"Workspace: {alert.workspace}")
    first = " ".join(alert.message.split())
    return Words(
        subject=plain_line(f"[Tandem] {headline}: {first}")[:MAX_SUBJECT],
        headline=plain_line(headline),
        lines=tuple(plain(line) for line in lines),
        link=link_to(alert.get_absolute_url()),
    )


def mail_text(words: Words, *, channel: str) -> str:
    """Return the body of a mail."""
    where = (
        words.link
        if words.link.startswith("http")
        else f"{words.link} on your Tandem (PUBLIC_URL is not set)"
    )
    footer = (
        f"Sent because channel “{plain_line(channel)}” is told of this. Change that under Alert channels."
    )
    return "\n\n".join([words.headline, *words.lines, f"Look at it: {where}", "-- ", footer])


def slack_message(words: Words, *, severity: str, resolved: bool) -> dict[str, Any]:
    """Return the message for an incoming webhook; nothing in it mentions or formats but our own words.

    https://docs.slack.dev/messaging/formatting-message-text#escaping
    """
    sign = ":white_check_mark:" if resolved else _COLORS[Severity(severity)]
    body = "\n".join(slack_text(line) for line in words.lines)[:SLACK_TEXT]
    is_address = words.link.startswith("http")
    link = f"<{words.link}|Open in Tandem>" if is_address else f"In Tandem: {slack_text(words.link)}"
    head = f"{sign} *{slack_text(words.headline)}*"
    blocks = [
        {"type": "section", "text": {"type": "mrkdwn", "text": f"{head}\n{body}", "verbatim": True}},
        {"type": "section", "text": {"type": "mrkdwn", "text": link, "verbatim": True}},
    ]
    return {"text": slack_text(words.subject), "blocks": blocks, "unfurl_links": False}


def slack_text(text: str) -> str:
    """Return text that Slack shows as it is: no mention, link or formatting comes of it."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _FORMATTING.sub("\\1\u200b", escaped)


def webhook_body(notice: Notice, words: Words) -> dict[str, Any]:
    """Return the JSON of a webhook, in the form that Standard Webhooks recommends: type, timestamp, data."""
    alert = notice.alert
    data: dict[str, Any] = {"headline": words.headline, "link": words.link}
    if alert is not None:
        data |= {
            "alert": str(alert.code),
            "workspace": {"code": str(alert.workspace.code), "name": alert.workspace.name},
            "kind": alert.kind,
            "subject": alert.subject,
            "severity": alert.severity,
            "message": alert.message,
            "remedy": alert.remedy,
            "count": notice.told,
            "more_since": notice.since,
            "first_at": alert.first_at.isoformat(),
            "last_at": alert.last_at.isoformat(),
            "closed_at": alert.closed_at.isoformat() if alert.closed_at else None,
        }
    return {"type": f"alert.{notice.sort}", "timestamp": notice.created_at.isoformat(), "data": data}


def link_to(path: str) -> str:
    """Return the address of a page of ours, or its path where PUBLIC_URL is not set."""
    return f"{settings.PUBLIC_URL}{path}" if settings.PUBLIC_URL else path


def plain(text: str) -> str:
    """Return text without characters that steer a terminal or turn the writing direction."""
    return _CONTROL.sub(" ", text)


def plain_line(text: str) -> str:
    """Return text as one line, fit for a mail's header."""
    return " ".join(plain(text).split())


def _counted(notice: Notice, alert: Alert) -> str:
    if notice.sort == Notice.Sort.AGAIN:
        return f"{notice.since:,} more since the last message; {notice.told:,} since {_time(alert.first_at)}."
    return f"{notice.told:,} times since {_time(alert.first_at)}." if notice.told > 1 else ""


def _test_of(channel: Channel) -> Words:
    return Words(
        subject="[Tandem] Test of an alert channel",
        headline="Test: this channel works",
        lines=(
            f"Alerts of workspace “{plain_line(channel.workspace.name)}” come here.",
            "Somebody pressed “Send a test” on the channel's page. Nothing is wrong.",
        ),
        link=link_to(channel.get_absolute_url()),
    )


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
