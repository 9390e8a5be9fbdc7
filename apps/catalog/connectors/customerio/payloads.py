"""From an action's inputs to the JSON that is sent: every rule is checked here.

Each function takes resolved inputs and raises `Permanent` naming the field.
Optional inputs that are absent or null are not sent.
"""

from collections.abc import Mapping
from typing import Any

from apps.catalog.connectors.customerio import limits

_OWN_ATTRIBUTES = ("first_name", "last_name", "plan")
_ADDRESS_LISTS = ("to", "cc", "bcc")
_LINES = ("subject", "from", "reply_to", "preheader", "language")
_TEXTS = ("body", "body_plain")
_SWITCHES = ("send_to_unsubscribed", "tracked", "disable_message_retention", "queue_draft")


def identify_person(inputs: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return identifier and body of an identify call."""
    given = _given(inputs)
    identifier = limits.identifier(given.get("identifier"))
    body: dict[str, Any] = {}
    if "email" in given:
        body["email"] = limits.address(given["email"], "email")
    if "created_at" in given:
        body["created_at"] = limits.seconds(given["created_at"], "created_at")
    for key in _OWN_ATTRIBUTES:
        if key in given:
            limits.attribute_value(given[key], key)
            body[key] = given[key]
    body |= limits.attributes(given.get("attributes"), "attributes", taken=body)
    if given.get("update_only"):
        body["_update"] = True
    return identifier, body


def track_event(inputs: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return identifier and body of an event, without its id; `timestamp` only when given."""
    given = _given(inputs)
    identifier = limits.identifier(given.get("identifier"))
    body: dict[str, Any] = {
        "name": limits.event_name(given.get("name")),
        "data": limits.event_data(
            given.get("data"), allow_routing=given.get("allow_recipient_override") is True
        ),
    }
    if "timestamp" in given:
        body["timestamp"] = limits.seconds(given["timestamp"], "timestamp")
    return identifier, body


def send_email(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body of a transactional e-mail; exactly one identifier is sent."""
    given = _given(inputs)
    body: dict[str, Any] = {
        "transactional_message_id": _message_id(given.get("transactional_message_id")),
        "identifiers": _identifiers(given),
    }
    if "to" not in given:
        raise limits.refuse("to", "there is no recipient.", "Map the person's e-mail address.")
    body |= limits.recipients(given, _ADDRESS_LISTS)
    if "message_data" in given:
        body["message_data"] = limits.mapping(given["message_data"], "message_data")
    body |= {key: limits.one_line(given[key], key) for key in _LINES if key in given}
    body |= {key: _text(given[key], key) for key in _TEXTS if key in given}
    body |= {key: given[key] for key in _SWITCHES if key in given}
    if "send_at" in given:
        body["send_at"] = limits.seconds(given["send_at"], "send_at")
    return body


def delete_person(inputs: Mapping[str, Any]) -> str:
    """Return the identifier of the person to delete."""
    return limits.identifier(inputs.get("identifier"))


def _given(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in inputs.items() if value is not None}


def _message_id(value: Any) -> int | str:
    """Return the message's number or trigger name; both may be written as text."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return limits.one_line(value, "transactional_message_id").strip()


def _identifiers(given: Mapping[str, Any]) -> dict[str, str]:
    """Return the one identifier: an id or cio_id where given, else the e-mail."""
    others = [key for key in ("id", "cio_id") if f"identifiers_{key}" in given]
    if len(others) > 1:
        raise limits.refuse(
            "identifiers_cio_id",
            "Customer.io takes exactly one identifier besides the e-mail.",
            "Fill either “Person id” or “Customer.io id”.",
        )
    for key in others:
        field = f"identifiers_{key}"
        return {key: limits.identifier(given[field], field)}
    return {"email": limits.address(given.get("identifiers_email"), "identifiers_email")}


def _text(value: Any, field: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise limits.refuse(field, "it is empty.", "Fill it, or remove its mapping.")
    limits.size(value, field)
    return value
