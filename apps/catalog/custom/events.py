"""The webhook of a declared app: verified, read, and its samples made anew. Pure."""

import hashlib
import json
import secrets as randomness
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from apps.catalog import signatures
from apps.catalog.custom.answers import value_of
from apps.catalog.custom.declaration import NOTE, SIGNING_SECRET, Declaration, Found, Place, WebhookPart
from apps.catalog.custom.places import find, put, read_place, seconds_of
from apps.catalog.errors import UnreadableEventError
from apps.catalog.signatures import NoVerification
from apps.catalog.spec import Event, Field, FieldType, Trigger, Verified, WebhookScheme

MAX_ID = 255
MAX_TYPE = 100
SAMPLE_KEY = "tandem_sample"
"""The member of a sample's body that stands for what real deliveries tell in their headers."""

UNKNOWN_TIME = -1
"""The time of an event that tells none; receiving takes the arrival's."""


def scheme_of(declaration: Declaration) -> WebhookScheme | None:
    """Return how the app's deliveries come, None for an app that sends none."""
    part = declaration.webhook
    if part is None:
        return None
    unverified = isinstance(part.verification, NoVerification)

    def verify(headers: Mapping[str, str], body: bytes, known: Sequence[str], now: float) -> Verified:
        return signatures.verify(part.verification, headers, body, known, now)

    return WebhookScheme(
        verify=verify,
        read_event=partial(_read, part, {}),
        read_request=partial(_read, part),
        unverified=unverified,
        sign=partial(signatures.sign, part.verification),
        refresh_sample=partial(_refresh, part),
        new_event_id=lambda: f"evt_{randomness.token_hex(12)}",
        new_secret=lambda: randomness.token_urlsafe(24),
        secret_field=NOTE if unverified else SIGNING_SECRET,
        manual_help=part.help_text or f"Register this address as a webhook in {declaration.name}.",
    )


def signing_field(declaration: Declaration) -> Field | None:
    """Return the Auth field of the signing secret, None where deliveries need none."""
    if declaration.webhook is None or isinstance(declaration.webhook.verification, NoVerification):
        return None
    return Field(
        key=SIGNING_SECRET,
        label="Signing secret",
        secret=True,
        help_text=f"With which {declaration.name} signs its webhooks. "
        "It is shown where the webhook is registered; it can also be pasted on the connection's page.",
    )


def triggers_of(declaration: Declaration) -> tuple[Trigger, ...]:
    """Return the triggers, each reading its fields by their paths."""
    return tuple(
        Trigger(
            key=part.key,
            name=part.name,
            event_types=part.event_types,
            description=part.description or f"Something happened in {declaration.name}.",
            fields=tuple(field_of(found, part.sample, "the event") for found in part.fields),
            flatten=partial(_flatten, part.fields),
        )
        for part in declaration.triggers
    )


def field_of(found: Found, sample: Any, where: str) -> Field:
    """Return what was declared to be found as a field; without an example it has the sample's value."""
    example = found.example if found.example is not None else value_of(found, sample)
    return Field(
        key=found.key,
        label=found.label,
        type=found.type,
        help_text=found.help_text or f"Found at {found.path} of {where}.",
        example=example,
        semantic=found.semantic,
        unit="seconds" if found.type is FieldType.TIME else None,
    )


def samples_of(declaration: Declaration) -> dict[str, Any]:
    """Return each trigger's sample; what its headers would tell stands under `SAMPLE_KEY`."""
    part = declaration.webhook
    samples = {}
    for trigger in declaration.triggers:
        sample = dict(trigger.sample) if isinstance(trigger.sample, Mapping) else {}
        if part is not None and "header" in (part.event_type.kind, part.event_id.kind):
            sample[SAMPLE_KEY] = {"type": next(iter(trigger.event_types), ""), "id": "evt_sample"}
        samples[trigger.key] = sample
    return samples


def _flatten(fields: Sequence[Found], payload: Mapping[str, Any]) -> dict[str, Any]:
    return {found.key: value_of(found, payload) for found in fields}


def _read(part: WebhookPart, headers: Mapping[str, str], payload: Mapping[str, Any]) -> Event:
    """Read id, type and time from headers and body; raises `UnreadableEventError`."""
    kind = _told(part.event_type, "type", headers, payload)
    digest = part.event_id.kind == "digest"
    event_id = _digest(payload) if digest else _told(part.event_id, "id", headers, payload)
    for value, what, longest in ((kind, "type", MAX_TYPE), (event_id, "id", MAX_ID)):
        if not 0 < len(value) <= longest:
            place = part.event_type if what == "type" else part.event_id
            raise UnreadableEventError(f"The event has no {what} at {place.kind} “{place.value}”.")
    told = seconds_of(find(payload, read_place(part.occurred_at))) if part.occurred_at else None
    return Event(id=event_id, type=kind, occurred_at=UNKNOWN_TIME if told is None else told)


def _told(place: Place, what: str, headers: Mapping[str, str], payload: Mapping[str, Any]) -> str:
    if place.kind == "fixed":
        return place.value
    if place.kind == "header":
        value = headers.get(place.value.lower()) or find(payload, (SAMPLE_KEY, what))
    else:
        value = find(payload, read_place(place.value))
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return "".join(sign if sign.isprintable() else " " for sign in str(value)).strip()


def _digest(payload: Mapping[str, Any]) -> str:
    text = json.dumps(payload, sort_keys=True, separators=(",", ":"))
    return "body_" + hashlib.sha256(text.encode("ascii")).hexdigest()[:40]


def _refresh(part: WebhookPart, payload: Mapping[str, Any], event_id: str, now: int) -> dict[str, Any]:
    """Return the sample as a new event: its id and its time replaced where the body tells them."""
    fresh: Any = dict(payload)
    if part.event_id.kind == "path":
        fresh = put(fresh, read_place(part.event_id.value), event_id)
    else:
        known = fresh.get(SAMPLE_KEY)
        fresh[SAMPLE_KEY] = {**(known if isinstance(known, dict) else {}), "id": event_id}
    if part.occurred_at:
        place = read_place(part.occurred_at)
        before = find(fresh, place)
        if isinstance(before, int) and not isinstance(before, bool):
            fresh = put(fresh, place, now)
    refreshed: dict[str, Any] = fresh
    return refreshed
