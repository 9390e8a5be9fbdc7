"""Identifiers whose kind is told apart, and the numbers of things in a workspace.

Every function returns the value as it is sent or raises `Permanent` naming the input.
"""

import re
from typing import Any

from apps.catalog.connectors.customerio import limits

NUMBER = r"[1-9][0-9]{0,17}"
"""The form of the number of a segment or broadcast, which becomes part of an address."""

_CIO_ID = re.compile(r"[0-9A-Za-z]+")


def identifier_of(kind: str, value: Any, field: str) -> str:
    """Return an identifier of a kind that is named (email, id or cio_id), as it stands in JSON."""
    if kind == "email":
        found = limits.address(value, field)
        limits.within(found, limits.MAX_IDENTIFIER, field, "the identifier")
        return found
    found = limits.identifier(value, field)
    if kind != "cio_id":
        return found
    bare = found.removeprefix("cio_")
    if not _CIO_ID.fullmatch(bare):
        raise limits.refuse(
            field, "it is not a Customer.io id.", "Map the field cio_id of an event or of Find Person."
        )
    return bare


def number(value: Any, field: str) -> str:
    """Return the number of a thing as text."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not re.fullmatch(NUMBER, text.strip()):
        raise limits.refuse(
            field,
            "it is not a number of Customer.io's.",
            "Choose it from the list, or copy it from its address.",
        )
    return text.strip()
