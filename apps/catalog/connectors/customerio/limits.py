"""What Customer.io accepts, checked before anything is sent.

Sizes count UTF-8 bytes. Every function returns the value as it is sent or
raises `Permanent` with the input's key, what is wrong and what to do. The
limits are those of the Track API (https://customer.io/docs/api/track/) and the
App API (https://customer.io/docs/api/app/).
"""

import json
import re
from collections.abc import Mapping
from email.utils import getaddresses
from typing import Any

from apps.catalog.errors import Permanent

MAX_SEND_AHEAD = 90 * 86_400  # Seconds.
MAX_IDENTIFIER = 150
MAX_ATTRIBUTE_NAME = 150
MAX_ATTRIBUTE_VALUE = 1_000
MAX_ATTRIBUTES = 300
MAX_EVENT_NAME = 100
MAX_EVENT_DATA = 100_000
MAX_RECIPIENTS = 15
MAX_SEGMENT_IDS = 1_000
MAX_SECONDS = 100_000_000_000
"""Larger is milliseconds: as seconds it would be the year 5138."""

RESERVED_ATTRIBUTES = {
    "id": "The person is named by the input “Identifier”.",
    "email": "Use the input “Email”.",
    "created_at": "Use the input “Created at”.",
    "_update": "Use the switch “Never create a person”.",
    "unsubscribed": "It turns messages off for the person and is not set from here.",
    "anonymous_id": "It joins a person with anonymous events and is not set from here.",
    "_timestamp": "It orders updates inside Customer.io and is not set from here.",
    "cio_relationships": "It ties people to objects and is not set from here.",
    "cio_subscription_preferences": "It holds the person's topics and is not set from here.",
}
"""Top-level keys of an identify call with a meaning of their own, and what to do instead."""

ROUTING_KEYS = ("recipient", "from_address", "reply_to")
"""Keys in an event's data that replace the campaign's own recipient and sender."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_ISO_TIME = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:.*)?")
_ADDRESS = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+")


def refuse(field: str, message: str, remedy: str, *, code: str = "invalid_input") -> Permanent:
    """Return the error for an input that is not sent."""
    return Permanent(f"Field “{field}”: {message}", code=code, remedy=remedy, field=field)


def size(text: str, field: str) -> int:
    """Return the text's UTF-8 bytes; raises when it can't be written as UTF-8."""
    try:
        return len(text.encode("utf-8"))
    except UnicodeEncodeError:
        raise refuse(
            field, "it holds half of a character (a lone surrogate).", "Remove it from the text."
        ) from None


def compact(value: Any, field: str) -> str:
    """Return the value as JSON text; raises when JSON can't hold it."""
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError):
        raise refuse(
            field, "it holds something that is not JSON, such as NaN.", "Map texts, numbers and lists."
        ) from None


def identifier(value: Any, field: str = "identifier") -> str:
    """Return a person's identifier: an id, an e-mail, or cio_ and a Customer.io id."""
    if not isinstance(value, str) or not value.strip():
        raise refuse(
            field, "the person's identifier is empty.", "Map an id or an e-mail that the event always has."
        )
    if value != value.strip():
        raise refuse(
            field, "it starts or ends with a space, so it would name another person.", "Add the filter strip."
        )
    if value in {".", ".."}:
        raise refuse(field, "“.” and “..” can't be identifiers.", "Map the person's id or e-mail.")
    if _CONTROL.search(value):
        raise refuse(field, "it holds a control character.", "Map the person's id or e-mail.")
    within(value, MAX_IDENTIFIER, field, "the identifier")
    return value


def address(value: Any, field: str) -> str:
    """Return one plain e-mail address."""
    if not isinstance(value, str) or not _ADDRESS.fullmatch(value) or _CONTROL.search(value):
        raise refuse(
            field, "it is not one e-mail address.", "Map an address such as pat@example.com, without a name."
        )
    within(value, MAX_ATTRIBUTE_VALUE, field, "the address")
    return value


def recipients(inputs: Mapping[str, Any], fields: tuple[str, ...]) -> dict[str, str]:
    """Return the lists of addresses among the inputs; together at most 15 recipients."""
    found: dict[str, str] = {}
    count = 0
    for field in fields:
        if field in inputs:
            found[field] = one_line(inputs[field], field)
            count += _count_addresses(found[field], field)
    if count > MAX_RECIPIENTS:
        raise refuse(
            fields[0],
            f"{count} recipients over {', '.join(fields)}; Customer.io takes at most {MAX_RECIPIENTS}.",
            "Send to fewer people, or use a broadcast in Customer.io.",
            code="too_many",
        )
    return found


def _count_addresses(text: str, field: str) -> int:
    size(text, field)
    found = [mail for _, mail in getaddresses([text])]
    if not found or any(not _ADDRESS.fullmatch(mail) for mail in found):
        raise refuse(
            field,
            "it is not a list of e-mail addresses.",
            'Separate addresses by commas and put names with commas in quotes: "Doe, Pat" <pat@example.com>.',
        )
    return len(found)


def one_line(value: Any, field: str) -> str:
    """Return a text that goes into a mail header: not empty, on one line."""
    if not isinstance(value, str) or not value.strip():
        raise refuse(field, "it is empty.", "Fill it, or remove its mapping.")
    if _CONTROL.search(value):
        raise refuse(field, "it holds a line break or another control character.", "Map a single line.")
    size(value, field)
    return value


def seconds(value: Any, field: str) -> int:
    """Return a time in unix seconds."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise _not_seconds(field, "it is")
    if value > MAX_SECONDS:
        raise _milliseconds(field, "it is")
    whole: int = value
    return whole


def send_ahead(at: int | None, *, now: float) -> None:
    """Refuse a time of sending that lies further ahead than Customer.io keeps a mail."""
    if at is not None and at > now + MAX_SEND_AHEAD:
        raise Permanent(
            "The field “send_at” lies more than 90 days ahead, and Customer.io keeps a mail no longer.",
            code="too_far_ahead",
            field="send_at",
            remedy="Choose an earlier time, or send it by a later event.",
        )


def _not_seconds(field: str, what: str) -> Permanent:
    return refuse(
        field,
        f"{what} not a time in unix seconds; Customer.io would never match it.",
        "Use whole seconds since 1970; the filter unix makes them from a date.",
        code="not_seconds",
    )


def _milliseconds(field: str, what: str) -> Permanent:
    return refuse(
        field,
        f"{what} in milliseconds; Customer.io counts in seconds.",
        "Divide it by 1,000.",
        code="milliseconds",
    )


def attributes(value: Any, field: str, *, taken: Mapping[str, Any]) -> dict[str, Any]:
    """Return a person's free attributes; those that are null are left out.

    `taken` are the attributes that have inputs of their own: a name among them
    can't be given twice. All together are at most 300.
    """
    chosen = {name: item for name, item in mapping(value, field).items() if item is not None}
    for name, item in chosen.items():
        _attribute_name(name, field, taken)
        attribute_value(item, field, name=name)
        if name.endswith("_at"):
            _attribute_time(item, field, name)
    if len(chosen) + len(taken) > MAX_ATTRIBUTES:
        raise refuse(
            field,
            f"{len(chosen) + len(taken)} attributes; Customer.io takes at most {MAX_ATTRIBUTES}.",
            "Map only the attributes that are used.",
            code="too_many",
        )
    return chosen


def _attribute_name(name: str, field: str, taken: Mapping[str, Any]) -> None:
    if not name.strip():
        raise refuse(field, "an attribute has no name.", "Name it, or remove the row.")
    within(name, MAX_ATTRIBUTE_NAME, field, "an attribute's name")
    if name in RESERVED_ATTRIBUTES:
        raise refuse(
            field,
            f"“{name}” is reserved by Customer.io.",
            RESERVED_ATTRIBUTES[name] + " Otherwise give the attribute another name.",
            code="reserved_key",
        )
    if name in taken:
        raise refuse(field, f"“{name}” is given twice.", f"Remove it here or empty the input “{name}”.")


def attribute_value(value: Any, field: str, *, name: str = "") -> None:
    """Check the size of one attribute's value."""
    text = value if isinstance(value, str) else compact(value, field)
    within(text, MAX_ATTRIBUTE_VALUE, field, f"the value of “{name or field}”")


def _attribute_time(value: Any, field: str, name: str) -> None:
    """Refuse milliseconds and dates as text in an attribute named like a time.

    Other values pass: a name that ends in _at need not be a time.
    """
    if isinstance(value, str):
        if _ISO_TIME.fullmatch(value):
            raise _not_seconds(field, f"“{name}” is")
        value = float(value) if value.isascii() and value.isdigit() else 0
    if isinstance(value, int | float) and abs(value) > MAX_SECONDS:
        raise _milliseconds(field, f"“{name}” is")


def event_name(value: Any) -> str:
    """Return an event's name without the spaces around it, which Customer.io cuts off too."""
    if not isinstance(value, str) or not value.strip():
        raise refuse("name", "the event has no name.", "Name it, for example payment_failed.")
    name = value.strip()
    within(name, MAX_EVENT_NAME, "name", "the event's name")
    return name


def event_data(value: Any, *, allow_routing: bool) -> dict[str, Any]:
    """Return an event's data; keys that redirect the campaign's mail only when allowed."""
    data = mapping(value, "data")
    routing = [key for key in ROUTING_KEYS if key in data]
    if routing and not allow_routing:
        raise refuse(
            "data",
            f"“{routing[0]}” would replace the campaign's own recipient or sender.",
            "Rename the key, or, if it is meant, switch on “Let data choose the recipient” "
            "(allow_recipient_override).",
            code="reserved_key",
        )
    within(compact(data, "data"), MAX_EVENT_DATA, "data", "the event's data")
    return data


def mapping(value: Any, field: str) -> dict[str, Any]:
    """Return a JSON object whose names are texts; None is an empty one."""
    if value is None:
        return {}
    if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
        raise refuse(field, "it is not a list of names and values.", "Map a JSON object.")
    size(compact(dict(value), field), field)
    return dict(value)


def within(text: str, most: int, field: str, what: str) -> None:
    """Check that a text has at most so many bytes; `what` names it."""
    length = size(text, field)
    if length > most:
        raise refuse(
            field,
            f"{what} has {length:,} bytes; Customer.io takes at most {most:,}.",
            "Shorten it, for example with the filter truncate.",
            code="too_long",
        )
