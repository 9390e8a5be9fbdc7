"""A mail as RFC 5322 has it, the same bytes whenever it is made again.

What a repeated call makes must not differ: the id comes from the call's key,
the date from the event, and the boundary between the parts from the key too.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any

from apps.catalog.connectors.email.recipients import Recipients, read_addresses
from apps.catalog.spec import Account

_ID_CHARACTERS = 40


def message_id(account: Account, key: str) -> str:
    """Return the id of the mail of this call, by which a repeated one is recognised."""
    domain = account.values["from_address"].rpartition("@")[2]
    return f"<{key[:_ID_CHARACTERS] or 'draft'}@{domain}>"


def build_message(
    account: Account, recipients: Recipients, inputs: Mapping[str, Any], *, key: str, event_time: int
) -> bytes:
    """Return the whole mail. Headers are one line each, whatever the inputs hold."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = Address(
        _line(account.values.get("from_name", "")), addr_spec=account.values["from_address"]
    )
    mail["To"] = _listed(recipients.to)
    if recipients.cc:
        mail["Cc"] = _listed(recipients.cc)
    if inputs.get("reply_to"):
        mail["Reply-To"] = _listed(read_addresses(str(inputs["reply_to"]), "reply_to"))
    mail["Subject"] = _line(str(inputs["subject"]))
    mail["Date"] = format_datetime(datetime.fromtimestamp(event_time, UTC))
    mail["Message-ID"] = message_id(account, key)
    _fill(mail, inputs, key)
    return mail.as_bytes()


def _fill(mail: EmailMessage, inputs: Mapping[str, Any], key: str) -> None:
    text, html = inputs.get("text"), inputs.get("html")
    if text is not None:
        mail.set_content(str(text), cte="quoted-printable")
    if html is not None and text is not None:
        mail.add_alternative(str(html), subtype="html", cte="quoted-printable")
        mail.set_boundary(f"=_{key[:_ID_CHARACTERS] or 'draft'}")
    elif html is not None:
        mail.set_content(str(html), subtype="html", cte="quoted-printable")


def _listed(addresses: tuple[str, ...]) -> list[Address]:
    return [Address(addr_spec=address) for address in addresses]


def _line(text: str) -> str:
    """Return a text on one line: a line break in a header would begin another header."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
