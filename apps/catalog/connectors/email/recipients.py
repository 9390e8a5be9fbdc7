"""Addresses of mail: read strictly, since what they hold becomes commands and headers."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from apps.catalog.errors import Permanent

MAX_RECIPIENTS = 50
"""Of one mail in all: more is a campaign, for which other tools keep consent and reputation."""

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*")
_SEPARATOR = re.compile(r"[,;\r\n]+")
MAX_ADDRESS = 254  # RFC 5321 4.5.3.1.3, less the angle brackets.


@dataclass(frozen=True, slots=True)
class Recipients:
    """Who gets a mail. Those of `bcc` stand in no header."""

    to: tuple[str, ...]
    cc: tuple[str, ...]
    bcc: tuple[str, ...]

    @property
    def all(self) -> tuple[str, ...]:
        """Return everybody, each once."""
        return tuple(dict.fromkeys((*self.to, *self.cc, *self.bcc)))


def is_address(text: str) -> bool:
    """Tell whether a text is one plain address. Letters beyond ASCII are not: few servers take them."""
    return len(text) <= MAX_ADDRESS and bool(_ADDRESS.fullmatch(text))


def read_addresses(text: str, field: str) -> tuple[str, ...]:
    """Return the addresses of a text, parted by commas, each once; raises `Permanent` naming the field."""
    parts = [part.strip() for part in _SEPARATOR.split(text)]
    found = tuple(dict.fromkeys(part for part in parts if part))
    for part in found:
        if not is_address(part):
            raise Permanent(
                f"“{field}” has an entry that is not a plain e-mail address.",
                code="not_an_email",
                remedy="Give addresses alone, without names, parted by commas, such as jane@example.com.",
                field=field,
            )
    return found


def read_recipients(inputs: Mapping[str, Any]) -> Recipients:
    """Return who gets the mail; raises `Permanent` naming the field."""
    to, cc, bcc = (read_addresses(str(inputs.get(key, "")), key) for key in ("to", "cc", "bcc"))
    recipients = Recipients(to, cc, bcc)
    if not to:
        raise Permanent(
            "The mail has no recipient.",
            code="required",
            remedy="Fill “To”, or filter such events out.",
            field="to",
        )
    if len(recipients.all) > MAX_RECIPIENTS:
        raise Permanent(
            f"The mail has {len(recipients.all)} recipients; {MAX_RECIPIENTS} are allowed.",
            code="too_many",
            remedy="Send campaigns with a tool made for them.",
            field="to",
        )
    return recipients
