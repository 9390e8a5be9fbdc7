"""One message as it goes to a mail server: its address split strictly, its envelope, its lines."""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from apps.common.egress import AddressRefused, allow_key

PORTS = {"smtp": 587, "smtps": 465, "smtp-plain": 25}
FROM, TO = "Mail-From", "Rcpt-To"
"""Headers of a request that carry the envelope: one address, and addresses parted by commas."""

PHASE = "smtp-phase"
"""The header of an answer that names what was answered.

One of greeting, hello, starttls, login, sender, recipient, data (asked for) and
message (handed over).
"""

_ADDRESS = re.compile(r"[!-;=?-~]{1,64}@[A-Za-z0-9.\-\[\]:]{1,255}")
_LINE_END = re.compile(rb"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who sends, who receives, and with which user and password, if any."""

    sender: str
    recipients: tuple[str, ...]
    login: tuple[str, str] | None

    def __repr__(self) -> str:
        return "<Envelope>"

    @property
    def greeting_name(self) -> str:
        """Return the name by which the server is greeted."""
        return self.sender.rpartition("@")[2] or "localhost"


def parse_address(url: str, allow: frozenset[str]) -> tuple[str, str, int]:
    """Return scheme, host and port; raises `AddressRefused`, also for a plain one that is not allowed."""
    try:
        parts = urlsplit(url)
        port = PORTS.get(parts.scheme, 0) if parts.port is None else parts.port
    except ValueError:
        raise AddressRefused("The mail server's address can't be read.", code="bad_url") from None
    host = parts.hostname or ""
    plain_target = f"{parts.scheme}://{parts.netloc}"
    if parts.scheme not in PORTS or not host or "@" in parts.netloc or url != plain_target:
        raise AddressRefused("The mail server's address must be a host and a port.", code="bad_url")
    if parts.scheme == "smtp-plain" and allow_key(host, port) not in allow:
        raise AddressRefused(
            f"{host}:{port} may not be called without encryption, as EGRESS_ALLOW does not list it.",
            code="not_encrypted",
        )
    return parts.scheme, host, port


def read_envelope(headers: Mapping[str, str]) -> Envelope:
    """Read the envelope; raises `AddressRefused` for an address that could end its command early."""
    recipients = tuple(each.strip() for each in headers.get(TO, "").split(",") if each.strip())
    sender = headers.get(FROM, "")
    if any(not _ADDRESS.fullmatch(each) for each in (*recipients, *([sender] if sender else []))):
        raise AddressRefused("The envelope has an address that SMTP does not take.", code="bad_header")
    if recipients and not sender:
        raise AddressRefused("The envelope has recipients, but no sender.", code="bad_header")
    return Envelope(sender, recipients, _login(headers.get("Authorization", "")))


def _login(value: str) -> tuple[str, str] | None:
    if not value:
        return None
    try:
        decoded = base64.b64decode(value.removeprefix("Basic "), validate=True).decode("utf-8")
    except ValueError:
        raise AddressRefused("The login can't be read.", code="bad_header") from None
    user, _, password = decoded.partition(":")
    if "\0" in decoded:
        raise AddressRefused("The login has a character that SMTP does not take.", code="bad_header")
    return user, password


def stuffed(body: bytes) -> bytes:
    """Return the message in lines that end as SMTP wants, none of which reads as the end of it.

    A lone CR or LF becomes a line end: servers that read one as such would take
    what follows for commands of ours.
    """
    lines = _LINE_END.split(body)
    if lines and not lines[-1]:
        lines.pop()
    return b"".join((b"." if line.startswith(b".") else b"") + line + b"\r\n" for line in lines)


def base64_of(text: str) -> str:
    """Return a text as a login carries it."""
    return base64.b64encode(text.encode("utf-8")).decode("ascii")
