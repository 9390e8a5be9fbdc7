"""What a mail carries besides its text: headers of its own, and files."""

import base64
import binascii
import json
import re
from typing import Any

from apps.catalog.connectors.customerio import limits

MAX_ATTACHMENTS = 2_000_000
"""Bytes of all files together; the documents say less than 2 MB."""

_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_FILE = re.compile(r"[^/\\\x00-\x1f\x7f]{1,150}\.[A-Za-z0-9]{1,10}")


def headers(value: Any) -> str:
    """Return mail headers as Customer.io takes them: the JSON text of a list of names and values."""
    field = "headers"
    found = [
        {"name": _header_name(name, field), "value": limits.one_line(text, field)}
        for name, text in limits.mapping(value, field).items()
    ]
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"))


def attachments(value: Any) -> dict[str, str]:
    """Return the files by their names; each content must be Base64."""
    field = "attachments"
    found = limits.mapping(value, field)
    total = 0
    for name, content in found.items():
        if not _FILE.fullmatch(name):
            raise limits.refuse(
                field, "a file has no name with an ending.", "Name each file as in receipt.pdf."
            )
        total += _size(content, field)
    if total >= MAX_ATTACHMENTS:
        raise limits.refuse(
            field,
            f"the files have {total:,} bytes; Customer.io takes less than {MAX_ATTACHMENTS:,}.",
            "Send a link instead, or smaller files.",
            code="too_long",
        )
    return found


def _header_name(name: str, field: str) -> str:
    if not _HEADER.fullmatch(name):
        raise limits.refuse(field, "a header's name is none.", "Use letters, digits and dashes: X-Campaign.")
    return name


def _size(content: Any, field: str) -> int:
    try:
        return len(base64.b64decode(content, validate=True))
    except (binascii.Error, ValueError, TypeError):
        raise limits.refuse(
            field, "the content of a file is not Base64.", "Map the file's bytes in Base64."
        ) from None
