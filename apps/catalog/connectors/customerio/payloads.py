"""From an action's inputs to the JSON that is sent: every rule is checked here.

Each function takes resolved inputs and raises `Permanent` naming the field.
Optional inputs that are absent or null are not sent.
"""

from collections.abc import Callable, Mapping
from typing import Any

from apps.catalog.connectors.customerio import identifiers, limits, mail

_OWN_ATTRIBUTES = ("first_name", "last_name", "plan")
_ADDRESS_LISTS = ("to", "cc", "bcc")
_LINES = ("subject", "from", "reply_to", "preheader", "language")
_VIEWS = ("page", "screen")
"""Kinds of events that are named; anything else is a custom event without a word."""

_TEXTS = ("body", "body_plain", "body_amp")
_SWITCHES = (
    "send_to_unsubscribed",
    "tracked",
    "disable_message_retention",
    "queue_draft",
    "fake_bcc",
    "disable_css_preprocessing",
)


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
    body = _event(given)
    if given.get("type") in _VIEWS:
        body["type"] = given["type"]
    return limits.identifier(given.get("identifier")), body


def track_anonymous_event(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body of a visitor's event, likewise."""
    given = _given(inputs)
    anonymous_id = limits.identifier(given.get("anonymous_id"), "anonymous_id")
    return {**_event(given), "anonymous_id": anonymous_id}


def _event(given: Mapping[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = {
        "name": limits.event_name(given.get("name")),
        "data": limits.event_data(
            given.get("data"), allow_routing=given.get("allow_recipient_override") is True
        ),
    }
    if "timestamp" in given:
        body["timestamp"] = limits.seconds(given["timestamp"], "timestamp")
    return body


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
    if given.get("headers"):
        body["headers"] = mail.headers(given["headers"])
    if given.get("attachments"):
        body["attachments"] = mail.attachments(given["attachments"])
    if "send_at" in given:
        body["send_at"] = limits.seconds(given["send_at"], "send_at")
    return body


def person(inputs: Mapping[str, Any]) -> str:
    """Return the identifier of the person to delete, suppress or unsuppress."""
    return limits.identifier(inputs.get("identifier"))


def who(inputs: Mapping[str, Any]) -> tuple[str, str]:
    """Return kind and value of an identifier whose kind is told."""
    return _named(inputs, "identifier", "id_type")


def segment_members(inputs: Mapping[str, Any]) -> tuple[str, str, dict[str, list[str]]]:
    """Return the segment's number, the kind of identifiers, and the body; nobody is named twice."""
    number = identifiers.number(inputs.get("segment_id"), "segment_id")
    kind, first = who(inputs)
    more = inputs.get("more_identifiers") or []
    if not isinstance(more, list):
        raise limits.refuse("more_identifiers", "it is not a list.", "Map a list of identifiers.")
    further = [identifiers.identifier_of(kind, each, "more_identifiers") for each in more]
    ids = list(dict.fromkeys([first, *further]))
    if len(ids) > limits.MAX_SEGMENT_IDS:
        raise limits.refuse(
            "more_identifiers",
            f"{len(ids)} people; Customer.io takes at most {limits.MAX_SEGMENT_IDS:,} in a call.",
            "Name fewer people.",
            code="too_many",
        )
    return number, kind, {"ids": ids}


def merge_people(inputs: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Return the body of a merge; the two must not be told alike."""
    sides = {side: _named(inputs, side, f"{side}_type") for side in ("primary", "secondary")}
    if len({(kind, value.lower() if kind == "email" else value) for kind, value in sides.values()}) == 1:
        raise limits.refuse(
            "secondary", "it is the same person as the one to keep.", "Map two different people."
        )
    return {side: {kind: value} for side, (kind, value) in sides.items()}


def trigger_broadcast(inputs: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the broadcast's number and the body; exactly one kind of audience, never an empty one."""
    given = _given(inputs)
    number = identifiers.number(given.get("broadcast_id"), "broadcast_id")
    chosen = [key for key in _AUDIENCES if key in given]
    if len(chosen) != 1:
        raise limits.refuse(
            chosen[1] if chosen else "emails",
            "a broadcast needs exactly one kind of audience.",
            "Fill one of them and leave the others empty.",
        )
    body: dict[str, Any] = {chosen[0]: _AUDIENCES[chosen[0]](given[chosen[0]])}
    if not body[chosen[0]]:
        raise limits.refuse(chosen[0], "it names nobody.", "Map whom the broadcast goes to.")
    if "data" in given:
        body["data"] = limits.mapping(given["data"], "data")
    return number, body


def _emails(value: Any) -> list[str]:
    listed = value.split(",") if isinstance(value, str) else value
    if not isinstance(listed, list):
        raise limits.refuse("emails", "it is not a list of addresses.", "Separate addresses by commas.")
    stripped = [each.strip() if isinstance(each, str) else each for each in listed]
    return [limits.address(each, "emails") for each in stripped if each != ""]


def _ids(value: Any) -> list[str]:
    if not isinstance(value, list):
        raise limits.refuse("ids", "it is not a list.", "Map a list of person ids.")
    texts = [str(each) if isinstance(each, int) and not isinstance(each, bool) else each for each in value]
    return [limits.identifier(each, "ids") for each in texts]


def _people_with_data(value: Any) -> list[dict[str, Any]]:
    field = "per_user_data"
    if not isinstance(value, list) or not all(isinstance(each, Mapping) for each in value):
        raise limits.refuse(field, "it is not a list of objects.", "Map a list of {email, data} objects.")
    return [_person_with_data(each, field) for each in value]


def _person_with_data(value: Mapping[str, Any], field: str) -> dict[str, Any]:
    kinds = [kind for kind in ("id", "email") if value.get(kind) not in (None, "")]
    if len(kinds) != 1 or value.keys() - {"id", "email", "data"}:
        raise limits.refuse(
            field,
            "each entry needs an id or an email, and may have data; nothing else.",
            "Map objects such as {email: pat@example.com, data: {…}}.",
        )
    found: dict[str, Any] = {kinds[0]: identifiers.identifier_of(kinds[0], value[kinds[0]], field)}
    data = limits.mapping(value.get("data"), field)
    return found | {"data": data} if data else found


def _filter(value: Any) -> dict[str, Any]:
    return limits.mapping(value, "recipients")


def _file(value: Any) -> str:
    return limits.one_line(value, "data_file_url")


_AUDIENCES: Mapping[str, Callable[[Any], Any]] = {
    "emails": _emails,
    "ids": _ids,
    "per_user_data": _people_with_data,
    "recipients": _filter,
    "data_file_url": _file,
}


def _named(inputs: Mapping[str, Any], field: str, kind_field: str) -> tuple[str, str]:
    kind = inputs.get(kind_field) or "email"
    return kind, identifiers.identifier_of(kind, inputs.get(field), field)


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
